"""The documents of facts, payers and codes, read into a vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policykit.codes import SHAPES, read_code, shape_of
from policykit.dates import read_day
from policykit.problems import near_miss
from policykit.vocabulary import BUILT_IN, RESERVED, CodeEntry, Derivation, Derived, Fact, FactType, Payer, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from policykit.codes import Code
    from policykit.document import Document, Node
    from policykit.problems import Problem

    Report = Callable[[Problem], None]


def read_vocabulary(
    facts: Document | None, payers: Document | None, codes: Document | None, report: Report
) -> Vocabulary:
    """The vocabulary that three documents declare. What is wrong is reported, and left out."""
    declared = _facts(facts.root, report) if facts else {}
    written = facts.root.get("facts") if facts else None
    return Vocabulary(
        facts={**BUILT_IN, **declared},
        payers=_payers(payers.root, report) if payers else {},
        codes=_codes(codes.root, report) if codes else {},
        places_of_service=_labels(codes.root, "places_of_service") if codes else {},
        modifiers=_labels(codes.root, "modifiers") if codes else {},
        faulty=frozenset(name for name, _ in written.items() if name not in declared) if written else frozenset(),
    )


def texts(node: Node | None) -> tuple[str, ...]:
    """The elements of a list that are text."""
    return tuple(each.value for each in node.elements() if isinstance(each.value, str)) if node else ()


def text(node: Node | None) -> str | None:
    """The text of a node, or None."""
    return node.text if node else None


def day(node: Node | None, report: Report) -> date | None:
    """The day that a node names, or None; an impossible one is reported."""
    if node is None:
        return None
    found = read_day(node.text) if node.text is not None else None
    if found is None:
        report(node.problem("malformed-date", "there is no such date", "a date is written YYYY-MM-DD"))
    return found


def _facts(root: Node, report: Report) -> dict[str, Fact]:
    declared = root.get("facts")
    result: dict[str, Fact] = {}
    derived: list[tuple[Fact, Node]] = []
    for name, node in declared.items() if declared else ():
        if name.startswith(RESERVED):
            message = f"`{name}` is built in: names in {' and '.join(f'`{each}`' for each in RESERVED)} are reserved"
            report(node.problem("reserved-fact", message, "give it another name", at_key=True))
            continue
        try:
            kind = FactType(text(node.get("type")) or "")
        except ValueError:
            continue
        values = node.get("values")
        fact = Fact(
            name=name,
            type=kind,
            ask=text(node.get("ask")) or "",
            unit=text(node.get("unit")),
            values={value: str(label.value) for value, label in values.items()} if values else None,
            judgement=node.value.get("judgement") is True,
            derived=_derived(node.get("derived")),
            may_be_never=node.value.get("may_be_never") is True,
            where=node.key_where,
        )
        result[name] = fact
        if fact.derived:
            derived.append((fact, node))
    for fact, node in derived:
        _check_base(fact, node, result, report)
    return result


def _derived(node: Node | None) -> Derived | None:
    for key, child in node.items() if node else ():
        if key in set(Derivation) and child.text:
            return Derived(rule=Derivation(key), base=child.text)
    return None


def _check_base(fact: Fact, node: Node, facts: dict[str, Fact], report: Report) -> None:
    assert fact.derived is not None  # noqa: S101  # the caller asked
    base = facts.get(fact.derived.base)
    if base is not None and base.type is FactType.DATE:
        return
    dates = [each.name for each in facts.values() if each.type is FactType.DATE]
    what = "is not a known fact" if base is None else f"is of type {base.type}, not a date"
    child = node.at(["derived", fact.derived.rule.value])
    message = f"`{fact.derived.base}` {what}"
    report(child.problem("unknown-fact", message, near_miss(fact.derived.base, dates)))


def _payers(root: Node, report: Report) -> dict[str, Payer]:
    result: dict[str, Payer] = {}
    known: dict[str, str] = {}
    declared = root.get("payers")
    for name, node in declared.items() if declared else ():
        payer = Payer(
            id=name, name=text(node.get("name")) or name, aliases=texts(node.get("aliases")), where=node.key_where
        )
        result[name] = payer
        for word in {each.casefold() for each in (payer.id, payer.name, *payer.aliases)}:
            if known.setdefault(word, name) != name:
                message = f"`{name}` and `{known[word]}` are known by the same name"
                report(node.problem("repeated", message, "a name leads to one payer", at_key=True))
    return result


def _codes(root: Node, report: Report) -> dict[Code, CodeEntry]:
    result: dict[Code, CodeEntry] = {}
    systems = root.get("codes")
    for system, listed in systems.items() if systems else ():
        for written, node in listed.items() if system in SHAPES else ():
            code = read_code(system, written)
            if code is None:
                message = f"`{written}` is not a code of {system}"
                report(node.problem("malformed-code", message, f"it consists of {shape_of(system)}", at_key=True))
                continue
            result[code] = _code_entry(code, node, report)
    return result


def _code_entry(code: Code, node: Node, report: Report) -> CodeEntry:
    first, last = day(node.get("from"), report), day(node.get("through"), report)
    if first and last and last < first:
        report(node.at(["through"]).problem("through-before-effective", "the last day lies before the first"))
    replaced_by = node.get("replaced_by")
    if replaced_by and replaced_by.text and not any(shape.fullmatch(replaced_by.text) for shape in SHAPES.values()):
        report(replaced_by.problem("malformed-code", f"`{replaced_by.text}` is not a code of any system"))
    return CodeEntry(
        code=code,
        label=text(node.get("label")) or "",
        service_type=text(node.get("service_type")),
        sites=texts(node.get("sites")),
        modifiers=texts(node.get("modifiers")),
        first=first,
        last=last,
        replaced_by=text(replaced_by),
        not_known=texts(node.get("not_known")),
        where=node.key_where,
    )


def _labels(root: Node, key: str) -> dict[str, str]:
    node = root.get(key)
    return {name: each.text for name, each in node.items() if each.text} if node else {}
