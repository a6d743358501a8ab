"""Records as JSON, and back: policies and the words of a vocabulary, with nothing lost.

A list begins with the number of what it is. The numbers, and the order of the fields of each record, are part of the
form of a compiled file: where one of them changes, `policykit.compiled.form.FORMAT` does. Policies, of which a library
has many, are compressed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from enum import Enum
from typing import Any, Final

from policykit import codes, criteria, policy, vocabulary
from policykit.codes import Code
from policykit.dates import Span
from policykit.problems import Location, PolicykitError

_TUPLE: Final = 0
_DATE: Final = 1
_CODE: Final = 2
_ENUM: Final = 3
_PLACE: Final = 4  # a location in the document itself, without the name of its file
_FIRST_RECORD: Final = 5

# Everything that a policy or a vocabulary is made of, each known by its place here.
RECORDS: Final[tuple[type, ...]] = (
    Location,
    Span,
    codes.CodePrefix,
    codes.CodeRange,
    codes.CodeSet,
    criteria.Ago,
    criteria.All,
    criteria.AnyOf,
    criteria.Bound,
    criteria.CountAtLeast,
    criteria.DayBound,
    criteria.FactIs,
    criteria.Has,
    criteria.NoneOf,
    criteria.Notes,
    criteria.OneOf,
    policy.Carried,
    policy.Entry,
    policy.Policy,
    policy.Service,
    policy.Source,
    policy.Statement,
    vocabulary.CodeEntry,
    vocabulary.Derived,
    vocabulary.Fact,
    vocabulary.Payer,
)
ENUMERATIONS: Final[tuple[type[Enum], ...]] = (
    criteria.OnService,
    policy.AppliesBy,
    policy.Change,
    policy.Kind,
    policy.Outcome,
    policy.Unchanged,
    vocabulary.Derivation,
    vocabulary.FactType,
)
# The fields of each in their order, but for those that it works out itself.
FIELDS: Final[Mapping[type, tuple[str, ...]]] = {
    record: tuple(each.name for each in fields(record) if each.init) for record in RECORDS
}
_NUMBERS: Final[Mapping[type, int]] = {each: number for number, each in enumerate(RECORDS, start=_FIRST_RECORD)}
_ENUM_NUMBERS: Final[Mapping[type, int]] = {each: number for number, each in enumerate(ENUMERATIONS)}


class Unreadable(PolicykitError):  # noqa: N818  # the name says what the caller has in hand
    """A text that `pack` did not write."""


def pack(value: Any, file: str) -> str:
    """A record, or whatever records hold, as a text; `file` is the document in which it stands."""
    return json.dumps(_packed(value, file), separators=(",", ":"))


def unpack(text: str | bytes, file: str) -> Any:
    """What `pack` made the text from. Raises `Unreadable`."""
    try:
        return _unpacked(json.loads(text), file)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError) as error:
        raise Unreadable("what is kept has not the form that it should have") from error


def pack_policy(stated: policy.Policy) -> bytes:
    """A policy, compressed."""
    return zlib.compress(pack(stated, stated.where.file).encode())


def unpack_policy(content: bytes, identity: str) -> policy.Policy:
    """The policy of an id that `pack_policy` made the content from. Raises `Unreadable`."""
    try:
        text = zlib.decompress(content)
    except zlib.error as error:
        raise Unreadable("what is kept cannot be decompressed") from error
    unpacked: policy.Policy = unpack(text, f"{identity}.yaml")
    return unpacked


def _packed(value: Any, file: str) -> Any:
    match value:
        case Enum():
            return [_ENUM, _ENUM_NUMBERS[type(value)], value.value]
        case None | bool() | int() | float() | str():
            return value
        case date():
            return [_DATE, value.isoformat()]
        case Code():
            return [_CODE, value.system, value.code]
        case tuple():
            return [_TUPLE, *(_packed(each, file) for each in value)]
        case Mapping():
            return {key: _packed(each, file) for key, each in value.items()}
        case Location() if value.file == file:
            return [_PLACE, value.line, value.column, value.path]
        case _:
            kind = type(value)
            return [_NUMBERS[kind], *(_packed(getattr(value, each), file) for each in FIELDS[kind])]


def _unpacked(data: Any, file: str) -> Any:
    if not isinstance(data, list):
        return {key: _unpacked(each, file) for key, each in data.items()} if isinstance(data, dict) else data
    kind = data[0]
    if kind == _PLACE:
        _, line, column, path = data
        return Location(file=file, line=line, column=column, path=path)
    if kind >= _FIRST_RECORD:
        record = RECORDS[kind - _FIRST_RECORD]
        inside = (each if each is None else _unpacked(each, file) for each in data[1:])
        return record(**dict(zip(FIELDS[record], inside, strict=True)))
    if kind == _TUPLE:
        return tuple([_unpacked(each, file) for each in data[1:]])
    if kind == _CODE:
        _, system, code = data
        return Code(system, code)
    if kind == _ENUM:
        _, number, word = data
        return ENUMERATIONS[number](word)
    if kind == _DATE:
        return date.fromisoformat(data[1])
    raise LookupError(kind)
