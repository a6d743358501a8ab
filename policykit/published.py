"""What has been published of a library, and whether it still stands as it was published.

The file `published.yaml` holds a digest of every published revision. A digest is of what an entry says, with its value
sets and named criteria written out: comments, layout and the order of keys take no part. So an entry can be compared
with what was published, but what was published cannot be read from the file; the version control has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policykit.criteria import leaves_of
from policykit.plain import digest_of, entry_as_data
from policykit.policy import UNCHANGED, Change, Kind, Service
from policykit.problems import Problem
from policykit.records import record
from policykit.timeline import standing
from policykit.vocabulary import RESERVED, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from policykit.document import Document, Node
    from policykit.policy import Entry, Policy
    from policykit.results import CasesResult, CheckResult
    from policykit.vocabulary import Fact, Vocabulary

    Report = Callable[[Problem], None]
    Digests = Callable[[Policy], Mapping[str, str]]

# What `check_published` reports. A library that has no other problems can still be compared with what was published.
RULES: Final = frozenset({"published-altered", "published-removed", "published-order"})
HEADING: Final = (
    "# What has been published. `policykit publish` writes this file, and `policykit check` compares with it."
)
# What a correction cannot replace: it is withdrawn, and entered anew.
_WITHDRAWN_ONLY: Final = frozenset({Change.RETIRED, Change.WITHDRAWN})


@record
class Published:
    """Digests of what was published: by policy and revision, in order of history, and by fact."""

    revisions: Mapping[str, Mapping[str, str]]
    facts: Mapping[str, str]


@record
class Recorded:
    """A revision that is recorded as published, with its digest."""

    policy: str
    entry: Entry
    digest: str


@record
class Publishing:
    """What came of publishing: the revisions that are recorded in `file` now, if it was `written`, or would be.

    None are if it was `refused`; then the check, or the cases, say why.
    """

    file: str
    recorded: tuple[Recorded, ...] = ()
    written: bool = False
    refused: bool = False
    check: CheckResult
    cases: CasesResult


def read_published(document: Document | None) -> Published:
    """What a document records; nothing where there is none. What has not the form of a record is passed over."""
    if document is None:
        return Published(revisions={}, facts={})
    root = document.root
    published, facts = root.get("published"), root.get("facts")
    return Published(
        revisions={identity: _texts(node) for identity, node in published.items()} if published else {},
        facts=_texts(facts) if facts else {},
    )


def revision_digests(policy: Policy) -> dict[str, str]:
    """The digest of each entry of a policy, by its name, in order of history."""
    return {entry.revision: _entry_digest(policy.id, policy.kind, entry) for entry in policy.history}


def fact_digest(fact: Fact) -> str:
    """The digest of what a criterion means by a fact. Its question, its labels and its values take no part.

    A value that is added changes nothing that was said before, and one that is used cannot be taken away.
    """
    derived = {fact.derived.rule.value: fact.derived.base} if fact.derived else None
    return digest_of(
        {"type": fact.type.value, "unit": fact.unit, "derived": derived, "may_be_never": fact.may_be_never}
    )


def to_record(published: Published, policies: Iterable[Policy]) -> tuple[Recorded, ...]:
    """The revisions of policies that are not recorded yet, by policy and in order of history."""
    return tuple(
        Recorded(policy=policy.id, entry=entry, digest=digests[entry.revision])
        for policy in sorted(policies, key=lambda each: each.id)
        for digests in (revision_digests(policy),)
        for entry in policy.history
        if entry.revision not in published.revisions.get(policy.id, {})
    )


def publication(published: Published, policies: Iterable[Policy], vocabulary: Vocabulary) -> Published:
    """What is recorded once every revision of these policies is, too. Whatever is recorded already stays as it is."""
    chosen = tuple(policies)
    revisions = {identity: dict(recorded) for identity, recorded in published.revisions.items()}
    for each in to_record(published, chosen):
        revisions.setdefault(each.policy, {})[each.entry.revision] = each.digest
    asked = {name for policy in chosen for entry in policy.history for name in facts_asked(entry, vocabulary)}
    facts = {name: fact_digest(vocabulary.facts[name]) for name in asked if name in vocabulary.facts}
    return Published(revisions=revisions, facts={**facts, **published.facts})


def published_text(published: Published) -> str:
    """The text of the file, the same for the same record: policies and facts by name, revisions in order of history.

    The names of revisions stand in quotes, whether they need them or not: that is for the house layout to say.
    """
    lines = [HEADING, "format: 1", "published:" if published.revisions else "published: {}"]
    for identity, revisions in sorted(published.revisions.items()):
        lines.append(f"  {identity}:")
        lines.extend(f'    "{name}": {digest}' for name, digest in revisions.items())
    lines.append("facts:" if published.facts else "facts: {}")
    lines.extend(f"  {name}: {digest}" for name, digest in sorted(published.facts.items()))
    return "".join(f"{line}\n" for line in lines)


def facts_asked(entry: Entry, vocabulary: Vocabulary) -> frozenset[str]:
    """The declared facts on which an entry itself hangs: those that it asks for, and the dates that they follow from."""
    services = () if entry.services is UNCHANGED else entry.services
    statements = (each for service in services if isinstance(service, Service) for each in service.coverage)
    asked = {leaf.fact for statement in statements if statement.when for leaf in leaves_of(statement.when)}
    return frozenset(name for name in asked | set(map(vocabulary.group, asked)) if not name.startswith(RESERVED))


def check_published(
    document: Document,
    policies: Mapping[str, Policy],
    vocabulary: Vocabulary,
    report: Report,
    *,
    unsound: Collection[str] = (),
    digests: Digests = revision_digests,
) -> None:
    """Reports where what was published has been altered, removed, or moved below what was not.

    `unsound` names the files of the library in which there are problems, those that cannot be read among them: of them
    nothing is said here, since what they mean is not known. A policy that is neither in `policies` nor in such a file
    is gone.
    """
    if not set(VOCABULARY).isdisjoint(unsound):
        return
    root = document.root
    published, facts = root.get("published"), root.get("facts")
    for identity, node in published.items() if published else ():
        policy = policies.get(identity)
        file = policy.where.file if policy is not None else f"{identity}.yaml"
        if file in unsound:
            continue
        problems = _of_policy(policy, node, digests(policy)) if policy is not None else [_no_document(identity, node)]
        for problem in problems:
            report(problem)
    for name, node in facts.items() if facts else ():
        for problem in _of_fact(name, node, vocabulary):
            report(problem)


def _of_policy(policy: Policy, node: Node, digests: Mapping[str, str]) -> Iterator[Problem]:
    entries = {entry.revision: entry for entry in policy.history}
    altered: list[Entry] = []
    of_kind: set[Kind] = set()
    for name, digest in node.items():
        entry = entries.get(name)
        if digest.text is None:
            continue
        if entry is None:
            yield _no_entry(policy, name, digest)
        elif digests[name] != digest.text:
            kind = next((each for each in Kind if _entry_digest(policy.id, each, entry) == digest.text), None)
            if kind is None:
                altered.append(entry)
            else:
                of_kind.add(kind)
    for kind in sorted(of_kind):
        message = f"the kind of `{policy.id}` was `{kind}` when it was published"
        yield Problem(rule="published-altered", message=message, where=policy.where, help=f"write `kind: {kind}` again")
    for entry in altered:
        message = f"`{entry.revision}` has been altered since it was published"
        yield Problem(rule="published-altered", message=message, where=entry.where, help=_way_out(policy, entry))
    yield from _order(policy, [name for name, _ in node.items() if name in entries])


def _order(policy: Policy, recorded: list[str]) -> Iterator[Problem]:
    """Published entries come first in a history, in the order in which they were published."""
    order = {name: position for position, name in enumerate(recorded)}
    last = next((each.revision for each in reversed(policy.history) if each.revision in order), None)
    latest: str | None = None
    for entry in policy.history:
        name = entry.revision
        if name == last:
            last = None
        if name not in order and last is not None:
            message = f"`{name}` is not published, and stands above `{last}`, which is"
            advice = "new entries are appended: move it to the end of the history"
            yield Problem(rule="published-order", message=message, where=entry.where, help=advice)
        elif name in order and latest is not None and order[name] < order[latest]:
            message = f"`{name}` was published before `{latest}`, which stands above it"
            advice = "put the entries back in the order in which they were published"
            yield Problem(rule="published-order", message=message, where=entry.where, help=advice)
        elif name in order:
            latest = name


def _of_fact(name: str, node: Node, vocabulary: Vocabulary) -> Iterator[Problem]:
    if node.text is None:
        return
    fact = vocabulary.facts.get(name)
    if fact is None:
        message = f"the fact `{name}` is not declared any more, and published revisions ask for it"
        yield node.problem("published-removed", message, "put its declaration back into facts.yaml", at_key=True)
    elif fact_digest(fact) != node.text:
        message = f"`{name}` means something else than in the published revisions that ask for it"
        advice = "put its type, unit, derivation and `may_be_never` back, and declare a new fact for what is new"
        yield Problem(rule="published-altered", message=message, where=fact.where or node.key_where, help=advice)


def _no_document(identity: str, node: Node) -> Problem:
    message = f"`{identity}` was published, and there is no {identity}.yaml any more"
    retire = f"`policykit revise {identity} --retire --effective DATE`"
    advice = f"put the document back; a policy that has ended is retired: {retire}"
    return node.problem("published-removed", message, advice, at_key=True)


def _no_entry(policy: Policy, name: str, node: Node) -> Problem:
    message = f"`{name}` of `{policy.id}` was published, and is not in {policy.where.file} any more"
    advice = f"put it back; what should never have been is withdrawn: {_withdraw(policy, name)}"
    return node.problem("published-removed", message, advice, at_key=True)


def _way_out(policy: Policy, entry: Entry) -> str:
    """How to make a change without altering what was published: by an entry for the one that stands in its place."""
    put_back = f"put it back (`policykit diff {policy.id} --from COMMIT` shows what was altered since then)"
    void, replaced = standing(policy.history)
    entries = {each.revision: each for each in policy.history}
    name = entry.revision
    for _ in policy.history:
        if name in replaced:
            name = replaced[name][0].revision
    if name in void:
        return f"{put_back}; it has been withdrawn, and what is right can be entered anew"
    if entries[name].change in _WITHDRAWN_ONLY:
        return f"{put_back}, withdraw it, and enter what is right anew: {_withdraw(policy, name)}"
    correct = f"policykit revise {policy.id} --correct {name} --effective DATE --known-from DATE --summary TEXT"
    return f"{put_back}, and add a correction: `{correct}`"


def _withdraw(policy: Policy, name: str) -> str:
    return f"`policykit revise {policy.id} --withdraw {name} --known-from DATE --summary TEXT`"


def _entry_digest(identity: str, kind: Kind, entry: Entry) -> str:
    return digest_of({"policy": identity, "kind": kind.value, "entry": entry_as_data(entry)})


def _texts(node: Node) -> dict[str, Any]:
    return {key: child.text for key, child in node.items() if child.text is not None}
