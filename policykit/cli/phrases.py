"""Parts of documents, as plain data, in a line each and in the words of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policykit.cli import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_GROUPS: Final = ("all", "any", "none", "of")
_NOTES: Final = frozenset({"id", "says", "cite", "quote", "reading", "notes"})
_LONGEST: Final = 90  # characters of a text that is shown; the whole of it is in JSON


def lines(data: Mapping[str, Any], depth: int) -> Iterator[str]:
    """A criterion and all within it, a line each, indented."""
    named = data.get("id") or next((each["id"] for each in data.get("notes", ()) if "id" in each), None)
    lead = "  " * depth
    yield f"{lead}`{named}`: {head(data)}" if named else f"{lead}{head(data)}"
    yield from inside(data, depth + 1)


def inside(data: Mapping[str, Any], depth: int) -> Iterator[str]:
    """The same of its parts alone."""
    for key in _GROUPS:
        for part in data.get(key, ()):
            yield from lines(part, depth)


def head(data: Mapping[str, Any] | None) -> str:
    """A criterion in a line, in the words of the document, but for its parts."""
    if not data:
        return ""
    if "fact" in data:
        asked = [f"{key} {words.value(value)}" for key, value in data.items() if key not in {"fact", *_NOTES}]
        return f"{data['fact']} {' and '.join(asked)}"
    if "of" in data:
        return f"count_at_least {data['count_at_least']} of {len(data['of'])}"
    return next(f"{key} of {len(data[key])}" for key in _GROUPS if key in data)


def statement_head(data: Mapping[str, Any] | None) -> str:
    """A coverage statement but for its criterion."""
    return f"{outcome(data)}{', when' if 'when' in data else ', otherwise'}" if data else ""


def service_head(data: Mapping[str, Any] | None) -> str:
    """The codes of a service."""
    return words.value(data["codes"]) if data else ""


def outcome(data: Any) -> str:
    """An outcome, and to whom it is handed."""
    if isinstance(data, dict):
        return f"{data['outcome']} to {data['to']}" if data.get("to") else str(data["outcome"])
    return told(data)


def comparison(data: Mapping[str, Any] | None, *, same: bool) -> str:
    """A comparison; `same`, without its word, which stands before it."""
    if not data:
        return ""
    key, value = next(iter(data.items()))
    return words.value(value) if same else f"{key} {words.value(value)}"


def only_key(data: Mapping[str, Any] | None) -> str | None:
    """The word of a comparison."""
    return next(iter(data), None) if data else None


def told(data: Any) -> str:
    """A value of any kind."""
    match data:
        case None:
            return ""
        case dict() if any(not isinstance(value, list) for value in data.values()):
            return "; ".join(f"{key} {words.value(value)}" for key, value in data.items())
        case _:
            return words.value(data)


def short(text: str) -> str:
    """The beginning of a text that is too long for a line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST].rstrip()} ..."
