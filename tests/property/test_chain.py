"""The chain of a wallet's events: whatever is changed of one shows, and what may be erased does not."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty.domain.ledger.chain import (
    PERSONAL_IDS,
    PERSONAL_IN_DOCUMENT,
    Link,
    canonical,
    content_digest,
    linked,
    next_hash,
    person_in,
    personal_digest,
    root,
)
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.proofs.chain_audit import (
    AS_POSTED,
    HASHED_ON,
    HEAD_KEPT,
    UPGRADE_SECONDS,
    ChainEvidence,
    TableChains,
    chain_findings,
)

SALT, BEFORE = b"s" * 16, b"b" * 16

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
leaves = st.none() | st.booleans() | st.integers() | numbers | st.text() | st.binary(max_size=20)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
persons = st.fixed_dictionaries(
    {},
    optional={
        "contact_id": st.text(min_size=1),
        "details": st.dictionaries(st.text(), st.text(min_size=1), min_size=1, max_size=2),
        "ids": st.dictionaries(st.sampled_from([*PERSONAL_IDS, "classification"]), st.text(min_size=1), max_size=3),
    },
)


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what an event may say: what every event says, and whatever else a version may add."""
    more = draw(st.dictionaries(st.text(min_size=1), values, max_size=3))
    document = {**draw(st.dictionaries(st.text(min_size=1), values, max_size=3)), **draw(persons)}
    own = {"event_id": draw(st.text()), "sequence": draw(st.integers(1)), "balance": draw(numbers)}
    return {**more, **own, "fingerprint": draw(st.binary(min_size=1, max_size=16)), "document": document}


def hashed(content: dict[str, Any]) -> bytes:
    return linked(content, BEFORE, SALT).digest


def same(one: Any, other: Any) -> bool:
    """Return whether two values say the same: numbers by what they come to, all else by what it is."""
    kinds = (int, Decimal)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, kinds) and isinstance(other, kinds):
        return one == other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return type(one) is type(other) and bool(one == other)


@given(values, values)
def test_two_values_have_the_same_bytes_only_where_they_say_the_same(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) == same(one, other)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the path to each part of a value."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from places(part, (*at, name))


def put(value: Any, at: tuple[Any, ...], other: Any) -> Any:
    """Return a value with something other at a place."""
    if not at:
        return other
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[at[0]] = put(value[at[0]], at[1:], other)
    return changed


def at(value: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        value = value[step]
    return value


@given(contents(), st.data())
def test_whatever_is_changed_of_an_event_changes_its_hash(content: dict[str, Any], data: st.DataObject) -> None:
    inside = [place for place in places(content) if place and place != ("document",) and place != ("document", "ids")]
    place = data.draw(st.sampled_from(inside))
    other = data.draw(values.filter(lambda value: not same(value, at(content, place))))

    assert hashed(put(content, place, other)) != hashed(content)


@given(contents(), st.text(min_size=1), values)
def test_whatever_is_added_to_an_event_changes_its_hash(content: dict[str, Any], name: str, value: Any) -> None:
    if name not in content:
        assert hashed({**content, name: value}) != hashed(content)


@given(contents())
def test_the_order_of_names_and_how_numbers_are_spelled_do_not_count(content: dict[str, Any]) -> None:
    def respelled(value: Any) -> Any:
        if isinstance(value, Decimal):
            return value.quantize(Decimal("0.000001")) if abs(value) < 10**15 else value
        if isinstance(value, dict):
            return {name: respelled(value[name]) for name in reversed(value)}
        return [respelled(part) for part in value] if isinstance(value, list) else value

    assert hashed(respelled(content)) == hashed(content)


def erased(content: dict[str, Any]) -> dict[str, Any]:
    """Return an event once all that names a person is gone."""
    document = {name: value for name, value in content["document"].items() if name not in PERSONAL_IN_DOCUMENT}
    if ids := {kind: value for kind, value in document.pop("ids", {}).items() if kind not in PERSONAL_IDS}:
        document["ids"] = ids
    return {**{name: value for name, value in content.items() if name != "fingerprint"}, "document": document}


@given(contents())
def test_erasing_a_person_leaves_the_hash_as_it_is(content: dict[str, Any]) -> None:
    link = linked(content, BEFORE, SALT)

    assert next_hash(BEFORE, content_digest(erased(content), link.personal)) == link.digest


def said(*, ids: dict[str, str] | None = None, **document: Any) -> dict[str, Any]:
    """Return what an event says."""
    return {"event_id": "E", "sequence": 1, "document": {**document, **({"ids": ids} if ids else {})}}


PERSONAL_CONTENT = [
    said() | {"fingerprint": b"f"},
    said(contact_id="C"),
    said(details={"name": "Ada"}),
    *(said(ids={kind: "1"}) for kind in ("access_token", "account", "contact", "invoice")),
]


@pytest.mark.parametrize("content", PERSONAL_CONTENT, ids=str)
@pytest.mark.parametrize("ids", [{}, {"classification": "1"}], ids=["", "beside what names nobody"])
def test_all_that_names_a_person_is_hashed_and_can_be_erased(content: dict[str, Any], ids: dict[str, str]) -> None:
    document = content["document"]
    content = content | {"document": {**document, "ids": {**document.get("ids", {}), **ids}}}
    nobody = said(ids=ids)

    assert hashed(content) != hashed(nobody)
    assert person_in(content)
    assert not person_in(nobody)
    link = linked(content, BEFORE, SALT)
    assert next_hash(BEFORE, content_digest(nobody, link.personal)) == link.digest


@pytest.mark.parametrize("kind", ["classification", "promo_code"])
def test_what_names_nobody_stays_proven_once_a_person_is_erased(kind: str) -> None:
    one, other = (said(contact_id="C", ids={kind: value}) for value in ("1", "2"))

    assert content_digest(one, b"") != content_digest(other, b"")
    assert content_digest(one, b"") != content_digest(said(contact_id="C"), b"")


@given(contents(), st.binary(min_size=16, max_size=16))
def test_what_names_a_person_cannot_be_guessed_from_its_digest(content: dict[str, Any], salt: bytes) -> None:
    assert (personal_digest(content, salt) == personal_digest(content, SALT)) == (salt == SALT)


@st.composite
def chains(draw: st.DrawFn) -> tuple[Wallet, list[ChainEvidence], list[dict[str, Any]]]:
    """Draw a wallet of a table, its events as its chain sees them, and what they say; some of an older version."""
    old, said = draw(st.integers(0, 2)), draw(st.lists(contents(), min_size=2, max_size=5))
    said = [{**content, "sequence": place, "event_id": f"E{place}"} for place, content in enumerate(said, 1)]
    seen, head, balance = [], None, Decimal(0)
    for content in said:
        link = None
        if content["sequence"] > old:
            before = head or root("T", "A", content["sequence"] - 1, balance)
            link = linked(content, before, SALT)
            head = link.digest
        seen.append(evidence(content, link))
        balance = content["balance"]
    return Wallet("A", len(said), balance, head=head), seen, said


POSTED_ON = 1_780_000_000


def evidence(content: dict[str, Any], link: Any) -> ChainEvidence:
    digest = content_digest(content, link.personal) if link else None
    return ChainEvidence(content["event_id"], content["sequence"], content["balance"], POSTED_ON, link, digest)


Chain = tuple[Wallet, list[ChainEvidence], list[dict[str, Any]]]


@given(chains(), st.randoms())
def test_a_chain_that_nobody_touched_holds_in_whatever_order_it_is_read(chain: Chain, random: Any) -> None:
    wallet, seen, _ = chain
    random.shuffle(seen)

    assert list(chain_findings(wallet, seen, TableChains("T"))) == []


TAMPERINGS: list[Callable[[list[ChainEvidence], int], list[ChainEvidence]]] = [
    lambda seen, at: [*seen[:at], *seen[at + 1 :]],
    lambda seen, at: [*seen[:at], replace(seen[at], link=None), *seen[at + 1 :]],
    lambda seen, at: [*seen[:at], replace(seen[at], content=b"other content..."), *seen[at + 1 :]],
    lambda seen, at: [
        *seen[: at - 1],
        replace(seen[at], sequence=at),
        replace(seen[at - 1], sequence=at + 1),
        *seen[at + 1 :],
    ],
]


@given(chains(), st.sampled_from(range(len(TAMPERINGS))), st.data())
def test_an_event_that_is_gone_stripped_altered_or_moved_shows(chain: Chain, how: int, data: st.DataObject) -> None:
    wallet, seen, _ = chain
    hashed_ones = [place for place, one in enumerate(seen) if one.link and place and seen[place - 1].link]
    if not hashed_ones:
        return
    place = data.draw(st.sampled_from(hashed_ones))

    found = {finding.rule for finding in chain_findings(wallet, TAMPERINGS[how](seen, place), TableChains("T"))}

    assert found & {AS_POSTED, HASHED_ON, HEAD_KEPT}


@given(chains())
def test_a_wallet_of_another_table_shows(chain: Chain) -> None:
    wallet, seen, _ = chain
    if wallet.head:
        assert [finding.rule for finding in chain_findings(wallet, seen, TableChains("OTHER"))] == [AS_POSTED]


@pytest.mark.parametrize(
    ("after", "found"), [(-UPGRADE_SECONDS, []), (UPGRADE_SECONDS, []), (UPGRADE_SECONDS + 1, [HASHED_ON])]
)
def test_an_event_of_an_older_version_needs_no_hash_until_the_upgrade_is_over(after: int, found: list[str]) -> None:
    old = ChainEvidence("E1", 1, Decimal(7), POSTED_ON + after, None)

    rules = [one.rule for one in chain_findings(Wallet("A", 1, Decimal(7)), [old], TableChains("T", POSTED_ON))]

    assert rules == found


@given(chains(), st.sampled_from([-UPGRADE_SECONDS - 1, -UPGRADE_SECONDS, UPGRADE_SECONDS]))
def test_during_an_upgrade_an_old_container_may_post_after_a_new_one(chain: Chain, after: int) -> None:
    wallet, seen, _ = chain
    number = len(seen) + 1
    late = ChainEvidence("LATE", number, Decimal(7), POSTED_ON + after, None)

    found = list(chain_findings(replace(wallet, version=number), [*seen, late], TableChains("T", POSTED_ON)))

    assert [one.rule for one in found] == [HASHED_ON] * (after < -UPGRADE_SECONDS and wallet.head is not None)


def test_the_bytes_of_the_first_form_stay_as_they_are() -> None:
    """Whoever changes them makes every hash that is stored a deviation."""
    said = {
        "b": [Decimal("14.150"), 2, None, True, False],
        "a": {"é\n": b"\x00\xff", "": Decimal("-0.00")},
        "c": Decimal("1E+3"),
    }

    assert canonical(said) == rb'{"a":{"":0,"\u00e9\n":x00ff},"b":[14.15,2,null,true,false],"c":1000}'
    assert json.loads(canonical({"text": '\u2028\U0001f600"'})) == {"text": '\u2028\U0001f600"'}
    content = {"event_id": "E", "sequence": 1, "fingerprint": b"f", "document": {"contact_id": "C", "lines": [1]}}
    before = short(b'["root",1,"T","A",0,0]')
    personal = short(b'["personal",1,x%b,{"contact_id":"C","fingerprint":x66}]' % SALT.hex().encode())
    kept = b'{"document":{"lines":[1]},"event_id":"E","sequence":1}'
    digest = short(b'["content",1,%b,x%b]' % (kept, personal.hex().encode()))
    assert linked(content, root("T", "A", 0, Decimal(0)), SALT) == Link(short(before + digest), personal, SALT, 1)


def short(text: bytes) -> bytes:
    return sha256(text).digest()[:16]
