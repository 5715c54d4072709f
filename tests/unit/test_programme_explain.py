"""`loyalty programme explain`: a purchase previewed under programme files, without a stack."""

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from loyalty import exactjson
from tests.builders import SCHEME, offer
from tests.cards import BY_PASS_CODE, CARD, CLASSIFICATION

DEMO = Path("cli/demo/programme.jsonl")
PURCHASE = Path("cli/demo/purchase.json")
CLASSIC = Path("tests/examples/preview_2.request.json")


def explained(*arguments: str | Path) -> Any:
    result = CliRunner().invoke(app, ["programme", "explain", *map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return exactjson.loads(result.stdout)


def written(file: Path, *records: Any) -> Path:
    file.write_text("\n".join(map(exactjson.dumps, records)))
    return file


def test_it_tells_what_a_preview_tells() -> None:
    answer = explained(DEMO, PURCHASE)

    assert [(award["offer_id"], award["amount"]) for award in answer["awards"]] == [
        ("OFFER-5PC", Decimal("0.71")),
        ("OFFER-WELCOME", Decimal("0.50")),
    ]
    assert [spend["amount"] for spend in answer["spends"]] == [Decimal("2.12")]
    assert answer["balance"] == 50  # the demo's opening balance
    assert [one["offer_id"] for one in answer["why"] if one["applies"]] == ["OFFER-5PC", "OFFER-WELCOME"]
    assert answer["assumed"] == []


def test_whoever_runs_the_programme_is_told_of_drafts_and_of_all_merchants_codes_and_offers(tmp_path: Path) -> None:
    """Which partners are not (`domain/pricing/audience.py`)."""
    fixed: dict[str, Any] = {"scheme": "SALES", "method": "FIXED", "value": "1"}
    summer = {"promotion_campaign": "SUMMER", "business_units": ["MRA"]}
    drafts = written(
        tmp_path / "drafts.jsonl",
        {"type": "promotion_campaign", "id": "SUMMER", "name": "Summer"},
        {"type": "promo_code", "id": "PC", "code": "COLD-BREW", "promotion_campaign": "SUMMER"},
        offer("OFF", **fixed, life_cycle_state="NOT_EFFECTIVE"),
        offer("TO-BE", **fixed, effective_from="2150-01-01T00:00:00"),
        offer("OF-OTHERS", **fixed, conditions=summer),
    )
    purchase = written(tmp_path / "purchase.json", exactjson.loads(PURCHASE.read_text()) | {"promo_code": "COLD-BREW"})

    why = {one["offer_id"]: one["failed"] for one in explained(DEMO, drafts, purchase)["why"]}

    assert (why["OFF"], why["TO-BE"], why["OF-OTHERS"]) == ("life_cycle_state", "effective", "business_units")
    assert why["OFFER-CARD"] == "business_units"


def test_it_takes_the_bodies_of_the_classic_api_too() -> None:
    answer = explained(DEMO, CLASSIC)

    why = {one["offer_id"]: one["failed"] for one in answer["why"]}
    assert (why["OFFER-5PC"], why["OFFER-WELCOME"]) == ("business_units", "effective")


@pytest.mark.parametrize(("pass_code", "exit_code"), [(BY_PASS_CODE["pass_code"], 0), ("1357", 1)])
def test_a_pass_code_is_checked_as_in_a_preview(tmp_path: Path, pass_code: str, exit_code: int) -> None:
    cards = written(tmp_path / "cards.jsonl", CLASSIFICATION, CARD)
    shown = {"access_token_identifier": BY_PASS_CODE | {"pass_code": pass_code}}
    body = exactjson.loads(CLASSIC.read_text()) | {"accounts_receivable_identifier": shown}
    purchase = written(tmp_path / "purchase.json", body)

    result = CliRunner().invoke(app, ["programme", "explain", str(DEMO), str(cards), str(purchase), "--json"])

    assert result.exit_code == exit_code
    assert ("There is no" in result.stderr) == (exit_code == 1)


def test_the_wallet_is_what_it_is_said_to_be(tmp_path: Path) -> None:
    third = written(tmp_path / "third.jsonl", offer("O", scheme="SALES", conditions={"every_nth_purchase": 3}))

    answer = explained(DEMO, third, PURCHASE, "--balance", "2.12", "--bought", "2")

    assert answer["balance"] == Decimal("2.12")
    assert "O" in [award["offer_id"] for award in answer["awards"]]


def test_whom_and_what_the_files_do_not_know_is_made_up(tmp_path: Path) -> None:
    programme = written(
        tmp_path / "programme.jsonl",
        {"type": "business_unit", "id": "SHOP", "name": "Shop", "code": "SHOP"},
        SCHEME,
        offer("O"),
    )
    line = {"product_sku": "a b", "net_amount": 10, "tax_amount": 0, "total_amount": 10}
    body = {"cim": "CARD", "reference_number": "1", "merchant_tap": {"code": "SHOP"}, "products": [line, line]}

    answer = explained(programme, written(tmp_path / "purchase.json", body), "--balance", "3")

    assert [award["amount"] for award in answer["awards"]] == [1]
    assert answer["balance"] == 3
    assert answer["assumed"] == [
        "the euro is the system currency",
        "CARD is a customer without a classification",
        "a b is a product without a type",
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"merchant_tap": {"code": "NOBODY"}}, "/merchant_tap/code: There is no merchant NOBODY."),
        ({"spend_request": {"amount": 15}}, "The wallet holds 5; 15.00 cannot be spent."),
        ({"products": []}, "/products: This must not be empty."),
    ],
    ids=str,
)
def test_what_posting_would_refuse_is_refused_for_the_same_reason(
    change: dict[str, Any], told: str, tmp_path: Path
) -> None:
    purchase = written(tmp_path / "purchase.json", exactjson.loads(PURCHASE.read_text()) | change)

    result = CliRunner().invoke(app, ["programme", "explain", str(DEMO), str(purchase), "--balance", "5"])

    assert result.exit_code == 1
    assert told in result.stderr


def test_what_a_wallet_holds_in_another_currency_is_told_with_its_code(tmp_path: Path) -> None:
    lei = written(
        tmp_path / "lei.jsonl",
        {"type": "account", "id": "LEI", "number": "LEI", "currency": "RON"},
        {"type": "access_token", "id": "LEI", "account": "LEI", "authentication_code": "LEI"},
    )
    body = exactjson.loads(PURCHASE.read_text()) | {"cim": "LEI", "spend_request": {"amount": 2}}
    purchase = written(tmp_path / "purchase.json", body)

    told = (
        CliRunner().invoke(app, ["programme", "explain", str(DEMO), str(lei), str(purchase), "--balance", "50"]).stdout
    )

    assert "- 2.00" in told
    assert "50 RON before, 46.04 RON after" in told  # five lei for a euro: less 10, and 1.21 euros awarded


def test_a_programme_with_a_bad_line_is_explained_to_nobody(tmp_path: Path) -> None:
    bad = written(tmp_path / "bad.jsonl", {"type": "reward_offer", "id": "O"})

    result = CliRunner().invoke(app, ["programme", "explain", str(DEMO), str(bad), str(PURCHASE)])

    assert result.exit_code == 1
    assert "`loyalty programme check` lists all that is wrong" in result.stderr


def test_each_offer_is_told_with_the_reason_in_words(tmp_path: Path) -> None:
    steps: dict[str, Any] = {"scheme": "SALES", "method": "PER_STEP", "value": "1", "step": 5}
    more = written(
        tmp_path / "more.jsonl",
        offer("A", **steps),
        offer("B", **steps, conditions={"business_units": ["MRA"], "weekdays": ["MON"]}),
        offer("C", **steps, conditions={"weekdays": ["MON", "TUE"]}),
        offer("D", **steps, life_cycle_state="NOT_EFFECTIVE"),
    )

    told = CliRunner().invoke(app, ["programme", "explain", str(DEMO), str(more), str(PURCHASE)]).stdout

    assert "1 for each full 5 of 14.15" in told
    assert "business_units: MRA" in told
    assert "weekdays: MON, TUE" in told
    assert "it is NOT_EFFECTIVE" in told
    assert "50 before, 51.09 after" in told


@pytest.mark.parametrize("change", [{}, {"status": "posted", "event_id": "E", "error_code": ""}])
def test_a_purchase_is_taken_out_of_a_compressed_file_and_out_of_a_result(
    tmp_path: Path, change: dict[str, str]
) -> None:
    body = exactjson.loads(PURCHASE.read_text()) | change
    packed = tmp_path / "purchase.jsonl.gz"
    packed.write_bytes(gzip.compress(exactjson.dumps(body).encode()))

    assert explained(DEMO, packed) == explained(DEMO, PURCHASE)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not the body of a purchase"),
        (b"[]", "an object in JSON"),
        (b"cim,reference_number\n1,2\n", "`loyalty backtest --purchases` takes CSV"),
        (b"{}\n{}\n", "takes CSV and files of many"),
        (b"\xff\xfe{", "not the body of a purchase"),
        (b'{"cim": 1}', "/cim: "),
    ],
)
@pytest.mark.parametrize("name", ["purchase.json", "purchase.json.gz"])
def test_what_is_no_purchase_is_told_with_the_next_step(tmp_path: Path, data: bytes, why: str, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)

    result = CliRunner().invoke(app, ["programme", "explain", str(DEMO), str(tmp_path / name)])

    assert (result.exit_code, result.stdout) == (1, "")
    assert why in result.stderr


def test_what_is_not_compressed_though_its_name_says_so_is_told(tmp_path: Path) -> None:
    (tmp_path / "purchase.json.gz").write_bytes(b"{}")

    result = CliRunner().invoke(app, ["programme", "explain", str(DEMO), str(tmp_path / "purchase.json.gz")])

    assert result.exit_code == 1
    assert "Not a gzipped file" in result.stderr


def test_without_a_programme_it_is_told_what_to_give() -> None:
    result = CliRunner().invoke(app, ["programme", "explain", str(PURCHASE)])

    assert result.exit_code == 2
    assert "the files of the programme before that of the purchase" in result.output
