"""Documents in files, brought into the house layout: which files are meant, and that nothing is lost.

A document is laid out only if it can be read without a problem, and only if it says afterwards what it said before.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from policykit.checking import kind_of
from policykit.folder import library_of, list_files, read_file
from policykit.problems import InvalidDocuments, Location, PolicykitError, Problem
from policykit.source import read_document
from policykit.writing.layout import in_layout
from policykit.writing.markup import read_markup
from policykit.writing.shapes import kind_told_by

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from policykit.writing.markup import Markup

_YAML: Final = ".yaml"
# One of these stands at the top of every document; what has none may be YAML of another kind.
_OURS: Final = frozenset({"format", "date_of_service"})


class NotFormatted(PolicykitError):  # noqa: N818  # the name says what became of the document
    """A document that is left as it is, and why."""


def documents_in(path: Path) -> Iterator[Path | Problem]:
    """What a path stands for: itself, or, as a folder, the documents in it; and what of it cannot be looked at.

    In a folder of a library these are the documents that the library has there, otherwise those that end in `.yaml` and
    are no YAML of another kind. Hidden ones are never meant.
    """
    root = library_of(path)
    if not path.is_dir():
        yield path
    elif root is None:
        yield from _loose_documents(path)
    else:
        listing = list_files(root)
        yield from (each for each in listing.problems if each.rule == "unreadable")
        found = map(listing.path, sorted((*listing.documents, *listing.cases)))
        yield from (each for each in found if each.is_relative_to(path))


def _loose_documents(folder: Path) -> Iterator[Path | Problem]:
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        message = f"the folder cannot be read: {(error.strerror or 'the system does not say why').lower()}"
        yield Problem(rule="unreadable", message=message, where=Location(file=str(folder)))
        return
    for child in children:
        if child.name.startswith("."):
            continue
        if child.is_dir():
            if not child.is_symlink():
                yield from documents_in(child)
        elif child.suffix == _YAML:
            content = read_file(child)
            if isinstance(content, Problem):
                yield content
            elif _may_be_ours(content):
                yield child


def _may_be_ours(content: bytes) -> bool:
    document, _ = read_document("", content, confidential=True)
    return document is None or _is_ours(document.data)


def _is_ours(data: Any) -> bool:
    return isinstance(data, dict) and not _OURS.isdisjoint(data)


def laid_out(name: str, content: bytes, path: Path | None = None) -> bytes:
    """The document in the house layout; `path` tells what it is, or else its keys do. Messages call it by the name.

    Raises `InvalidDocuments` if it cannot be read without a problem, and `NotFormatted` if it is no document, or would
    be larger in the layout than a document may be.
    """
    root = library_of(path) if path is not None else None
    kind = "policy" if path is None else kind_of(path.name if root is None else path.relative_to(root).as_posix())
    if path is not None and (path.name.startswith(".") or path.suffix != _YAML):
        raise NotFormatted(f"{name}: this is no document, since its name does not end in `{_YAML}` or is hidden")
    # A case holds a patient's facts, and what lies in no library may be one.
    data, text = _read(name, content, confidential=root is None or kind == "cases")
    if not _is_ours(data):
        raise NotFormatted(f"{name}: this is no document, since there is no `format` at its top")
    if root is None and kind == "policy":
        kind = kind_told_by(data)
    markup = read_markup(text)
    result = in_layout(markup, kind).encode()
    if result != content:
        _compare(name, data, markup, result)
    return result


def _compare(name: str, data: Any, markup: Markup, result: bytes) -> None:
    """Raises `NotFormatted` unless the result says all that the document said, the order of keys aside."""
    try:
        after, text = _read(name, result, confidential=True)
        same = _as_text(after) == _as_text(data) and _comments(read_markup(text)) == _comments(markup)
        message = "it would not say the same"
    except InvalidDocuments as error:
        same, message = False, f"it could not be read any more: {error.problems[0].message}"
    if not same:
        advice = "divide it, or shorten its longest texts and keys"
        raise NotFormatted(f"{name}: in the house layout {message}; it is left as it is\n  help: {advice}")


def _read(name: str, content: bytes, *, confidential: bool) -> tuple[Any, str]:
    document, problems = read_document(name, content, confidential=confidential)
    if document is None or problems:
        raise InvalidDocuments(problems)
    return document.data, content.decode()


def _as_text(data: Any) -> str:
    # Data that is equal need not be the same: 1, 1.0 and true.
    return json.dumps(data, sort_keys=True)


def _comments(markup: Markup) -> Counter[str]:
    return Counter(comment.text for comment in markup.comments)
