"""A small library in YAML, and ways to put one policy, one entry or one criterion into it.

Where a text marks a place with `⌖`, `unmarked` takes the mark out and tells the line and column of what follows it.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import count
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Final

from policykit.cases import check_cases
from policykit.checking import check_files
from policykit.library import Library
from policykit.memory import Memory
from policykit.source import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from policykit.case import Case
    from policykit.checking import Checked
    from policykit.decision import Decision
    from policykit.index import Holdings
    from policykit.problems import Problem

MARK: Final = "⌖"
NAME: Final = "acme/p1.yaml"

FACTS: Final = """\
format: 1
facts:
  patient.birth_date: {type: date, ask: When was the patient born?}
  patient.age:
    type: integer
    unit: years
    ask: How old is the patient?
    derived: {whole_years_since: patient.birth_date}
  patient.months: {type: integer, ask: How many months?, derived: {whole_months_since: patient.birth_date}}
  patient.weight: {type: number, unit: kg, ask: What does the patient weigh?}
  visit.count: {type: integer, ask: How many visits were there?}
  pain.level: {type: choice, values: {mild: Mild, moderate: Moderate, severe: Severe}, ask: How strong is the pain?}
  tests.done: {type: choices, values: {mri: MRI, ct: CT, emg-ncs: EMG}, ask: Which tests were done?}
  surgery.urgent: {type: boolean, judgement: true, ask: Is it urgent?}
  quit.date: {type: date, may_be_never: true, ask: When did the patient quit?}
  quit.years: {type: integer, ask: How many years ago?, derived: {whole_years_since: quit.date}}
  scan.last: {type: date, may_be_never: true, ask: When was the last scan?}
  scan.months: {type: integer, ask: How many months between?, derived: {full_calendar_months_since: scan.last}}
  prior.code: {type: code, ask: Which procedure came before?}
  prior.codes: {type: codes, ask: Which procedures came before?}
"""
PAYERS: Final = """\
format: 1
payers:
  acme: {name: Acme Health Plan, aliases: [Acme, Acme Health]}
  beta: {name: Beta Care}
"""
CODES: Final = """\
format: 1
codes:
  cpt:
    "64714": {label: An operation, service_type: Surgery, sites: ["21", "22"], modifiers: ["RT"]}
  hcpcs:
    "G0297": {label: A scan, from: 2015-02-05, through: 2020-12-31, replaced_by: "71271"}
places_of_service: {"21": Hospital}
modifiers: {"RT": Right side}
"""
VOCABULARY: Final[Mapping[str, str]] = {"facts.yaml": FACTS, "payers.yaml": PAYERS, "codes.yaml": CODES}


def policy(
    history: str, *, top: str = "", identity: str = "acme/p1", payer: str = "acme", kind: str = "coverage-policy"
) -> str:
    """A policy document with this history, and these keys above it."""
    head = f"format: 1\npolicy: {identity}\ntitle: A policy\npayer: {payer}\nkind: {kind}\n"
    return f"{head}{dedent(top).strip()}\nhistory:\n{indent(dedent(history).strip(), '  ')}\n"


def coverage(statements: str, *, top: str = "", more: str = "") -> str:
    """A policy document whose one entry, effective from 2020-01-01, has one service with these statements."""
    history = f"""\
- revision: first
  change: new
  summary: The first.
  effective: 2020-01-01
{indent(dedent(more).strip(), "  ")}
  services:
    - service: Operation
      codes: {{cpt: ["64714"]}}
      coverage:
{indent(dedent(statements).strip(), "        ")}
"""
    return policy(history, top=top)


def when(criterion: str, *, top: str = "") -> str:
    """A policy document that covers what meets this criterion, and nothing else."""
    statements = f"""\
- outcome: covered
  when:
{indent(dedent(criterion).strip(), "    ")}
- outcome: not-covered
"""
    return coverage(statements, top=top)


COVERED: Final = coverage("- outcome: covered")


def entry(revision: str, change: str, effective: str | None, services: str = "covered", **more: str) -> str:
    """An entry of a history; `services` is an outcome for the one service, or `unchanged`, or `none`."""
    lines = [f"- revision: {revision}", f"  change: {change}", "  summary: Something."]
    lines += [f"  effective: {effective}"] if effective else []
    lines += [f"  {key}: {value}" for key, value in more.items()]
    if services == "unchanged":
        lines.append("  services: unchanged")
    elif services != "none":
        lines.append(
            f'  services: [{{service: Operation, codes: {{cpt: ["64714"]}}, coverage: [{statement(services)}]}}]'
        )
    return "\n".join(lines) + "\n"


def statement(outcome: str) -> str:
    """A coverage statement without a criterion; `deferred` goes to the reviewer."""
    return "{outcome: deferred, to: the reviewer}" if outcome == "deferred" else f"{{outcome: {outcome}}}"


def unmarked(text: str) -> tuple[str, int, int]:
    """The text without its mark, and the line and column, from 1, where the mark stood."""
    before, mark, after = text.partition(MARK)
    assert mark, "the text has no mark"
    return before + after, before.count("\n") + 1, len(before) - before.rfind("\n")


def texts(text: str, name: str = NAME, **others: str) -> dict[str, str]:
    """The sample library with one document more, or another one; `facts`, `payers` or `codes` may be given too."""
    return {**VOCABULARY, **{f"{key}.yaml": value for key, value in others.items()}, name: text}


_MEMORY: Final = Memory()
_ROUNDS: Final = count(1)
_CALLS: Final = 50  # of `checked_in`, before what none of them asked for is forgotten


def checked_in(files: Mapping[str, str]) -> Checked:
    """What these documents are found to be. Those that were looked at a short while ago are not read again.

    Nothing in it is to be changed.
    """
    if not next(_ROUNDS) % _CALLS:
        _MEMORY.next_round()
    return check_files({name: text.encode() for name, text in files.items()}, _MEMORY)


def problems_in(files: Mapping[str, str]) -> tuple[Problem, ...]:
    """What is wrong with a library of these documents."""
    return checked_in(files).problems


def holdings_of(files: Mapping[str, str]) -> Holdings:
    """What these documents hold; nothing may be wrong with them."""
    checked = checked_in(files)
    assert not checked.problems, [str(problem) for problem in checked.problems]
    return checked.holdings


def library_of(files: Mapping[str, str] | str) -> Library:
    """The library of these documents, or of one policy over the sample vocabulary."""
    return Library(holdings_of(texts(files) if isinstance(files, str) else files))


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write documents into a folder, and give it back."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


@cache
def sample() -> Library:
    """The library whose one policy covers everything."""
    return library_of(COVERED)


def case_in(text: str, library: Library) -> Case:
    """The one case in a text; nothing may be wrong with it."""
    stated, problems = check_cases("case.yaml", dedent(text).encode(), library)
    assert not problems, [str(problem) for problem in problems]
    (one,) = stated
    assert one.case is not None
    return one.case


def problems_of_case(text: str, library: Library | None = None) -> tuple[Problem, ...]:
    """What is wrong with the case, or the document of cases, in a text."""
    return check_cases("case.yaml", dedent(text).encode(), library or sample())[1]


def decided(library: Library, facts: str = "{}", **keys: str) -> Decision:
    """The decision for a case with these facts, on 2026-01-15 by the code 64714, but for the keys that are given."""
    lines = {"policy": "acme/p1", "date_of_service": "2026-01-15", "service": '{cpt: "64714"}', **keys}
    text = "".join(f"{key}: {value}\n" for key, value in lines.items() if value)
    return library.decide(case_in(f"{text}facts: {facts}\n" if facts != "{}" else text, library))


def data_in(text: str) -> object:
    """The plain data in a text; nothing may be wrong with it."""
    document, problems = read_document("a.yaml", text.encode())
    assert not problems, problems
    assert document is not None
    return document.data


def day(text: str) -> date:
    """The day that a text names."""
    return date.fromisoformat(text)
