"""Records: frozen values with named fields.

`record` gives what `dataclass(frozen=True, kw_only=True, slots=True)` gives, and `fields`, `replace` and pattern matching
of `dataclasses` work with it. Only the methods are written once for all records here, where `dataclasses` compiles six
for each class, and the class is made with its slots at once, where `dataclasses` makes it twice: with forty records,
that is a third of the time that a look-up takes from start to end (`tests/benchmarks/startup.py`).
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, Field, FrozenInstanceError, field, fields
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, dataclass_transform, overload

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["field", "record"]

_T = TypeVar("_T")
# What marks a field that is neither a variable of the class nor a parameter only.
_FIELD = vars(dataclasses)["_FIELD"]


@overload
def record(cls: type[_T], /) -> type[_T]: ...
@overload
def record(*, kw_only: bool = True, by_identity: bool = False) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[_T] | None = None, /, *, kw_only: bool = True, by_identity: bool = False) -> Any:
    """Make a class of annotated fields a record: frozen, made by keyword (or by position, too), without a `__dict__`.

    Two records are equal if their classes and compared fields are; `by_identity`, only if they are the same object.
    """

    def make(plain: type[_T]) -> type[_T]:
        inside = dict(vars(plain))
        declared = {name: _declared(name, kind, inside, kw_only) for name, kind in inside["__annotations__"].items()}
        for name in (*declared, "__dict__", "__weakref__"):
            inside.pop(name, None)
        inside["__slots__"] = tuple(declared)
        inside["__dataclass_fields__"] = declared
        inside["__match_args__"] = () if kw_only else tuple(each.name for each in declared.values() if each.init)
        inside["__setattr__"] = inside["__delattr__"] = _refuse
        inside["__getstate__"], inside["__setstate__"] = _state, _restore
        inside.setdefault("__repr__", _shown)
        if not by_identity:
            inside["__eq__"], inside["__hash__"] = _equal, _hash
        remake: Any = type(plain)
        made = remake(plain.__name__, plain.__bases__, inside)
        made.__init__ = _initializer(made, "*" if kw_only else "")
        result: type[_T] = made
        return result

    return make if cls is None else make(cls)


def _declared(name: str, kind: Any, inside: dict[str, Any], kw_only: bool) -> Any:
    """A field as `dataclasses` describes it."""
    default = inside.get(name, MISSING)
    declared: Any = default if isinstance(default, Field) else field(default=default)
    declared.name, declared.type, declared.kw_only = name, kind, kw_only
    declared._field_type = _FIELD  # noqa: SLF001  # by it, `fields` and `replace` know what is a field
    return declared


def _initializer(made: Any, *parameters_before: str) -> Any:
    """The one method that has to know the fields: it sets each slot directly, past the refusal."""
    names: dict[str, Any] = {}
    parameters = ["self", *filter(None, parameters_before)]
    body: list[str] = []
    for each in fields(made):
        if not each.init:
            continue
        names[f"set_{each.name}"] = vars(made)[each.name].__set__
        value = each.name
        if each.default is not MISSING:
            names[f"default_{each.name}"] = each.default
            parameters.append(f"{each.name}=default_{each.name}")
        elif each.default_factory is not MISSING:
            names[f"make_{each.name}"], names["missing"] = each.default_factory, MISSING
            parameters.append(f"{each.name}=missing")
            value = f"make_{each.name}() if {each.name} is missing else {each.name}"
        else:
            parameters.append(each.name)
        body.append(f"set_{each.name}(self, {value})")
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    signature = ", ".join(parameters)
    # As `dataclasses` does it; nothing but the names of fields, which are identifiers, goes into the text.
    exec(f"def __init__({signature}):\n {'; '.join(body) or 'pass'}", names)  # noqa: S102
    return names["__init__"]


def _refuse(self: Any, name: str, *_value: Any) -> NoReturn:
    raise FrozenInstanceError(f"cannot change `{name}` of a {type(self).__name__}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


def _compared(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, each.name) for each in fields(self) if each.compare)


def _equal(self: Any, other: object) -> Any:
    return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _shown(self: Any) -> str:
    told = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__name__}({told})"
