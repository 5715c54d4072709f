"""`loyalty programme explain`: what a purchase would get under a programme file, and why."""

import gzip
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import CommandFailure, out, refusals_as_failures, why
from cli.options import AsJson, Deployed, Region, Stack
from cli.programme.check import base_table

if TYPE_CHECKING:
    from cli.programme.draft import ProgrammeDraft
    from cli.programme.draft_preview import DraftPreview
    from loyalty.domain.pricing.plan import Award
    from loyalty.domain.programme.offers import Offer


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text!r} is not an amount: write a number, such as 12.50") from error


Purchase = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, help="A purchase as either API's body, such as that of a preview."),
]
Balance = Annotated[Decimal | None, typer.Option(parser=_amount, metavar="AMOUNT", help="What the wallet holds.")]
Bought = Annotated[int | None, typer.Option(min=0, help="Purchases that the customer has made before.")]


Drafts = Annotated[
    list[Path],
    typer.Argument(
        exists=True,
        dir_okay=False,
        default_factory=list,
        show_default=False,
        help="Files of JSON Lines; there may be none with --deployed.",
    ),
]


def explain(
    files: Drafts,
    purchase: Purchase,
    balance: Balance = None,
    bought: Bought = None,
    deployed: Deployed = False,
    stack: Stack = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Show what a purchase would get under programme files that are not live, and why: a preview without a stack.

    Customers and products that the files do not have are taken for ones without classification or type. On top of what
    is deployed they have to be known, and the wallet is the customer's own unless `--balance` or `--bought` are given.
    """
    from cli.programme.draft import ProgrammeDraft
    from cli.programme.draft_preview import Holding, preview_on_draft
    from loyalty import exactjson
    from loyalty.api.newest.purchase_answers import render_preview

    now, base = datetime.now(UTC), base_table(deployed, stack, region)
    if not files and base is None:
        raise typer.BadParameter("give the files of the programme before that of the purchase, or --deployed.")
    body = _body(purchase)
    draft = ProgrammeDraft.of(files, base, now)
    draft.require_good()
    with refusals_as_failures():
        trial = preview_on_draft(body, draft, Holding(balance, bought), now, strict=base is not None)
    if as_json:
        out.print(
            exactjson.dumps({**render_preview(trial.preview, trial.preview.why), "assumed": list(trial.assumed)}),
            markup=False,
        )
    else:
        _print(trial, draft, now)


def _body(file: Path) -> Mapping[str, Any]:
    """Return the purchase in a file, compressed or not; without what a result of an upload says of it."""
    from loyalty import exactjson
    from loyalty.domain.rows.columns import RESULT_FIELDS

    try:
        data = file.read_bytes()
        body = exactjson.loads_strictly((gzip.decompress(data) if file.suffix == ".gz" else data).decode())
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise CommandFailure(f"{file} is not the body of a purchase in JSON ({why(error)}); {_ONE_OR_MANY}") from error
    if not isinstance(body, dict):
        raise CommandFailure(f"{file} is not the body of a purchase, which is an object in JSON; {_ONE_OR_MANY}")
    return {name: value for name, value in body.items() if name not in RESULT_FIELDS}


_ONE_OR_MANY = "name a file with one purchase; `loyalty backtest --purchases` takes CSV and files of many"


def _print(trial: "DraftPreview", draft: "ProgrammeDraft", now: datetime) -> None:
    plan, customer, programme = trial.preview.plan, trial.preview.customer, draft.accepted(now)[0]
    wallet, currency = customer.wallet, programme.wallet_currency(customer.account)
    code = "" if currency == programme.system_currency else f" {currency.code}"
    out.print(_offers(trial, draft, now), "")
    lines = [
        ("purchase", f"{plan.totals.total}, {plan.totals.net} without tax"),
        ("awarded", f"+ {plan.awarded}"),
        *(("voucher", f"{voucher.amounts.system} {voucher.offer.name}") for voucher in plan.vouchers),
        *((f"spent {_SPENT[spend.method]}", f"- {spend.amounts.system}") for spend in plan.spends),
        ("wallet", f"{wallet.balance}{code} before, {wallet.moved(plan.movement).balance}{code} after"),
        ("could still pay", str(plan.available)),
        *(("assumed", text) for text in trial.assumed),
    ]
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, text in lines:
        table.add_row(name, escape(text))
    out.print(table)


def _offers(trial: "DraftPreview", draft: "ProgrammeDraft", now: datetime) -> Table:
    programme, records = draft.accepted(now)
    offers = {offer.id: offer for offer in programme.offers}
    settings = {record["id"]: record.get("conditions", {}) for record in records if record["type"] == "reward_offer"}
    codes = {record["id"]: record.get("code") or record.get("name") for record in records}
    plan = trial.preview.plan
    given = {award.offer_id: award for award in (*plan.awards, *plan.vouchers)}
    table = Table("", "Offer", "", "Gives", "Because", box=None, pad_edge=False)
    for verdict in trial.preview.why:
        offer, award = offers[verdict.offer_id], given.get(verdict.offer_id)
        because = _why(award, offer) if award else _why_not(str(verdict.failed), offer, settings[offer.id], codes)
        mark, gives = ("[green]✓[/]", str(award.amounts.system)) if award else ("[red]✗[/]", "")
        table.add_row(mark, escape(offer.id), f"[dim]{escape(offer.name)}[/]", gives, escape(because))
    return table


def _why(award: "Award", offer: "Offer") -> str:
    rule = offer.award
    words = {
        "PERCENTAGE": f"{award.value}% of {award.base}",
        "FIXED": "once a purchase",
        "PER_UNIT": f"{award.value} for each of {award.base} pieces",
        "PER_STEP": f"{award.value} for each full {rule.step} of {award.base}",
        "TIERED": f"{award.value} for {award.base}",
    }[rule.method]
    capped = "" if rule.maximum is None else f", at most {rule.maximum}"
    return words + capped + (", a voucher" if award.voucher_type else "") + (", spent at once" if award.instant else "")


def _why_not(failed: str, offer: "Offer", settings: Mapping[str, Any], codes: Mapping[str, str | None]) -> str:
    if failed in settings:
        setting = settings[failed]
        wanted = setting if isinstance(setting, list) else [setting]
        return f"{failed}: {', '.join(str(codes.get(one) or one) for one in wanted)}"
    return _WHY_NOT[failed].format(offer=offer)


_SPENT = {
    "SPEND_INSTANTLY": "at once",
    "SPEND_ON_REQUEST": "as requested",
    "SPEND_AUTOMATICALLY": "automatically",
}
_WHY_NOT = {
    "life_cycle_state": "it is NOT_EFFECTIVE",
    "effective": "the purchase is not within its dates",
    "scheme": "its scheme {offer.scheme.id} is not open here and now",
    "merchant": "the merchant or outlet is NOT_EFFECTIVE",
    "disable_instant_spend": "the purchase switches off what is spent at once",
    "stacking": "exclusive offers have its lines",
    "per_account": "the account has had it as often as it may",
    "per_account_amount": "the account has had as much of it as it may",
    "budget": "its budget is used up",
    "rate": "the alternative currency has no rate on that day",
    "award": "it comes to nothing",
}
"""In words, what else keeps an offer from applying than a condition of its own."""
