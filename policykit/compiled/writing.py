"""A compiled library written into a file: whole under its name, or not at all; of the same content, the same bytes."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from policykit.codes import stems_of
from policykit.compiled import form
from policykit.compiled.digests import content_digest
from policykit.compiled.form import Root, digest_of_row
from policykit.compiled.packing import pack
from policykit.compiled.placing import placed
from policykit.plain import vocabulary_digest
from policykit.version import VERSION
from policykit.vocabulary import BUILT_IN, VOCABULARY, payers_by_name
from policykit.writing.saving import Unsaved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from policykit.compiled.documents import CompiledDocument, CompiledLibrary, CompiledPolicy
    from policykit.vocabulary import Fact, Vocabulary

    Row = tuple[Any, ...]

_FACTS, _PAYERS, _CODES = VOCABULARY
_PAGE: Final = 8192  # bytes; documents are long, and are written and read in few pieces
# Nobody reads the file before it is done, and what is left of it after a crash is thrown away.
_SETTINGS: Final = f"""\
PRAGMA page_size = {_PAGE};
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA application_id = {form.APPLICATION};
PRAGMA user_version = {form.FORMAT};
"""

_stems_of = lru_cache(maxsize=2**14)(stems_of)


def write(path: Path, library: CompiledLibrary) -> None:
    """Puts a compiled library in the place of whatever the file held. Raises `Unsaved` if the system refuses.

    Killed at any moment, it leaves the file as it was. The folder must exist.
    """
    try:
        with placed(path) as unfinished, closing(sqlite3.connect(unfinished, isolation_level=None)) as file:
            _fill(file, library)
    except sqlite3.OperationalError as error:
        raise Unsaved(f"`{path}` cannot be written: {error}", "see whether there is room for it") from error
    except OSError as error:
        told = (error.strerror or "the system does not say why").lower()
        raise Unsaved(f"`{path}` cannot be written: {told}", "the file is as it was") from error


def _fill(file: sqlite3.Connection, library: CompiledLibrary) -> None:
    for statement in filter(str.strip, _SETTINGS.split(";")):
        file.execute(statement).fetchall()
    file.execute("BEGIN")
    for statement in filter(str.strip, form.TABLES.split(";")):
        file.execute(statement)
    for table, rows in _tables(library):
        _insert(file, table, rows)
    texts = _texts(library)
    root = Root(
        content=content_digest({each.name: each.digest for each in library.documents}),
        program=library.program,
        version=VERSION,
        vocabulary=vocabulary_digest(library.vocabulary),
        counts={kind: len(each) for kind, each in texts.items()},
        derived=tuple(fact.name for fact in library.vocabulary.derived),
    )
    _insert(file, "part", _parts(root, texts, library))
    _insert(file, "library", sorted({**root.as_rows(), "seal": root.seal.hex()}.items()))
    for statement in filter(str.strip, form.INDEXES.split(";")):
        file.execute(statement)
    file.execute("COMMIT")


def _insert(file: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    each = iter(rows)
    first = next(each, None)
    if first is not None:
        places = ", ".join("?" * len(first))
        file.executemany(f"INSERT INTO {table} VALUES ({places})", chain([first], each))  # noqa: S608  # names of ours


def _tables(library: CompiledLibrary) -> Iterator[tuple[str, Iterable[Row]]]:
    """The tables for everybody, and their rows in order."""
    words = library.vocabulary
    documents = sorted(library.documents, key=lambda each: each.name)
    policies = sorted(_policies(documents), key=lambda each: each.id)
    facts = [fact for name, fact in sorted(words.facts.items()) if name not in BUILT_IN]
    yield "document", ((each.name, each.digest, each.content) for each in documents)
    yield "payer", ((each.id, each.name) for _, each in sorted(words.payers.items()))
    yield "payer_name", sorted(payers_by_name(words.payers.values()).items())
    yield (
        "policy",
        ((each.id, each.payer, each.title, each.kind, f"{each.id}.yaml", each.digest) for each in policies),
    )
    yield "period", ((each.id, *period) for each in policies for period in each.periods)
    yield "stem", sorted((*stem, each.payer, each.id) for each in policies for stem in _stems(each))
    yield "code", _codes(words)
    yield "fact", ((*_fact(each),) for each in facts)
    yield "fact_value", ((each.name, *value) for each in facts for value in sorted((each.values or {}).items()))


def _codes(words: Vocabulary) -> Iterator[Row]:
    for code, each in sorted(words.codes.items()):
        yield (*code, each.label, each.service_type, _day(each.first), _day(each.last), each.replaced_by)


def _fact(fact: Fact) -> Row:
    derived = (fact.derived.rule.value, fact.derived.base) if fact.derived else (None, None)
    return (fact.name, fact.type.value, fact.ask, fact.unit, *derived, fact.may_be_never, fact.judgement)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _policies(documents: Iterable[CompiledDocument]) -> Iterator[CompiledPolicy]:
    return (each.policy for each in documents if each.policy is not None)


def _stems(policy: CompiledPolicy) -> Iterable[Any]:
    return dict.fromkeys(stem for pattern in policy.codes for stem in _stems_of(pattern))


def _texts(library: CompiledLibrary) -> dict[str, dict[str, bytes]]:
    """What this program reads of each name, by its kind."""
    words = library.vocabulary
    policies = [*_policies(library.documents)]
    return {
        "policy": {each.id: each.packed for each in policies},
        "codes": {name: _text(stems) for name, stems in _grouped(policies).items()},
        "fact": {name: pack(each, _FACTS).encode() for name, each in words.facts.items() if name not in BUILT_IN},
        "payer": {name: pack(each, _PAYERS).encode() for name, each in words.payers.items()},
        "payer-name": {name: payer.encode() for name, payer in payers_by_name(words.payers.values()).items()},
        "code": {str(code): pack(each, _CODES).encode() for code, each in words.codes.items()},
        "document": {each.name: each.text for each in library.documents},
    }


def _grouped(policies: Iterable[CompiledPolicy]) -> dict[str, dict[str, list[str]]]:
    """The policies of each stem, together with the stems that are looked for at the same time."""
    groups: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for policy in sorted(policies, key=lambda each: each.id):
        for stem in _stems(policy):
            groups[form.group_of(policy.payer, stem)][f"{stem.text} {stem.form}"].append(policy.id)
    return groups


def _parts(root: Root, texts: Mapping[str, Mapping[str, bytes]], library: CompiledLibrary) -> Iterator[Row]:
    """The rows of `part`, in order."""
    words = library.vocabulary
    single = {
        form.LABELS: {
            "places_of_service": dict(words.places_of_service),
            "modifiers": dict(words.modifiers),
        },
        form.PUBLISHED: {"revisions": library.published, "facts": library.published_facts},
        **{form.names_of(kind): [*texts[kind]] for kind in form.LISTED},
    }
    for kind in sorted({*texts, *single}):
        if kind in single:
            yield _part(root, kind, 0, _text(single[kind]))
            continue
        rows = form.rows_of(kind, root.counts[kind])
        inside: list[dict[str, bytes]] = [{} for _ in range(rows)]
        for name, text in sorted(texts[kind].items()):
            inside[form.row_of(name, rows)][name] = text
        for number, each in enumerate(inside):
            yield _part(root, kind, number, form.joined(each))


def _part(root: Root, kind: str, number: int, content: bytes) -> Row:
    return kind, number, content, digest_of_row(root.seal, kind, number, content)


def _text(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()
