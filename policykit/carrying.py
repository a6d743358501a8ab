"""What `unchanged` stands for (docs/format.md, section 4), under one state of knowledge."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from policykit.policy import UNCHANGED, Carried, Service
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from policykit.policy import Entry


@record
class Uncarried:
    """An `unchanged` that has nothing to stand for; `name` of the one service, or None for all."""

    entry: Entry
    name: str | None


def effective(entry: Entry) -> date:
    """The first day of an entry that counts."""
    assert entry.effective is not None  # noqa: S101  # a withdrawal never counts
    return entry.effective


class Carrier:
    """Finds what entries carry over, among those that are known, those that count, and those that replace others."""

    def __init__(self, known: Sequence[Entry], counting: Sequence[Entry], replaced: dict[str, list[Entry]]) -> None:
        self.uncarried: list[Uncarried] = []
        self._named = {entry.revision: entry for entry in known}
        self._counting = counting
        self._starts = [effective(entry) for entry in counting]
        self._replaced = replaced
        self._done: dict[str, tuple[Service, ...]] = {}

    def services(self, entry: Entry) -> tuple[Service, ...]:
        """The services of an entry, with what it carries over."""
        # One after the other rather than by recursion: a long history is a long chain.
        pending, waiting = [entry], {entry.revision}
        while pending:
            current = pending[-1]
            if current.revision in self._done:
                pending.pop()
                continue
            before = self._before(current) if _carries(current) else None
            if before is not None and before.revision not in self._done and before.revision not in waiting:
                pending.append(before)
                waiting.add(before.revision)
                continue
            held = self._done.get(before.revision, ()) if before is not None else ()
            self._done[current.revision] = self._carried(current, held)
            pending.pop()
        return self._done[entry.revision]

    def _before(self, entry: Entry) -> Entry | None:
        if entry.replaces is not None:
            return self._named.get(entry.replaces)
        if entry.effective is None:
            return None
        leaving_out: set[str] = set()
        later = [entry.revision]
        while later:
            for replacing in self._replaced.get(later.pop(), ()):
                if replacing.revision not in leaving_out:
                    leaving_out.add(replacing.revision)
                    later.append(replacing.revision)
        for i in range(bisect_right(self._starts, effective(entry)) - 1, -1, -1):
            other = self._counting[i]
            if self._starts[i] < effective(entry) and other.revision not in leaving_out:
                return other
        return None

    def _carried(self, entry: Entry, held: tuple[Service, ...]) -> tuple[Service, ...]:
        if entry.services is UNCHANGED:
            if not held:
                self.uncarried.append(Uncarried(entry=entry, name=None))
            return held
        services: list[Service] = []
        for service in entry.services:
            if isinstance(service, Service):
                services.append(service)
                continue
            found = next((other for other in held if other.name == service.name), None)
            if found is None:
                self.uncarried.append(Uncarried(entry=entry, name=service.name))
            else:
                services.append(found)
        return tuple(services)


def _carries(entry: Entry) -> bool:
    return entry.services is UNCHANGED or any(isinstance(service, Carried) for service in entry.services)
