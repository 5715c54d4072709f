"""Posting a purchase, and previewing one (api.md, "POST /purchases" and "POST /purchases/preview")."""

from dataclasses import replace

from tests.model.account import Account
from tests.model.answers import preview_answer, purchase_answer
from tests.model.classic import read_classic
from tests.model.conditions import effective
from tests.model.dates import EVER, in_force, local, window
from tests.model.exact import NOTHING, Json
from tests.model.history import NEWEST, PREVIEWED, REPLAYED, Answer, Entry
from tests.model.limits import Limits, Use
from tests.model.money import ALTERNATIVE, WALLET, rates
from tests.model.newest import read_purchase
from tests.model.posted import Posted
from tests.model.pricing import Plan, price
from tests.model.purchase import DUPLICATE, INVALID, Purchase, Refused
from tests.model.state import State


def post(state: State, entry: Entry, number: int) -> Answer:
    """Post a purchase, or answer as when an equal request was posted before."""
    found = decided(state, entry)
    if isinstance(found, Plan):
        return carry_out(state, entry, found, number)
    posted = state.purchases[found]
    told = state.told(posted.purchase.account, entry.moment, purchase_answer(posted))
    return replace(told, outcome=REPLAYED, number=found)


def decided(state: State, entry: Entry) -> Plan | int:
    """Return the plan of a purchase, or the number of the event that an equal request posted before, even if it would
    be refused today.

    Another one under the same identity is a duplicate, even if it would be refused for a reason of its own.
    """
    try:
        purchase = _read(state, entry)
        earlier, is_taken = state.identities.posted(entry, purchase, _repeats(state, entry))
        if entry.api == NEWEST and (before := state.identities.repeated(entry)) is not None:
            # Whatever merchant its code belongs to by now (api.md, "Sending it again").
            earlier, is_taken = before, not state.visible(before, entry.partner)
        plan = None if earlier is not None or is_taken else _plan(state, purchase)
    except Refused:
        earlier = state.identities.repeated(entry, _repeats(state, entry))
        if earlier is None or not state.visible(earlier, entry.partner):
            raise
        is_taken = False
    if is_taken:
        raise Refused(("", DUPLICATE))
    if earlier is not None:
        return earlier
    assert plan is not None
    return plan


def preview(state: State, entry: Entry) -> Answer:
    """Return the plan that posting the same purchase would carry out now; nothing is written."""
    plan = planned(state, entry)
    account = plan.purchase.account
    told = state.told(account, entry.moment, preview_answer(plan, state.account(account).wallet.balance))
    return replace(told, outcome=PREVIEWED)


def planned(state: State, entry: Entry) -> Plan:
    """Return the plan of a purchase, whatever was posted before."""
    return _plan(state, _read(state, entry))


def _repeats(state: State, entry: Entry) -> bool:
    """Tell whether equal calls without an identity are the same one, sent again (reference-data.md, "partner")."""
    record = state.programme.get("partner", entry.partner.id if entry.partner else None) or {}
    return bool(record.get("classic_repeats") == "REPLAY")


def _read(state: State, entry: Entry) -> Purchase:
    assert entry.partner is not None
    if entry.api != NEWEST:
        purchase = read_classic(entry, state.programme)
    else:
        body = {name: value for name, value in entry.body.items() if entry.kind != "preview" or name != "explain"}
        purchase = read_purchase(body, entry.partner, state.programme, entry.moment)
    _require_code_in_force(state, purchase)
    return purchase


def _plan(state: State, purchase: Purchase) -> Plan:
    return priced(state, purchase, state.account(purchase.account).bought)


def priced(state: State, purchase: Purchase, bought_before: int) -> Plan:
    """Price a purchase; its account has to be active, and its promo code not used up."""
    programme = state.programme
    record = programme.rows["account", purchase.account]
    rates(programme, record, purchase.performed_on)
    if record.get("life_cycle_state", "ACTIVE") != "ACTIVE":
        raise Refused(("", INVALID))
    account = state.account(purchase.account)
    _require_uses_left(state, purchase, account)
    limits = {offer["id"]: _limits(state, offer, purchase, account) for offer in programme.of("reward_offer")}
    return price(purchase, programme, account.wallet.balance, bought_before, limits)


def _require_code_in_force(state: State, purchase: Purchase) -> None:
    """Refuse a promo code that is not in force, like a name that leads nowhere (api.md, "Sending it again")."""
    code = state.programme.get("promo_code", purchase.promo_code)
    if code is None:
        return
    campaign = state.programme.get("promotion_campaign", code["promotion_campaign"])
    if not all(row and effective(row) and in_force(row, purchase.performed_on) for row in (code, campaign)):
        raise Refused(("/promo_code", INVALID))


def _require_uses_left(state: State, purchase: Purchase, account: Account) -> None:
    """Refuse a promo code that was used as often as it may be (rewards.md, "Promo codes")."""
    code = state.programme.get("promo_code", purchase.promo_code)
    if code is None:
        return
    by_all, by_this = code.get("maximum_uses"), code.get("maximum_uses_per_account")
    used_up = by_all is not None and state.code_uses.get(code["id"], 0) >= by_all
    used_up |= by_this is not None and account.memory.used(code["id"], EVER, "")[0] >= by_this
    if used_up:
        raise Refused(("/promo_code", INVALID))


def _window(state: State, purchase: Purchase, period: str) -> str:
    """Return the period of `performed_on`, by the clock of the place."""
    zone = state.programme.clock(purchase.merchant, purchase.outlet)
    return window(local(purchase.performed_on, zone), period)


def _limits(state: State, offer: Json, purchase: Purchase, account: Account) -> Limits:
    terms = offer.get("limits") or {}
    if not terms:
        return Limits(terms, 0, NOTHING, False, NOTHING)
    period = terms.get("period", EVER)
    times, amount, is_forgotten = account.memory.used(offer["id"], period, _window(state, purchase, period))
    return Limits(terms, times, amount, is_forgotten, state.given.get(offer["id"], NOTHING))


def carry_out(state: State, entry: Entry, plan: Plan, number: int) -> Answer:
    """Post a purchase by its plan."""
    purchase = plan.purchase
    account = state.account(purchase.account)
    posted = Posted(number, plan, entry.moment, version=len(account.journal) + 1)
    _count(state, posted)
    account.post(posted)
    state.purchases[number] = posted
    state.identities.keep(entry, purchase, number, _repeats(state, entry))
    has_points = ALTERNATIVE in plan.rates.rate
    line = state.enter(
        purchase.account,
        "PURCHASE",
        (purchase.performed_on, entry.moment),
        (plan.awarded(WALLET), plan.spent(WALLET)),
        purchase.reference,
        (plan.awarded(ALTERNATIVE), plan.spent(ALTERNATIVE)) if has_points else None,
    )
    told = state.told(purchase.account, entry.moment, purchase_answer(posted))
    return replace(told, number=number, entry=line)


def _count(state: State, posted: Posted) -> None:
    """Count what a purchase uses of limits, budgets and its promo code; what has no limit is not counted."""
    plan, purchase = posted.plan, posted.purchase
    for award in plan.awards:
        offer = award.offer["id"]
        limits, given = plan.limits[offer], award.amounts[award.currency]
        if limits.is_counted:
            posted.uses[offer] = Use(offer, limits.period, _window(state, purchase, limits.period), given)
        if "budget" in limits.terms:
            posted.budgets[offer] = given
            state.given[offer] = state.given.get(offer, NOTHING) + given
    code = state.programme.get("promo_code", purchase.promo_code)
    if code and "maximum_uses" in code:
        posted.counts_code = True
        state.code_uses[code["id"]] = state.code_uses.get(code["id"], 0) + 1
    if code and "maximum_uses_per_account" in code:
        posted.uses["code"] = Use(code["id"], EVER, "", NOTHING)
