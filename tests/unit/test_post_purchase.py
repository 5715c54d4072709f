"""Posting purchases, one or many at a time: what becomes of each, what is read and written for it, and in which order
the purchases of a wallet are held back."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import FAULT, Code, Problem, Refused
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Identity, Origin, derived_id
from loyalty.domain.purchases.purchase import PurchaseRequest, Reference, RowOrigin
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.backoff import Backoff
from loyalty.store.catalogue import RENEW_AFTER
from loyalty.store.customer_tokens import CustomerToken, OneTimePassword, put_one_time_password
from loyalty.store.events import Event, wallet_of
from loyalty.store.keys import Key
from loyalty.store.ledger import read_filed
from loyalty.store.memory_table import MemoryTable
from loyalty.store.writes import Delete, Put, Write
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import EventOutcome, PostedEvent
from loyalty.usecases.purchases.post_purchase import find_posted, outcome_among, post_purchase, post_purchases
from loyalty.usecases.reference.import_records import import_records
from loyalty.usecases.reversals.take_back import cancel_purchase
from tests.builders import AT as NOW
from tests.builders import EUR, SCHEME, offer
from tests.unit.test_purchase_draft import draft, posted

PARTNER = Partner("P", frozenset(), frozenset({"*"}))
KEY = Identity(Origin.KEY, ("P", "K"))
NUMBER = Identity(Origin.NUMBER)
PASSWORD = "123456789012"
CARDS = {"CARD": "A", "OTHER": "B"}
"""With their accounts."""
PROGRAMME: list[dict[str, Any]] = [
    EUR,
    SCHEME,
    *({"type": "business_unit", "id": name, "code": name, "name": name} for name in "MN"),
    {"type": "product", "id": "TEA", "code": "TEA"},
    *({"type": "account", "id": name, "number": name} for name in CARDS.values()),
    *(
        {"type": "access_token", "id": f"T-{card}", "account": account, "authentication_code": card, "identifier": card}
        for card, account in CARDS.items()
    ),
]
BUDGET = {"business_units": ["M"]}
BUSY = Refused(Problem(Code.RETRY_LATER, "Busy."))


class Storage(MemoryTable):
    """A table that notes what is read of it and which events it is to write; something may happen before either."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[Key] = []
        """Of a partition, the key with nothing behind it."""
        self.transactions: list[list[str]] = []
        """The ids of the events of each."""
        self.leases = 0
        self.reading: Callable[[Collection[Key]], object] = lambda _: None
        self.writing: Callable[[Sequence[Write]], object] = lambda _: None
        self._is_writing = False

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """As `Table.get_many`."""
        if not self._is_writing:
            self.reads += keys
            self.reading(keys)
        return super().get_many(keys, consistent=consistent)

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """As `Table.partition`."""
        self.reads.append(Key(pk, ""))
        self.reading([Key(pk, "")])
        return super().partition(pk, consistent=consistent)

    def add(self, key: Key, amounts: Any) -> dict[str, int]:
        """As `Table.add`."""
        self.leases += key == keys.NUMBERS
        return super().add(key, amounts)

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        if events := [keys.event_id(write.key) for write in writes if keys.is_event(write.key)]:
            self.transactions.append(events)
        self.writing(writes)
        self._is_writing = True
        try:
            super().transact(writes, backoff)
        finally:
            self._is_writing = False

    def events_read(self) -> list[str]:
        """Return the ids of the events that were looked for."""
        return [keys.event_id(key) for key in self.reads if keys.is_event(key)]


class Shop:
    """A container that posts purchases of tea, for a partner of all merchants."""

    def __init__(self, *records: dict[str, Any], partner: Partner = PARTNER) -> None:
        self.table = Storage()
        self.partner = partner
        self.waits: list[float] = []
        self.faults: list[Exception] = []
        self.bring(*PROGRAMME, *records)
        self.engine = Engine.on(self.table, self.waits.append)
        self.engine.catalogue.programme(NOW)
        self.watch()

    def bring(self, *records: dict[str, Any]) -> None:
        """Import records."""
        lines = [json.dumps(record, default=float).encode() for record in records]
        summary = import_records(lines, table=self.table, now=NOW)
        assert not summary.refused, summary.refused

    def watch(self) -> None:
        """Forget what was read and written so far."""
        self.table.reads.clear()
        self.table.transactions.clear()

    def buy(self, request: PurchaseRequest, **more: Any) -> PostedEvent:
        """Post one purchase by a call."""
        return post_purchase(self.engine, request, self.partner, now=NOW, **more)

    def post(self, *requests: PurchaseRequest, **more: Any) -> list[EventOutcome]:
        """Post purchases together."""
        return post_purchases(self.engine, requests, self.partner, now=NOW, report=self.faults.append, **more)

    def told(self, *requests: PurchaseRequest) -> list[str]:
        """Post purchases together; return of each whether it was posted or replayed, or the code of its refusal."""
        return [told(outcome) for outcome in self.post(*requests)]

    def cancel(self, event_id: str) -> None:
        """Cancel a purchase."""
        cancel_purchase(self.engine, Reference("id", event_id, ""), self.partner, now=NOW)

    def looked_a_while_ago(self) -> None:
        """Let it be long ago that the container looked for a newer programme, but not too long."""
        self.engine.catalogue.forget()
        self.engine.catalogue.programme(NOW - 2 * RENEW_AFTER)

    def versions(self) -> list[int]:
        """Return how many events each wallet has."""
        return [wallet_of(one, self.table.get(keys.wallet(one))).version for one in CARDS.values()]

    def replays_contents(self) -> None:
        """Let what the partner's requests say be their identity where they have none."""
        self.table.put(Put(keys.record("partner", "P"), {"record": '{"classic_repeats": "REPLAY"}'}))

    def give_password(self, card: str) -> None:
        """Let the password stand for a card."""
        token = CustomerToken(f"T-{card}", CARDS[card], None, None)
        password = OneTimePassword(PASSWORD, "P", NOW + timedelta(minutes=5))
        assert put_one_time_password(self.table, password, token)


def told(outcome: EventOutcome) -> str:
    if isinstance(outcome, Refused):
        return outcome.problems[0].code.name
    return "replayed" if outcome.replayed else "posted"


def asked(
    number: str = "R", card: str = "CARD", merchant: str = "M", amount: int = 10, **fields: Any
) -> PurchaseRequest:
    """Return the request of a tea; `identity` and the like are fields of the request, all others of the body."""
    own = {name: fields.pop(name) for name in PurchaseRequest.__struct_fields__ if name in fields}
    line = {"product_sku": "TEA", "net_amount": amount, "tax_amount": 0, "total_amount": amount}
    body = {"cim": card, "reference_number": number, "merchant_tap": {"code": merchant}, "products": [line], **fields}
    return replace(read_purchase(body, NOW), **own)


def too_much(number: str = "R", **fields: Any) -> PurchaseRequest:
    """Return a request that spends what the wallet does not hold."""
    return asked(number, spend_request={"amount": 5}, **fields)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_each_of_many_has_its_own_outcome_and_is_posted_once(shop: Shop) -> None:
    shop.buy(asked("1"))
    many = [asked("2"), asked("3", "NOBODY"), asked("1"), asked("1", amount=11), too_much("4"), asked("5", "OTHER")]

    assert shop.told(*many) == ["posted", "NOT_FOUND", "replayed", "DUPLICATE", "INSUFFICIENT_BALANCE", "posted"]
    assert shop.told(*many) == ["replayed", "NOT_FOUND", "replayed", "DUPLICATE", "INSUFFICIENT_BALANCE", "replayed"]

    assert shop.versions() == [2, 1]


@pytest.mark.parametrize("records", [[], [offer(limits={"budget": 9})]], ids=["", "with a budget"])
def test_the_account_of_a_card_may_be_gone_and_others_are_posted(records: list[dict[str, Any]]) -> None:
    shop = Shop(*records)
    shop.table.transact([Delete(keys.account("B"))])

    assert shop.told(asked("1"), asked("2", "OTHER"), asked("3")) == ["posted", "NOT_FOUND", "posted"]


def test_one_is_posted_or_refused_as_many_are(shop: Shop) -> None:
    assert told(shop.buy(asked())) == "posted"
    assert told(shop.buy(asked())) == "replayed"
    with pytest.raises(Refused) as refused:
        shop.buy(asked(amount=11))
    assert refused.value.problems[0].code is Code.DUPLICATE


@pytest.mark.parametrize(
    ("request_", "filed"),
    [
        (asked(identity=KEY), True),
        (asked(identity=NUMBER), True),
        (asked(), False),
        (asked(id="OWN"), False),
        (asked(identity=KEY, reference_number=None), False),
    ],
    ids=["key", "number", "reference number", "id", "none"],
)
def test_a_reference_number_that_is_no_identity_leads_to_the_purchase_of_one_call_and_to_none_of_many(
    shop: Shop, request_: PurchaseRequest, filed: bool
) -> None:
    number = request_.reference_number or ""
    shop.post(replace(request_, identity=Identity(Origin.KEY, ("P", "OTHER"))))
    assert read_filed(shop.table, "P", number) == (0, None)

    event_id = shop.buy(request_).event.entry.event_id

    assert read_filed(shop.table, "P", number) == ((1, event_id) if filed else (0, None))


def test_accounts_are_read_once_and_nothing_after_the_transaction(shop: Shop) -> None:
    shop.replays_contents()
    request = asked(identity=NUMBER)
    shop.watch()

    def read(wanted: Collection[Key]) -> None:
        assert not wanted or not shop.table.transactions

    shop.table.reading = read

    assert told(shop.buy(request)) == "posted"

    assert [key.pk for key in shop.table.reads].count(keys.account("A").pk) == 1


def test_while_its_wallet_moves_a_purchase_waits_between_tries_as_its_engine_does(shop: Shop) -> None:
    def move(_: Sequence[Write]) -> None:
        shop.table.writing = lambda _: None
        post_purchase(Engine.on(shop.table), asked("RIVAL"), PARTNER, now=NOW)

    shop.table.writing = move

    shop.buy(asked())

    assert (shop.versions(), len(shop.waits)) == ([2, 0], 1)


def test_numbers_of_many_are_leased_at_once(shop: Shop) -> None:
    before = shop.table.leases

    shop.post(*(asked(str(number)) for number in range(101)))

    assert shop.table.leases == before + 1


CONTENT = asked(identity=NUMBER)


@pytest.mark.parametrize("back", ["cancelled", "returned", "returned in part", "kept"])
def test_what_is_known_by_its_content_is_bought_anew_once_nothing_of_it_is_left(shop: Shop, back: str) -> None:
    shop.replays_contents()
    heard: list[PostedEvent] = []
    event_id = shop.buy(CONTENT).event.entry.event_id
    item = dict(shop.table.get(keys.event(event_id)) or {})
    undone = {
        "cancelled": {"state": "CANCELLED"},
        "returned": {"taken_back": '{"lines": {"0": 1}}'},
        "returned in part": {"taken_back": '{"lines": {"0": 0.5}}'},
        "kept": {},
    }
    shop.table.put(Put(keys.event(event_id), item | undone[back]))

    again = shop.buy(CONTENT, before_posting=heard.append)

    assert told(again) == ("posted" if back in ("cancelled", "returned") else "replayed")
    if back in ("cancelled", "returned"):
        assert [one.event.entry.event_id for one in heard][-1:] == [again.event.entry.event_id] != [event_id]
        assert told(shop.buy(CONTENT)) == "replayed"
        assert shop.versions() == [2, 0]


@pytest.mark.parametrize(
    "request_",
    [asked(identity=NUMBER, is_undated=False), asked(identity=KEY), asked()],
    ids=["it says when it was", "it has a key", "it has a reference number"],
)
def test_any_other_purchase_that_is_undone_stays_the_one_that_was_asked_for(
    shop: Shop, request_: PurchaseRequest
) -> None:
    shop.replays_contents()
    event_id = shop.buy(request_).event.entry.event_id
    shop.cancel(event_id)

    again = shop.buy(request_)

    assert (told(again), again.event.entry.event_id) == ("replayed", event_id)


def test_events_of_equal_requests_are_found_by_what_they_say_of_themselves(shop: Shop) -> None:
    shop.post(asked("1"), asked("2", identity=KEY), asked("3", identity=NUMBER), asked("4", merchant="N"))
    sent = [asked("0"), asked("1"), asked("2", identity=KEY), asked("3", identity=NUMBER), asked("1", amount=11)]

    found = find_posted(shop.engine, sent, PARTNER, now=NOW)

    assert {place: told(one) for place, one in found.items()} == {1: "replayed", 2: "replayed"}
    assert [one.event.entry.reference_number for one in found.values()] == ["1", "2"]
    of_one = Partner("P", frozenset(), frozenset({"M"}))
    assert find_posted(shop.engine, [asked("4", merchant="N")], of_one, now=NOW) == {}


@pytest.mark.parametrize(
    ("requests", "times"),
    [
        ([too_much()], 1),
        ([too_much(identity=KEY)], 0),
        ([too_much(identity=KEY), too_much("2")], 1),
        ([too_much(identity=KEY), asked("2")], 0),
    ],
    ids=["of a merchant's", "of a key", "of either", "of a key, beside another that is posted"],
)
def test_the_programme_is_looked_at_again_where_something_of_a_merchants_is_refused(
    shop: Shop, requests: list[PurchaseRequest], times: int
) -> None:
    """Its merchant's code may have changed hands."""
    shop.told(*requests)

    assert shop.table.reads.count(keys.PROGRAMME_VERSION) == times


def of_events(failure: Exception) -> Callable[[Collection[Key]], None]:
    """Let events be read no more."""

    def read(wanted: Collection[Key]) -> None:
        if any(keys.is_event(key) for key in wanted):
            raise failure

    return read


def test_while_it_cannot_be_read_whether_it_was_posted_before_what_is_refused_is_put_off(shop: Shop) -> None:
    shop.table.reading = of_events(BUSY)

    assert shop.told(asked("1"), too_much("2"), asked("3")) == ["posted", "RETRY_LATER", "posted"]

    assert shop.faults == []


def test_a_fault_in_reading_whether_it_was_posted_before_is_reported_and_keeps_nothing_from_being_told(
    shop: Shop,
) -> None:
    fault = ZeroDivisionError()
    shop.table.reading = of_events(fault)

    assert shop.told(asked("1"), too_much("2"), asked("3")) == ["posted", FAULT.code.name, "posted"]

    assert shop.faults == [fault]
    with pytest.raises(ZeroDivisionError):
        post_purchases(shop.engine, [too_much("2")], PARTNER, now=NOW)


def one_cent(budget: int) -> Shop:
    """Return a shop whose merchant M gives one for each purchase, as long as the budget lasts; N gives nothing."""
    return Shop(offer(method="FIXED", value="1", limits={"budget": budget}, conditions=BUDGET))


def test_a_purchase_beside_many_that_were_posted_already_is_given_what_they_have_left() -> None:
    """They fill transactions of their own, and none of them is to take anything a second time."""
    shop = one_cent(100)
    many = [asked(str(number)) for number in range(99)]
    shop.post(*many)

    outcomes = shop.post(*many, asked("NEW", "OTHER"))

    assert list(map(told, outcomes)) == [*["replayed"] * 99, "posted"]
    assert wallet_of("B", shop.table.get(keys.wallet("B"))).balance == 1


@pytest.mark.parametrize("place", [0, 1])
def test_what_could_draw_on_a_counter_is_looked_for_before_it_is_posted_with_all_beside_it(place: int) -> None:
    shop = one_cent(100)
    shop.buy(asked("1"))
    requests = [asked("2", "OTHER", merchant="N")]
    requests.insert(place, asked("1"))
    shop.watch()

    assert sorted(shop.told(*requests)) == ["posted", "replayed"]

    assert [len(events) for events in shop.table.transactions] == [1]


@pytest.mark.parametrize(
    "requests", [[asked("1")], [asked("1", merchant="N"), asked("2", merchant="N")]], ids=["it is alone", "no counter"]
)
def test_otherwise_the_transaction_tells_what_was_posted_already(requests: list[PurchaseRequest]) -> None:
    shop = one_cent(100)

    assert set(shop.told(*requests)) == {"posted"}

    assert shop.table.events_read() == []


def test_what_was_looked_up_with_the_names_is_not_read_again(shop: Shop) -> None:
    shop.told(asked("1", id="OWN"), asked("2"))

    assert shop.table.events_read() == ["OWN"]


def test_an_older_event_of_the_id_is_found_with_the_names(shop: Shop) -> None:
    """Earlier versions gave no merchant of its own the id."""
    event_id = shop.buy(asked(id="OWN")).event.entry.event_id
    item = shop.table.get(keys.event(event_id)) or {}
    shop.table.transact([Put(keys.event("OWN"), item), Delete(keys.event(event_id))])

    assert shop.told(asked(id="OWN"), asked(id="OWN", amount=11)) == ["replayed", "DUPLICATE"]
    assert shop.versions() == [1, 0]


def by_password(number: str = "R", **fields: Any) -> PurchaseRequest:
    return asked(number, customer=Reference("token.one_time_password", PASSWORD, "/cim"), **fields)


def guesses(shop: Shop) -> list[Item]:
    return [item for item in shop.table.written() if item["pk"].startswith("TRIES#")]


def test_a_purchase_whose_password_it_used_up_itself_is_a_replay_and_no_guess(shop: Shop) -> None:
    shop.give_password("CARD")
    assert told(shop.buy(by_password())) == "posted"
    shop.watch()

    assert shop.told(by_password(), asked("2", "OTHER")) == ["replayed", "posted"]

    assert guesses(shop) == []


def test_any_other_that_shows_a_password_which_is_gone_has_guessed_once(shop: Shop) -> None:
    shop.give_password("CARD")
    shop.buy(by_password())

    assert shop.told(by_password("2"), asked("3", "OTHER")) == ["NOT_FOUND", "posted"]

    [counted] = guesses(shop)
    assert [number for name, number in counted.items() if name.startswith("guesses")] == [1]


def test_what_an_account_names_that_a_container_does_not_know_yet_counts(shop: Shop) -> None:
    gold = {"type": "classification", "id": "GOLD", "code": "GOLD", "name": "Gold"}
    conditions = {"account_classifications": ["GOLD"]}
    account = {"type": "account", "id": "A", "number": "A", "classification": "GOLD"}
    shop.bring(gold, offer(method="FIXED", value="3", conditions=conditions), account)

    outcomes = shop.post(asked("1"), asked("2", "OTHER"))

    assert [one.event.entry.movement.awarded for one in outcomes if isinstance(one, PostedEvent)] == [3, 0]


def newer(number: str) -> PurchaseRequest:
    """Return a request that a container has to look at a newer programme for."""
    return asked(number, merchant="NEW")


def unread_once(shop: Shop) -> None:
    """Let the accounts be too busy to be read, the first time."""

    def read(wanted: Collection[Key]) -> None:
        if any(key.pk.startswith("ACCOUNT#") for key in wanted):
            shop.table.reading = lambda _: None
            raise BUSY

    shop.looked_a_while_ago()
    shop.bring({"type": "business_unit", "id": "NEW", "code": "NEW", "name": "New"})
    shop.table.reading = read


@pytest.mark.parametrize(
    ("requests", "outcomes"),
    [
        ([asked("0"), newer("1")], ["RETRY_LATER", "RETRY_LATER"]),
        ([newer("0"), asked("1")], ["posted", "RETRY_LATER"]),
        ([asked("0"), newer("1"), asked("2")], ["RETRY_LATER"] * 3),
        ([newer("0"), asked("1"), newer("2"), asked("3")], ["posted", *["RETRY_LATER"] * 3]),
        ([asked("0", "OTHER"), newer("1")], ["RETRY_LATER", "posted"]),
    ],
    ids=["behind it", "before it", "between two", "before and behind", "another wallet's"],
)
def test_what_stands_behind_a_purchase_whose_wallet_could_not_be_read_waits_for_it(
    shop: Shop, requests: list[PurchaseRequest], outcomes: list[str]
) -> None:
    unread_once(shop)

    assert shop.told(*requests) == outcomes


def by_code(number: str, card: str) -> PurchaseRequest:
    """Return a request that shows a pass code; that of no card is right."""
    return asked(number, customer=Reference("token.identifier", card, "/cim", pass_code="1357"))


def cannot_count(writes: Sequence[Write]) -> None:
    """Be too busy to count guesses."""
    if any(write.key.pk.startswith("TRIES#") for write in writes):
        raise BUSY


def test_what_stands_behind_a_pass_code_that_cannot_be_checked_now_waits_for_it_in_its_wallet(shop: Shop) -> None:
    shop.table.writing = cannot_count
    requests = [asked("0"), by_code("1", "CARD"), asked("2"), asked("3", "OTHER"), by_code("4", "NOBODY")]

    assert shop.told(*requests) == ["posted", "RETRY_LATER", "RETRY_LATER", "posted", "RETRY_LATER"]


def test_what_is_refused_for_good_is_told_so_whatever_it_stands_behind(shop: Shop) -> None:
    shop.table.writing = cannot_count

    assert shop.told(by_code("0", "CARD"), asked("1", merchant="?")) == ["RETRY_LATER", "NOT_FOUND"]


def test_what_stands_behind_a_pass_code_that_is_wrong_does_not_wait(shop: Shop) -> None:
    assert shop.told(by_code("0", "CARD"), asked("1")) == ["NOT_FOUND", "posted"]


def fresh(number: str) -> PurchaseRequest:
    """Return the request of a product whose type a container does not know yet."""
    line = {"product_sku": "FRESH", "net_amount": 10, "tax_amount": 0, "total_amount": 10}
    return asked(number, products=[line])


FRESH = {"type": "product", "id": "FRESH", "code": "FRESH", "product_type": "NEW"}


def test_what_stands_behind_a_purchase_that_needs_a_newer_programme_does_not_wait(shop: Shop) -> None:
    shop.bring({"type": "product_type", "id": "NEW", "name": "New"}, FRESH)

    assert shop.told(fresh("0"), asked("1")) == ["posted", "posted"]


def test_what_stands_behind_a_purchase_that_no_programme_can_price_yet_waits_for_it(shop: Shop) -> None:
    """As where an import has written the product, and has yet to publish the programme."""
    shop.table.put(Put(keys.alias("product", "code", "FRESH"), {"target": "FRESH", "product": json.dumps(FRESH)}))

    assert shop.told(fresh("0"), asked("1"), asked("2", "OTHER")) == ["RETRY_LATER", "RETRY_LATER", "posted"]


def test_what_is_refused_by_now_is_a_replay_if_an_equal_request_was_posted(shop: Shop) -> None:
    """Whether its names are still found or not."""
    shop.bring(
        {"type": "opening_balance", "id": "O", "account": "A", "amount": 5, "performed_on": "2026-01-01T00:00:00"}
    )
    many = [too_much("1"), asked("2", "OTHER"), asked("3", "OTHER", identity=KEY)]
    assert set(shop.told(*many)) == {"posted"}
    blocked = {"type": "access_token", "id": "T-OTHER", "account": "B", "authentication_code": "OTHER"}
    shop.bring(blocked | {"life_cycle_state": "NOT_EFFECTIVE"})

    assert shop.told(*many) == ["replayed"] * 3
    assert shop.told(*(replace(one, fingerprint=Fingerprint.of_fields({})) for one in many)) == [
        "DUPLICATE",
        "NOT_FOUND",
        "NOT_FOUND",
    ]


def test_what_was_posted_but_lost_its_answer_is_a_replay_even_if_it_says_nothing_of_itself(shop: Shop) -> None:
    def lose(writes: Sequence[Write]) -> None:
        if shop.table.transactions:
            MemoryTable.transact(shop.table, writes)
            raise BUSY

    shop.table.writing = lose

    assert shop.told(asked("1", identity=NUMBER)) == ["replayed"]
    assert shop.versions() == [1, 0]


@pytest.mark.parametrize("request_", [asked(merchant="N"), asked(merchant="N", identity=KEY)], ids=["number", "key"])
def test_what_a_partner_may_not_see_any_more_is_neither_told_to_it_nor_looked_for(
    shop: Shop, request_: PurchaseRequest
) -> None:
    event_id = shop.buy(request_).event.entry.event_id
    shop.partner = Partner("P", frozenset(), frozenset({"M"}))
    shop.watch()

    assert shop.told(request_) == ["NOT_FOUND"]

    assert (event_id in shop.table.events_read()) is (request_.identity is KEY)


@pytest.mark.parametrize("own", ["0", "Z"])
def test_of_two_rows_in_the_way_of_a_third_the_one_with_the_smaller_id_is_told(shop: Shop, own: str) -> None:
    shop.post(asked("1", id=own, row=RowOrigin("U", 1)), asked("2", row=RowOrigin("U", 2)))
    of_number = derived_id(Origin.REFERENCE, "M", "2")

    [refused] = shop.post(too_much("2", id=own, row=RowOrigin("U", 9)))

    assert isinstance(refused, Refused)
    assert refused.problems[0].code is Code.DUPLICATE
    assert f"was posted as {min(own, of_number)}," in refused.problems[0].description


OTHER = Fingerprint.of_fields({"other": 1})
ELSEWHERE = Partner("P", frozenset(), frozenset({"OTHER"}))


def at(merchant_id: str, event: Event) -> Event:
    return replace(event, entry=replace(event.entry, merchant_id=merchant_id))


@pytest.mark.parametrize(
    ("event", "sent", "outcome"),
    [
        (posted(), {}, "replayed"),
        (posted(), {"request": {"fingerprint": OTHER}}, "DUPLICATE"),
        (at("OTHER", posted()), {"request": {"fingerprint": OTHER}}, None),
        (at("OTHER", posted()), {"partner": Partner("P", frozenset(), frozenset({"SHOP"}))}, "DUPLICATE"),
        (posted(Origin.KEY), {"origin": Origin.KEY, "request": {"fingerprint": OTHER}}, None),
        (posted(Origin.KEY), {"origin": Origin.KEY, "partner": ELSEWHERE}, "DUPLICATE"),
        (posted(Origin.ROW), {"origin": Origin.ROW, "request": {"fingerprint": OTHER}}, "DUPLICATE"),
        (
            replace(posted(Origin.KEY), form=None),
            {"origin": Origin.KEY, "request": {"fingerprint": OTHER}},
            "DUPLICATE",
        ),
    ],
    ids=[
        "equal",
        "other content",
        "of another merchant",
        "equal, of a merchant that the partner does not see",
        "other content, by a key",
        "equal, by a key, of a merchant that the partner does not see",
        "other content, by a row",
        "other content, by a key, of an older version",
    ],
)
def test_what_has_an_id_that_a_request_may_have_been_posted_under_is_that_request_or_in_its_way_or_another(
    event: Event, sent: dict[str, Any], outcome: str | None
) -> None:
    became = outcome_among(draft(**sent), [event])

    assert (became and told(became)) == outcome


def test_what_is_another_purchase_hides_no_equal_one() -> None:
    another = at("OTHER", posted(request={"fingerprint": OTHER}))

    assert outcome_among(draft(), []) is None
    assert outcome_among(draft(), [another, posted()]) == PostedEvent(posted(), replayed=True)
