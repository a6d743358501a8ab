"""A compiled file, opened: what a library holds, each thing read, and proven whole, when it is first asked for."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar

from policykit.codes import Code, Stem
from policykit.compiled import form
from policykit.compiled.packing import Unreadable, unpack, unpack_policy
from policykit.index import Holdings
from policykit.problems import PolicykitError
from policykit.vocabulary import BUILT_IN, VOCABULARY, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from policykit.compiled.form import Root
    from policykit.policy import Policy

_FACTS, _PAYERS, _CODES = VOCABULARY
_MAGIC: Final = b"SQLite format 3\0"
_VERSION: Final = slice(60, 64)  # of the header: the number that `PRAGMA user_version` tells
_APPLICATION: Final = slice(68, 72)
_HEADER: Final = 100
_AT_ONCE: Final = 64  # rows, where all are read: they may be long
_SAFE: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-~:")

_K = TypeVar("_K")
_V = TypeVar("_V")


class Unusable(PolicykitError):  # noqa: N818  # the name says what the caller has in hand
    """A file that is no compiled library, or one that cannot be read any more."""


class CompiledFile:
    """A compiled file that is open. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Raises `Unusable` where the file is none, or of another form."""
        self.path = path
        self._lock = Lock()
        _check_header(path)
        self._connection = _connected(path)
        found = form.root_from(dict(self._asked("SELECT key, value FROM library")))
        if found is None:
            raise self.damaged()
        self.root: Root = found
        self._rows = {kind: form.rows_of(kind, count) for kind, count in found.counts.items()}

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()

    def damaged(self) -> Unusable:
        """What is to be raised where something in the file is not as it was written."""
        return Unusable(
            f"`{self.path}` is damaged: what is in it is not what was written\n"
            "  help: make it again with `policykit build`"
        )

    def text(self, kind: str, name: str) -> bytes | None:
        """What belongs to a name of a kind, or None where nothing does."""
        return self._parted(self._content(kind, form.row_of(name, self._rows[kind]))).get(name)

    def row(self, kind: str, number: int = 0) -> dict[str, Any]:
        """What stands in a row."""
        data = self._proven(kind, number)
        if not isinstance(data, dict):
            raise self.damaged()
        return data

    def names(self, kind: str) -> list[str]:
        """All names of a kind, in their order."""
        data = self._proven(form.names_of(kind), 0)
        if not isinstance(data, list):
            raise self.damaged()
        return data

    def texts(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """What belongs to every name of a kind, in the order of rows."""
        for content in self._contents(kind):
            yield from self._parted(content).items()

    def prove(self) -> None:
        """Raises `Unusable` unless every row that this program may read is as it was written."""
        for kind in form.SHARED:
            for number in range(self._rows[kind]):
                self._content(kind, number)
        for kind in (*map(form.names_of, form.LISTED), form.LABELS, form.PUBLISHED):
            self._content(kind, 0)

    def unpacked(self, text: bytes, document: str) -> Any:
        """A record from its text."""
        try:
            return unpack(text, document)
        except Unreadable as error:
            raise self.damaged() from error

    def policy(self, identity: str, content: bytes) -> Policy:
        """A policy from what is kept of it."""
        try:
            return unpack_policy(content, identity)
        except Unreadable as error:
            raise self.damaged() from error

    def word(self, text: bytes) -> str:
        """A text that stands for itself."""
        try:
            return text.decode()
        except ValueError as error:
            raise self.damaged() from error

    def _proven(self, kind: str, number: int) -> Any:
        return self._parsed(self._content(kind, number))

    def _parsed(self, text: bytes) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self.damaged() from error

    def _content(self, kind: str, number: int) -> bytes:
        rows = self._asked("SELECT content, digest FROM part WHERE kind = ? AND number = ?", (kind, number))
        match rows:
            case [(bytes(content), digest)] if form.digest_of_row(self.root.seal, kind, number, content) == digest:
                return content
            case _:
                raise self.damaged()

    def _contents(self, kind: str) -> Iterator[bytes]:
        """The contents of all rows of a kind, in their order."""
        count = self._rows[kind]
        asked = "SELECT number, content, digest FROM part WHERE kind = ? AND number BETWEEN ? AND ? ORDER BY number"
        for first in range(0, count, _AT_ONCE):
            last = min(first + _AT_ONCE, count) - 1
            rows = self._asked(asked, (kind, first, last))
            if [number for number, _, _ in rows] != [*range(first, last + 1)]:
                raise self.damaged()
            for number, content, digest in rows:
                if not isinstance(content, bytes):
                    raise self.damaged()
                if form.digest_of_row(self.root.seal, kind, number, content) != digest:
                    raise self.damaged()
                yield content

    def _parted(self, content: bytes) -> dict[str, bytes]:
        try:
            return form.parted(content)
        except (ValueError, TypeError, RecursionError) as error:
            raise self.damaged() from error

    def _asked(self, question: str, values: tuple[Any, ...] = ()) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(question, values).fetchall()
        # Of a damaged file, even the name of a table in a message can be no text, and a size beyond all memory.
        except (sqlite3.Error, ValueError, OverflowError, MemoryError) as error:
            raise self.damaged() from error


class Kept(Mapping[_K, _V]):
    """What a file keeps of the names of a kind: each read when it is first asked for, and then the same for ever."""

    def __init__(
        self,
        file: CompiledFile,
        kind: str,
        made: Callable[[str, bytes], _V],
        keys: tuple[Callable[[_K], str], Callable[[str], _K]],
        first: Mapping[_K, _V] | None = None,
    ) -> None:
        """`made` makes a value of a name and its text; `keys` make a name of a key, and back."""
        self._file = file
        self._kind = kind
        self._made = made
        self._name_of, self._key_of = keys
        self._first = first or {}
        self._read: dict[_K, _V] = {**self._first}

    def __getitem__(self, key: _K) -> _V:
        found = self._read.get(key)
        if found is None:
            name = self._name_of(key)
            text = self._file.text(self._kind, name)
            if text is None:
                raise KeyError(key)
            # Two threads may both make it; they make the same, and one of them stays.
            found = self._read.setdefault(key, self._made(name, text))
        return found

    def __iter__(self) -> Iterator[_K]:
        yield from self._first
        yield from map(self._key_of, self._file.names(self._kind))

    def __len__(self) -> int:
        return len(self._first) + self._file.root.counts[self._kind]


class _Speaking(Mapping[tuple[str, Stem], tuple[str, ...]]):
    """The policies of a payer that speak of the codes with a stem."""

    def __init__(self, file: CompiledFile) -> None:
        self._file = file
        self._read: dict[str, dict[str, list[str]]] = {}

    def __getitem__(self, key: tuple[str, Stem]) -> tuple[str, ...]:
        payer, stem = key
        group = form.group_of(payer, stem)
        stems = self._read.get(group)
        if stems is None:
            stems = self._read.setdefault(group, self._stems(self._file.text("codes", group)))
        return tuple(stems[f"{stem.text} {stem.form}"])

    def __iter__(self) -> Iterator[tuple[str, Stem]]:
        for group, text in self._file.texts("codes"):
            payer, system, _ = group.split(" ")
            for each in self._stems(text):
                stem, _, shape = each.partition(" ")
                yield payer, Stem(system, stem, shape)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _stems(self, text: bytes | None) -> dict[str, list[str]]:
        if text is None:
            return {}
        try:
            stems = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._file.damaged() from error
        if not isinstance(stems, dict):
            raise self._file.damaged()
        return stems


class _Labels(Mapping[str, str]):
    """Places of service, or modifiers, with their labels."""

    def __init__(self, file: CompiledFile, key: str) -> None:
        self._file = file
        self._key = key
        self._read: dict[str, str] | None = None

    def __getitem__(self, code: str) -> str:
        return self._labels()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels())

    def __len__(self) -> int:
        return len(self._labels())

    def _labels(self) -> dict[str, str]:
        if self._read is None:
            found = self._file.row(form.LABELS).get(self._key)
            if not isinstance(found, dict):
                raise self._file.damaged()
            self._read = found
        return self._read


def open_holdings(path: Path) -> Holdings:
    """What a compiled file holds. Raises `Unusable`."""
    return holdings_in(CompiledFile(path))


def holdings_in(file: CompiledFile) -> Holdings:
    """What a compiled file that is open holds."""
    return Holdings(
        vocabulary=_vocabulary(file),
        policies=Kept(file, "policy", file.policy, (str, str)),
        codes=_Speaking(file),
    )


def _vocabulary(file: CompiledFile) -> Vocabulary:
    return Vocabulary(
        facts=Kept(file, "fact", lambda _, text: file.unpacked(text, _FACTS), (str, str), BUILT_IN),
        payers=Kept(file, "payer", lambda _, text: file.unpacked(text, _PAYERS), (str, str)),
        codes=Kept(file, "code", lambda _, text: file.unpacked(text, _CODES), (str, _code_from)),
        places_of_service=_Labels(file, "places_of_service"),
        modifiers=_Labels(file, "modifiers"),
        derived_names=file.root.derived,
        payers_by_name=Kept(file, "payer-name", lambda _, text: file.word(text), (str, str)),
        digest=file.root.vocabulary,
    )


def _code_from(name: str) -> Code:
    system, _, code = name.partition(" ")
    return Code(system, code)


def is_compiled(path: Path) -> bool:
    """Whether a file is a compiled library of some form, whole or not."""
    try:
        with path.open("rb") as file:
            return _is_ours(file.read(_HEADER))
    except OSError:
        return False


def _is_ours(header: bytes) -> bool:
    ours = int.from_bytes(header[_APPLICATION], "big") == form.APPLICATION
    return header.startswith(_MAGIC) and ours


def _check_header(path: Path) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except OSError as error:
        told = (error.strerror or "the system does not say why").lower()
        raise Unusable(f"`{path}` cannot be read: {told}") from error
    if not _is_ours(header):
        advice = "a library is a folder of documents, or a file that `policykit build` makes of one"
        raise Unusable(f"`{path}` is no compiled library\n  help: {advice}")
    version = int.from_bytes(header[_VERSION], "big")
    if version != form.FORMAT:
        raise Unusable(
            f"`{path}` is compiled in form {version}, and this version of policykit reads form {form.FORMAT}\n"
            "  help: make it again with `policykit build`"
        )


def _connected(path: Path) -> sqlite3.Connection:
    """The file, read as it is now: nothing is written beside it, and nobody is waited for."""
    whole = os.fsencode(os.path.abspath(path))  # noqa: PTH100  # links stay as they are
    if sys.platform == "win32":
        whole = b"/" + whole.replace(b"\\", b"/")
    name = "".join(chr(each) if each in _SAFE else f"%{each:02X}" for each in whole)
    return sqlite3.connect(f"file://{name}?mode=ro&immutable=1", uri=True, check_same_thread=False)
