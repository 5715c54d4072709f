"""Records come out of the compact form as they went in, and offers in their order."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty import exactjson
from loyalty.domain.programme.compact_records import MAX_BLOCK, ProgrammeRecords, compact
from loyalty.domain.programme.programme import Programme
from tests.builders import EUR, SCHEME, imported, offer

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
NUMBERS = (
    st.decimals(0, 10**12, places=4) | st.integers(0, 10**12) | st.sampled_from(["1E+2", "1.50", "0.0000"]).map(Decimal)
)
LEAVES = TEXTS | NUMBERS | st.booleans() | st.none()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
FIELDS = st.dictionaries(st.sampled_from(["name", "code", "conditions", "award", "é", "value"]), VALUES)


@st.composite
def records(draw: st.DrawFn) -> list[dict[str, Any]]:
    kinds = st.sampled_from(["reward_offer", "unit", "tap"])
    drawn = draw(st.lists(st.tuples(kinds, FIELDS), max_size=8))
    return [{"type": kind, "id": f"R{number}", **fields} for number, (kind, fields) in enumerate(drawn)]


def by_name(found: Any) -> dict[tuple[str, str], str]:
    return {(record["type"], record["id"]): exactly(record) for record in found}


def exactly(value: Any) -> str:
    """Spell a value so that 1, 1.0, True and "1" differ."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{name!r}:{exactly(value[name])}" for name in sorted(value)) + "}"
    return f"[{','.join(map(exactly, value))}]" if isinstance(value, list) else repr(value)


@given(records())
def test_records_are_what_their_own_items_say(known: list[dict[str, Any]]) -> None:
    listed = [exactjson.loads(exactjson.dumps(record)) for record in known]

    assert by_name(ProgrammeRecords(compact(listed))) == by_name(listed)


@given(records(), st.randoms(use_true_random=False))
def test_the_form_of_records_does_not_depend_on_their_order(known: list[dict[str, Any]], chance: Any) -> None:
    shuffled = chance.sample(known, len(known))

    assert compact(shuffled) == compact(known)


@given(
    st.integers(1, 2 * MAX_BLOCK + 2),
    st.lists(
        st.tuples(st.sampled_from(["COMBINE", "EXCLUSIVE"]), st.integers(-2, 2), st.booleans()), min_size=1, max_size=9
    ),
)
@settings(max_examples=25, deadline=None)
def test_offers_stand_in_their_turn_however_many_there_are(size: int, kinds: list[tuple[str, int, bool]]) -> None:
    offers = []
    for number in range(size):
        stacking, priority, limited = kinds[number % len(kinds)]
        limits: dict[str, Any] = {"limits": {"budget": 5}} if limited else {}
        offers.append(offer(f"O{number * 7919 % size:04}", stacking=stacking, priority=priority, **limits))
    known = imported(EUR, SCHEME, *offers)

    programme = Programme.of(known)

    own = [record for record in known if record["type"] == "reward_offer"]
    own.sort(key=lambda record: (record["stacking"] != "EXCLUSIVE", -record["priority"], record["id"]))
    assert [found.id for found in programme.offers] == [record["id"] for record in own]
    assert [found.priority for found in programme.offers] == [record["priority"] for record in own]
    assert programme.with_budget == {record["id"] for record in own if "limits" in record}
    assert all(programme.offers.find(record["id"]) is programme.offers[turn] for turn, record in enumerate(own))
