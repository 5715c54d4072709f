"""The model says of small files what is right: shapes of files that were once posted wrong."""

import json
from fractions import Fraction
from pathlib import Path

from tests.model.history import IMPORT, Entry
from tests.model.model import Model
from tests.model.purchase import INVALID, Partner
from tests.model.uploads import Outcome, counts, outcomes

CASES = Path(__file__).parents[1] / "model/cases"
ROOT = Path(__file__).parents[2]
NOW = 1790000000
DEMO = Partner("DEMO")


def lines(path: Path) -> tuple[dict[str, object], ...]:
    return tuple(json.loads(line) for line in path.read_text().splitlines())


def shops(records: str = "records.jsonl", with_demo: bool = True) -> Model:
    model = Model()
    if with_demo:
        model.take(Entry(NOW, IMPORT, rows=lines(ROOT / "cli/demo/programme.jsonl")))
    model.take(Entry(NOW, IMPORT, rows=lines(CASES / records)))
    return model


def sent(model: Model, name: str) -> list[Outcome]:
    return outcomes(model, DEMO, name, (CASES / name).read_text(), NOW)


def test_a_blank_line_does_not_end_a_purchase() -> None:
    [outcome] = sent(shops(), "blank-line.csv")
    assert (outcome.status, outcome.rows) == ("posted", (1, 3))
    assert outcome.answer is not None
    assert (outcome.answer.data["net_amount"], outcome.answer.data["awarded"]) == (60, 6)


def test_a_status_of_the_callers_own_settles_nothing() -> None:
    assert [outcome.status for outcome in sent(shops(), "status-column.csv")] == ["posted"]


def test_a_reference_that_a_spreadsheet_destroyed_is_refused() -> None:
    [outcome] = sent(shops(), "exponent-references.csv")
    assert (outcome.status, outcome.rows) == ("refused", (1, 2))
    assert {code for _, code in outcome.problems} == {INVALID}


def test_an_amount_that_may_be_thousands_is_refused() -> None:
    [outcome] = sent(shops(), "thousands.csv")
    assert outcome.status == "refused"
    assert {column for column, _ in outcome.problems} == {"products.net_amount", "products.total_amount"}


def test_a_file_that_repeats_a_purchase_posts_it_once() -> None:
    model = shops("repeated-records.jsonl", with_demo=False)
    of_file = sent(model, "repeated.jsonl")
    assert [outcome.status for outcome in of_file] == ["posted", "posted", "replayed", "refused", "posted", "posted"]
    assert counts(sent(model, "repeated.jsonl")) == {"posted": 0, "replayed": 5, "refused": 1}


def test_the_rest_of_a_purchase_that_comes_later_is_refused() -> None:
    text = (CASES / "blank-line.csv").read_text().splitlines()
    other = text[1].replace("A-1", "A-2")
    of_file = outcomes(shops(), DEMO, "x.csv", "\n".join([text[0], text[1], other, text[3]]), NOW)
    assert [(outcome.rows, outcome.status) for outcome in of_file] == [
        ((1,), "posted"),
        ((2,), "posted"),
        ((3,), "refused"),
    ]


def test_what_a_row_repeats_may_be_left_empty() -> None:
    text = (CASES / "blank-line.csv").read_text().splitlines()
    bare = ",A-1,,,PEAR,1,50.00,10.00,60.00"
    [outcome] = outcomes(shops(), DEMO, "x.csv", "\n".join([text[0], text[1], bare]), NOW)
    assert outcome.answer is not None
    assert outcome.answer.data["total_amount"] == Fraction(72)
