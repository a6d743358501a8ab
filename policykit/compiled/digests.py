"""The digests of a compiled file, which show that nothing in it has changed."""

from __future__ import annotations

import sys

# Not by way of `hashlib`: what that loads for other digests is a twentieth of the time that a look-up takes.
from _blake2 import blake2b
from typing import TYPE_CHECKING, Final

if sys.version_info >= (3, 12):
    from _sha2 import sha256
else:
    from _sha256 import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZE: Final = 32


def digest_of(*parts: bytes) -> bytes:
    """The BLAKE2b digest, of 32 bytes, of several texts; of other parts it is another, even if their sum is the same."""
    whole = blake2b(digest_size=_SIZE)
    for each in parts:
        whole.update(b"%d:" % len(each))
        whole.update(each)
    return whole.digest()


def files_digest(files: Mapping[str, bytes]) -> bytes:
    """The digest of files by their names: of every name and every byte."""
    return digest_of(
        *(part for name, content in sorted(files.items()) for part in (name.encode(errors="surrogateescape"), content))
    )


def digests_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each of a few files, by their names. Of many, `hashlib` is faster."""
    return {name: sha256(content).hexdigest() for name, content in files.items()}


def content_digest(documents: Mapping[str, str]) -> str:
    """The digest of the content of a library: of the name and the digest of each of its documents."""
    return digest_of(
        *(part.encode(errors="surrogateescape") for each in sorted(documents.items()) for part in each)
    ).hex()
