"""What a column of claims can state: each part of a case, under the names by which a column is recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policykit.codes import SYSTEMS
from policykit.records import record
from policykit.sql.columns import FITTING, FITTING_DAY, FITTING_NAME, Kind
from policykit.vocabulary import BUILT_IN, FactType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policykit.vocabulary import Vocabulary

DATE_OF_SERVICE: Final = "date_of_service"
DAYS: Final = (DATE_OF_SERVICE, "claim_processed", "known_on")
ASKED: Final = ("policy", "payer")
CODE: Final = "service.code"
MODIFIERS: Final = "service.modifiers"
PLACE: Final = "service.place"
SERVICE: Final = "service."
DIAGNOSES: Final = "diagnoses."
FACTS: Final = "facts."
# What may be said without `service.` before it.
_SHORT: Final = (CODE, MODIFIERS, PLACE, "service.cpt", "service.hcpcs")
_OF_CODES: Final = frozenset({FactType.CODE, FactType.CODES})
_KINDS: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "text",
    Kind.BOOLEAN: "`true` or `false`",
    Kind.INTEGER: "whole numbers",
    Kind.NUMBER: "numbers",
    Kind.DATE: "dates",
    Kind.TEXTS: "lists of text",
    Kind.OTHER: "something else",
}


@record
class Target:
    """A part of a case, by the way to it: `payer`, `service.cpt`, `diagnoses.icd10cm`, the name of a fact.

    `fits` are the kinds of column that can state it; `fact` and `system` tell of which fact it is, and of which codes.
    `is_set`: it is a set, which several columns may state together.
    """

    path: str
    fits: frozenset[Kind]
    is_set: bool = False
    fact: str | None = None
    system: str | None = None


def targets_of(vocabulary: Vocabulary) -> dict[str, Target]:
    """All that a column can state, by its path."""
    found = [
        *(Target(path=path, fits=FITTING_DAY) for path in DAYS),
        *(Target(path=path, fits=FITTING_NAME) for path in ASKED),
        Target(path=CODE, fits=FITTING[FactType.CODE]),
        *(Target(path=f"{SERVICE}{each}", fits=FITTING[FactType.CODE], system=each) for each in SYSTEMS),
        Target(path=MODIFIERS, fits=FITTING[FactType.CHOICES], is_set=True),
        Target(path=PLACE, fits=FITTING[FactType.CHOICE]),
        *(
            Target(path=f"{DIAGNOSES}{each}", fits=FITTING[FactType.CODES], is_set=True, system=each)
            for each in SYSTEMS
        ),
        *_facts(vocabulary),
    ]
    return {target.path: target for target in found}


def _facts(vocabulary: Vocabulary) -> Iterator[Target]:
    for name, fact in vocabulary.facts.items():
        if name in BUILT_IN:
            continue
        is_set = fact.type in {FactType.CHOICES, FactType.CODES}
        if fact.type in _OF_CODES:
            for each in SYSTEMS:
                path = f"{name}.{each}"
                yield Target(path=path, fits=FITTING[fact.type], is_set=is_set, fact=name, system=each)
        else:
            yield Target(path=name, fits=FITTING[fact.type], is_set=is_set, fact=name)


def names_of(target: Target) -> Iterator[str]:
    """The names of a column that state it by themselves, small and capital letters aside.

    Where a name has points, a column may have `_` in their place.
    """
    whole = (target.path, f"{FACTS}{target.path}") if target.fact else (target.path,)
    short = (target.path.removeprefix(SERVICE),) if target.path in _SHORT else ()
    for name in (*whole, *short):
        yield name
        if "." in name:
            yield name.replace(".", "_")


def recognised(targets: Mapping[str, Target]) -> dict[str, tuple[Target, ...]]:
    """What each name states, in small letters. A name may state several, and then says nothing by itself."""
    found: dict[str, dict[str, Target]] = {}
    for target in targets.values():
        for name in names_of(target):
            found.setdefault(name.casefold(), {})[target.path] = target
    return {name: tuple(each.values()) for name, each in found.items()}


def in_words(kinds: frozenset[Kind]) -> str:
    """Kinds of column, as a message names them."""
    return " or ".join(words for kind, words in _KINDS.items() if kind in kinds)
