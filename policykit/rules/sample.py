"""The small library that the examples of all rules share, and how an example stands in it.

The payer, its policy and its codes are invented.
"""

from __future__ import annotations

import re
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Final

from policykit.records import record
from policykit.rules.rule import Example, Frame

if TYPE_CHECKING:
    from collections.abc import Mapping

FACTS: Final = "facts.yaml"
PAYERS: Final = "payers.yaml"
CODES: Final = "codes.yaml"
POLICY: Final = "acme/knee-brace.yaml"
CASES: Final = "acme/knee-brace.cases.yaml"
_LEFT_OUT: Final = "[...]"

_FACTS: Final = """\
format: 1
facts:
  patient.birth_date: {type: date, ask: When was the patient born?}
  patient.age:
    type: integer
    unit: years
    ask: How old is the patient on the date of service?
    derived: {whole_years_since: patient.birth_date}
  knee.instability:
    type: choice
    values: {mild: Mildly unstable, severe: Severely unstable}
    ask: How unstable is the knee?
    judgement: true
  knee.therapy_weeks: {type: integer, unit: weeks, ask: For how many weeks was there physical therapy?}
  knee.treatments_failed:
    type: choices
    values: {exercise: Exercise, injection: Injection}
    ask: Which kinds of treatment have failed?
  knee.last_brace_on: {type: date, ask: When did the patient last receive a brace?, may_be_never: true}
[...]
"""
_PAYERS: Final = """\
format: 1
payers:
  acme: {name: Acme Health Plan, aliases: [Acme]}
[...]
"""
_CODES: Final = """\
format: 1
codes:
  hcpcs:
    "L9001": {label: Knee brace that is ready made}
    [...]
places_of_service: {"12": Home}
"""
_IDENTITY: Final = """\
format: 1
policy: acme/knee-brace
title: Knee braces
payer: acme
kind: coverage-policy
"""
_TERMS: Final = """\
value_sets:
  knee-diagnoses: {icd10cm: ["M17-"]}
criteria:
  grown-up: {fact: patient.age, at_least: 18, cite: Section A}
"""
_HISTORY: Final = "history:\n"
_ENTRY: Final = """\
  - revision: 2025-01-01
    change: new
    summary: New policy.
    effective: 2025-01-01
    known_from: 2024-12-01
    services:
"""
_SERVICE: Final = """\
      - service: Knee brace
        codes: {hcpcs: ["L9001"]}
        coverage:
"""
_STATEMENT: Final = """\
          - outcome: medically-necessary
            cite: Section B
            when:
"""
_CRITERION: Final = """\
              all:
                - {use: grown-up}
                - {fact: claim.diagnoses, has_any: {value_set: knee-diagnoses}, cite: Section B1}
                - {fact: knee.instability, is: severe, cite: Section B2}
                - {fact: knee.therapy_weeks, at_least: 6, cite: Section B3}
                - {fact: knee.treatments_failed, has_any: [exercise, injection], cite: Section B4}
                - none: [{fact: knee.last_brace_on, within_last: 3 years}]
                  cite: Section B5
"""
_OTHERWISE: Final = """\
          - {outcome: not-medically-necessary, cite: Section C}
"""
_HEAD: Final = _IDENTITY + _TERMS + _HISTORY
_FIRST: Final = _ENTRY + _SERVICE + _STATEMENT + _CRITERION + _OTHERWISE

IN_CRITERION: Final = Frame(
    called="the criterion of a coverage statement",
    text=f"{_HEAD}{_ENTRY}{_SERVICE}{_STATEMENT}              {_LEFT_OUT}\n{_OTHERWISE}",
)
IN_COVERAGE: Final = Frame(
    called="the coverage statements of a service", text=f"{_HEAD}{_ENTRY}{_SERVICE}          {_LEFT_OUT}\n"
)
IN_SERVICES: Final = Frame(called="the services of an entry", text=f"{_HEAD}{_ENTRY}      {_LEFT_OUT}\n")
IN_HISTORY: Final = Frame(called="the history of a policy", text=f"{_HEAD}  {_LEFT_OUT}\n")
AFTER_FIRST: Final = Frame(called="entries after the first one", text=f"{_HEAD}{_FIRST}  {_LEFT_OUT}\n")
AT_TOP: Final = Frame(called="the beginning of a policy", text=f"{_LEFT_OUT}\n{_TERMS}{_HISTORY}{_FIRST}")
IN_NAMED: Final = Frame(
    called="further criteria under `criteria`",
    text=f"{_IDENTITY}{_TERMS}  {_LEFT_OUT}\n{_HISTORY}{_FIRST}",
)
IN_FACTS: Final = Frame(called="further facts", text=_FACTS.replace(_LEFT_OUT, f"  {_LEFT_OUT}"))
IN_PAYERS: Final = Frame(called="further payers", text=_PAYERS.replace(_LEFT_OUT, f"  {_LEFT_OUT}"))
IN_CODES: Final = Frame(called="further codes of HCPCS", text=_CODES)
IN_CASES: Final = Frame(
    called="the cases of a policy", text=f"format: 1\npolicy: acme/knee-brace\ncases:\n  {_LEFT_OUT}\n"
)

# What every example that does not say otherwise has beside it.
SAMPLE: Final[Mapping[str, str]] = {
    FACTS: _FACTS.replace(f"{_LEFT_OUT}\n", ""),
    PAYERS: _PAYERS.replace(f"{_LEFT_OUT}\n", ""),
    CODES: _CODES.replace(f"    {_LEFT_OUT}\n", ""),
    POLICY: _HEAD + _FIRST,
}


@record(kw_only=False)
class Link:
    """A file that leads to another, by its path from the folder that it lies in."""

    target: str


def criterion(text: str) -> Example:
    """An example that shows one criterion of the sample policy."""
    return _within(IN_CRITERION, POLICY, text)


def coverage(text: str) -> Example:
    """An example that shows the coverage statements of the one service of the sample policy."""
    return _within(IN_COVERAGE, POLICY, text)


def services(text: str) -> Example:
    """An example that shows the services of the one entry of the sample policy."""
    return _within(IN_SERVICES, POLICY, text)


def history(text: str) -> Example:
    """An example that shows the whole history of the sample policy."""
    return _within(IN_HISTORY, POLICY, text)


def after_first(text: str) -> Example:
    """An example that shows what follows after the first entry of the sample policy."""
    return _within(AFTER_FIRST, POLICY, text)


def top(text: str, name: str = POLICY) -> Example:
    """An example that shows the beginning of a policy, up to its kind."""
    return _within(AT_TOP, name, text)


def named(text: str) -> Example:
    """An example that shows criteria named at the top of the sample policy, beside the one that it has."""
    return _within(IN_NAMED, POLICY, text)


def cases(text: str) -> Example:
    """An example that shows cases of the sample policy."""
    return _within(IN_CASES, CASES, text)


def facts(text: str) -> Example:
    """An example that shows facts beside those of the sample library."""
    return _within(IN_FACTS, FACTS, text)


def codes(text: str) -> Example:
    """An example that shows codes beside those of the sample library."""
    return _within(IN_CODES, CODES, text)


def payers(text: str) -> Example:
    """An example that shows payers beside those of the sample library."""
    return _within(IN_PAYERS, PAYERS, text)


def whole(name: str, text: str) -> Example:
    """An example that shows the whole of a file."""
    return Example(name=name, text=dedent(text).strip("\n"))


def _within(frame: Frame, name: str, text: str) -> Example:
    return Example(name=name, frame=frame, text=dedent(text).strip("\n"))


def library_with(example: Example) -> dict[str, bytes | Link]:
    """The files of the sample library with an example in it, by their names within it."""
    files: dict[str, bytes | Link] = {name: text.encode() for name, text in {**SAMPLE, **example.beside}.items()}
    if example.form == "listing":
        kept = example.text.split()
        return {name: content for name, content in files.items() if name in kept}
    files[example.name] = Link(example.text) if example.form == "link" else _content(example)
    return files


def _content(example: Example) -> bytes:
    text = example.text.rstrip("\n") + "\n"
    if example.repeats:
        text = re.sub(
            rf"^(.*\n)[ ]*{re.escape(_LEFT_OUT)}\n",
            lambda found: found[1] * (example.repeats + 1),
            text,
            flags=re.MULTILINE,
        )
    if example.frame is not None:
        before, spaces, after = re.split(rf"^([ ]*){re.escape(_LEFT_OUT)}\n", example.frame.text, flags=re.MULTILINE)
        text = before + indent(text, spaces) + after
    return _unescaped(text) if example.form == "escaped" else text.encode()


def _unescaped(text: str) -> bytes:
    pieces = re.split(r"(\\t|\\x[0-9a-f]{2}|\\u[0-9a-f]{4})", text)
    return b"".join(_meant(each) if number % 2 else each.encode() for number, each in enumerate(pieces))


def _meant(escape: str) -> bytes:
    match escape[1]:
        case "t":
            return b"\t"
        case "x":
            return bytes.fromhex(escape[2:])
        case _:
            return chr(int.from_bytes(bytes.fromhex(escape[2:]))).encode()
