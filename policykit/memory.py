"""What was worked out before, kept for as long as it is asked for again.

Whoever looks at the same documents over and over asks here for each step by all that the step depends on. So nothing has
to be told that something changed: what depends on it is asked for by another key, and worked out anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_T = TypeVar("_T")


class Memory:
    """Results by key. A key has to hold everything that its result depends on."""

    def __init__(self) -> None:
        self._now: dict[Hashable, Any] = {}
        self._before: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """The result for a key: the one from before, or the one that is made now."""
        if key not in self._now:
            self._now[key] = self._before[key] if key in self._before else make()
        return cast("_T", self._now[key])

    def next_round(self) -> None:
        """Let go of what was not asked for since the last round began."""
        self._before, self._now = self._now, {}
