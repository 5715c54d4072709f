"""Cancelling and returning (api.md, "POST /purchases/{id}/cancel" and "POST /purchases/{id}/returns")."""

from dataclasses import replace
from fractions import Fraction

from tests.model.account import give_back_uses, record, settle
from tests.model.answers import purchase_answer
from tests.model.exact import NOTHING, Json
from tests.model.history import POSTED, REPLAYED, RETURN, Answer, Entry
from tests.model.identity import fingerprint
from tests.model.money import ALTERNATIVE
from tests.model.posted import Posted, Returned, points_taken, spend_back, whole
from tests.model.purchase import DUPLICATE, NOT_FOUND, Refused
from tests.model.returns import check_return, returned_after
from tests.model.reversal import WITHIN_BALANCE, Step, undo
from tests.model.state import State


def cancel(state: State, entry: Entry) -> Answer:
    """Undo what is left of a purchase; one that is cancelled already is answered as the first time."""
    posted = _found(state, entry)
    account = posted.purchase.account
    if posted.is_cancelled:
        told = state.told(account, entry.moment, purchase_answer(posted))
        return replace(told, outcome=REPLAYED, number=posted.number)
    step, points = _undo(state, posted, whole(posted.purchase), entry.moment, is_cancellation=True)
    line = _enter(state, posted, "CANCELLATION", (entry.moment, entry.moment), step, points, posted.purchase.reference)
    told = state.told(account, entry.moment, purchase_answer(posted))
    return replace(told, number=posted.number, entry=line)


def give_back(state: State, entry: Entry, number: int) -> Answer:
    """Take back some of a purchase's goods, and undo just their share."""
    check_return(entry.body)
    posted = _found(state, entry)
    if before := _before(state, posted, entry):
        return replace(before, outcome=REPLAYED)
    name = (posted.number, entry.body["reference_number"])
    returned, lines = returned_after(posted, entry.body)
    step, points = _undo(state, posted, returned, entry.moment)
    moments = (entry.body.get("performed_on") or entry.moment, entry.moment)
    line = _enter(state, posted, "RETURN", moments, step, points, name[1])
    data = {one: value for one, value in line.items() if one not in ("sequence", "type")} | {
        "account_id": posted.purchase.account,
        "products": lines,
        "waived": step.waived,
        "wallet_version": line["sequence"],
    }
    data |= {"settled": step.all_settled} if step.settled else {}
    answer = replace(state.told(posted.purchase.account, entry.moment, data), number=number, entry=line)
    state.returns[name] = (fingerprint(entry.body, one_piece=False), answer)
    return answer


def would_take_back(state: State, entry: Entry) -> Answer:
    """Answer a cancellation or a return as it would be answered now, and leave everything as it is."""
    if entry.kind == RETURN:
        check_return(entry.body)
    posted = _found(state, entry)
    if entry.kind == RETURN:
        if before := _before(state, posted, entry):
            return replace(before, outcome=REPLAYED)
        returned, _ = returned_after(posted, entry.body)
    elif posted.is_cancelled:
        return Answer(REPLAYED, number=posted.number)
    else:
        returned = whole(posted.purchase)
    undo(posted, state.account(posted.purchase.account).wallet.copy(), returned, _clawback(state, posted), entry.moment)
    return Answer(POSTED)


def _before(state: State, posted: Posted, entry: Entry) -> Answer | None:
    """Return the answer of an equal return before, if there was one; another one of its number is a duplicate."""
    before = state.returns.get((posted.number, entry.body["reference_number"]))
    if before is None:
        return None
    if before[0] != fingerprint(entry.body, one_piece=False):
        raise Refused(("/reference_number", DUPLICATE))
    return before[1]


def _clawback(state: State, posted: Posted) -> str:
    place = (posted.purchase.merchant, posted.purchase.outlet)
    return state.programme.own_or_merchants("clawback", *place) or WITHIN_BALANCE


def _found(state: State, entry: Entry) -> Posted:
    """Return the purchase that is meant; one of other merchants is as one that does not exist."""
    if entry.of is None or entry.of not in state.purchases or not state.visible(entry.of, entry.partner):
        raise Refused(("", NOT_FOUND))
    return state.purchases[entry.of]


def _undo(
    state: State, posted: Posted, returned: Returned, now: int, is_cancellation: bool = False
) -> tuple[Step, tuple[Fraction, Fraction] | None]:
    """Move wallet, uses, budgets and promo codes, in one; a refusal leaves the wallet as it was."""
    account = state.account(posted.purchase.account)
    wallet = account.wallet.copy()
    step = undo(posted, wallet, returned, _clawback(state, posted), now)
    spent_points = NOTHING
    has_points = ALTERNATIVE in posted.plan.rates.rate
    if has_points:
        methods = [one.method for one in posted.plan.spends]
        after, before = (
            sum((spend_back(posted, one, back, ALTERNATIVE) for one in methods), NOTHING)
            for back in (returned, posted.returned)
        )
        spent_points = before - after
    account.wallet = wallet
    record(posted, step)
    posted.returned = returned if not is_cancellation else posted.returned
    posted.is_cancelled = is_cancellation
    touched = [posted]
    for number, amount in step.settled.items():
        if number != posted.number:
            touched.append(state.purchases[number])
        settle(state.purchases[number], amount)
    for one in touched:
        for offer, amount in give_back_uses(one).items():
            state.given[offer] -= amount
    account.memory.drop_emptied()
    for one in touched:
        if one.counts_code and one.is_gone:
            one.counts_code = False
            state.code_uses[str(one.purchase.promo_code)] -= 1
    if not has_points:
        return step, None
    awarded_points = NOTHING
    for one in touched:
        awarded_points += one.points_back
        one.points_back = points_taken(one)
        awarded_points -= one.points_back
    return step, (awarded_points, spent_points)


def _enter(
    state: State,
    posted: Posted,
    kind: str,
    moments: tuple[int, int],
    step: Step,
    points: tuple[Fraction, Fraction] | None,
    reference: str | None,
) -> Json:
    """Enter what was undone: `awarded` and `spent` are below zero; what was settled is in `awarded`, too. What was
    undone whole may be bought again."""
    if not posted.stands:
        state.identities.forget(posted.number)
    moved = (-(step.taken + step.all_settled), -step.given)
    line = state.enter(posted.purchase.account, kind, moments, moved, reference, points)
    return line | {"performed_on": moments[0]} if moved != (NOTHING, NOTHING) else line
