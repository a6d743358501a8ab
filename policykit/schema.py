"""Documents against the schemas under `schemas/`, as problems with places.

The messages are made from the rule that failed and the place, never from the value: a case's values are a patient's.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from policykit.problems import Problem, near_miss
from policykit.shipped import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from jsonschema.protocols import Validator

    from policykit.document import Document, Node

_READABLE: Final = 40  # characters of a key worth showing
_KINDS_OF_VALUE: Final = {
    "object": "a mapping of keys to values",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "null": "null",
}


@cache
def schema_text(kind: str, folder: Path = SCHEMAS) -> Any:
    """The schema of one kind of document (`policy`, `facts`, `decision`, ...) as plain data. Not to be changed."""
    return json.loads((folder / f"{kind}.schema.json").read_bytes())


@cache
def _validator(kind: str) -> Validator:
    # An explicit registry: the default one fetches what it does not know.
    registry: Registry[Any] = Registry().with_resources(
        (path.name, DRAFT202012.create_resource(json.loads(path.read_bytes())))
        for path in sorted(SCHEMAS.glob("*.schema.json"))
    )
    checker = Draft202012Validator.FORMAT_CHECKER
    validator: Validator = _Careful(schema_text(kind), registry=registry, format_checker=checker)
    return validator


def _unique(validator: Validator, asked: bool, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """`uniqueItems` in one pass: the library compares every two elements of a mixed list."""
    if not (asked and validator.is_type(instance, "array")):
        return
    seen = {json.dumps(each, sort_keys=True, default=str) for each in instance}
    if len(seen) < len(instance):
        yield ValidationError("repeated")


def _pattern(validator: Validator, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """`pattern` for the whole text: by itself, `$` passes over a line feed at the end."""
    if validator.is_type(instance, "string") and (instance.endswith("\n") or not re.search(pattern, instance)):
        yield ValidationError("malformed")


_Careful: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"uniqueItems": _unique, "pattern": _pattern}
)


def check_schema(document: Document, kind: str, *, confidential: bool = False) -> Iterator[Problem]:
    """Every way in which the document departs from the schema of its kind, each at the node that is wrong.

    Problems of a `confidential` document show none of its text, not even a mistyped key.
    """
    told: set[tuple[Any, ...]] = set()
    errors = list(_validator(kind).iter_errors(document.data))
    mistyped = {
        tuple(error.absolute_path): _beyond(error) for error in errors if error.validator == "additionalProperties"
    }
    for error in errors:
        # A date of the wrong form fails several keywords at once; each missing key is a fault of its own.
        which = error.message if error.validator == "required" else error.validator
        key = error.instance if "propertyNames" in error.absolute_schema_path else None
        fault = (*error.absolute_path, key, _of_schema(error, "errorMessage") or which)
        if fault not in told:
            told.add(fault)
            node = document.root.at(list(error.absolute_path))
            if error.validator == "required":
                yield from _missing_key(
                    node, error, mistyped.get(tuple(error.absolute_path), ()), shown=not confidential
                )
            else:
                yield from _problems(node, error, shown=not confidential)


def _of_schema(error: ValidationError, key: str) -> Any:
    return error.schema.get(key) if isinstance(error.schema, dict) else None


def _beyond(error: ValidationError) -> list[str]:
    """The keys of a mapping that the schema which it breaks does not name."""
    written: Any = error.instance
    return [key for key in written if key not in (_of_schema(error, "properties") or ())]


def _problems(node: Node, error: ValidationError, *, shown: bool) -> Iterator[Problem]:
    said: str | None = _of_schema(error, "errorMessage")
    expected: Any = error.validator_value
    if "propertyNames" in error.absolute_schema_path:
        key = node.at([str(error.instance)])
        yield key.problem("malformed", said or "a key has not the form that is asked here", at_key=True)
        return
    if _of_schema(error, "format") == "date":
        there = isinstance(node.value, str) and error.validator == "format"
        message = "there is no such date" if there else "this is not a date"
        yield node.problem("malformed-date", message, "a date is written YYYY-MM-DD")
        return
    match error.validator:
        case "additionalProperties":
            yield from _unknown_keys(node, _of_schema(error, "properties") or {}, shown=shown)
        case "const" if expected is None:
            rule = "to-with-deferred" if error.absolute_path[-1] == "to" else "unknown-key"
            yield node.problem(rule, said or "this key does not belong here", at_key=True)
        case "type":
            yield _wrong_type(node, expected, said, shown=shown)
        case "enum" | "const":
            values = [expected] if error.validator == "const" else expected
            words = ", ".join(value if isinstance(value, str) else json.dumps(value) for value in values)
            advice = near_miss(node.text, [str(value) for value in values]) if shown and node.text else None
            one_of = "" if len(values) == 1 else "one of "
            yield node.problem("wrong-value", said or f"this should be {one_of}{words}", advice)
        case validator:
            rule, message = _OF_SIZE_OR_FORM.get(str(validator), ("malformed", "this does not belong here"))
            if rule == "too-few" and expected == 1:
                message = "nothing stands here, and something should"
            yield node.problem(rule, said or message.format(expected))


# The other keywords, each with its rule and what to say where the schema does not say it itself.
_OF_SIZE_OR_FORM: Final = {
    "pattern": ("malformed", "this has not the form that is asked here"),
    "uniqueItems": ("repeated", "something stands twice in this list"),
    **dict.fromkeys(("minItems", "minProperties", "minLength", "minimum"), ("too-few", "this is less than {}")),
    **dict.fromkeys(
        ("maxItems", "maxProperties", "maxLength", "maximum"), ("too-many", "this is more, or longer, than {}")
    ),
}


def _wrong_type(node: Node, expected: Any, said: str | None, *, shown: bool) -> Problem:
    kinds = [expected] if isinstance(expected, str) else expected
    wanted = " or ".join(_KINDS_OF_VALUE[kind] for kind in kinds)
    advice = None
    if "string" in kinds and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        advice = f'write it in quotes: "{node.value}"' if shown else "write it in quotes"
    return node.problem("wrong-type", said or f"this should be {wanted}", advice)


def _unknown_keys(node: Node, known: Any, *, shown: bool) -> Iterator[Problem]:
    for key, child in node.items():
        if key not in known:
            word = f"`{key}`" if shown and len(key) <= _READABLE else "this"
            advice = (near_miss(key, known) if shown else None) or f"known here: {', '.join(known)}"
            yield child.problem("unknown-key", f"{word} is not a key that is known here", advice, at_key=True)


def _missing_key(node: Node, error: ValidationError, mistyped: Collection[str], *, shown: bool) -> Iterator[Problem]:
    expected: Any = error.validator_value
    missing: str = next(key for key in expected if error.message.startswith(repr(key)))
    # A key that is only mistyped is told as that, once; but only if it is told: what is neither told nor read is lost.
    if any(near_miss(key, [missing]) for key in mistyped):
        return
    said: str = _of_schema(error, "errorMessage") or f"`{missing}` is missing here"
    # Where one of several keys is asked for, the message of the schema names them.
    meant = ((key, near_miss(key.lower(), re.findall(r"`(\w+)`", said))) for key in _beyond(error))
    advice = next((f"{near} (there is `{key}`)" for key, near in meant if near), None)
    yield node.problem("missing-key", said, advice if shown else None)
