"""Documents of cases: what each case expects, and whether the policies answer so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policykit.advisories import ADVISORIES
from policykit.policy import Outcome
from policykit.problems import Problem, near_miss
from policykit.reading.cases import Defaults, read_case
from policykit.records import field, record
from policykit.schema import check_schema
from policykit.source import read_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policykit.case import Case
    from policykit.decision import Decision, PossibleOutcome
    from policykit.document import Document, Node
    from policykit.library import Library
    from policykit.problems import Location


@record
class Expectation:
    """What a case says that the answer is. What it leaves out (None) is not checked; lists are exact."""

    outcome: str | None = None
    to: str | None = None
    possible: tuple[tuple[str, str | None], ...] | None = None
    revision: str | None = None
    reason: str | None = None
    statement: int | None = None
    missing: tuple[str, ...] | None = None
    advisories: tuple[str, ...] | None = None
    problem: str | None = None


@record
class StatedCase:
    """A case of a document: the case, or why it is none, and what it expects.

    `problems` are those of the case; a case that expects one of them is refused, as it should be.
    """

    title: str
    where: Location
    path: str
    case: Case | None = field(repr=False)
    problems: tuple[Problem, ...]
    expectation: Expectation | None

    @property
    def unexpected(self) -> tuple[Problem, ...]:
        """The problems that the case does not expect."""
        expected = self.expectation.problem if self.expectation else None
        return () if expected in {problem.rule for problem in self.problems} else self.problems


@record
class CaseResult:
    """Whether a case was answered as it expects: each failure in one line, none where it was."""

    stated: StatedCase
    decisions: tuple[Decision, ...] = field(repr=False)
    failures: tuple[str, ...]


def check_cases(name: str, content: bytes, library: Library) -> tuple[tuple[StatedCase, ...], tuple[Problem, ...]]:
    """The cases in a file, which may be a document of cases or a single case, and what is wrong with them.

    Nothing of the file's text is shown in a problem.
    """
    return put_cases(read_case_file(name, content), library)


@record(kw_only=False)
class CaseFile:
    """A file of cases that was read, not yet against any library; no `document` where it cannot be read.

    `policies` are those that its cases name; None where one of them names none, so that all may answer.
    """

    document: Document | None = field(compare=False, repr=False)
    problems: tuple[Problem, ...]
    policies: frozenset[str] | None


def read_case_file(name: str, content: bytes) -> CaseFile:
    """A document of cases, or a single case, and what is wrong with its text and its form."""
    document, problems = read_document(name, content, confidential=True)
    if document is None:
        return CaseFile(None, problems, frozenset())
    single = isinstance(document.data, dict) and "cases" not in document.data
    form = check_schema(document, "case" if single else "cases", confidential=True)
    return CaseFile(document, (*problems, *form), _policies_named(document.root))


def _policies_named(root: Node) -> frozenset[str] | None:
    cases = root.get("cases")
    named = [_policy_named(each, root) for each in (cases.elements() if cases else [root])]
    return None if None in named else frozenset(each for each in named if each is not None)


def _policy_named(case: Node, root: Node) -> str | None:
    """The policy that a case names, or else its document, where the case says nothing of the payer either."""
    policy = case.get("policy") or (root.get("policy") if case.get("payer") is None else None)
    return policy.text if policy else None


def put_cases(file: CaseFile, library: Library) -> tuple[tuple[StatedCase, ...], tuple[Problem, ...]]:
    """The cases of a file as a library takes them, and all that is wrong with them."""
    if file.document is None:
        return (), file.problems
    stated = tuple(read_cases(file.document, library, file.problems))
    of_cases = {problem for each in stated for problem in each.problems}
    outside = [problem for problem in file.problems if problem not in of_cases]
    return stated, (*outside, *(problem for each in stated for problem in each.unexpected))


def read_cases(document: Document, library: Library, found: Iterable[Problem] = ()) -> Iterator[StatedCase]:
    """The cases of a document, or the one case that it is.

    `found` are problems of the document already known; those within a case are taken for that case's own, and nothing
    more is said at their places.
    """
    root = document.root
    earlier = tuple(found)
    cases = root.get("cases")
    if cases is None:
        yield _stated(root, "", library, earlier, Defaults())
        return
    policy, payer = root.get("policy"), root.get("payer")
    defaults = Defaults(policy=policy.text if policy else None, payer=payer.text if payer else None)
    inside: dict[str, list[Problem]] = {}
    for problem in earlier:
        inside.setdefault(".".join(problem.where.path.split(".", 2)[:2]), []).append(problem)
    for node in cases.elements():
        yield _stated(node, node.path, library, tuple(inside.get(node.path, ())), defaults)


def run_case(stated: StatedCase, library: Library) -> CaseResult:
    """Puts a case to its policies, and compares the answer with what the case expects."""
    expected = stated.expectation
    if expected is not None and expected.problem is not None:
        rules = sorted({problem.rule for problem in stated.problems})
        if expected.problem in rules:
            return CaseResult(stated=stated, decisions=(), failures=())
        got = f"got {', '.join(rules)}" if rules else "it was read without one"
        return CaseResult(stated=stated, decisions=(), failures=(f"expected the problem {expected.problem}; {got}",))
    if stated.case is None or stated.problems:
        told = tuple(f"{problem.message} [{problem.rule}]" for problem in stated.problems)
        return CaseResult(stated=stated, decisions=(), failures=told or ("the case cannot be read",))
    decisions = library.decide_each(stated.case)
    if expected is None:
        return CaseResult(stated=stated, decisions=decisions, failures=())
    if len(decisions) > 1:
        names = ", ".join(each.policy.id for each in decisions if each.policy)
        failure = f"several policies answer ({names}); name the one that is meant"
        return CaseResult(stated=stated, decisions=decisions, failures=(failure,))
    return CaseResult(stated=stated, decisions=decisions, failures=tuple(_failures(expected, decisions[0])))


def _stated(node: Node, path: str, library: Library, found: tuple[Problem, ...], defaults: Defaults) -> StatedCase:
    problems: list[Problem] = []
    case = read_case(node, library.vocabulary, problems.append, defaults)
    if case is not None:
        problems.extend(library.unanswerable(case, node))
    expect = node.get("expect")
    expectation = _expectation(expect) if expect else None
    if expect and expectation:
        problems.extend(_unmeetable(expect, expectation, library, case))
    places = {problem.where for problem in found}
    title = node.get("case")
    return StatedCase(
        title=(title.text if title else None) or "the case",
        where=node.where,
        path=path,
        case=case,
        problems=(*found, *(problem for problem in problems if problem.where not in places)),
        expectation=expectation,
    )


def _expectation(node: Node) -> Expectation:
    possible, statement = node.get("possible"), node.get("statement")
    number = statement.value if statement else None
    return Expectation(
        outcome=_word(node, "outcome"),
        to=_word(node, "to"),
        possible=tuple(_pair(each) for each in possible.elements()) if possible else None,
        revision=_word(node, "revision"),
        reason=_word(node, "reason"),
        statement=number if isinstance(number, int) else None,
        missing=_words(node, "missing"),
        advisories=_words(node, "advisories"),
        problem=_word(node, "problem"),
    )


def _word(node: Node, key: str) -> str | None:
    child = node.get(key)
    return child.text if child else None


def _words(node: Node, key: str) -> tuple[str, ...] | None:
    child = node.get(key)
    return tuple(str(each.value) for each in child.elements()) if child else None


def _pair(node: Node) -> tuple[str, str | None]:
    return str(_word(node, "outcome") or node.value), _word(node, "to")


def _unmeetable(node: Node, expected: Expectation, library: Library, case: Case | None) -> Iterator[Problem]:
    """What no answer could ever be: a name that nothing bears."""
    facts = {*library.vocabulary.facts, "claim_processed"}
    for key, known, what in (
        ("missing", facts, "a known fact"),
        ("advisories", set(ADVISORIES), "an advisory"),
    ):
        child = node.get(key)
        for each in child.elements() if child else ():
            if each.text not in known:
                message = f"`{each.text}` is not {what}"
                yield each.problem("unknown-value", message, near_miss(str(each.text), known))
    policy = library.policies.get(case.policy) if case is not None and case.policy is not None else None
    if policy is not None and expected.revision is not None:
        names = [entry.revision for entry in policy.history]
        if expected.revision not in names:
            message = f"`{expected.revision}` is not a revision of `{policy.id}`"
            yield node.at(["revision"]).problem("unknown-revision", message, near_miss(expected.revision, names))


def _failures(expected: Expectation, decision: Decision) -> Iterator[str]:
    actual: dict[str, Any] = {
        "outcome": decision.outcome.value,
        "to": decision.to,
        "revision": decision.revision.name if decision.revision else None,
        "reason": decision.miss.reason.value if decision.miss else None,
        "statement": decision.number,
    }
    for key, got in actual.items():
        wanted = getattr(expected, key)
        if wanted is not None and wanted != got:
            yield f"{key}: expected {wanted}, got {'none' if got is None else got}"
    if expected.possible is not None and not _same_outcomes(expected.possible, decision.possible):
        wanted = ", ".join(outcome for outcome, _ in expected.possible)
        yield f"possible: expected {wanted}; got {', '.join(_told(each) for each in decision.possible)}"
    missing = tuple(each.fact for each in decision.missing)
    if expected.missing is not None and expected.missing != missing:
        yield f"missing: expected {_listed(expected.missing)}; got {_listed(missing)}"
    advisories = tuple(each.name for each in decision.advisories)
    if expected.advisories is not None and sorted(expected.advisories) != sorted(advisories):
        yield f"advisories: expected {_listed(expected.advisories)}; got {_listed(advisories)}"


def _same_outcomes(expected: tuple[tuple[str, str | None], ...], got: tuple[PossibleOutcome, ...]) -> bool:
    """Whether the lists are the same; a `deferred` without `to` stands for any one."""
    left = list(got)
    for outcome, to in sorted(expected, key=lambda pair: pair[1] is None):
        match = next((each for each in left if each.outcome == outcome and to in {None, each.to}), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _told(possible: PossibleOutcome) -> str:
    to = f" to {possible.to}" if possible.outcome is Outcome.DEFERRED else ""
    return f"{possible.outcome}{to}"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words) or "none"
