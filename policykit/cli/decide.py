"""`policykit decide`: the decision on a case, explained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from policykit.cases import check_cases
from policykit.cli import words
from policykit.cli.misuse import Misuse
from policykit.cli.named import named_paths
from policykit.cli.options import format_option, here, holdings, library_options
from policykit.cli.output import page, write, write_document, write_error
from policykit.cli.tree import Tree
from policykit.folder import read_file
from policykit.inspection import Given
from policykit.library import Library
from policykit.policy import Outcome
from policykit.problems import InvalidDocuments, Problem, near_miss
from policykit.shelf import shown
from policykit.timeline import DateNeeded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.cases import StatedCase
    from policykit.cli.text import Colour, Page
    from policykit.decision import Decision, MissingFact, Receipt
    from policykit.vocabulary import Vocabulary

_FAVOURABLE: Final = {Outcome.COVERED, Outcome.MEDICALLY_NECESSARY}
_UNFAVOURABLE: Final = {Outcome.NOT_COVERED, Outcome.NOT_MEDICALLY_NECESSARY, Outcome.UNPROVEN}
_DIGITS: Final = 12  # of a digest, enough to tell two apart by eye


@click.command("decide")
@click.argument("file", metavar="CASE.yaml")
@click.option("--case", "title", metavar="TITLE", help="The one of several cases that is meant.")
@library_options
@format_option
def verb(file: str, title: str | None, library: Path | None, *, no_cache: bool, as_json: bool) -> int:
    """Put a case to its policy, and explain the answer: the outcome, every criterion, and what to ask next.

    CASE.yaml holds one case or a document of cases, all of which are decided in turn; `-` is standard input. Where
    several policies answer, each gives its own decision.
    """
    name, content = _content(file)
    held = Library(holdings(library, no_cache=no_cache))
    stated, problems = check_cases(name, content, held)
    own = {problem for each in stated for problem in each.problems}
    if not own.issuperset(problems):
        raise InvalidDocuments(problems)
    chosen = _chosen(stated, title)
    faults = [problem for each in chosen for problem in each.problems]
    decisions = tuple(
        decision for each in chosen if each.case and not each.problems for decision in held.decide_each(each.case)
    )
    if faults:
        write_error([str(InvalidDocuments(faults))])
    if as_json and decisions:
        write_document(decisions[0] if len(decisions) == 1 else decisions)
    elif decisions:
        write(_all_lines(decisions, page()))
    return 1 if faults else 0


def _content(file: str) -> tuple[str, bytes]:
    """The name of a file, as messages give it, and what stands in it."""
    (named,) = named_paths([file])
    if isinstance(named, Given):
        return named.name, named.content
    name = shown(named, here())
    content = read_file(Path(name))
    if isinstance(content, Problem):
        raise InvalidDocuments([content])
    return name, content


def _chosen(stated: Iterable[StatedCase], title: str | None) -> list[StatedCase]:
    cases = list(stated)
    if title is None:
        return cases
    chosen = [each for each in cases if each.title == title]
    if not chosen:
        raise Misuse("there is no case of this title", near_miss(title, [each.title for each in cases]))
    return chosen


def _all_lines(decisions: tuple[Decision, ...], paper: Page) -> Iterator[str]:
    for number, decision in enumerate(decisions):
        if number:
            yield from ("", paper.paint("-" * min(paper.width, 80), "dim"), "")
        yield from decision_lines(decision, paper)


def decision_lines(decision: Decision, paper: Page) -> Iterator[str]:
    """A decision as a good reviewer explains it."""
    tree = Tree(paper, decision.answer.vocabulary)
    yield from paper.wrap(words.capital(_headline(decision)), "bold", _colour(decision.outcome))
    yield ""
    yield from paper.pairs(_facts_of(decision), indent=2)
    yield from _read_before(decision, paper)
    if decision.findings:
        yield from ("", f"What was found   {tree.legend()}", "")
        for found in decision.findings:
            yield from tree.found(found, decided=decision.number is not None)
    yield from _asked_next(decision.missing, decision.answer.vocabulary, paper)
    if decision.advisories:
        yield from ("", paper.paint("To be noted", "bold"))
        for each in decision.advisories:
            yield from paper.wrap(
                f"{words.capital(each.message)} ({each.name})", indent=2, first=f"{paper.marks.point} "
            )
    yield ""
    yield from paper.wrap(_receipt(decision.receipt), "dim", first="Receipt: ")


def _headline(decision: Decision) -> str:
    if decision.outcome is Outcome.UNDETERMINED:
        possible = words.listed((words.outcome(each.outcome, each.to) for each in decision.possible), "or")
        return f"{words.outcome(decision.outcome)}: {possible}"
    if decision.outcome is Outcome.DEFERRED:
        return words.outcome(decision.outcome, decision.to)
    return words.outcome(decision.outcome)


def _colour(outcome: Outcome) -> Colour:
    return "green" if outcome in _FAVOURABLE else "red" if outcome in _UNFAVOURABLE else "yellow"


def _facts_of(decision: Decision) -> Iterator[tuple[str, str]]:
    case, policy, found = decision.case, decision.policy, decision.answer.found
    yield "Case", case.title or ""
    if policy is not None:
        yield "Policy", f"{policy.id}, {policy.title}"
    else:
        payer = decision.answer.vocabulary.payers.get(case.payer or "")
        yield "Payer", f"{payer.name if payer else case.payer}: nothing is held for this code"
    yield "Revision", words.in_effect(found).removeprefix("revision ") if found else ""
    if isinstance(found, DateNeeded):
        yield "Either", "; or ".join(words.candidate(each) for each in found.candidates)
    if decision.revision is not None:
        yield "Its reading", decision.revision.entry.reading or ""
    yield "Asked", ", ".join(_asked(decision))
    if decision.service is not None:
        yield "Service", decision.service.name
        yield "Its reading", decision.service.reading or ""
        yield "Code notes", " ".join(decision.service.code_notes)
    elif decision.outcome is Outcome.NOT_ADDRESSED:
        yield "Service", "the revision in effect does not speak of this code"
    if decision.statement is not None:
        cite = f", {decision.statement.cite}" if decision.statement.cite else ""
        yield "Decided by", f"statement {decision.number}{cite}"


def _asked(decision: Decision) -> Iterator[str]:
    yield f"date of service {decision.date_of_service}"
    if decision.claim_processed:
        yield f"claim processed {decision.claim_processed}"
    if decision.known_on:
        yield f"as known on {decision.known_on}"
    yield f"code {decision.case.code}" if decision.case.code else "code not known"


def _read_before(decision: Decision, paper: Page) -> Iterator[str]:
    subject_to = decision.revision.entry.subject_to if decision.revision else ()
    if subject_to:
        yield from ("", paper.paint("Read before this, for it stands above the policy", "bold"))
        for each in subject_to:
            yield from paper.wrap(each, indent=2, first=f"{paper.marks.point} ")


def _asked_next(missing: tuple[MissingFact, ...], vocabulary: Vocabulary, paper: Page) -> Iterator[str]:
    if not missing:
        return
    yield from ("", paper.paint("To ask next", "bold"))
    for number, each in enumerate(missing, start=1):
        more = " More precisely than is known." if each.more_precisely else ""
        clinician = " Only a clinician can answer." if each.judgement else ""
        lead = f"{number}. "
        yield from paper.wrap(f"{each.ask}{more}{clinician}", indent=2, first=lead)
        declared = vocabulary.facts.get(each.fact)
        values = f": {', '.join(declared.values)}" if declared and declared.values else ""
        unit = f", in {each.unit}" if each.unit else ""
        yield from paper.wrap(f"{each.fact} ({each.type}{unit}){values}", "dim", indent=2 + len(lead))


def _receipt(receipt: Receipt) -> str:
    digests = (
        ("policy", receipt.policy_digest),
        ("document", receipt.document_digest),
        ("vocabulary", receipt.vocabulary_digest),
        ("case", receipt.case_digest),
    )
    told = ", ".join(f"{name} {digest.removeprefix('sha256:')[:_DIGITS]}" for name, digest in digests if digest)
    return f"{told}; policykit {receipt.program}, format {receipt.format}"
