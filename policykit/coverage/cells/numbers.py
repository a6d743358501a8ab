"""Numbers that criteria can tell apart."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from math import ceil, floor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_Number = TypeVar("_Number", int, float, int | float)
_LONGEST: Final = 15  # digits of a number in a document


def integers_around(limits: Collection[float]) -> tuple[tuple[int, ...], bool]:
    """Every limit, then its neighbours, those below zero last; and whether no cell was left out."""
    near = {whole + step for limit in limits for whole in (floor(limit), ceil(limit)) for step in (-1, 0, 1)} or {0}
    writable = [each for each in near if len(str(abs(each))) <= _LONGEST]
    return simplest_first(writable, limits), len(writable) == len(near)


def numbers_around(limits: Collection[float]) -> tuple[tuple[int | float, ...], bool]:
    """Every limit, then numbers beside and between them, those below zero last; and whether no cell was left out."""
    exact = sorted({Decimal(str(limit)) for limit in limits}) or [Decimal(0)]
    between = [_between(low, high) for low, high in pairwise(exact)]
    values = [floor(exact[0]) - 1, *map(_plain, exact), *map(_plain, between), ceil(exact[-1]) + 1]
    writable = [each for each in values if sum(map(str.isdigit, f"{Decimal(str(each)):f}")) <= _LONGEST]
    return simplest_first(writable, limits), len(writable) == len(values)


def simplest_first(numbers: Iterable[_Number], limits: Collection[float]) -> tuple[_Number, ...]:
    """Numbers in an order in which limits come first and those below zero last."""
    return tuple(sorted(numbers, key=lambda each: (each < 0, each not in limits, each)))


def _between(low: Decimal, high: Decimal) -> Decimal:
    """A number strictly between two, a whole one if there is any."""
    whole = Decimal(floor(low) + 1)
    return whole if whole < high else (low + high) / 2


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
