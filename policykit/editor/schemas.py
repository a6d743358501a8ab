"""Schemas for editors: of one kind of document in one file, and if wished with the words of a library in it."""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from policykit.codes import SYSTEMS
from policykit.editor.facts import (
    asked,
    code_schemas,
    declared,
    literally,
    names,
    offered,
    stated,
    stated_schemas,
    word_schemas,
)
from policykit.records import record
from policykit.schema import schema_text
from policykit.vocabulary import CLAIM_PROCESSED, FactType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policykit.vocabulary import Payer, Vocabulary

Schema: TypeAlias = dict[str, Any]

KINDS: Final = ("policy", "facts", "payers", "codes", "cases", "case", "published", "mapping")
# By this, a file that `policykit schema` has written is known, so that it may be written over.
MARK: Final = "Written by `policykit schema"

_OPERATORS: Final = ("fact", "all", "any", "none", "count_at_least", "use")
# A case that has to be refused may be wrong in any way, so nothing is said of it.
_REFUSED: Final[Schema] = {
    "required": ["expect"],
    "properties": {"expect": {"type": "object", "required": ["problem"]}},
}


@record
class Words:
    """The words of a library: its vocabulary, and the ids of its policies."""

    vocabulary: Vocabulary
    policies: tuple[str, ...] = ()


def editor_schema(kind: str, words: Words | None = None) -> Schema:
    """The schema of one kind of document, with nothing outside of it; of the words given, those that it has use for."""
    schema = _Bundle().whole(kind)
    if kind == "policy":
        _offer_operators(schema["$defs"]["criterion"])
    if words is None:
        return {"$schema": schema.pop("$schema"), "$comment": f"{MARK} {kind}`.", **schema}
    match kind:
        case "policy":
            _with_words_of_policies(schema, words)
        case "case" | "cases":
            schema = _with_words_of_cases(schema, words, single=kind == "case")
        case "facts":
            _with_words_of_facts(schema, words.vocabulary)
        case "codes":
            _with_words_of_codes(schema, words.vocabulary)
    said = f"{MARK} {kind} --with-vocabulary`. Write it anew when the words of the library have changed."
    return {"$schema": schema.pop("$schema"), "$comment": said, **_without_unused(schema)}


class _Bundle:
    """A schema and what it refers to in other files, put together under `$defs`."""

    def __init__(self) -> None:
        self._definitions: Schema = {}

    def whole(self, kind: str) -> Schema:
        root: Schema = json.loads(json.dumps(schema_text(kind)))
        own = root.pop("$defs", {})
        result: Schema = self._resolved(root, "")
        inside = {name: self._resolved(each, "") for name, each in own.items()}
        return {**result, "$defs": {**inside, **self._definitions}}

    def _resolved(self, node: Any, file: str) -> Any:
        """A part of the schema in `file`, or of the one that is put together, with every reference leading within."""
        if isinstance(node, list):
            return [self._resolved(each, file) for each in node]
        if not isinstance(node, dict):
            return node
        resolved = {key: self._resolved(each, file) for key, each in node.items() if key != "$ref"}
        if "$ref" not in node:
            return resolved
        target, _, inside = node["$ref"].partition("#")
        home = target.removesuffix(".schema.json") or file
        name = inside.removeprefix("/$defs/")
        if not home:
            return {"$ref": node["$ref"], **resolved}
        full = "-".join(filter(None, (home, name)))
        if full not in self._definitions:
            self._definitions[full] = {}  # what refers to itself finds its name taken
            whole = schema_text(home)
            part = whole["$defs"][name] if name else {k: v for k, v in whole.items() if k not in {"$schema", "$defs"}}
            self._definitions[full] = self._resolved(part, home)
        return {"$ref": f"#/$defs/{full}", **resolved}


def _with_words_of_policies(schema: Schema, words: Words) -> None:
    vocabulary, payers = words.vocabulary, words.vocabulary.payers
    definitions = schema["$defs"]
    criterion, service = definitions["criterion"], definitions["service"]
    known = {identity: _payer_told(payer) for identity, payer in payers.items()}
    schema["properties"]["payer"]["$ref"] = "#/$defs/payer"
    any_payer = "|".join(map(literally, payers))
    schema["properties"]["policy"] |= {
        "pattern": f"^(?:{any_payer})/[a-z0-9][a-z0-9.-]*$",
        "errorMessage": "a policy is named by a payer of payers.yaml, a slash, lower-case letters, digits, `.` and `-`",
        **offered({f"{identity}/": told for identity, told in known.items()}),
    }
    criterion["then"] = asked(vocabulary, criterion["then"])
    _put_codes(service["else"]["properties"]["codes"]["else"]["properties"])
    _put_codes(schema["properties"]["value_sets"]["additionalProperties"]["properties"])
    definitions["payer"] = {
        "enum": [*known],
        "enumDescriptions": [*known.values()],
        "errorMessage": "this is not a payer of payers.yaml",
    }
    definitions["fact"] = names(vocabulary.facts.values(), "this is not a fact of facts.yaml, nor a built-in one")
    _define_words(definitions, vocabulary)


def _offer_operators(criterion: Schema) -> None:
    """A criterion in which no operator stands yet is offered all of them."""
    branch: Schema = criterion
    offers: Schema = {}
    while "if" in branch:
        # Of the first letters of a key, which are no mapping yet, every condition on keys would hold.
        branch["if"] = {"type": "object", **branch["if"]}
        for key, written in branch["then"].get("properties", {}).items():
            if key in _OPERATORS:
                offers[key] = {word: written[word] for word in ("title", "description", "type") if word in written}
        branch = branch["else"]
    # Not beside `required`, from which an editor would make up a template.
    branch["allOf"] = [{"properties": offers}]


def _with_words_of_cases(schema: Schema, words: Words, *, single: bool) -> Schema:
    vocabulary, definitions = words.vocabulary, schema["$defs"]
    case = schema if single else definitions["case"]
    properties = case["properties"]
    for each in {id(schema): schema, id(case): case}.values():
        each["properties"]["payer"]["$ref"] = "#/$defs/payer"
        each["properties"]["policy"]["$ref"] = "#/$defs/policy"
    for system in SYSTEMS:
        if system in properties["service"]["properties"]:
            properties["service"]["properties"][system]["$ref"] = f"#/$defs/code-{system}"
        if system in properties["diagnoses"]["properties"]:
            properties["diagnoses"]["properties"][system]["items"] = {"$ref": f"#/$defs/code-{system}"}
    properties["service"]["properties"]["modifiers"]["items"] = {"$ref": "#/$defs/modifier"}
    properties["service"]["properties"]["place"]["$ref"] = "#/$defs/place"
    facts = properties["facts"]
    del facts["propertyNames"]
    facts["properties"] = {fact.name: stated(fact) for fact in declared(vocabulary)}
    facts["additionalProperties"] = False
    missing = names(vocabulary.facts.values(), "this is not a fact of facts.yaml, a built-in one, or `claim_processed`")
    missing["enum"].append(CLAIM_PROCESSED)
    missing["enumDescriptions"].append("The day on which the claim is processed.")
    properties["expect"]["else"]["properties"]["missing"]["items"] = missing
    definitions["payer"] = _payer_by_any_name(vocabulary.payers)
    definitions["policy"] = {"enum": [*words.policies], "errorMessage": "this is not a policy of the library"}
    definitions |= stated_schemas(vocabulary)
    _define_words(definitions, vocabulary)
    if not single:
        items = schema["properties"]["cases"]["items"]
        schema["properties"]["cases"]["items"] = {"if": _REFUSED, "else": items}
        return schema
    outside = {key: schema.pop(key) for key in ("$schema", "title", "description", "$defs")}
    return {**outside, "if": _REFUSED, "else": schema}


def _with_words_of_facts(schema: Schema, vocabulary: Vocabulary) -> None:
    dates = {fact.name: fact.ask for fact in declared(vocabulary) if fact.type is FactType.DATE}
    for written in schema["$defs"]["fact"]["properties"]["derived"]["properties"].values():
        written.update(offered(dates))


def _with_words_of_codes(schema: Schema, vocabulary: Vocabulary) -> None:
    properties = schema["$defs"]["system"]["additionalProperties"]["properties"]
    properties["sites"]["items"] = {"$ref": "#/$defs/place"}
    properties["modifiers"]["items"] = {"$ref": "#/$defs/modifier"}
    _define_words(schema["$defs"], vocabulary)


def _define_words(definitions: Schema, vocabulary: Vocabulary) -> None:
    shapes = schema_text("definitions")["$defs"]
    definitions |= code_schemas(vocabulary)
    definitions |= word_schemas(vocabulary, modifier=shapes["modifier"], place=shapes["place"])


def _put_codes(systems: Schema) -> None:
    for system, written in systems.items():
        written["$ref"] = f"#/$defs/codes-{system}"


def _payer_told(payer: Payer) -> str:
    return f"{payer.name} (also {', '.join(payer.aliases)})" if payer.aliases else payer.name


def _payer_by_any_name(payers: Mapping[str, Payer]) -> Schema:
    """A payer as a case may name it: by id, name or alias, in small or capital letters."""
    words = dict.fromkeys(word for each in payers.values() for word in (each.id, each.name, *each.aliases))
    alternatives = "|".join("".join(map(_in_any_case, word)) for word in words)
    return {
        "type": "string",
        "pattern": f"^(?:{alternatives})$",
        "errorMessage": "this is not a payer of payers.yaml",
        **offered({identity: _payer_told(payer) for identity, payer in payers.items()}),
    }


def _in_any_case(character: str) -> str:
    """A character, and whatever else stands for the same letter."""
    folded = character.casefold()
    written = {character, character.lower(), character.upper(), folded}
    if not character.isascii():
        written.update(_letters().get(folded, ()))
    if len(written) == 1:
        return literally(character)
    return f"(?:{'|'.join(map(literally, sorted(written)))})"


@cache
def _letters() -> Mapping[str, list[str]]:
    """All letters, by what they are once small and capital ones are told apart no longer."""
    result: dict[str, list[str]] = {}
    for letter in map(chr, range(sys.maxunicode + 1)):
        if letter.casefold() != letter:
            result.setdefault(letter.casefold(), []).append(letter)
    return result


def _without_unused(schema: Schema) -> Schema:
    """The schema without definitions that nothing in it leads to."""
    definitions = schema["$defs"]
    used: Schema = {}
    pending: list[Any] = [{key: each for key, each in schema.items() if key != "$defs"}]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            name = node["$ref"].removeprefix("#/$defs/") if isinstance(node.get("$ref"), str) else None
            if name is not None and name not in used:
                used[name] = definitions[name]
                pending.append(definitions[name])
        pending.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
    return {**schema, "$defs": {name: each for name, each in definitions.items() if name in used}}
