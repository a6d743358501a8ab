"""Sound policies kept between runs, so that opening a library again reads no YAML and checks nothing twice.

A file of the store is named by the digest of all that it was made from: the bytes of every document, and the program
itself. So it is never stale; and it begins with the digest of its own content, so a damaged one is noticed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import date
from enum import Enum
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from policykit import codes, criteria, policy, vocabulary
from policykit.codes import Code
from policykit.dates import Span
from policykit.index import Holdings
from policykit.problems import Location
from policykit.version import VERSION
from policykit.vocabulary import BUILT_IN, Vocabulary

if TYPE_CHECKING:
    from policykit.policy import Policy

_PACKAGE: Final = Path(__file__).resolve().parent
_KEPT: Final = 16  # files in the store; the oldest goes first

# Everything that a policy or a vocabulary is made of.
_RECORDS: Final[Mapping[str, type]] = {
    each.__name__: each
    for each in (
        Location,
        Span,
        codes.CodePrefix,
        codes.CodeRange,
        codes.CodeSet,
        criteria.Ago,
        criteria.All,
        criteria.AnyOf,
        criteria.Bound,
        criteria.CountAtLeast,
        criteria.DayBound,
        criteria.FactIs,
        criteria.Has,
        criteria.NoneOf,
        criteria.Notes,
        criteria.OneOf,
        policy.Carried,
        policy.Entry,
        policy.Policy,
        policy.Service,
        policy.Source,
        policy.Statement,
        vocabulary.CodeEntry,
        vocabulary.Derived,
        vocabulary.Fact,
        vocabulary.Payer,
    )
}
_ENUMERATIONS: Final[Mapping[str, type[Enum]]] = {
    each.__name__: each
    for each in (
        criteria.OnService,
        policy.AppliesBy,
        policy.Change,
        policy.Kind,
        policy.Outcome,
        policy.Unchanged,
        vocabulary.Derivation,
        vocabulary.FactType,
    )
}


def key_of(files: Mapping[str, bytes]) -> str:
    """The name under which what is made from these files, by this program, is kept."""
    digest = sha256(VERSION.encode())
    with os.scandir(_PACKAGE) as top, os.scandir(_PACKAGE / "reading") as reading:
        for each in sorted((*top, *reading), key=lambda entry: entry.path):
            if each.name.endswith(".py"):
                state = each.stat()
                digest.update(f"{each.name} {state.st_size} {state.st_mtime_ns}\n".encode())
    for name, content in sorted(files.items()):
        digest.update(f"{name} {sha256(content).hexdigest()}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def load(folder: Path, key: str) -> Holdings | None:
    """What is kept under a key, or None where there is nothing that can be trusted."""
    try:
        content = (folder / f"{key}.json").read_bytes()
    except OSError:
        return None
    digest, _, body = content.partition(b"\n")
    if sha256(body).hexdigest().encode() != digest:
        return None
    kept = json.loads(body)
    facts, payers, entries, places_of_service, modifiers = unpacked(json.loads(kept["vocabulary"]))
    words = Vocabulary(
        facts={**BUILT_IN, **{fact.name: fact for fact in facts}},
        payers={payer.id: payer for payer in payers},
        codes={entry.code: entry for entry in entries},
        places_of_service=places_of_service,
        modifiers=modifiers,
    )
    return Holdings(vocabulary=words, policies=_Kept(kept["policies"]), codes=unpacked(kept["codes"]))


def save(folder: Path, key: str, holdings: Holdings) -> None:
    """Keep what was found sound. What goes wrong in doing so is of no consequence, and nothing is left half written."""
    words = holdings.vocabulary
    facts = tuple(fact for name, fact in words.facts.items() if name not in BUILT_IN)
    payers, entries = tuple(words.payers.values()), tuple(words.codes.values())
    told = packed((facts, payers, entries, words.places_of_service, words.modifiers))
    # A policy is a text within the text, so that only one that is asked for is taken apart.
    kept = {
        "vocabulary": _text(told),
        "policies": {identity: _text(packed(each)) for identity, each in holdings.policies.items()},
        "codes": packed(holdings.codes),
    }
    body = _text(kept).encode()
    unfinished = folder / f".{key}.{os.getpid()}.{get_ident()}"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(sha256(body).hexdigest().encode() + b"\n" + body)
        unfinished.replace(folder / f"{key}.json")
        _forget(folder)
    with suppress(OSError):
        unfinished.unlink(missing_ok=True)


def packed(value: Any) -> Any:
    """A record, or whatever records hold, as plain data: scalars as they are, all else as `{kind: [...]}`."""
    match value:
        case Enum():
            return {"enum": [type(value).__name__, value.value]}
        case None | bool() | int() | float() | str():
            return value
        case date():
            return {"date": value.isoformat()}
        case Code():
            return {"code": [value.system, value.code]}
        case tuple():
            return [packed(each) for each in value]
        case Mapping():
            return {"map": {key: packed(each) for key, each in value.items()}}
        case _:
            name = type(value).__name__
            return {name: [packed(getattr(value, each)) for each in _fields(name)]}


def unpacked(data: Any) -> Any:
    """What `packed` made the data from."""
    if isinstance(data, list):
        return tuple([unpacked(each) for each in data])
    if not isinstance(data, dict):
        return data
    ((kind, inside),) = data.items()
    match kind:
        case "date":
            return date.fromisoformat(inside)
        case "enum":
            return _ENUMERATIONS[inside[0]](inside[1])
        case "code":
            return Code(*inside)
        case "map":
            return {key: unpacked(each) for key, each in inside.items()}
        case _:
            return _RECORDS[kind](**dict(zip(_fields(kind), map(unpacked, inside), strict=True)))


@cache
def _fields(name: str) -> tuple[str, ...]:
    return tuple(each.name for each in fields(_RECORDS[name]) if each.init)


def _text(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))


def _forget(folder: Path) -> None:
    kept = sorted(folder.glob("*.json"), key=os.path.getmtime, reverse=True)
    for path in kept[_KEPT:]:
        path.unlink(missing_ok=True)


class _Kept(Mapping[str, "Policy"]):
    """The policies of a stored library, each taken apart when it is first asked for."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._read: dict[str, Policy] = {}

    def __getitem__(self, identity: str) -> Policy:
        found = self._read.get(identity)
        if found is None:
            # Two threads may both take it apart; they get the same, and one of them stays.
            found = self._read.setdefault(identity, unpacked(json.loads(self._texts[identity])))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)
