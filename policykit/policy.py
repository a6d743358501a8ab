"""A policy as its document states it: the history of its entries, and what each says of which services."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final

from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from policykit.codes import CodeSet
    from policykit.criteria import Criterion
    from policykit.problems import Location


class Outcome(StrEnum):
    """What an answer can be: the policy's own words, and the few that only the interpreter says."""

    COVERED = "covered"
    MEDICALLY_NECESSARY = "medically-necessary"
    NOT_COVERED = "not-covered"
    NOT_MEDICALLY_NECESSARY = "not-medically-necessary"
    UNPROVEN = "experimental-investigational-unproven"
    DEFERRED = "deferred"
    NOT_ADDRESSED = "not-addressed"
    NOT_ENCODED = "not-encoded"
    UNDETERMINED = "undetermined"
    NO_VERSION_IN_EFFECT = "no-version-in-effect"
    NO_POLICY_ON_FILE = "no-policy-on-file"


class Kind(StrEnum):
    """The kinds of policies."""

    COVERAGE_POLICY = "coverage-policy"
    NCD = "ncd"
    LCD = "lcd"
    NO_DETERMINATION = "no-determination"


class Change(StrEnum):
    """What an entry of a history is."""

    NEW = "new"
    CRITERIA = "criteria"
    CODES = "codes"
    REVIEW = "review"
    CORRECTION = "correction"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"
    SEARCHED = "searched"


class AppliesBy(StrEnum):
    """The date of a case by which an entry is selected."""

    DATE_OF_SERVICE = "date-of-service"
    CLAIM_PROCESSED = "claim-processed"


@record
class Source:
    """The text that an entry encodes."""

    title: str
    publisher: str | None = None
    number: str | None = None
    section: str | None = None
    url: str | None = None
    retrieved: date | None = None


@record
class Statement:
    """A coverage statement: an outcome, and the criterion under which it is the answer. Without one, always."""

    outcome: Outcome
    to: str | None = None
    when: Criterion | None = None
    cite: str | None = None
    quote: str | None = None
    says: str | None = None
    reading: str | None = None
    where: Location = field(compare=False, repr=False)


@record
class Service:
    """A service, the codes that it is billed by, and its coverage statements in order."""

    name: str
    codes: CodeSet
    coverage: tuple[Statement, ...]
    code_notes: tuple[str, ...] = ()
    reading: str | None = None
    where: Location = field(compare=False, repr=False)


@record
class Carried:
    """One service that is as it stood before."""

    name: str
    where: Location = field(compare=False, repr=False)


class Unchanged(Enum):
    """All services are as they stood before."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


@record
class Entry:
    """One entry of a history. `effective` and `through` are the first and the stated last day, both inclusive.

    Only a withdrawal has no `effective`. `published`, `implemented`, `last_reviewed` and `next_review` never select.
    `places` tells where each key of the entry has its value.
    """

    revision: str
    change: Change
    summary: str
    effective: date | None = None
    through: date | None = None
    known_from: date | None = None
    published: date | None = None
    implemented: date | None = None
    last_reviewed: date | None = None
    next_review: date | None = None
    applies_by: AppliesBy = AppliesBy.DATE_OF_SERVICE
    replaces: str | None = None
    withdraws: str | None = None
    reading: str | None = None
    source: Source | None = None
    subject_to: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    services: tuple[Service | Carried, ...] | Unchanged = ()
    where: Location = field(compare=False, repr=False)
    places: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)


@record(by_identity=True)
class Policy:
    """A policy with its whole history, in order of publication.

    `document_digest` is of the bytes of its file. Two policies are the same only if they are one object; to compare what
    they mean, compare the digests in the receipts of their decisions.
    """

    id: str
    title: str
    payer: str
    kind: Kind
    history: tuple[Entry, ...]
    document_digest: str = ""
    where: Location = field(repr=False)
