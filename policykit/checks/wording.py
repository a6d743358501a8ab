"""Words of texts, and where a run of them stands in other texts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RUN: Final = 12  # consecutive words, from which on a text is taken to be copied

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def words_of(text: str) -> list[str]:
    """The words of a text, without marks and capitals."""
    return _WORD.findall(text.casefold())


@record
class Copy:
    """A run of words that stands in another text: that text's name, the first word of the run, and how many follow."""

    name: str
    first: int
    count: int


class Texts:
    """Texts that words are to be looked for in. Build it with `texts_of`, which builds it once for the same texts."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        self._texts = [(name, words_of(text)) for name, text in texts]
        self._runs: dict[int, tuple[int, int]] = {}
        for number, (_, words) in enumerate(self._texts):
            for start, run in _runs(words):
                self._runs.setdefault(hash(run), (number, start))

    def copied(self, words: list[str]) -> Copy | None:
        """The first run of twelve words or more that stands in one of the texts."""
        for first, run in _runs(words):
            found = self._runs.get(hash(run))
            if found is None:
                continue
            number, start = found
            name, text = self._texts[number]
            count = 0
            while words[first + count : first + count + 1] == text[start + count : start + count + 1] != []:
                count += 1
            # Runs that only share their hash are none.
            if count >= RUN:
                return Copy(name=name, first=first, count=count)
        return None


@lru_cache(maxsize=4)
def texts_of(texts: tuple[tuple[str, str], ...]) -> Texts:
    """These texts, by name, ready to be looked in."""
    return Texts(texts)


def _runs(words: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for start in range(len(words) - RUN + 1):
        yield start, tuple(words[start : start + RUN])
