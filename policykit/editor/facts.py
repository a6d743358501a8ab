"""What may be said of each fact of a vocabulary, as JSON Schema: in the criteria of policies, and in cases.

Branches are chosen by the name of the fact, so that each fault is one error, at the node that is wrong. What is only
offered, and forbids nothing else, stands in `defaultSnippets`, which editors complete from and validators pass over.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from policykit.codes import SHAPES
from policykit.reading.comparisons import COMPARISONS_OF
from policykit.vocabulary import RESERVED, FactType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from policykit.vocabulary import Fact, Vocabulary

Schema: TypeAlias = dict[str, Any]

_BY_WORD: Final = (FactType.CHOICE, FactType.CHOICES)
_BY_CODE: Final = (FactType.CODE, FactType.CODES)
_FEW: Final = 16  # branches that are looked through one after another
_PREFIXED: Final = ("icd10cm", "icd9cm")
_NUMBERS: Final = {FactType.BOOLEAN: "boolean", FactType.INTEGER: "integer", FactType.NUMBER: "number"}
# What YAML, in some version, reads as something else than text.
_NOT_TEXT: Final = re.compile(r"[0-9.]+|true|false|yes|no|on|off|y|n|null", re.ASCII)
_MEANT_BY_PATTERNS: Final = re.compile(r"[\\^$.*+?()\[\]{}|/]")
_PART_OF_DAY: Final = r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
_VALUE_SET: Final = {"value_set": {"$ref": "#/$defs/definitions-reference"}}

# How a value of each type is written in a case.
_STATED: Final[Mapping[FactType, Schema]] = {
    FactType.BOOLEAN: {"type": ["boolean", "null"]},
    FactType.INTEGER: {"type": ["integer", "null"]},
    FactType.NUMBER: {"type": ["number", "null"]},
    FactType.DATE: {
        "type": ["string", "integer", "null"],
        "minimum": 1000,
        "maximum": 9999,
        "pattern": f"^{_PART_OF_DAY}$",
        "errorMessage": "this is a date, YYYY-MM-DD, or the part of one that is known, YYYY-MM or YYYY",
    },
    FactType.CODE: {
        "type": ["object", "null"],
        "maxProperties": 1,
        "properties": {system: {"$ref": f"#/$defs/code-{system}"} for system in SHAPES},
        "additionalProperties": False,
    },
    FactType.CODES: {
        "type": ["object", "null"],
        "properties": {
            system: {"type": "array", "uniqueItems": True, "items": {"$ref": f"#/$defs/code-{system}"}}
            for system in SHAPES
        },
        "additionalProperties": False,
    },
}
_OR_NEVER: Final[Schema] = {
    **_STATED[FactType.DATE],
    "pattern": f"^({_PART_OF_DAY}|never)$",
    "errorMessage": "this is a date, YYYY-MM-DD, the part of one that is known, YYYY-MM or YYYY, or the word `never`",
    "defaultSnippets": [{"label": "never", "description": "It has not happened.", "bodyText": "never"}],
}


def described(fact: Fact) -> str:
    """The question of a fact, with what else a person has to know to answer it."""
    unit = f" ({fact.unit})" if fact.unit else ""
    judged = " Only a clinician can answer." if fact.judgement else ""
    derived = f" It follows from `{fact.derived.base}`." if fact.derived else ""
    return f"{fact.ask}{unit}{judged}{derived}"


def names(facts: Iterable[Fact], message: str) -> Schema:
    """One of these facts, each with its question."""
    known = {fact.name: described(fact) for fact in facts}
    return {"enum": [*known], "enumDescriptions": [*known.values()], "errorMessage": message}


def offered(words: Mapping[str, str], *, quoted: bool = False) -> Schema:
    """What makes an editor offer these words, each with what it stands for; nothing is forbidden by it."""
    snippets = [
        {
            "label": word,
            "description": label,
            "bodyText": json.dumps(word) if quoted or _NOT_TEXT.fullmatch(word) else word,
        }
        for word, label in words.items()
    ]
    return {"defaultSnippets": snippets} if snippets else {}


def literally(text: str) -> str:
    """A pattern for just this text. Escapes beyond these are refused by the patterns of JavaScript, and so of editors."""
    return _MEANT_BY_PATTERNS.sub(r"\\\g<0>", text)


def code_schemas(vocabulary: Vocabulary) -> dict[str, Schema]:
    """For each system, a single code and a list of codes, ranges and prefixes; the codes that are known are offered."""
    result: dict[str, Schema] = {}
    for system, shape in SHAPES.items():
        known = {each.code.code: each.label for each in vocabulary.codes.values() if each.code.system == system}
        one = f"(?:{shape.pattern})"
        last = f"(?:{one})?" if system in _PREFIXED else one
        told = "ranges and prefixes of them" if system in _PREFIXED else "ranges of them"
        code = {"type": "string", "maxLength": 20, **offered(known, quoted=True)}
        malformed = f"this is not a code of {system}"
        result[f"code-{system}"] = {**code, "pattern": f"^{one}$", "errorMessage": malformed}
        result[f"codes-{system}"] = {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {
                **code,
                "pattern": f"^{one}(?:-{last})?$",
                "errorMessage": f"{malformed}: here stand codes, {told}, in quotes",
            },
        }
    return result


def word_schemas(vocabulary: Vocabulary, modifier: Schema, place: Schema) -> dict[str, Schema]:
    """A modifier, a place of service, and for each fact that is a choice, one of its values."""
    result = {
        "modifier": {**modifier, **offered(vocabulary.modifiers, quoted=True)},
        "place": {**place, **offered(vocabulary.places_of_service, quoted=True)},
    }
    for fact in _of_types(vocabulary, _BY_WORD):
        if fact.values is not None:
            # The type is what makes an editor put a word in quotes that YAML takes for something else.
            kind = {"type": "string"} if any(map(_NOT_TEXT.fullmatch, fact.values)) else {}
            result[_word(fact)] = {**kind, "enum": [*fact.values], "enumDescriptions": [*fact.values.values()]}
    return result


def stated(fact: Fact) -> Schema:
    """A value of a fact, as a case states it."""
    said: Schema = {"title": fact.name, "description": described(fact)}
    values = [*(fact.values or ())]
    match fact.type:
        case FactType.CHOICE:
            labels = [*(fact.values or {}).values(), "It is not known."]
            kind = {"type": ["string", "null"]} if any(map(_NOT_TEXT.fullmatch, values)) else {}
            return {**said, **kind, "enum": [*values, None], "enumDescriptions": labels}
        case FactType.CHOICES:
            return {**said, "type": ["array", "null"], "uniqueItems": True, "items": _value(fact)}
        case FactType.DATE if fact.may_be_never:
            return {**said, "$ref": "#/$defs/stated-date-or-never"}
        case kind:
            return {**said, "$ref": f"#/$defs/stated-{kind}"}


def stated_schemas(vocabulary: Vocabulary) -> dict[str, Schema]:
    """How values are written in a case, for each type that is the same for all its facts."""
    result = {f"stated-{kind}": schema for kind, schema in _STATED.items()}
    return {**result, "stated-date-or-never": _OR_NEVER} if any(_may_be_never(vocabulary)) else result


def declared(vocabulary: Vocabulary) -> Iterator[Fact]:
    """The facts of the vocabulary that are not built in."""
    return (fact for fact in vocabulary.facts.values() if not fact.name.startswith(RESERVED))


def asked(vocabulary: Vocabulary, generic: Schema) -> Schema:
    """A criterion on a fact: for each type the comparisons that it has, for each choice the values that it can take.

    `generic` is the same without a vocabulary. It stays for facts that are not known, so that only their name is wrong.
    """
    known = [*vocabulary.facts.values()]
    branches: list[Schema] = []
    for kind in FactType:
        facts = [fact for fact in known if fact.type is kind]
        if facts:
            branches.append({"if": _is_one_of(facts), "then": _asked_of(kind, facts, generic)})
    unknown = {**generic, "properties": {**generic["properties"], "fact": True}}
    branches.append({"if": {"properties": {"fact": {"enum": [fact.name for fact in known]}}}, "else": unknown})
    title = generic["properties"]["fact"]["title"]
    return {"properties": {"fact": {"title": title, "$ref": "#/$defs/fact"}}, "allOf": branches}


def _of_types(vocabulary: Vocabulary, types: tuple[FactType, ...]) -> Iterator[Fact]:
    return (fact for fact in vocabulary.facts.values() if fact.type in types)


def _may_be_never(vocabulary: Vocabulary) -> Iterator[bool]:
    return (fact.may_be_never for fact in vocabulary.facts.values())


def _word(fact: Fact) -> str:
    """The definition of one value of a choice."""
    if fact.values is not None:
        return f"value-of-{fact.name}"
    return "modifier" if fact.type is FactType.CHOICES else "place"


def _is_one_of(facts: list[Fact]) -> Schema:
    # A pattern and no enumeration: an editor takes the beginning of a word for the word while it is being written.
    alternatives = "|".join(literally(fact.name) for fact in facts)
    return {"properties": {"fact": {"type": "string", "pattern": f"^(?:{alternatives})$"}}}


def _asked_of(kind: FactType, facts: list[Fact], generic: Schema) -> Schema:
    written = generic["properties"]
    comparisons = [key for key in written if key in COMPARISONS_OF[kind]]
    notes: Schema = {key: True for key, schema in written.items() if schema is True}
    told = ", ".join(f"`{key}`" for key in comparisons)
    result: Schema = {
        "properties": {**notes, "fact": True, **{key: _operand(key, kind, written[key]) for key in comparisons}},
        "additionalProperties": False,
        "errorMessage": f"a fact of type {kind} has no such key; its comparisons are {told}",
        "if": {"properties": {**notes, "fact": True}, "additionalProperties": False},
        "then": {
            "required": comparisons[:1],
            "errorMessage": f"nothing is asked of this fact; a fact of type {kind} has {told}",
        },
    }
    if kind in _BY_WORD:
        result["allOf"] = _asked_of_choices(facts, comparisons)
    return result


def _asked_of_choices(facts: list[Fact], comparisons: list[str]) -> list[Schema]:
    """For each fact the values that it can take. Many facts are divided into groups, so that few are looked through."""
    if len(facts) > _FEW:
        size = -(-len(facts) // _FEW)
        groups = [facts[start : start + size] for start in range(0, len(facts), size)]
        return [{"if": _is_one_of(group), "then": {"allOf": _asked_of_choices(group, comparisons)}} for group in groups]
    return [
        {
            # The length for the same reason as the pattern above.
            "if": {"properties": {"fact": {"const": fact.name, "minLength": len(fact.name)}}},
            "then": {
                "properties": {key: _value(fact) if key == "is" else {"items": _value(fact)} for key in comparisons}
            },
        }
        for fact in facts
    ]


def _value(fact: Fact) -> Schema:
    return {"$ref": f"#/$defs/{_word(fact)}"}


def _operand(key: str, kind: FactType, written: Schema) -> Schema:
    """What stands after a comparison, in place of what is `written` for facts of every type."""
    if kind is FactType.DATE:
        return written
    said: Schema = {word: written[word] for word in ("title", "description") if word in written}
    if kind in _BY_CODE:
        return {**said, **(_one_code() if key == "is" else _codes())}
    word = {"type": _NUMBERS[kind]} if kind in _NUMBERS else {}
    if key in {"is", "at_least", "more_than", "at_most", "less_than"}:
        return {**said, **word}
    items = {"items": word} if word else {}
    return {
        "title": "Values",
        **said,
        "type": ["array", "object"],
        "minItems": 1,
        "uniqueItems": True,
        **items,
        "minProperties": 1,
        "properties": _VALUE_SET,
        "additionalProperties": False,
        "errorMessage": "this is a list of values, or `{value_set: NAME}`",
    }


def _one_code() -> Schema:
    systems = {system: {"$ref": f"#/$defs/code-{system}"} for system in SHAPES}
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": systems,
        "additionalProperties": False,
        "errorMessage": 'this is one code under its system, such as `{cpt: "64714"}`',
    }


def _codes() -> Schema:
    systems = {system: {"$ref": f"#/$defs/codes-{system}"} for system in SHAPES}
    return {
        "title": "Codes",
        "type": "object",
        "minProperties": 1,
        "properties": {**_VALUE_SET, **systems},
        "additionalProperties": False,
        "errorMessage": "these are codes under their system, or `{value_set: NAME}`",
        "if": {"required": ["value_set"]},
        "then": {"maxProperties": 1},
    }
