"""A library compiled from the bytes of its documents: all at once, or again after some of them changed."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from policykit.assembly import vocabulary_from
from policykit.checking import kind_of, read_checked
from policykit.compiled.compiling import ABOUT_ALL, Found
from policykit.compiled.documents import CompiledDocument, CompiledLibrary, text_of
from policykit.compiled.merging import Words, problems_of
from policykit.compiled.processes import found_in
from policykit.compiled.program import program_digest
from policykit.published import Published, read_published
from policykit.records import record
from policykit.vocabulary import BUILT_IN, PUBLISHED, VOCABULARY, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from policykit.compiled.documents import CompiledPolicy
    from policykit.compiled.earlier import Earlier
    from policykit.document import Document
    from policykit.problems import Problem

    Progress = Callable[[int, int], None]

_WORDLESS: Final = Vocabulary(facts=BUILT_IN, payers={}, codes={})


@record
class Built:
    """What came of compiling: a library, or else what is wrong with it, in the order in which it was found.

    `read` names the documents that had to be read; of the others, it was known what they are.
    """

    library: CompiledLibrary | None
    problems: tuple[Problem, ...]
    read: tuple[str, ...]


def compile_library(
    files: Mapping[str, bytes],
    *,
    earlier: Earlier | None = None,
    processes: int = 1,
    progress: Progress = lambda _done, _of: None,
) -> Built:
    """The library that documents, by their names within it, make up: the same, whatever is known of an `earlier` one.

    Documents that are as they were there, and mean by the words of today what they meant, are not read again.
    `progress` is told again and again how many documents, of how many, have been looked at.
    """
    building = _Building(files, earlier)
    words, published = building.words(), building.published()
    building.take_over(words.vocabulary)
    read = tuple(name for name in files if name not in building.found)
    done = len(files) - len(read)
    progress(done, len(files))
    for each in found_in({name: files[name] for name in read}, words.vocabulary, processes):
        building.found[each.name] = each
        done += 1
        progress(done, len(files))
    problems = problems_of(files, building.found, words, published)
    library = building.library(words.vocabulary, published) if words.vocabulary and not problems else None
    return Built(library=library, problems=problems, read=(*building.read, *read))


class _Building:
    """A library on its way: what each of its files was found to be."""

    def __init__(self, files: Mapping[str, bytes], earlier: Earlier | None) -> None:
        self.found: dict[str, Found] = {}
        self.read: list[str] = []
        self._files = files
        self._digests = {name: sha256(content).hexdigest() for name, content in files.items()}
        # What another program found sound may not be.
        self._earlier = earlier if earlier is not None and earlier.program == program_digest() else None

    def words(self) -> Words:
        """The vocabulary, of which each document declares a part."""
        meaning: list[Problem] = []
        facts, payers, codes = (self._part(name, meaning) for name in VOCABULARY)
        if facts is None or payers is None or codes is None:
            return Words(vocabulary=None)
        vocabulary = Vocabulary(
            facts=facts.facts,
            payers=payers.payers,
            codes=codes.codes,
            places_of_service=codes.places_of_service,
            modifiers=codes.modifiers,
            faulty=facts.faulty,
        )
        return Words(vocabulary=vocabulary, meaning=tuple(meaning))

    def _part(self, name: str, meaning: list[Problem]) -> Vocabulary | None:
        """What one document of the vocabulary declares, or None where it cannot be read."""
        if name not in self._files:
            return _WORDLESS
        if self._earlier is not None and self._is_known(name):
            self.found[name] = self._sound(name)
            return self._earlier.vocabulary
        document = self._document(name)
        return vocabulary_from({name: document}, meaning.append) if document is not None else None

    def published(self) -> Published | None:
        """What is recorded as published, or None where that is not there, or cannot be read."""
        if PUBLISHED not in self._files:
            return None
        if self._earlier is not None and self._is_known(PUBLISHED):
            self.found[PUBLISHED] = self._sound(PUBLISHED)
            return self._earlier.published
        document = self._document(PUBLISHED)
        return read_published(document) if document is not None else None

    def take_over(self, vocabulary: Vocabulary | None) -> None:
        """Takes over what is known of policies by the words of today."""
        if vocabulary is None or self._earlier is None:
            return
        before, now = self._earlier.vocabulary.facts, vocabulary.facts
        changed = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
        for name in self._files.keys() - ABOUT_ALL:
            policy = self._earlier.policies.get(name) if self._is_known(name) else None
            if policy is not None and policy.payer in vocabulary.payers and changed.isdisjoint(policy.named):
                self.found[name] = self._sound(name, policy)

    def library(self, vocabulary: Vocabulary, published: Published | None) -> CompiledLibrary:
        """The library, in which nothing is wrong."""
        return CompiledLibrary(
            documents=tuple(self._documents()),
            vocabulary=vocabulary,
            published=published.revisions if published else {},
            published_facts=published.facts if published else {},
            program=program_digest(),
        )

    def _documents(self) -> Iterator[CompiledDocument]:
        for name, content in self._files.items():
            digest, policy = self._digests[name], self.found[name].policy
            known = self._earlier if self._is_known(name) else None
            # Of what is taken over, that is known, too.
            text = known.texts[name] if known and known.policies.get(name) is policy else text_of(digest, policy)
            yield CompiledDocument(name=name, content=content, digest=digest, text=text, policy=policy)

    def _is_known(self, name: str) -> bool:
        """Whether a document is one of the earlier library, in which nothing was wrong."""
        return self._earlier is not None and self._earlier.digests.get(name) == self._digests[name]

    def _sound(self, name: str, policy: CompiledPolicy | None = None) -> Found:
        stated = (policy.id, policy.payer) if policy is not None else None
        return Found(name=name, digest=self._digests[name], readable=True, stated=stated, policy=policy)

    def _document(self, name: str) -> Document | None:
        document, form = read_checked(name, self._files[name], kind_of(name))
        self.read.append(name)
        self.found[name] = Found(name=name, digest=self._digests[name], readable=document is not None, form=form)
        return document
