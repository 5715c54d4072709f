"""Structs are no dataclasses, and mypy says so: where it stopped, it would find a comment below that nothing needs."""

from dataclasses import asdict, astuple, fields, is_dataclass, replace
from typing import Self

import pytest
from msgspec import Struct


class Coin(Struct, frozen=True):
    """A struct."""

    worth: int

    def doubled(self) -> Self:
        return replace(self, worth=2 * self.worth)  # type: ignore[arg-type]


def found(worth: int) -> Coin | None:
    return Coin(worth) if worth else None


def test_no_function_of_dataclasses_takes_a_struct() -> None:
    coin = Coin(1)

    with pytest.raises(TypeError):
        replace(coin, worth=2)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        replace(found(1) or coin, worth=2)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        coin.doubled()
    with pytest.raises(TypeError):
        asdict(coin)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        astuple(coin)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        fields(coin)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        fields(Coin)  # type: ignore[arg-type]
    assert not is_dataclass(coin)  # type: ignore[arg-type]
    assert not is_dataclass(Coin)  # type: ignore[arg-type]
