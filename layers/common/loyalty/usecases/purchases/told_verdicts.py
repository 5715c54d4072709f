"""The verdicts on offers that a partner may see; the operator of the programme sees all."""

from collections.abc import Iterable
from datetime import datetime

from loyalty.domain.access.partner import Partner
from loyalty.domain.pricing.audience import Audience
from loyalty.domain.pricing.plan import Verdict
from loyalty.store.catalogue import Catalogue


def told_verdicts(
    verdicts: Iterable[Verdict], partner: Partner, *, catalogue: Catalogue, now: datetime
) -> tuple[Verdict, ...]:
    """Return the verdicts on what applied, and on the live offers that could apply at the partner's merchants."""
    return Audience(partner, catalogue.programme(now), catalogue.directory(now)).told(verdicts, now)
