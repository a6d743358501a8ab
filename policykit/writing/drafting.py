"""A new policy with its cases, and whatever of the vocabulary it needs: texts that are sound before they are written.

What is drafted decides nothing. Its one statement is `not-encoded`, or, of a search that found nothing, `deferred`, until
an analyst writes what the policy says.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from policykit.cases import check_cases, run_case
from policykit.checking import check_files, kind_of
from policykit.codes import Code, CodePrefix, CodeRange
from policykit.folder import CASES
from policykit.library import Library
from policykit.memory import Memory
from policykit.policy import Change, Kind
from policykit.problems import InvalidDocuments, PolicykitError, near_miss
from policykit.records import record
from policykit.vocabulary import PAYERS, VOCABULARY, FactType
from policykit.writing.insertion import behind
from policykit.writing.layout import formatted
from policykit.writing.markup import Mapping, read_markup

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as Files_
    from datetime import date

    from policykit.codes import CodePattern
    from policykit.vocabulary import Vocabulary

    Files = Files_[str, bytes]

_IDENTITY: Final = re.compile(r"[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*", re.ASCII)
_SUMMARIES: Final = {
    Change.NEW: "New policy.",
    Change.CRITERIA: "The first revision that is held here.",
    Change.CODES: "The first revision that is held here.",
    Change.SEARCHED: "No determination was found.",
}
_NOTHING_YET: Final = "Nothing of this policy is encoded yet"
_AGE: Final = "patient.age"

_FACTS: Final = """\
# A fact records what is so. What a payer makes of it stands in the payer's policy.
# All policies share these; declare here whatever their criteria ask for.
format: 1
facts:
  patient.birth_date:
    type: date
    ask: When was the patient born?
  patient.age:
    type: integer
    unit: years
    derived: {whole_years_since: patient.birth_date}
    ask: How old is the patient on the date of service?
"""


class Undraftable(PolicykitError):  # noqa: N818  # the name says what the caller has in hand
    """The policy that is asked for cannot be drafted; nothing is written."""

    def __init__(self, message: str, advice: str | None) -> None:
        super().__init__(f"{message}\n  help: {advice}" if advice else message)


@record
class Plan:
    """The policy that is wanted. `policy` is its id; what is None is worked out, or left out.

    `change` is what its one entry is; `criteria` says nothing of what was before. `to` is who decides where nothing was
    determined. `payer_name` declares the payer. `schemas` is the way from the library to the folder of the schemas, where
    an editor finds them.
    """

    policy: str
    title: str
    codes: tuple[CodePattern, ...]
    effective: date
    kind: Kind = Kind.COVERAGE_POLICY
    change: Change = Change.CRITERIA
    known_from: date | None = None
    summary: str | None = None
    service: str | None = None
    to: str | None = None
    source_title: str | None = None
    payer_name: str | None = None
    schemas: str | None = None

    @property
    def payer(self) -> str:
        """The payer's id."""
        return self.policy.partition("/")[0]


def draft(plan: Plan, files: Files) -> dict[str, bytes]:
    """The files to be written, by their names in the library, in the order in which each needs only those before it.

    `files` are those that the library holds, none if it is to begin. Raises `Undraftable`, or `InvalidDocuments` if the
    vocabulary has problems or the new documents would have some.
    """
    if not _IDENTITY.fullmatch(plan.policy):
        message = f"`{plan.policy}` is no name of a policy"
        raise Undraftable(message, "it is one like `cigna/0587`: payer, slash, small letters, digits, `.` and `-`")
    if f"{plan.policy}.yaml" in files:
        advice = f"for a new entry in its history: `policykit revise {plan.policy}`"
        raise Undraftable(f"there is a policy `{plan.policy}` already", advice)
    memory = Memory()
    before = check_files(files, memory)
    if files and (faults := [each for each in before.problems if each.where.file in VOCABULARY]):
        raise InvalidDocuments(faults)
    vocabulary = before.holdings.vocabulary
    new = dict(_words(plan, files, vocabulary))
    new[f"{plan.policy}.yaml"] = _policy(plan, vocabulary)
    cases = f"{plan.policy}{CASES}"
    drafted = {
        name: (formatted(text, kind_of(name)) if name not in files else text).encode()
        for name, text in {**new, cases: _cases(plan)}.items()
    }
    with_them = {**files, **{name: content for name, content in drafted.items() if name != cases}}
    after = check_files(with_them, memory)
    if problems := [each for each in after.problems if each not in before.problems]:
        raise InvalidDocuments(problems)
    _check_cases(cases, drafted[cases], Library(after.holdings))
    return drafted


def _check_cases(name: str, content: bytes, library: Library) -> None:
    """Raises if the case that is drafted is not sound, or would not be answered as it expects."""
    stated, problems = check_cases(name, content, library)
    failures = (failure for each in stated for failure in run_case(each, library).failures)
    for told in (*(problem.message for problem in problems), *failures):
        raise Undraftable(f"the case that was drafted is not answered as it expects: {told}", None)


# The vocabulary


def _words(plan: Plan, files: Files, vocabulary: Vocabulary) -> Iterable[tuple[str, str]]:
    """The files of the vocabulary that have to be made or changed."""
    payer = vocabulary.payers.get(plan.payer)
    if payer is not None and plan.payer_name is not None and plan.payer_name != payer.name:
        advice = "leave `--payer-name` out, or give the policy to another payer"
        raise Undraftable(f"`{plan.payer}` is a payer of this library already, called {payer.name}", advice)
    if payer is None and plan.payer_name is None:
        close = near_miss(plan.payer, vocabulary.payers)
        advice = "declare it by its name: `--payer-name NAME`"
        raise Undraftable(
            f"`{plan.payer}` is not a payer of this library", f"{close} If not, {advice}" if close else advice
        )
    if payer is None and PAYERS in files:
        yield PAYERS, _with_payer(plan, files[PAYERS].decode("utf-8"))
    elif payer is None:
        yield "facts.yaml", _headed(plan, "facts", _FACTS)
        yield PAYERS, _headed(plan, "payers", f"format: 1\npayers:\n  {_payer(plan)}\n")
        yield "codes.yaml", _headed(plan, "codes", _codes(plan))


def _payer(plan: Plan) -> str:
    return f"{_quoted(plan.payer)}:\n    name: {_quoted(plan.payer_name)}"


def _with_payer(plan: Plan, text: str) -> str:
    """The payers with one more; every byte of the rest stays."""
    markup = read_markup(text)
    pair = markup.root.pair("payers") if isinstance(markup.root, Mapping) else None
    assert pair is not None  # noqa: S101  # the schema has said so
    assert isinstance(pair.value, Mapping)  # noqa: S101  # the same
    if pair.value.flow:
        message = f"the payers of {PAYERS} stand in braces, where no lines can be added"
        raise Undraftable(message, f"bring it into the house layout first: `policykit fmt {PAYERS}`")
    lines = formatted(f"payers:\n  {_payer(plan)}\n", "payers").splitlines()[1:]
    return behind(markup, pair.value, [line[2:] for line in lines]).into(text)


def _codes(plan: Plan) -> str:
    systems: dict[str, list[str]] = {}
    for code in dict.fromkeys(map(_first_code, plan.codes)):
        systems.setdefault(code.system, []).append(f"    {_quoted(code.code)}: {{label: {_quoted(_service(plan))}}}")
    listed = "".join(f"  {system}:\n" + "".join(f"{line}\n" for line in lines) for system, lines in systems.items())
    return f"# Labels are your own short words, never the descriptors of those who own the codes.\nformat: 1\ncodes:\n{listed}"


def _first_code(pattern: CodePattern) -> Code:
    match pattern:
        case Code():
            return pattern
        case CodeRange(system=system, first=first):
            return Code(system, first)
        case CodePrefix(system=system, stem=stem):
            return Code(system, stem)


# The policy and its cases


def _policy(plan: Plan, vocabulary: Vocabulary) -> str:
    entry = {
        "revision": str(plan.effective),
        "change": plan.change,
        "summary": plan.summary or _SUMMARIES[plan.change],
        "effective": str(plan.effective),
        "known_from": str(plan.known_from) if plan.known_from else None,
    }
    told = [f"{key}: {_quoted(value)}" for key, value in entry.items() if value is not None]
    source = f"source: {{title: {_quoted(plan.source_title)}}}" if plan.source_title else _SOURCE
    codes: dict[str, list[str]] = {}
    for pattern in plan.codes:
        codes.setdefault(pattern.system, []).append(_quoted(str(pattern).partition(" ")[2]))
    listed = ", ".join(f"{system}: [{', '.join(dict.fromkeys(each))}]" for system, each in codes.items())
    searched = plan.kind is Kind.NO_DETERMINATION
    lines = [
        "format: 1",
        *(f"{key}: {_quoted(value)}" for key, value in _top(plan).items()),
        "history:",
        f"  - {told[0]}",
        *(f"    {line}" for line in told[1:]),
        *(f"    {line}" for line in (_ABOUT_SEARCH if searched else _ABOUT_ENTRY).splitlines()),
        *(f"    {line}" for line in source.splitlines()),
        "    services:",
        f"      - service: {_quoted(_service(plan))}",
        f"        codes: {{{listed}}}",
        "        coverage:",
        *(f"          {line}" for line in (_deferred(plan) if searched else _undecided(vocabulary))),
    ]
    return _headed(plan, "policy", "".join(f"{line.rstrip()}\n" for line in lines))


_SOURCE: Final = "# source: {title: As printed on it, publisher: Who issued it}"
_ABOUT_ENTRY: Final = """\
# `change: new` only if nothing was in force before. Where the source tells it, add `known_from` (the
# first day on which this could be known), `through` (the last day, if an end is stated),
# `next_review`, `subject_to`, `references`. What the source leaves open goes into a `reading`."""
_ABOUT_SEARCH: Final = """\
# `effective` is the day of the search. Say in `source` what was searched, and in `reading` what is
# not sure. Whoever searches again adds an entry: `policykit revise POLICY --effective DATE`."""
_EXAMPLE: Final = """\
# What the policy says, in its order: the first statement whose `when` holds decides, and the last
# has none. Facts are declared in facts.yaml. Write statements like these, in place of the one below:
#
# - outcome: medically-necessary
#   cite: Section B, first sentence
#   when:
#     all:
#       - id: {id}
#         says: {says}
#         cite: Section B, first point
#         fact: {fact}
#         {comparison}
# - outcome: not-medically-necessary
#   cite: Section C
- outcome: not-encoded
  says: {nothing}"""
_OF_AGE: Final = {"id": "adult", "says": "The patient is at least 18", "fact": _AGE, "comparison": "at_least: 18"}
_OF_DIAGNOSIS: Final = {
    "id": "diagnosis",
    "says": "A diagnosis that the policy lists",
    "fact": "claim.diagnoses",
    "comparison": 'has_any: {icd10cm: ["M17-"]}',
}


def _undecided(vocabulary: Vocabulary) -> list[str]:
    """A statement that decides nothing, below an example of what is to take its place."""
    age = vocabulary.facts.get(_AGE)
    # A library that begins with this policy declares it.
    is_declared = not vocabulary.payers or (age is not None and age.type in {FactType.INTEGER, FactType.NUMBER})
    words = _OF_AGE if is_declared else _OF_DIAGNOSIS
    return _EXAMPLE.format(**words, nothing=_NOTHING_YET).splitlines()


def _deferred(plan: Plan) -> list[str]:
    return ["- outcome: deferred", f"  to: {_quoted(plan.to)}"]


def _cases(plan: Plan) -> str:
    searched = plan.kind is Kind.NO_DETERMINATION
    code = _first_code(plan.codes[0])
    title = "Nothing was determined, so somebody else decides" if searched else _NOTHING_YET
    text = f"""\
format: 1
policy: {_quoted(plan.policy)}
cases:
  # Write a case for every way in which the policy can answer, and for every criterion one that fails only by it.
  # What is known of the patient stands under `facts:`, by the names of facts.yaml; what is left out is unknown.
  - case: {_quoted(title)}
    date_of_service: {plan.effective}
    service: {{{code.system}: {_quoted(code.code)}}}
    expect:
      outcome: {"deferred" if searched else "not-encoded"}
      revision: {_quoted(str(plan.effective))}
      statement: 1
      missing: []
"""
    return _headed(plan, "cases", text)


def _top(plan: Plan) -> dict[str, str]:
    return {"policy": plan.policy, "title": plan.title, "payer": plan.payer, "kind": plan.kind}


def _service(plan: Plan) -> str:
    return plan.service or plan.title


def _headed(plan: Plan, kind: str, text: str) -> str:
    """A document that says where its schema is, if there is one."""
    if plan.schemas is None:
        return text
    way = f"../{plan.schemas}" if kind in {"policy", "cases"} else plan.schemas
    return f"# yaml-language-server: $schema={way}/{kind}.schema.json\n{text}"


def _quoted(text: str | None) -> str:
    return json.dumps(text or "", ensure_ascii=False)
