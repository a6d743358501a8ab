"""What compiling makes of each document of a library, before it has any form on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.codes import CodePattern
    from policykit.compiled.periods import Period
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
    """A sound document: its name within the library, its bytes, their SHA-256, and the policy that it states, if any."""

    name: str
    content: bytes
    digest: str
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
