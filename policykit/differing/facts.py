"""What is otherwise in the comparisons that a criterion puts a fact to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policykit.codes import CodeSet
from policykit.criteria import Has, OneOf
from policykit.differing.codes import held, less
from policykit.differing.meaning import comparison_key, typed
from policykit.differing.result import How, What
from policykit.plain import comparison_as_data
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policykit.criteria import Comparison, FactIs

# Comparisons of which one can take the place of the other.
_FAMILIES: Final = {
    "is": "one of",
    "in": "one of",
    "has_any": "has any",
    "has_all": "has all",
    "at_least": "from below",
    "more_than": "from below",
    "at_most": "from above",
    "less_than": "from above",
    "on_or_after": "first day",
    "after": "first day",
    "on_or_before": "last day",
    "before": "last day",
    "within_last": "span within",
    "at_least_ago": "span ago",
    "longer_ago_than": "span ago",
}


@record
class Compared:
    """One difference of comparisons: the word under which it stands, the old and the new in the words of a document."""

    what: What
    how: How
    key: str
    before: Any = None
    after: Any = None


def compared(before: FactIs, after: FactIs) -> Iterator[Compared]:
    """What is otherwise between the comparisons of one fact."""
    old, new = _apart(before.comparisons, after.comparisons), _apart(after.comparisons, before.comparisons)
    pairs: list[tuple[Comparison, Comparison]] = []
    for each in list(old):
        other = next((one for one in new if _FAMILIES[one.operator] == _FAMILIES[each.operator]), None)
        if other is not None:
            pairs.append((each, other))
            old.remove(each)
            new.remove(other)
    if len(old) == len(new) == 1:
        pairs.append((old.pop(), new.pop()))
    for each, other in pairs:
        yield from _pair(each, other)
    for each in old:
        yield Compared(what=What.COMPARISON, how=How.REMOVED, key=each.operator, before=comparison_as_data(each))
    for each in new:
        yield Compared(what=What.COMPARISON, how=How.ADDED, key=each.operator, after=comparison_as_data(each))


def _apart(comparisons: Sequence[Comparison], others: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons that do not stand among the others, in an order of their own."""
    keys = {comparison_key(each) for each in others}
    return sorted((each for each in comparisons if comparison_key(each) not in keys), key=lambda each: each.operator)


def _pair(before: Comparison, after: Comparison) -> Iterator[Compared]:
    if isinstance(before, OneOf | Has) and isinstance(after, OneOf | Has) and _differ_in_values(before, after):
        yield from _values(before, after)
        return
    yield Compared(
        what=What.COMPARISON,
        how=How.ALTERED,
        key=after.operator,
        before=comparison_as_data(before),
        after=comparison_as_data(after),
    )


def _differ_in_values(before: OneOf | Has, after: OneOf | Has) -> bool:
    """Whether two lists are asked for in one way: `is` is `in` with one. Another value after `is` is told as a whole."""
    if before.operator == after.operator == "is" or _FAMILIES[before.operator] != _FAMILIES[after.operator]:
        return False
    # A fact may have become one of another type.
    return isinstance(before.values, CodeSet) == isinstance(after.values, CodeSet)


def _values(before: OneOf | Has, after: OneOf | Has) -> Iterator[Compared]:
    lost, gained = _less(before, after.values), _less(after, before.values)
    if lost:
        yield Compared(what=What.VALUES, how=How.REMOVED, key=before.operator, before=lost)
    if gained:
        yield Compared(what=What.VALUES, how=How.ADDED, key=after.operator, after=gained)


def _less(comparison: OneOf | Has, other: Any) -> Any:
    """The values that a comparison lists and the other list has not."""
    one: Any = comparison.values
    if not isinstance(one, CodeSet):
        known = typed(other)
        return [each for each in one if (isinstance(each, bool), each) not in known]
    if comparison.operator != "has_all":
        return less(held(one.written), held(other.written))
    # Each of them has to be there, so each is by itself.
    known_codes = {held((each,)) for each in other.written}
    return CodeSet(tuple(each for each in one.written if held((each,)) not in known_codes)).by_system()
