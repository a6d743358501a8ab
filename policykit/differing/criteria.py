"""What is otherwise between two trees of criteria.

The parts of `all`, `any`, `none` and `count_at_least` have no order, so the parts before are matched with those after:
by meaning and id, then by likeness. What stays alone may have moved; that is seen when all statements of a service have
been compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from policykit.criteria import All, AnyOf, CountAtLeast, FactIs, NoneOf
from policykit.differing.facts import compared
from policykit.differing.matching import matched, unmatched
from policykit.differing.meaning import NOTES, operator, texts
from policykit.differing.result import Difference, How, Subject, What
from policykit.differing.standing import Loose, Place, as_told, head, subject_of, with_id, within
from policykit.plain import criterion_as_data

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from policykit.criteria import Criterion, Notes
    from policykit.differing.meaning import Meanings
    from policykit.differing.standing import Around

    Group = All | AnyOf | NoneOf | CountAtLeast
    _KeyOfLoose = Callable[[Loose], Hashable | None]

_ALIKE: Final = 25  # of a hundred facts and ids in two criteria, so many in both: they may be one
_MUCH_ALIKE: Final = 60
_MOST_LOOKED_THROUGH: Final = 20_000  # criteria in which something that moved is looked for


class Trees:
    """Compares the criteria of one service, statement by statement, and at last tells what moved."""

    def __init__(self, meanings: Meanings) -> None:
        self._meanings = meanings
        self._removed: list[Loose] = []
        self._added: list[Loose] = []
        self._found: list[Difference] = []
        self._place = Place(service="", statements=(None, None))
        self._decides = True

    def conditions(self, before: Criterion, after: Criterion, place: Place) -> list[Difference]:
        """What is otherwise between the criteria of two statements that are one, but for what stays alone."""
        self._found, self._place = [], place
        # Only how they are written is otherwise where their normal forms are one.
        self._decides = self._meanings.of(before).normal != self._meanings.of(after).normal
        self._pair(before, after, (), ())
        return self._found

    def rest(self) -> list[Difference]:
        """What moved, what was added and what was removed, of all that had no counterpart in its own place."""
        self._found = []
        # What moved may itself have parts without a counterpart.
        while self._removed or self._added:
            # In the order of their own document, which is the same whichever comes first.
            removed = sorted(self._removed, key=lambda loose: _standing(loose, loose.place.statements[0]))
            added = sorted(self._added, key=lambda loose: _standing(loose, loose.place.statements[1]))
            self._removed, self._added = [], []
            self._rest_of(removed, added)
        return self._found

    def _rest_of(self, removed: list[Loose], added: list[Loose]) -> None:
        inside_added, inside_removed = self._inside(added), self._inside(removed)
        pairs = matched(removed, added, self._keys_of_loose(), lambda _one, _other: 0, lambda _one: None)
        alone = unmatched(pairs, len(removed), len(added))
        for i, j in pairs:
            self._moved(removed[i], added[j])
        for i in alone[0]:
            self._alone(removed[i], inside_added, How.REMOVED)
        for j in alone[1]:
            self._alone(added[j], inside_removed, How.ADDED)

    def _pair(self, before: Criterion, after: Criterion, around: Around, around_after: Around) -> None:
        """Two criteria that are one and the same, before and after."""
        if self._meanings.of(before).told == self._meanings.of(after).told:
            return
        if isinstance(before, FactIs) and isinstance(after, FactIs) and before.fact == after.fact:
            self._facts(before, after, around_after)
            return
        match self._wrapping(before, after):
            case "before" if not isinstance(after, FactIs):
                self._single(after, How.ADDED, around_after)
                self._parts((before,), after.parts, around, within(after, around_after))
            case "after" if not isinstance(before, FactIs):
                self._single(before, How.REMOVED, around)
                self._parts(before.parts, (after,), within(before, around), around_after)
            case _ if isinstance(before, FactIs) or isinstance(after, FactIs):
                self._loosen((before,), (after,), around, around_after)
            case _:
                self._groups(before, after, around, around_after)

    def _wrapping(self, before: Criterion, after: Criterion) -> Literal["before", "after"] | None:
        """Which of two criteria is to be taken as a part of the other: one criterion is `all` or `any` of it."""
        into_after, into_before = not isinstance(after, NoneOf), not isinstance(before, NoneOf)
        if isinstance(before, FactIs) or isinstance(after, FactIs):
            if isinstance(before, FactIs) and into_after and not isinstance(after, FactIs):
                return "before"
            return "after" if isinstance(after, FactIs) and into_before and not isinstance(before, FactIs) else None
        if operator(before) == operator(after):
            return None
        for same in (self._means_the_same, self._is_much_alike):
            inside_after = into_after and any(same(before, part) for part in after.parts)
            inside_before = into_before and any(same(after, part) for part in before.parts)
            if inside_after != inside_before:
                return "before" if inside_after else "after"
        return None

    def _means_the_same(self, one: Criterion, other: Criterion) -> bool:
        return self._meanings.of(one).strict == self._meanings.of(other).strict

    def _is_much_alike(self, one: Criterion, other: Criterion) -> bool:
        return operator(one) == operator(other) and self._share(one, other) >= _MUCH_ALIKE

    def _single(self, group: Group, how: How, around: Around) -> None:
        """A group that was put around a criterion, or taken away from it: its notes, and the number that it counts."""
        added = how is How.ADDED
        self._notes(() if added else group.notes, group.notes if added else (), subject_of(group, around))
        if isinstance(group, CountAtLeast) and group.count > 1:
            counts = ("count_at_least 1", operator(group))
            self._operator(group, *(counts if added else counts[::-1]), around, group)

    def _groups(self, before: Group, after: Group, around: Around, around_after: Around) -> None:
        old, new = operator(before), operator(after)
        # What was denied as a whole is now asked, or the other way round: told once, at the top.
        if old != new and _denies_one(before):
            self._operator(before, old, new, around_after, after)
            self._notes(before.notes, (), subject_of(before, around))
            self._pair(before.parts[0], after, within(before, around), around_after)
            return
        if old != new and _denies_one(after):
            self._operator(before, old, new, around_after, after)
            self._notes((), after.notes, subject_of(after, around_after))
            self._pair(before, after.parts[0], around, within(after, around_after))
            return
        # `all`, `any` and one or more of a single part are the same.
        either = {"all", "any", "count_at_least 1"}
        if old != new and not ({old, new} <= either and 1 in {len(before.parts), len(after.parts)}):
            self._operator(before, old, new, around_after, after)
        subject = subject_of(after, around_after)
        named = subject.id or subject.says
        self._notes(before.notes, after.notes, subject if named else subject_of(before, around))
        self._parts(before.parts, after.parts, within(before, around), within(after, around_after))

    def _operator(self, criterion: Criterion, old: str, new: str, around: Around, after: Criterion) -> None:
        difference = Difference(
            what=What.OPERATOR,
            how=How.ALTERED,
            decides=self._decides,
            key=new.partition(" ")[0],
            before=old,
            after=new,
            service=self._place.service,
            statements=self._place.statements,
            criterion=subject_of(after, around),
            where_before=criterion.notes[0].where,
            where_after=after.notes[0].where,
        )
        self._found.append(difference)

    def _parts(
        self, before: Sequence[Criterion], after: Sequence[Criterion], around: Around, around_after: Around
    ) -> None:
        of = self._meanings.of
        pairs = matched(
            before,
            after,
            (
                lambda each: of(each).told,
                lambda each: with_id(each, of(each).strict),
                lambda each: with_id(each, head(each)),
                lambda each: of(each).strict,
                lambda each: of(each).normal,
                lambda each: None if isinstance(each, FactIs) else with_id(each, "parts"),
            ),
            self._likeness,
            lambda each: each.fact if isinstance(each, FactIs) else of(each).features,
        )
        for i, j in pairs:
            self._pair(before[i], after[j], around, around_after)
        old, new = unmatched(pairs, len(before), len(after))
        self._loosen([before[i] for i in old], [after[j] for j in new], around, around_after)

    def _loosen(
        self, before: Sequence[Criterion], after: Sequence[Criterion], around: Around, around_after: Around
    ) -> None:
        place, decides = self._place, self._decides
        self._removed += [Loose(criterion=each, place=place, around=around, decides=decides) for each in before]
        self._added += [Loose(criterion=each, place=place, around=around_after, decides=decides) for each in after]

    def _likeness(self, before: Criterion, after: Criterion) -> int:
        if isinstance(before, FactIs) and isinstance(after, FactIs):
            if before.fact != after.fact:
                return 0
            shared = {each.operator for each in before.comparisons} & {each.operator for each in after.comparisons}
            return 50 + 10 * len(shared) + 20 * (texts(before.notes) == texts(after.notes))
        if isinstance(before, NoneOf) != isinstance(after, NoneOf) and FactIs in {type(before), type(after)}:
            return 0
        share = self._share(before, after)
        if share < _ALIKE and not self._one_holds_the_other(before, after):
            return 0
        return share + 20 * (head(before) == head(after)) + 1

    def _one_holds_the_other(self, before: Criterion, after: Criterion) -> bool:
        """Whether a group is what another is when some of its parts are left out."""
        if isinstance(before, FactIs) or isinstance(after, FactIs):
            return False
        first, second = self._meanings.of(before).features, self._meanings.of(after).features
        return first <= second or second <= first

    def _share(self, one: Criterion, other: Criterion) -> int:
        """Of a hundred facts and ids in either, how many are in both."""
        first, second = self._meanings.of(one).features, self._meanings.of(other).features
        shared = len(first & second)
        return 100 * shared // (len(first) + len(second) - shared)

    def _facts(self, before: FactIs, after: FactIs, around: Around) -> None:
        subject = subject_of(after, around)
        for each in compared(before, after):
            difference = Difference(
                what=each.what,
                how=each.how,
                decides=self._decides,
                key=each.key,
                before=each.before,
                after=each.after,
                service=self._place.service,
                statements=self._place.statements,
                criterion=subject,
                where_before=before.notes[-1].where,
                where_after=after.notes[-1].where,
            )
            self._found.append(difference)
        self._notes(before.notes, after.notes, subject)

    def _notes(self, before: Sequence[Notes], after: Sequence[Notes], subject: Subject) -> None:
        old, new = texts(before), texts(after)
        for key in NOTES:
            if old.get(key) != new.get(key):
                difference = Difference(
                    what=What.NOTE,
                    how=How.ADDED if key not in old else How.REMOVED if key not in new else How.ALTERED,
                    decides=False,
                    key=key,
                    before=as_told(old.get(key)),
                    after=as_told(new.get(key)),
                    service=self._place.service,
                    statements=self._place.statements,
                    criterion=subject,
                    where_before=before[0].where if before else None,
                    where_after=after[0].where if after else None,
                )
                self._found.append(difference)

    def _keys_of_loose(self) -> tuple[_KeyOfLoose, ...]:
        of = self._meanings.of

        def by_fact(loose: Loose) -> Hashable | None:
            return (loose.criterion.fact, loose.place) if isinstance(loose.criterion, FactIs) else None

        return (
            lambda loose: of(loose.criterion).told,
            lambda loose: with_id(loose.criterion, of(loose.criterion).strict),
            lambda loose: with_id(loose.criterion, head(loose.criterion)),
            lambda loose: of(loose.criterion).strict,
            by_fact,
        )

    def _inside(self, roots: Sequence[Loose]) -> dict[Hashable, list[Loose]]:
        """Every criterion within these, by its meaning and by its fact; the first comes last. Of very many, some."""
        found: dict[Hashable, list[Loose]] = {}
        pending = [*reversed(roots)]
        for _ in range(_MOST_LOOKED_THROUGH):
            if not pending:
                break
            loose = pending.pop()
            if isinstance(loose.criterion, FactIs):
                continue
            around = within(loose.criterion, loose.around)
            for part in loose.criterion.parts:
                one = Loose(criterion=part, place=loose.place, around=around, decides=loose.decides)
                found.setdefault(self._meanings.of(part).strict, []).append(one)
                if isinstance(part, FactIs):
                    found.setdefault((part.fact, loose.place), []).append(one)
                pending.append(one)
        return {key: each[::-1] for key, each in found.items()}

    def _moved(self, before: Loose, after: Loose) -> None:
        statements = (before.place.statements[0], after.place.statements[1])
        self._place = Place(service=after.place.service, statements=statements)
        self._decides = before.decides or after.decides
        difference = Difference(
            what=What.CRITERION,
            how=How.MOVED,
            decides=self._decides,
            before=list(before.around),
            after=list(after.around),
            service=self._place.service,
            statements=statements,
            criterion=subject_of(after.criterion, after.around),
            where_before=before.criterion.notes[0].where,
            where_after=after.criterion.notes[0].where,
        )
        self._found.append(difference)
        self._pair(before.criterion, after.criterion, before.around, after.around)

    def _alone(self, loose: Loose, elsewhere: dict[Hashable, list[Loose]], how: How) -> None:
        added = how is How.ADDED
        if (other := self._elsewhere(loose, elsewhere)) is not None:
            self._moved(other if added else loose, loose if added else other)
            return
        told, where = criterion_as_data(loose.criterion), loose.criterion.notes[0].where
        difference = Difference(
            what=What.CRITERION,
            how=how,
            decides=loose.decides,
            before=None if added else told,
            after=told if added else None,
            service=loose.place.service,
            statements=loose.place.statements,
            criterion=subject_of(loose.criterion, loose.around),
            where_before=None if added else where,
            where_after=where if added else None,
        )
        self._found.append(difference)

    def _elsewhere(self, loose: Loose, inside: dict[Hashable, list[Loose]]) -> Loose | None:
        """The same criterion within one that was added, or removed: of the same meaning, or the one on its fact."""
        if same := inside.get(self._meanings.of(loose.criterion).strict):
            return same.pop()
        if isinstance(loose.criterion, FactIs):
            on_fact = inside.get((loose.criterion.fact, loose.place), [])
            return on_fact.pop() if len(on_fact) == 1 else None
        return None


def _standing(loose: Loose, statement: int | None) -> tuple[int, Around, str]:
    return statement or 0, loose.around, str(criterion_as_data(loose.criterion))


def _denies_one(group: Group) -> bool:
    return isinstance(group, NoneOf) and len(group.parts) == 1 and not isinstance(group.parts[0], FactIs)
