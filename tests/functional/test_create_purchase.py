"""POST /purchases (contract, operation 1)."""

from decimal import Decimal

from tests.functional.conftest import Functions, example


def test_the_vendors_example_works_as_it_stands(functions: Functions) -> None:
    answer = functions.call("create_purchase", example("create_v5_1.request"))

    assert answer.status == 200, answer.body
    assert set(answer.body) == set(example("create_v5_1.response"))

    shown = functions.call("show_purchase", path={"id": answer.body["id"]}).body
    assert (shown["awarded"], shown["spent"], shown["balance"]) == (Decimal("1.21"), Decimal("2.12"), Decimal("49.09"))
    wallet = functions.call("show_wallet", path={"account": "ACR0000000001"}).body
    assert (wallet["balance"], wallet["alternative_balance"], wallet["version"]) == (Decimal("49.09"), 4909, 2)
    journal = functions.call("show_journal", path={"account": "ACR0000000001"}).body
    assert [entry["sequence"] for entry in journal["entries"]] == [2, 1]
