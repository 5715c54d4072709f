"""docs/isolation.md, written from the table: `python -m tests.isolation.page`."""

from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from cli.docs.route import Route
from cli.docs.routes import ROUTES
from cli.target import REPOSITORY
from tests.isolation import kinds
from tests.isolation.cells import CELLS, known
from tests.isolation.fields import Field, all_fields
from tests.isolation.kinds import FIELDS, KNOWN, Kind, Whose, kinds_of

DOCUMENT = REPOSITORY / "docs" / "isolation.md"


def text() -> str:
    """Return the page."""
    return "\n".join(
        [
            _HEAD.format(**_counts()),
            *_rows(Whose.ISOLATED, lambda kind: [kind.name, kind.why, "; ".join(kind.of), _answered(kind)]),
            _SHARED,
            *_rows(Whose.SHARED, lambda kind: [kind.name, kind.why, _answered(kind)]),
            _KNOWN,
            *(f"- {kind.name[0].upper()}{kind.name[1:]}, {label}: {why}." for (kind, label), why in KNOWN.items()),
            _LEARNT,
            *(line for route in ROUTES for line in _of_route(route)),
            "",
        ]
    )


def _counts() -> dict[str, int]:
    fields = [kind.whose for field in all_fields() for kind in kinds_of(field)]
    isolated = [cell for cell in CELLS if cell.kind.whose is Whose.ISOLATED]
    return {
        "routes": len(ROUTES),
        "fields": len(fields),
        "nothing": fields.count(Whose.NOTHING),
        "shared": fields.count(Whose.SHARED),
        "bearer": fields.count(Whose.BEARER),
        "isolated": fields.count(Whose.ISOLATED),
        "cells": len(isolated),
        "known": sum(map(known, isolated)),
    }


def _rows(whose: Whose, columns: Callable[[Kind], list[str]]) -> Iterator[str]:
    """Return a row for each kind that is whose, in the order of the table."""
    for kind in dict.fromkeys(FIELDS.values()):
        if kind.whose is whose:
            yield _row(columns(kind))


def _row(columns: Iterable[str]) -> str:
    return f"| {' | '.join(columns)} |"


def _answered(kind: Kind) -> str:
    """Return what is answered where something of a kind is another's."""
    if kind.whose is Whose.NOTHING:
        return "-"
    if kind.whose is Whose.BEARER:
        return "as its partner's"
    code = kind.others if kind.whose is Whose.SHARED else kind.absent
    if code != kinds.OK:
        return f"`{code}`"
    return "as one's own" if kind.whose is Whose.SHARED else "as free"


def _of_route(route: Route) -> Iterator[str]:
    """Return a route's part of the table, with a row for each kind that its fields name."""
    named = defaultdict[Kind, list[Field]](list)
    for field in all_fields():
        if field.route is route:
            for kind in kinds_of(field):
                named[kind].append(field)
    yield f"\n### {route.call}\n\n| Fields | Name | Another's is answered |\n|---|---|---|"
    for kind, fields in named.items():
        told = kind.name if kind.whose is not Whose.NOTHING else f"nothing: {kind.why}"
        yield _row([_spelled(fields), told, _answered(kind)])


def _spelled(fields: Iterable[Field]) -> str:
    """Return fields by their places; of one object, or of one beginning, in one."""
    lasts = defaultdict[str, list[str]](list)
    for field in fields:
        above, _, last = field.place.removeprefix("body/").rpartition("/")
        lasts[above].append("udf_*" if last.startswith("udf_") else last)
    return ", ".join(
        f"{above.replace('/', '.')}{'.' if above else ''}{' / '.join(dict.fromkeys(of))}" for above, of in lasts.items()
    ).join("``")


_HEAD = """\
# Isolation

What a partner is told of what belongs to others: of another partner's things, of another merchant's, and of what the
partner has at merchants that the key of the call does not cover. It is written from a table that a test works
through, `tests/functional/test_isolation.py`, with the functions as they are.

The {routes} routes have {fields} fields that a caller can fill in: parameters, credentials and the fields of bodies.
{nothing} of them name nothing, {shared} name what is shared on purpose, {bearer} hold a token, and {isolated} name
what is somebody's own. A field that is not in the table fails the test.

The {isolated} are given names of what is another's, {cells} times in all: of another's in one way or another, alone or
beside the partner's own merchant, in a sound body and in one that is faulty elsewhere. Each of these calls is sent
where that exists, and where it does not. All but {known} of them **are answered alike**: with the same status, the same
headers and the same body to the last letter, after the same requests to DynamoDB and S3 in the same order, each with
as many keys and under the same conditions, and with as many pass codes hashed. As it is the same call, nothing is left
out of the comparison; in the test the clock stands still, and numbers and random ids begin anew with each call. So
neither an answer nor the work behind it tells another's from what does not exist. How long DynamoDB takes for one
request is not part of this.

## What is isolated

| What | Whose it is | Tried with | Another's is answered |
|---|---|---|---|"""

_SHARED = """
*As free* means that another's name is nobody's here: a purchase with the reference number of another merchant's is
posted as if there was no other. `InvalidTokenException` is what a key that never was is answered with.

## What is shared on purpose

All partners of a deployment serve the same customers under one programme. Whoever names one of these learns that it
exists, whoever brought it in; where another code than that of an own one is answered, it is because it does not fit
the rest of the call.

| What | Why it is shared | Another's is answered |
|---|---|---|"""

_KNOWN = """
An auth token is its holder's: whoever has one may do what its partner may. No route takes the name of a partner, an
offer, a scheme, a campaign or a voucher.

## What tells another's all the same
"""

_LEARNT = """\
- A merchant's code that was another merchant's before: who sends, to the letter, the purchase that was posted there
  under the old code is answered 409, as it may be that one sent again, and money is not to move twice
  ([decision 20](decisions/0020-a-repetition-stays-one.md), `tests/functional/test_repetitions.py`).
- A name that is not unique: a business unit or a till is found by its name only where no other has that, and so the
  partner's own is not where another's is called alike ([tap](reference-data.md#tap)). Codes and ids are unique.

## What else a partner learns of others

- **Of a customer's wallet**, with `wallets:read`: when it moved and by how much, wherever that was. The id and the
  reference number of others' purchases are null ([decision 7](decisions/0007-what-a-partner-sees-of-a-wallet.md)).
- **How many purchases there are**: the classic API's numbers count those of all partners, in blocks of a hundred for
  each container. Who posts two learns from their numbers about how many were posted between.
- **That a customer's pass code is locked**: fifty wrong ones in a day, of all partners together, lock it for all
  ([decision 28](decisions/0028-partners-cannot-get-in-each-others-way.md)).
- **What the partner's other keys did**: idempotency keys, external references and classic reference numbers are the
  partner's, not a key's. A key for one merchant is refused the idempotency key that another key of the same partner
  used.
- **Of the programme**: the offers that could apply at the key's merchants, and no others; by a preview with
  `explain` ([API](api.md#post-purchasespreview)).

Not: whether a merchant, an outlet, a unit, a till, a promo code, a purchase, a reference number, an upload or a
one-time password of others exists, what others bought, or where.

## Route by route

`*` stands for each element of a list, `a / b` for several fields of one object."""


if __name__ == "__main__":
    ArgumentParser(prog="python -m tests.isolation.page", description=__doc__).parse_args()
    DOCUMENT.write_text(text(), "utf-8")
