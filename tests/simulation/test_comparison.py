"""What the engine has, compared with what the model says."""

from fractions import Fraction

from tests.simulation.comparison import compared


def test_of_two_wallets_what_differs_is_told_with_fractions_as_decimals() -> None:
    expected = {"balance": Fraction(1, 2), "lots": {24313: Fraction(5, 4)}}
    found = {**expected, "lots": {24313: Fraction(1)}}

    assert list(compared("A-1", found, expected)) == ["A-1: {lots: {24313: 1.0}}, not {lots: {24313: 1.25}}"]
    assert list(compared("A-1", expected, expected)) == []
