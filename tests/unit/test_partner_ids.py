"""A partner's id names the folder of its files, and so can name nobody else's."""

import pytest
from pydantic import ValidationError

from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Refused
from loyalty.domain.records.organisation import PartnerRecord as Record

BAD = ["P/X", "..", ".", ".hidden", "P\\X", "P X", "P\n", "Ω", "P%2FX", "P#X", ""]
GOOD = ["DEMO", "a.b", "5", "A_b-c~d", "7E0D3F5A1B7C4C6E9F2A4B8D0C1E3F5A"]


@pytest.mark.parametrize("partner_id", BAD)
def test_an_id_that_names_no_folder_of_its_own_is_neither_imported_nor_sends_files(partner_id: str) -> None:
    with pytest.raises(ValidationError):
        Record(type="partner", id=partner_id, name="Partner")
    with pytest.raises(Refused) as refused:
        Partner(partner_id, frozenset(), frozenset()).folder()
    assert refused.value.problems[0].code is Code.NOT_PERMITTED


@pytest.mark.parametrize("partner_id", GOOD)
def test_any_other_id_is_its_folder(partner_id: str) -> None:
    assert Record(type="partner", id=partner_id, name="Partner").id == partner_id
    assert Partner(partner_id, frozenset(), frozenset()).folder() == partner_id
