"""Limits that face each other in what belongs together: an upper one here, a lower one there.

Coverage statements of one service belong together, and so do the parts of one `any`: the source divides the values of a
fact among them. Where the upper limit of one and the lower limit of another lie side by side, they may leave something
out between them, or share a value. Nothing is said of limits that lie further apart, or one of which lies in the
range of the other: these are not meant to meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from policykit.checks.branches import each_within, parts_of, written_criteria, written_services
from policykit.checks.passages import told as told_place
from policykit.checks.scales import HIGHEST, LOWEST, met, pieces_of, told, without
from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf
from policykit.problems import Location, Problem
from policykit.records import record
from policykit.vocabulary import FactType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from policykit.checks.scales import Limit, Piece, Position, Scale
    from policykit.checks.subject import Subject
    from policykit.criteria import Criterion
    from policykit.vocabulary import Vocabulary

_MANY: Final = 400  # pieces of one scale, of more than which nothing is said

_Key: TypeAlias = "tuple[str, Scale]"
_Place: TypeAlias = tuple[int, int, str]
_Regions: TypeAlias = "Mapping[_Key, tuple[Piece, ...]]"
# A piece, and the number of the statement or part that it is of.
_Owned: TypeAlias = "tuple[Piece, int]"


@record
class Meeting:
    """The limits of two that belong together, and what lies between them, or in both."""

    fact: str
    scale: Scale
    first: Position
    last: Position
    upper: Limit
    lower: Limit

    @property
    def between(self) -> str:
        """The values, in words."""
        return told(self.scale, self.first, self.last)

    def problem(self, rule: str, message: str, advice: str) -> Problem:
        """A problem at the one of the two that stands later in the document."""
        assert self.upper.where is not None  # noqa: S101  # limits without a place are not taken
        assert self.lower.where is not None  # noqa: S101  # the same
        earlier, later = sorted((self.upper, self.lower), key=_by_place)
        assert earlier.where is not None  # noqa: S101  # the same
        assert later.where is not None  # noqa: S101  # the same
        both = f"{later.written} stands here, {earlier.written} on {told_place(earlier.where)}"
        return Problem(rule=rule, message=f"{message}: {both}", where=later.where, help=advice)


def gaps(subject: Subject) -> Iterator[Meeting]:
    """Where two limits leave something out between them, and nothing that belongs with them takes it in."""
    yield from _meetings(subject, _gaps)


def overlaps(subject: Subject) -> Iterator[Meeting]:
    """Where two limits share exactly one value."""
    yield from _meetings(subject, _overlaps)


def _meetings(subject: Subject, find: Callable[[_Key, list[_Owned]], Iterator[Meeting]]) -> Iterator[Meeting]:
    reader = _Reader(subject.vocabulary)
    seen: set[tuple[str, _Place, _Place]] = set()
    for belonging in _belonging_together(subject):
        owned: dict[_Key, list[_Owned]] = {}
        for number, criterion in enumerate(belonging):
            for key, pieces in reader.regions(criterion).items():
                owned.setdefault(key, []).extend((piece, number) for piece in pieces)
        for key, listed in owned.items():
            for meeting in find(key, listed) if len(listed) <= _MANY else ():
                told_at = (meeting.fact, _by_place(meeting.upper), _by_place(meeting.lower))
                if told_at not in seen:
                    seen.add(told_at)
                    yield meeting


def _belonging_together(subject: Subject) -> Iterator[Sequence[Criterion]]:
    for _, service in written_services(subject.policy):
        yield [statement.when for statement in service.coverage if statement.when is not None]
    seen: set[int] = set()
    for criterion in each_within(written_criteria(subject.policy)):
        if isinstance(criterion, AnyOf) and id(criterion.parts) not in seen:
            seen.add(id(criterion.parts))
            yield criterion.parts


class _Reader:
    """Works out, once for each criterion, which values of its facts it speaks of."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._known: dict[int, _Regions] = {}

    def regions(self, criterion: Criterion) -> _Regions:
        """The pieces of each scale that a criterion asks for; of what could not be said in few, none."""
        parts = parts_of(criterion)
        if parts and id(parts) in self._known:
            return self._known[id(parts)]
        match criterion:
            case FactIs():
                return self._compared(criterion)
            case All():
                found = _every(self.regions(part) for part in parts)
            case AnyOf() | CountAtLeast():
                found = _some(self.regions(part) for part in parts)
            case NoneOf():
                found = _every(_outside(self.regions(part)) for part in parts if isinstance(part, FactIs))
            case _:
                assert_never(criterion)
        self._known[id(parts)] = found
        return found

    def _compared(self, criterion: FactIs) -> _Regions:
        whole = self._vocabulary.facts[criterion.fact].type is FactType.INTEGER
        where = criterion.notes[0].where
        found = (pieces_of(each, where, whole=whole) for each in criterion.comparisons)
        return _every({(criterion.fact, each[0]): each[1]} for each in found if each is not None)


def _some(regions: Iterable[_Regions]) -> _Regions:
    result: dict[_Key, list[Piece]] = {}
    for each in regions:
        for key, pieces in each.items():
            result.setdefault(key, []).extend(pieces)
    return {key: tuple(pieces) for key, pieces in result.items() if len(pieces) <= _MANY}


def _every(regions: Iterable[_Regions]) -> _Regions:
    result: dict[_Key, tuple[Piece, ...]] = {}
    for each in regions:
        for key, pieces in each.items():
            if key not in result:
                result[key] = pieces
            elif len(result[key]) * len(pieces) <= _MANY:
                both = (met(one, other) for one in result[key] for other in pieces)
                result[key] = tuple(piece for piece in both if piece is not None)
            else:
                result[key] = ()
    return result


def _outside(regions: _Regions) -> _Regions:
    """What a comparison leaves out, where that can be said of one fact on one scale."""
    if len(regions) != 1:
        return {}
    ((key, pieces),) = regions.items()
    return _every({key: without(piece)} for piece in pieces)


def _gaps(key: _Key, owned: list[_Owned]) -> Iterator[Meeting]:
    """Go through the pieces from below, as far as they reach: what none of them reaches is left out."""
    ordered = sorted(owned, key=lambda each: each[0].low.at)
    reach, reaching = LOWEST.at, list[_Owned]()
    for position, (piece, number) in enumerate(ordered):
        if reaching and piece.low.at > reach:
            beginning = [each for each in ordered[position:] if each[0].low.at == piece.low.at]
            pair = _two([(each.high, owner) for each, owner in reaching], [(each.low, of) for each, of in beginning])
            if pair is not None and _is_narrow(key[1], *pair):
                upper, lower = pair
                yield Meeting(fact=key[0], scale=key[1], first=upper.at, last=lower.at, upper=upper, lower=lower)
        if piece.high.at > reach or not reaching:
            reach, reaching = piece.high.at, []
        if piece.high.at == reach:
            reaching.append((piece, number))


def _is_narrow(scale: Scale, upper: Limit, lower: Limit) -> bool:
    """Whether limits lie so near that no value written as precisely as they are was meant to lie between them."""
    distance = lower.at[0] - upper.at[0]
    return distance == 1 if scale.is_whole else distance <= min(upper.step, lower.step)


def _overlaps(key: _Key, owned: list[_Owned]) -> Iterator[Meeting]:
    """Look, for every upper limit, for the lower one that is met by one same value."""
    lower: dict[Position, list[_Owned]] = {}
    for piece, number in owned:
        lower.setdefault(piece.low.at, []).append((piece, number))
    for end in sorted({piece.high.at for piece, _ in owned}):
        start = _only_value_before(key[1], end)
        above = [(piece.low, number) for piece, number in lower.get(start, ()) if piece.high.at > end]
        below = [(piece.high, number) for piece, number in owned if piece.high.at == end and piece.low.at < start]
        pair = _two(below, above) if above else None
        if pair is not None:
            yield Meeting(fact=key[0], scale=key[1], first=start, last=end, upper=pair[0], lower=pair[1])


def _only_value_before(scale: Scale, end: Position) -> Position:
    """Where a piece begins that holds one value and ends here; one that holds none, where there is no such value."""
    value, after = end
    return (value - 1, 0) if scale.is_whole else (value, 0) if after else HIGHEST.at


def _two(upper: Sequence[tuple[Limit, int]], lower: Sequence[tuple[Limit, int]]) -> tuple[Limit, Limit] | None:
    """The first upper and lower limit that are written, and are not of the same statement or part."""
    for above, one in upper:
        for below, other in lower:
            if one != other and above.where is not None and below.where is not None:
                return above, below
    return None


def _by_place(limit: Limit) -> _Place:
    where = limit.where or Location(file="")
    return where.line, where.column, where.path
