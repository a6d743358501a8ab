"""Which program finds documents sound: what one found, another may not take over."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from zlib import ZLIB_RUNTIME_VERSION

from policykit.shipped import SCHEMAS
from policykit.version import VERSION

_PACKAGE: Final = Path(__file__).resolve().parent.parent
# Where what reads, checks and packs documents lies.
_FOLDERS: Final = (_PACKAGE, _PACKAGE / "reading", _PACKAGE / "compiled")


@cache
def program_digest() -> str:
    """The digest of this version of the program: its text, the schemas of documents, and what compresses policies."""
    digest = sha256(f"{VERSION} {ZLIB_RUNTIME_VERSION}".encode())
    for folder in _FOLDERS:
        _add(digest, folder, ".py")
    _add(digest, SCHEMAS, ".json")
    return digest.hexdigest()


def _add(digest: Any, folder: Path, suffix: str) -> None:
    for path in sorted(folder.glob(f"*{suffix}")):
        digest.update(f"{folder.name}/{path.name} {sha256(path.read_bytes()).hexdigest()}\n".encode())
