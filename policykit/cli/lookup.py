"""`policykit lookup`: which revision governs a code on a day, until when, and what it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from policykit.cli import words
from policykit.cli.misuse import Misuse
from policykit.cli.options import (
    dos_option,
    format_option,
    holdings,
    known_on_option,
    library_options,
    processed_option,
    today,
)
from policykit.cli.output import page, write, write_document
from policykit.codes import SYSTEMS, shape_of, systems_of
from policykit.criteria import FactIs
from policykit.index import Index
from policykit.lookup import Lookup, State, look_up, state_of
from policykit.problems import near_miss
from policykit.timeline import DateNeeded, Miss, Revision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from policykit.cli.text import Page
    from policykit.index import Standing
    from policykit.policy import Service, Statement
    from policykit.vocabulary import CodeEntry, Vocabulary


@click.command("lookup")
@click.argument("code")
@click.option("--payer", help="One payer, by its name, an alias or its id. Without it, all of them.")
@dos_option("The date of service. Without it, today.")
@processed_option
@known_on_option
@library_options
@format_option
def verb(
    code: str,
    *,
    payer: str | None,
    dos: date | None,
    claim_processed: date | None,
    known_on: date | None,
    library: Path | None,
    no_cache: bool,
    as_json: bool,
) -> int:
    """Tell which revision governs CODE on a day, from when until when, and what it asks.

    Without a payer: what is held of the code itself, and how every payer stands to it. The exit status is 1 if nothing
    is in effect for the code on that day.
    """
    _refuse_malformed(code)
    index = Index(holdings(library, no_cache=no_cache))
    if payer is not None:
        _refuse_unknown(payer, index.vocabulary)
    lookup = look_up(
        index,
        code,
        date_of_service=dos or today(),
        is_today=dos is None,
        payer=payer,
        claim_processed=claim_processed,
        known_on=known_on,
    )
    if as_json:
        write_document(lookup)
    else:
        write(lookup_lines(lookup, page()))
    return 0 if lookup.something_in_effect else 1


def _refuse_malformed(code: str) -> None:
    if systems_of(code):
        return
    if systems_of(code.upper()):
        advice = f"did you mean `{code.upper()}`?"
    else:
        advice = "; ".join(f"{system}: {shape_of(system)}" for system in SYSTEMS)
    raise Misuse(f"`{code[:40]}` has the form of no code", advice)


def _refuse_unknown(payer: str, vocabulary: Vocabulary) -> None:
    if vocabulary.payer(payer) is None:
        known = ", ".join(each.name for each in vocabulary.payers.values())
        advice = near_miss(payer, tuple(vocabulary.payer_names())) or f"there are {known}"
        raise Misuse(f"`{payer[:40]}` is not a payer of this library", advice)


def lookup_lines(lookup: Lookup, paper: Page) -> Iterator[str]:
    """The code, and how payers stand to it."""
    yield from _code_lines(lookup, paper)
    yield ""
    yield paper.paint(f"On {_days(lookup)}", "bold")
    if lookup.payer is None:
        wide = max(len(each.payer.name) for each in lookup.standings) + 2 if lookup.standings else 0
        for standing in lookup.standings:
            lead = f"{standing.payer.name:<{wide}}"
            yield from paper.wrap(_in_a_line(standing), indent=2, first=lead)
        return
    for standing in lookup.standings:
        yield from paper.wrap(f"{standing.payer.name}: {_in_a_line(standing)}", indent=2)
        if isinstance(standing.found, Revision):
            yield ""
            yield from _revision_lines(standing, standing.found, lookup.vocabulary, paper)


def _days(lookup: Lookup) -> str:
    told = f"{lookup.date_of_service}, today" if lookup.is_today else str(lookup.date_of_service)
    if lookup.claim_processed:
        told += f", claim processed {lookup.claim_processed}"
    return f"{told}, as known on {lookup.known_on}" if lookup.known_on else told


def _code_lines(lookup: Lookup, paper: Page) -> Iterator[str]:
    if not lookup.held:
        kinds = words.listed((system.upper() for system in lookup.systems), "or")
        yield from paper.wrap(f"{lookup.code}: nothing is held of this code itself; it has the form of {kinds}", "bold")
    for entry in lookup.held:
        yield from paper.wrap(f"{entry.code.system.upper()} {entry.code.code}, {entry.label}", "bold")
        if lookup.payer is None:
            yield from paper.pairs(_of_code(entry, lookup.vocabulary), indent=2)
        if not entry.is_valid(lookup.date_of_service):
            yield from paper.wrap(
                f"The code is not valid on {lookup.date_of_service}: {_validity(entry)}", "yellow", indent=2
            )


def _of_code(entry: CodeEntry, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    yield "Service type", entry.service_type or "not known"
    yield "Usual sites", _labelled(entry.sites, vocabulary.places_of_service)
    yield "Modifiers", _labelled(entry.modifiers, vocabulary.modifiers)
    yield "Valid", _validity(entry)
    yield "Not known", "; ".join(entry.not_known)


def _labelled(codes: tuple[str, ...], labels: Mapping[str, str]) -> str:
    return "; ".join(f"{each} {labels.get(each, '')}".strip() for each in codes) or "not known"


def _validity(entry: CodeEntry) -> str:
    if entry.first is None and entry.last is None:
        return "since when is not known"
    told = " ".join(
        [*([f"from {entry.first}"] if entry.first else []), *([f"through {entry.last}"] if entry.last else [])]
    )
    return f"{told}; {entry.replaced_by} took its place" if entry.replaced_by else told


def _in_a_line(standing: Standing) -> str:
    policy, found = standing.policy, standing.found
    match found:
        case Revision() if policy:
            told = f"{policy.id}, {words.in_effect(found)}"
            match state_of(standing):
                case State.RECORDED_ABSENCE:
                    return f"{told}; a recorded absence: no determination was found. {_handed_on(standing.service)}".rstrip()
                case State.CODE_NOT_ADDRESSED:
                    return f"{told}; it does not speak of this code"
                case _:
                    return told
        case Miss() if policy:
            return f"{policy.id}, {words.in_effect(found)}"
        case DateNeeded() if policy:
            candidates = "; or ".join(words.candidate(each) for each in found.candidates)
            return f"{policy.id}, {words.in_effect(found)} (--claim-processed). Either {candidates}."
        case _:
            return "nothing held for this code"


def _handed_on(service: Service | None) -> str:
    to = next((each.to for each in service.coverage if each.to), None) if service else None
    return f"Deferred to {to}." if to else ""


def _revision_lines(standing: Standing, revision: Revision, vocabulary: Vocabulary, paper: Page) -> Iterator[str]:
    policy, entry, service = standing.policy, revision.entry, standing.service
    assert policy is not None  # noqa: S101  # a revision is a policy's
    yield from paper.wrap(f"{policy.id}, {policy.title}", "bold", indent=2)
    review = f"planned for {entry.next_review}; a plan, which ends nothing" if entry.next_review else ""
    source = ", ".join(filter(None, (entry.source.title, entry.source.publisher))) if entry.source else ""
    pairs = [
        ("Revision", f"{revision.name} ({entry.change}): {entry.summary}"),
        ("In effect", words.governs(revision)),
        ("Next review", review),
        ("Source", source),
        ("Subject to", "; ".join(entry.subject_to)),
    ]
    if service is not None:
        pairs.append(("Service", f"{service.name} ({words.codes(service.codes)})"))
    yield from paper.pairs(pairs, indent=2)
    if service is not None:
        yield from ("", paper.paint("  What it asks", "bold"))
        for number, statement in enumerate(service.coverage, start=1):
            yield from _statement_lines(number, statement, vocabulary, paper)


def _statement_lines(number: int, statement: Statement, vocabulary: Vocabulary, paper: Page) -> Iterator[str]:
    """A statement and the uppermost of its criteria."""
    lead = f"{number}. "
    outcome = words.capital(words.outcome(statement.outcome, statement.to))
    yield from paper.wrap(f"{outcome}{words.condition(number, statement)}", indent=2, first=lead)
    if statement.says:
        yield from paper.wrap(statement.says, indent=2 + len(lead))
    when = statement.when
    if when is None:
        return
    point = f"{paper.marks.point} "
    indent = 2 + len(lead)
    if isinstance(when, FactIs):
        yield from paper.wrap(words.brief(when, vocabulary), indent=indent, first=point)
        return
    if words.said(when):
        yield from paper.wrap(words.phrase(when, vocabulary), indent=indent, first=point)
        indent += len(point)
    for part in when.parts:
        yield from paper.wrap(words.brief(part, vocabulary), indent=indent, first=point)
