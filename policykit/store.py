"""Sound documents kept between runs, so that opening a library again reads no YAML.

A file of the store is named by the digest of all that it was made from: the bytes of every document, and the program
itself. So it is never stale; and it begins with the digest of its own content, so a damaged one is noticed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

from policykit.assembly import VOCABULARY, vocabulary_from
from policykit.codes import read_pattern
from policykit.document import Document
from policykit.index import Holdings
from policykit.reading.policies import read_policy
from policykit.version import VERSION

if TYPE_CHECKING:
    from policykit.codes import CodePattern
    from policykit.policy import Policy
    from policykit.vocabulary import Vocabulary

_PACKAGE: Final = Path(__file__).resolve().parent
_KEPT: Final = 16  # files in the store; the oldest goes first


def key_of(files: Mapping[str, bytes]) -> str:
    """The name under which what is made from these files, by this program, is kept."""
    digest = sha256(VERSION.encode())
    for path in sorted(_PACKAGE.rglob("*.py")):
        state = path.stat()
        digest.update(f"{path.name} {state.st_size} {state.st_mtime_ns}\n".encode())
    for name, content in sorted(files.items()):
        digest.update(f"{name} {sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


def load(folder: Path, key: str) -> Holdings | None:
    """What is kept under a key, or None where there is none that can be trusted."""
    try:
        content = (folder / f"{key}.json").read_bytes()
    except OSError:
        return None
    digest, _, body = content.partition(b"\n")
    if sha256(body).hexdigest().encode() != digest:
        return None
    kept = json.loads(body)
    documents = {name: _document(name, kept["documents"][name]) for name in VOCABULARY}
    vocabulary = vocabulary_from(documents, _sound)
    codes = {
        identity: tuple(
            pattern
            for system, listed in systems.items()
            for written in listed
            if (pattern := read_pattern(system, written)) is not None
        )
        for identity, systems in kept["codes"].items()
    }
    policies = _Kept(kept["documents"], tuple(codes), vocabulary)
    return Holdings(vocabulary=vocabulary, policies=policies, codes=codes)


def save(folder: Path, key: str, documents: Mapping[str, Document], holdings: Holdings) -> None:
    """Keep what was found sound. What goes wrong in doing so is of no consequence, and nothing is left half written."""
    codes: dict[str, dict[str, list[str]]] = {}
    for identity, patterns in holdings.codes.items():
        systems = codes.setdefault(identity, {})
        for pattern in patterns:
            systems.setdefault(pattern.system, []).append(_written(pattern))
    # Each document as a text within the text, so that only those that are asked for are taken apart.
    kept = {
        "documents": {
            name: json.dumps([document.digest, document.data, document.place], separators=(",", ":"))
            for name, document in documents.items()
        },
        "codes": codes,
    }
    body = json.dumps(kept, separators=(",", ":")).encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{key}.{os.getpid()}.{get_ident()}"
        unfinished.write_bytes(sha256(body).hexdigest().encode() + b"\n" + body)
        unfinished.replace(folder / f"{key}.json")
        _forget(folder)
    except OSError:
        return


def _forget(folder: Path) -> None:
    kept = sorted(folder.glob("*.json"), key=os.path.getmtime, reverse=True)
    for path in kept[_KEPT:]:
        path.unlink(missing_ok=True)


def _written(pattern: CodePattern) -> str:
    return str(pattern).partition(" ")[2]


def _document(name: str, kept: str) -> Document:
    digest, data, place = json.loads(kept)
    return Document(name=name, data=data, place=place, digest=digest)


def _sound(problem: Any) -> None:
    raise AssertionError(f"a stored document was not sound: {problem.rule}")


class _Kept(Mapping[str, "Policy"]):
    """The policies of a stored library, each taken apart when it is first asked for."""

    def __init__(self, documents: Mapping[str, str], names: tuple[str, ...], vocabulary: Vocabulary) -> None:
        self._documents = documents
        self._names = names
        self._vocabulary = vocabulary
        self._read: dict[str, Policy] = {}

    def __getitem__(self, identity: str) -> Policy:
        if identity not in self._names:
            raise KeyError(identity)
        found = self._read.get(identity)
        if found is None:
            document = _document(f"{identity}.yaml", self._documents[f"{identity}.yaml"])
            policy = read_policy(document, self._vocabulary, _sound)
            assert policy is not None  # noqa: S101  # it was sound when it was kept
            found = self._read.setdefault(identity, policy)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
