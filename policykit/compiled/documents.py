"""What compiling makes of each document of a library, before it has any form on disk."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

from policykit.codes import read_pattern
from policykit.compiled.periods import Period
from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.codes import CodePattern
    from policykit.vocabulary import Vocabulary


@record
class CompiledPolicy:
    """A policy that a document states.

    `digest` is of what it means, `packed` all of it (`packing.pack_policy`), `periods` when each revision governs
    (`periods.periods_of`). `codes` are those of which some entry speaks; `revisions`
    the digest of each entry by its name, in order of history; `facts` the names that its criteria ask for. `named` are
    the facts on whose declaration it depends what the document was found to be: those, and the ones in criteria that
    nothing uses.
    """

    id: str
    title: str
    payer: str
    kind: str
    digest: str
    packed: bytes
    periods: tuple[Period, ...]
    codes: tuple[CodePattern, ...]
    revisions: Mapping[str, str]
    facts: tuple[str, ...]
    named: tuple[str, ...]


@record
class CompiledDocument:
    """A sound document: its name within the library, its bytes, their SHA-256, and the policy that it states, if any.

    `text` is what `text_of` makes of the last two.
    """

    name: str
    content: bytes
    digest: str
    text: bytes
    policy: CompiledPolicy | None = None


@record
class CompiledLibrary:
    """A sound library: its documents, in the order in which a folder lists them, and the vocabulary they declare.

    `published` is the record of what was published: for each policy the digests of its revisions, and those of facts.
    `program` is the digest of the program that found it sound.
    """

    documents: tuple[CompiledDocument, ...]
    vocabulary: Vocabulary
    published: Mapping[str, Mapping[str, str]]
    published_facts: Mapping[str, str]
    program: str


def text_of(digest: str, policy: CompiledPolicy | None) -> bytes:
    """What is kept of a document beside its bytes, and beside all of the policy that it states."""
    told: list[object] = [digest]
    if policy is not None:
        told += [policy.id, policy.title, policy.payer, policy.kind, policy.digest, policy.periods]
        told += [[str(each) for each in policy.codes], policy.revisions, policy.facts, policy.named]
    return json.dumps(told, separators=(",", ":")).encode()


def read_text(text: bytes, packed: Mapping[str, bytes]) -> tuple[str, CompiledPolicy | None]:
    """The digest and the policy of which `text_of` made a text; `packed` is all of each policy, by its id.

    Raises `ValueError`, `TypeError` or `LookupError` for any other text.
    """
    digest, *told = json.loads(text.decode())
    if not told:
        return digest, None
    identity, title, payer, kind, meaning, periods, codes, revisions, facts, named = told
    return digest, CompiledPolicy(
        id=identity,
        title=title,
        payer=payer,
        kind=kind,
        digest=meaning,
        packed=packed[identity],
        periods=tuple(Period(*each) for each in periods),
        codes=tuple(map(_code, codes)),
        revisions=revisions,
        facts=tuple(facts),
        named=tuple(named),
    )


@lru_cache(maxsize=2**14)  # many policies speak of the same codes
def _code(text: str) -> CodePattern:
    system, _, written = text.partition(" ")
    pattern = read_pattern(system, written)
    if pattern is None:
        raise ValueError(text)
    return pattern
