"""What is known of a library from the last time that it was compiled: all of it proven to be what was written then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policykit.compiled import form
from policykit.compiled.documents import read_text
from policykit.compiled.reading import CompiledFile, Unusable
from policykit.published import Published
from policykit.records import record
from policykit.vocabulary import BUILT_IN, VOCABULARY, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from policykit.compiled.documents import CompiledLibrary, CompiledPolicy

_FACTS, _PAYERS, _CODES = VOCABULARY


@record
class Earlier:
    """A sound library: by the names of its documents, the digest of each, what is kept of it, and its policy.

    `program` is the digest of the program that found it sound.
    """

    program: str
    vocabulary: Vocabulary
    published: Published
    digests: Mapping[str, str]
    texts: Mapping[str, bytes]
    policies: Mapping[str, CompiledPolicy]


def as_earlier(library: CompiledLibrary) -> Earlier:
    """What is known of a library that has just been compiled."""
    return Earlier(
        program=library.program,
        vocabulary=library.vocabulary,
        published=Published(revisions=library.published, facts=library.published_facts),
        digests={each.name: each.digest for each in library.documents},
        texts={each.name: each.text for each in library.documents},
        policies={each.name: each.policy for each in library.documents if each.policy is not None},
    )


def read_earlier(path: Path) -> Earlier | None:
    """What is known from a compiled file; None where there is none, or none that can be trusted or understood."""
    try:
        file = CompiledFile(path)
        published = file.row(form.PUBLISHED)
        texts, packed = dict(file.texts("document")), dict(file.texts("policy"))
        read = {name: read_text(text, packed) for name, text in texts.items()}
        return Earlier(
            program=file.root.program,
            vocabulary=_vocabulary(file),
            published=Published(revisions=published["revisions"], facts=published["facts"]),
            digests={name: digest for name, (digest, _) in read.items()},
            texts=texts,
            policies={name: policy for name, (_, policy) in read.items() if policy is not None},
        )
    except (Unusable, LookupError, TypeError, ValueError, RecursionError):
        return None


def _vocabulary(file: CompiledFile) -> Vocabulary:
    labels = file.row(form.LABELS)
    facts, payers, codes = (
        _all(file, kind, name) for kind, name in (("fact", _FACTS), ("payer", _PAYERS), ("code", _CODES))
    )
    return Vocabulary(
        facts={**BUILT_IN, **{each.name: each for each in facts}},
        payers={each.id: each for each in payers},
        codes={each.code: each for each in codes},
        places_of_service=labels["places_of_service"],
        modifiers=labels["modifiers"],
    )


def _all(file: CompiledFile, kind: str, document: str) -> list[Any]:
    """Every word of a kind, in the order in which the document declares them."""
    texts = dict(file.texts(kind))
    return [file.unpacked(texts[name], document) for name in file.names(kind)]
