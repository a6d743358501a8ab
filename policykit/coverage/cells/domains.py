"""What can be stated of the facts that criteria ask for, as far as they can tell it apart.

Facts that stand or fall together, a date and the numbers derived from it, are one domain.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, Final

from policykit.codes import CodeSet
from policykit.coverage.cells.codes import codes_beside, sets_of_codes
from policykit.coverage.cells.days import cuts_of, cuts_of_count, days_around, number_since
from policykit.coverage.cells.numbers import integers_around, numbers_around, simplest_first
from policykit.criteria import Bound, Has, OneOf
from policykit.dates import NEVER
from policykit.derivation import counted
from policykit.evaluation import compile_criterion
from policykit.records import record
from policykit.vocabulary import SERVICE_CODE, FactType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from policykit.codes import Code, CodePattern
    from policykit.comparison import Known
    from policykit.criteria import Comparison, FactIs
    from policykit.dates import DayRange
    from policykit.evaluation import Facts
    from policykit.vocabulary import Derivation, Fact, Value, Vocabulary

_MOST: Final = 8192  # ways to state facts that stand or fall together
_OF_DIAGNOSES: Final = frozenset({"icd10cm", "icd9cm"})
_WORDS: Final = 1024  # sets of words that are told apart


@record
class Cell:
    """One way to state the facts of a domain, and the truth of each leaf of the domain under it."""

    stated: Mapping[str, Value]
    truths: tuple[Known, ...]


@record
class Domain:
    """The leaves of criteria that hang on the same facts, and every way to state these that the leaves tell apart.

    The simplest cell of a kind stands for all. `complete`: no kind is left out.
    """

    leaves: tuple[FactIs, ...]
    cells: tuple[Cell, ...]
    complete: bool

    def of(self, leaves: Collection[int]) -> Domain:
        """The same for some of its leaves only, told by their identity."""
        kept = [position for position, leaf in enumerate(self.leaves) if id(leaf) in leaves]
        cells: dict[tuple[Known, ...], Cell] = {}
        for cell in self.cells:
            truths = tuple(cell.truths[position] for position in kept)
            cells.setdefault(truths, Cell(stated=cell.stated, truths=truths))
        return Domain(
            leaves=tuple(self.leaves[position] for position in kept),
            cells=tuple(cells.values()),
            complete=self.complete,
        )


@record
class _Values:
    values: tuple[Value, ...]
    complete: bool = True


def domains_of(
    leaves: Iterable[FactIs], vocabulary: Vocabulary, day: date, codes: CodeSet | None = None
) -> Iterator[Domain]:
    """The domains of these leaves on a date of service.

    Where `codes` are given, the code of the service is known, and one of them.
    """
    groups: dict[str, list[FactIs]] = {}
    for leaf in leaves:
        groups.setdefault(vocabulary.group(leaf.fact), []).append(leaf)
    for base, members in groups.items():
        complete = True
        if vocabulary.facts[base].type is FactType.DATE:
            ways = _dated(vocabulary.facts[base], members, vocabulary, day)
        elif base == SERVICE_CODE and codes is not None:
            ways = [{base: code} for code in codes_among(codes, vocabulary, day, _patterns(members))]
        else:
            values = _values_of(vocabulary.facts[base], members, vocabulary)
            ways, complete = [{}, *({base: value} for value in values.values)], values.complete
        cells = _told_apart(members, ways[:_MOST], vocabulary, day)
        yield Domain(leaves=tuple(members), cells=cells, complete=complete and len(ways) <= _MOST)


def with_derived(stated: Facts, vocabulary: Vocabulary, day: date) -> dict[str, Value]:
    """What is stated, and the numbers that follow from it."""
    facts = dict(stated)
    for fact in vocabulary.derived:
        if fact.derived is not None and fact.derived.base in stated and fact.name not in stated:
            facts[fact.name] = counted(fact.derived.rule, stated[fact.derived.base], day)
    return facts


def codes_among(
    codes: CodeSet, vocabulary: Vocabulary, day: date, patterns: Sequence[CodePattern] = ()
) -> tuple[Code, ...]:
    """Of these codes one of every region into which patterns divide them, those first that are valid on a day."""
    among = dict.fromkeys(each for each in codes_beside([*codes.written, *patterns]) if each in codes)
    entries = {each: vocabulary.codes.get(each) for each in among}
    return tuple(sorted(among, key=lambda each: (entry := entries[each]) is not None and not entry.is_valid(day)))


def _told_apart(
    leaves: Sequence[FactIs], ways: Iterable[Mapping[str, Value]], vocabulary: Vocabulary, day: date
) -> tuple[Cell, ...]:
    """The first way of each kind."""
    tests = [compile_criterion(leaf).holds for leaf in leaves]
    cells: dict[tuple[Known, ...], Cell] = {}
    for stated in sorted(ways, key=len):
        facts = with_derived(stated, vocabulary, day)
        truths = tuple(holds(facts, day) for holds in tests)
        if truths not in cells:
            cells[truths] = Cell(stated=stated, truths=truths)
    return tuple(cells.values())


def _compared(leaves: Iterable[FactIs], name: str) -> list[Comparison]:
    return [comparison for leaf in leaves if leaf.fact == name for comparison in leaf.comparisons]


def _dated(base: Fact, leaves: Sequence[FactIs], vocabulary: Vocabulary, day: date) -> list[dict[str, Value]]:
    """Ways to state a date and the numbers derived from it: the date, in full or in part, or some of the numbers.

    The numbers are those of one date, whether it is stated or not.
    """
    cuts = {cut for comparison in _compared(leaves, base.name) for cut in cuts_of(comparison, day)}
    rules: dict[str, Derivation] = {}
    limits: dict[str, list[float]] = {}
    for name in dict.fromkeys(leaf.fact for leaf in leaves):
        derived = vocabulary.facts[name].derived
        if derived is not None:
            rules[name], limits[name] = derived.rule, _limits(_compared(leaves, name))
            cuts.update(cuts_of_count(derived.rule, limits[name], day))
    days, ranges = days_around(cuts, day)
    numbers = [{name: number_since(rule, each, day) for name, rule in rules.items()} for each in days]
    alone = {name: simplest_first({each[name] for each in numbers}, limits[name]) for name in rules}
    exact: list[dict[str, Value]] = [{base.name: each} for each in days]
    single: list[dict[str, Value]] = [{name: number} for name, told in alone.items() for number in told]
    # A number is simpler to state than the date from which it follows, where nothing asks for the date itself.
    asked = any(leaf.fact == base.name for leaf in leaves)
    ways = [*exact, *single] if asked else [*single, *exact]
    ways += [{base.name: NEVER}] if base.may_be_never else []
    ways += [{base.name: each} for each in ranges]
    for since in (None, *ranges):
        beside: dict[str, Value] = {base.name: since} if since is not None else {}
        inside = [told for each, told in zip(days, numbers, strict=True) if since is None or _lies_in(each, since)]
        for size in range(1, len(rules) + 1):
            for names in combinations(rules, size):
                told = {tuple(each[name] for name in names) for each in inside}
                ways += [beside | dict(zip(names, each, strict=True)) for each in sorted(told, key=str)]
    return [{}, *ways]


def _lies_in(day: date, since: DayRange) -> bool:
    return since.first <= day <= since.last


def _values_of(fact: Fact, leaves: Sequence[FactIs], vocabulary: Vocabulary) -> _Values:
    comparisons = _compared(leaves, fact.name)
    match fact.type:
        case FactType.BOOLEAN:
            return _Values(values=(True, False))
        case FactType.INTEGER:
            integers, complete = integers_around(_limits(comparisons))
            return _Values(values=integers, complete=complete)
        case FactType.NUMBER:
            numbers, complete = numbers_around(_limits(comparisons))
            return _Values(values=numbers, complete=complete)
        case FactType.CHOICE:
            return _Values(values=(*_mentioned(comparisons), *_others(fact, _mentioned(comparisons), vocabulary)))
        case FactType.CHOICES:
            return _sets_of_words(comparisons)
        case FactType.CODE:
            return _Values(values=tuple(dict.fromkeys(codes_beside(_patterns(leaves)))))
        case FactType.CODES:
            sets = [each for each in comparisons if isinstance(each, Has) and isinstance(each.values, CodeSet)]
            any_of = [each.values for each in sets if each.operator == "has_any" and isinstance(each.values, CodeSet)]
            all_of = [each.values for each in sets if each.operator == "has_all" and isinstance(each.values, CodeSet)]
            patterns = [pattern for codes in (*any_of, *all_of) for pattern in codes.written]
            beside = [each for each in codes_beside(patterns) if _can_stand(each, fact)]
            chosen, complete = sets_of_codes(any_of, all_of, beside)
            return _Values(values=chosen, complete=complete)
        case FactType.DATE:
            return _Values(values=())


def _can_stand(code: Code, fact: Fact) -> bool:
    """Whether a document of cases can state a code of a fact: of the diagnoses on a claim, only one of their systems."""
    return fact.name != "claim.diagnoses" or code.system in _OF_DIAGNOSES


def _limits(comparisons: Iterable[Comparison]) -> list[float]:
    limits: list[float] = []
    for each in comparisons:
        match each:
            case Bound(limit=limit):
                limits.append(limit)
            case OneOf(values=tuple() as values):
                limits += [value for value in values if not isinstance(value, str)]
            case _:
                pass
    return limits


def _mentioned(comparisons: Iterable[Comparison]) -> tuple[str, ...]:
    words = [
        word
        for each in comparisons
        if isinstance(each, OneOf | Has) and isinstance(each.values, tuple)
        for word in each.values
        if isinstance(word, str)
    ]
    return tuple(dict.fromkeys(words))


def _others(fact: Fact, mentioned: tuple[str, ...], vocabulary: Vocabulary) -> Iterator[str]:
    """A word that a choice can be and that no criterion mentions, where there is one."""
    spare = (
        fact.values if fact.values is not None else (*vocabulary.places_of_service, *map("{:02}".format, range(100)))
    )
    other = next((each for each in spare if each not in mentioned), None)
    if other is not None:
        yield other


def _sets_of_words(comparisons: Sequence[Comparison]) -> _Values:
    """Sets of words: of those that stand in the same lists none, one or all."""
    lists = [frozenset(each.values) for each in comparisons if isinstance(each, Has) and isinstance(each.values, tuple)]
    classes: dict[tuple[bool, ...], list[str]] = {}
    for word in _mentioned(comparisons):
        classes.setdefault(tuple(word in each for each in lists), []).append(word)
    options = [[(), (words[0],), tuple(words)] if len(words) > 1 else [(), (words[0],)] for words in classes.values()]
    sets: list[frozenset[str]] = []
    for chosen in product(*options):
        if len(sets) > _WORDS:
            # The simplest of those that remain: each word alone, and all of each list.
            alone = [frozenset({word}) for words in classes.values() for word in words]
            return _Values(values=_smallest_first({*sets, *alone, *lists}), complete=False)
        sets.append(frozenset(word for words in chosen for word in words))
    return _Values(values=_smallest_first(sets))


def _smallest_first(sets: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    return tuple(sorted(sets, key=lambda each: (len(each), sorted(each))))


def _patterns(leaves: Iterable[FactIs]) -> list[CodePattern]:
    """The codes, ranges and prefixes with which a code is compared."""
    return [
        pattern
        for leaf in leaves
        for each in leaf.comparisons
        if isinstance(each, OneOf) and isinstance(each.values, CodeSet)
        for pattern in each.values.written
    ]
