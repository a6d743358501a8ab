"""The shapes of the documents: in which order their keys stand, what may stand on one line, and what is quoted.

The order of keys is that of the tables of docs/format.md, but for criteria: there the notes come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from policykit.records import field, record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# `text` is quoted where it has to be, `value` also where it has a capital letter, as a modifier has, `code` always.
Writing = Literal["text", "value", "code"]


@record
class Shape:
    """How one kind of node is laid out. Other shapes are named by their names in `SHAPES`.

    `keys` are those that it may have, in order; `under` is the shape of what stands under a key, and `each` that of
    whatever else is in it. It stands on one line if it is `flow`, or has only keys of `bare`. `parted` are the keys
    above which there is a blank line; with `apart`, there is one between any two of its elements.
    """

    keys: tuple[str, ...] = ()
    under: Mapping[str, str] = field(default_factory=dict)
    each: str = "anything"
    flow: bool = False
    bare: frozenset[str] = frozenset()
    parted: frozenset[str] = frozenset()
    apart: bool = False
    writing: Writing = "text"
    key_writing: Writing = "text"

    def of(self, key: str | None) -> Shape:
        """The shape of what stands under a key, or of an element."""
        return SHAPES[self.each if key is None else self.under.get(key, self.each)]


_COMPARISONS: Final = (
    *("is", "in", "has_any", "has_all", "at_least", "more_than", "at_most", "less_than"),
    *("on_or_after", "after", "on_or_before", "before", "within_last", "at_least_ago", "longer_ago_than"),
)
_SYSTEMS: Final = ("cpt", "hcpcs", "icd10cm", "icd10pcs", "icd9cm")
_NOTES: Final = ("says", "cite", "quote", "reading", "allow")
_PARTS: Final = ("all", "any", "none", "of")
_CODED: Final = dict.fromkeys((*_SYSTEMS, "modifiers", "place"), "codes")

_POLICY: Final[dict[str, Shape]] = {
    "policy": Shape(
        keys=("format", "policy", "title", "payer", "kind", "value_sets", "criteria", "history"),
        under={"value_sets": "value-sets", "criteria": "criteria", "history": "history"},
        parted=frozenset(("value_sets", "criteria", "history")),
    ),
    "value-sets": Shape(each="values"),
    "criteria": Shape(each="criterion"),
    "history": Shape(each="entry", apart=True),
    "entry": Shape(
        keys=(
            *("revision", "change", "summary", "effective", "through", "known_from"),
            *("published", "implemented", "last_reviewed", "next_review", "applies_by", "replaces", "withdraws"),
            *("reading", "source", "subject_to", "related", "references", "allow", "services"),
        ),
        under={
            "source": "source",
            **dict.fromkeys(("subject_to", "related", "references"), "texts"),
            "allow": "allowances",
            "services": "services",
        },
    ),
    "source": Shape(keys=("title", "publisher", "number", "section", "url", "retrieved")),
    "services": Shape(each="service"),
    "service": Shape(
        keys=("service", "unchanged", "codes", "code_notes", "reading", "allow", "coverage"),
        under={"codes": "values", "code_notes": "texts", "allow": "allowances", "coverage": "coverage"},
        bare=frozenset(("service", "unchanged")),
    ),
    "coverage": Shape(each="statement"),
    "statement": Shape(
        keys=("outcome", "to", "cite", "quote", "says", "reading", "allow", "when"),
        under={"allow": "allowances", "when": "criterion"},
    ),
    "criterion": Shape(
        keys=("id", *_NOTES, "all", "any", "none", "count_at_least", "of", "fact", *_COMPARISONS, "use"),
        under={"allow": "allowances", **dict.fromkeys(_PARTS, "criteria"), **dict.fromkeys(_COMPARISONS, "values")},
        bare=frozenset(("id", "fact", *_COMPARISONS, "use")),
    ),
    "values": Shape(keys=(*_SYSTEMS, "value_set"), under=_CODED, each="values", flow=True, writing="value"),
    "codes": Shape(each="codes", flow=True, writing="code"),
}

_VOCABULARY: Final[dict[str, Shape]] = {
    "facts": Shape(keys=("format", "facts"), under={"facts": "declarations"}),
    "declarations": Shape(each="declaration"),
    "declaration": Shape(
        keys=("type", "unit", "values", "ask", "judgement", "derived", "may_be_never", "allow"),
        under={"derived": "names", "allow": "allowances"},
    ),
    "payers": Shape(keys=("format", "payers"), under={"payers": "payers-declared"}),
    "payers-declared": Shape(each="payer"),
    "payer": Shape(keys=("name", "aliases"), under={"aliases": "names"}),
    "code-document": Shape(
        keys=("format", "codes", "places_of_service", "modifiers"),
        under={"codes": "systems", "places_of_service": "labels-of-codes", "modifiers": "labels-of-codes"},
    ),
    "systems": Shape(keys=_SYSTEMS, each="codes-declared"),
    "codes-declared": Shape(each="code", key_writing="code"),
    "code": Shape(
        keys=("label", "service_type", "sites", "modifiers", "from", "through", "replaced_by", "not_known"),
        under={"sites": "codes", "modifiers": "codes", "replaced_by": "codes", "not_known": "texts"},
    ),
    "labels-of-codes": Shape(key_writing="code"),
}

_CASES: Final[dict[str, Shape]] = {
    "cases": Shape(keys=("format", "policy", "payer", "cases"), under={"cases": "cases-listed"}),
    "cases-listed": Shape(each="case", apart=True),
    "case": Shape(
        keys=(
            *("format", "case", "policy", "payer", "date_of_service", "claim_processed", "known_on"),
            *("service", "diagnoses", "facts", "expect"),
        ),
        under={"service": "rendered", "diagnoses": "rendered", "facts": "told", "expect": "expected"},
    ),
    "rendered": Shape(keys=(*_SYSTEMS, "modifiers", "place"), under=_CODED, flow=True),
    "told": Shape(each="values"),
    "expected": Shape(
        keys=("outcome", "to", "possible", "revision", "reason", "statement", "missing", "advisories", "problem"),
        under=dict.fromkeys(("possible", "missing", "advisories"), "names"),
    ),
}

SHAPES: Final[Mapping[str, Shape]] = {
    "anything": Shape(),
    # Names and short words that are read as one, and texts that are read one by one.
    "names": Shape(keys=("outcome", "to"), each="names", flow=True),
    "texts": Shape(),
    "allowances": Shape(),
    "published": Shape(keys=("format", "published", "facts")),
    **_POLICY,
    **_VOCABULARY,
    **_CASES,
}

# Keys that tell what a document is which lies in no library, in the order in which they are looked for.
_TELLING: Final[Mapping[str, str]] = {
    "history": "policy",
    "cases": "cases",
    **dict.fromkeys(("case", "date_of_service", "service", "diagnoses", "expect"), "case"),
    **{kind: kind for kind in ("published", "facts", "payers", "codes")},
}


def kind_told_by(keys: Collection[str]) -> str:
    """The kind of a document with these keys at its top, whatever it is called."""
    return next((kind for key, kind in _TELLING.items() if key in keys), "policy")


def shape_of(kind: str, keys: Collection[str]) -> Shape:
    """The shape of a document of a kind, as `policykit.checking.kind_of` names them, with these keys at its top."""
    if kind == "cases" and kind_told_by(keys) == "case":
        kind = "case"
    return SHAPES.get({"codes": "code-document"}.get(kind, kind), SHAPES["anything"])
