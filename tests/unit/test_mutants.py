"""The faults that `make mutants` plants: where they are, what they are called, and how they get there."""

import ast
from decimal import Decimal
from importlib import import_module
from textwrap import dedent

import pytest

from loyalty.domain.money import share
from tests.mutants.areas import AREAS, Area
from tests.mutants.command import equivalent
from tests.mutants.judge import ended
from tests.mutants.mutations import Mutant, mutants_of
from tests.mutants.planting import LAYER, ROOT, Module, live_functions, replace, swap


def planted(source: str) -> dict[str, str]:
    """Return each mutant of a module by its name, as source."""
    found = {}
    for number, mutant in enumerate(mutants_of(ast.parse(dedent(source)))):
        tree = ast.parse(dedent(source))
        list(mutants_of(tree))[number].plant()
        found[mutant.name] = ast.unparse(ast.fix_missing_locations(tree))
    return found


@pytest.mark.parametrize(
    ("source", "mutants"),
    [
        ("a < b", ["a <= b"]),
        ("a - b", ["a + b"]),
        ("a and b", ["a", "b"]),
        ("not a", ["a"]),
        ("min(a, b)", ["max(a, b)", "min(a)"]),
        ("f(a, b=c)", ["f(a)"]),
        ("a.plus(b)", ["a", "b"]),
        ("b if a else c", ["b if True else c", "b if False else c"]),
        ("[a for a in b if c]", ["[a for a in b]"]),
        ("a[:n]", ["a[:]"]),
        ("{'a': b, 'c': d}", ["{'c': d}", "{'a': b}", "{'': b, 'c': d}", "{'a': b, '': d}"]),
        ("a + 1", ["a - 1", "a + 2"]),
    ],
    ids=str,
)
def test_a_mutant_is_what_somebody_might_have_written_by_mistake(source: str, mutants: list[str]) -> None:
    assert sorted(planted(f"x = {source}").values()) == sorted(f"x = {mutant}" for mutant in mutants)


def test_a_mutant_is_named_after_what_it_is_in_and_no_two_are_called_the_same() -> None:
    source = """
    class Wallet:
        def moved(self, by: int = 0) -> int:
            '''Return it.'''
            return by + 1 if by else by + 1
    """
    assert list(planted(source)) == [
        "Wallet.moved: `0` becomes `1`",
        "Wallet.moved: `by` counts as true",
        "Wallet.moved: `by` counts as false",
        "Wallet.moved: `by + 1` becomes `by - 1`",
        "Wallet.moved: `1` becomes `2`",
        "Wallet.moved: `by + 1` becomes `by - 1` (2)",
        "Wallet.moved: `1` becomes `2` (2)",
    ]


@pytest.mark.parametrize("area", AREAS.values(), ids=AREAS)
def test_an_area_has_modules_and_every_test_that_it_names(area: Area) -> None:
    assert list(area.paths())
    assert all(list((ROOT / "tests").glob(pattern)) for pattern in area.tests)


def test_what_is_excused_is_planted_and_says_why() -> None:
    known = equivalent()
    planted = {
        f"{module.told} {mutant.name}"
        for area in AREAS.values()
        for module in map(Module.at, area.paths())
        for mutant in module.mutants()
    }

    assert known.keys() <= planted
    assert all(known.values())


SHARE_OF_NOTHING = "share: `whole` counts as true"


def money(mutant: str) -> tuple[Module, Mutant]:
    """Return a mutant of the module of amounts."""
    module = Module.at(LAYER / "loyalty/domain/money.py")
    [found] = [one for one in module.mutants() if one.name == mutant]
    return module, found


def test_a_function_that_is_there_gets_its_mutated_code(monkeypatch: pytest.MonkeyPatch) -> None:
    module, mutant = money(SHARE_OF_NOTHING)
    monkeypatch.setattr(share, "__code__", share.__code__)  # which is put back

    assert swap(module, mutant, module.planted(mutant), live_functions())

    with pytest.raises(ZeroDivisionError):
        share(Decimal(1), Decimal(1), Decimal(0), 2)


def test_what_takes_effect_as_its_module_is_imported_is_imported_anew() -> None:
    module, mutant = money("module: `4` becomes `5`")
    code = module.planted(mutant)
    assert not swap(module, mutant, code, live_functions())

    def largest() -> int:
        replace(module, code)
        return int(import_module("loyalty.domain.money").MAX_DECIMALS)

    assert ended(20, largest) == 5


def test_a_mutant_that_fails_or_never_ends_has_not_passed() -> None:
    def forever() -> int:
        while True:
            pass

    assert ended(20, lambda: 0) == 0
    assert ended(20, lambda: 1 // 0) > 0
    assert ended(0.05, forever) < 0
