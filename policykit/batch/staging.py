"""CSV and JSON lines, read once and whole into Parquet before the first row is decided.

So a file that breaks off is noticed in time, and every row has its number. Parquet itself is read where it lies.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any, Final

from policykit.batch.engine import Unreadable, exactly, literal, quoted
from policykit.batch.sources import Form
from policykit.batch.tables import misread, parquet_table
from policykit.problems import InvalidDocuments, Location, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from policykit.batch.engine import Engine
    from policykit.batch.sources import Sources
    from policykit.batch.tables import Table

# What stands between, around and instead of the fields of a CSV file; nothing of it is guessed from the text.
CSV_DIALECT: Final = "delim=',', quote='\"', escape='\"', nullstr='', header=true, auto_detect=false"
_LONGEST: Final = 2**20  # characters of the first line of a CSV file
_DEEPEST: Final = 16  # objects within one another in JSON lines; what lies deeper is text
_WHOLE: Final = ("UBIGINT", "BIGINT", "HUGEINT")
# Whole numbers, some of which are below zero, are told as `HUGEINT`, which Parquet does not have.
_TYPES: Final = {
    "UBIGINT": "UBIGINT",
    "BIGINT": "BIGINT",
    "HUGEINT": "BIGINT",
    "DOUBLE": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
}


def stage(engine: Engine, sources: Sources, folder: Path, told: Callable[[float], None]) -> Table:
    """The claims of all files as one table. Raises `InvalidDocuments` with what is wrong with the files."""
    return parquet_table(engine, in_parquet(engine, sources, folder, told), sources.files)


def in_parquet(engine: Engine, sources: Sources, folder: Path, told: Callable[[float], None]) -> Sequence[Path]:
    """The files of Parquet in which the claims of each file are. Raises `InvalidDocuments`."""
    if sources.form is Form.PARQUET:
        return sources.files
    headers = None if sources.form is Form.JSONL else _headers(sources.files)
    types = _structures(engine, sources.files, told) if headers is None else {}
    staged: list[Path] = []
    for number, path in enumerate(sources.files):
        relation = _json_relation(path, types) if headers is None else _csv_relation(path, headers[path])
        staged.append(folder / f"claims-{number:06}.parquet")
        copy = f"COPY (SELECT * FROM {relation}) TO {literal(str(staged[-1]))} (FORMAT parquet)"  # noqa: S608  # made here
        _reading(engine, copy, path, told)
    return staged


def _reading(engine: Engine, sql: str, path: Path, told: Callable[[float], None] | None = None) -> list[Any]:
    """What a query gives that reads one file. Raises `InvalidDocuments` where that is not of its form."""
    try:
        return engine.rows(sql, told)
    except Unreadable as error:
        raise InvalidDocuments([misread(path, error)]) from None


# CSV


def _headers(files: Sequence[Path]) -> dict[Path, tuple[str, ...]]:
    """The names of the columns of every file. Raises `InvalidDocuments`."""
    problems: list[Problem] = []
    headers: dict[Path, tuple[str, ...]] = {}
    for path in files:
        header = _header(path)
        if isinstance(header, Problem):
            problems.append(header)
        else:
            headers[path] = header
    if problems:
        raise InvalidDocuments(problems)
    return headers


def _header(path: Path) -> tuple[str, ...] | Problem:
    where = Location(file=str(path), line=1, column=1)
    try:
        with _opened(path) as stream:
            # What is not UTF-8 further on is told by its line when the whole file is read.
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
            first = text.readline(_LONGEST)
    except (OSError, EOFError):
        return Problem(rule="malformed", message="this cannot be read", where=where, help="is the file whole?")
    names = tuple(next(csv.reader([first], strict=False), ()))
    if "\ufffd" in first:
        return Problem(rule="not-utf-8", message="this is not in UTF-8", where=where, help="save the file as UTF-8")
    if not any(names):
        advice = "the first line of a CSV file names the columns"
        return Problem(rule="empty-document", message="there are no names of columns", where=where, help=advice)
    if first.count('"') % 2:
        message = "the name of a column goes over the end of the line"
        return Problem(rule="malformed", message=message, where=where, help="write every name within one line")
    if "" in names:
        message = f"column {names.index('') + 1} has no name"
        return Problem(rule="malformed", message=message, where=where, help="every column has a name of its own")
    folded = [name.casefold() for name in names]
    twice = [name for place, name in enumerate(names) if name.casefold() in folded[:place]]
    if twice:
        message = f"two columns are called `{twice[0]}`, small and capital letters aside"
        return Problem(rule="repeated", message=message, where=where, help="every column has a name of its own")
    return names


def _opened(path: Path) -> Any:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")


def _csv_relation(path: Path, names: Sequence[str]) -> str:
    """A CSV file with a comma between its fields, all of them text; an empty one is null."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    return f"read_csv({exactly(path)}, {CSV_DIALECT}, columns={{{columns}}})"


# JSON lines


def _structures(engine: Engine, files: Sequence[Path], told: Callable[[float], None]) -> dict[str, Any]:
    """The keys that the objects of all files have, each with what all of its values are."""
    problems: list[Problem] = []
    found: dict[tuple[str, ...], Any] = {}
    for path in files:
        try:
            fault = _add_structure(engine, path, found, told)
        except Unreadable as error:
            fault = misread(path, error)
        if fault is not None:
            problems.append(fault)
    if problems:
        raise InvalidDocuments(problems)
    structure = _nested(found)
    for key in _alike(structure):
        message = f"two keys are called `{key}`, small and capital letters aside"
        problems.append(Problem(rule="repeated", message=message, where=Location(file=str(files[0]))))
    if not structure:
        message, advice = "there are no claims in it", "every line is an object, with the columns as its keys"
        problems.append(
            Problem(rule="empty-document", message=message, where=Location(file=str(files[0])), help=advice)
        )
    if problems:
        raise InvalidDocuments(problems)
    return structure


def _add_structure(
    engine: Engine, path: Path, found: dict[tuple[str, ...], Any], told: Callable[[float], None]
) -> Problem | None:
    """Adds what the values in one file are, by the keys that lead to them; or tells what is wrong with it."""
    where = Location(file=str(path))
    objects = f"read_ndjson_objects([{exactly(path)}])"
    odd = "coalesce(bool_or(json_type(json) <> 'OBJECT'), false)"
    flags = f"SELECT {odd}, coalesce(bool_or({_twice('json')}), false) FROM {objects}"  # noqa: S608  # made here
    ((is_odd, is_twice),) = engine.rows(flags, told)
    if is_odd:
        message, advice = "a line is not a JSON object", "every line is an object, with the columns as its keys"
        return Problem(rule="wrong-type", message=message, where=where, help=advice)
    for depth in range(1, _DEEPEST + 1):
        if is_twice:
            message, advice = "a key stands twice in one object", "leave one of them out"
            return Problem(rule="duplicate-key", message=message, where=where, help=advice)
        inside = False
        for keys, made, twice in engine.rows(_level(objects, depth), told):
            kind = json.loads(made) if made[0] in "[{" else made
            found[*keys] = _merged(found.get((*keys,), "NULL"), kind)
            inside, is_twice = inside or kind == {}, is_twice or twice
        if not inside:
            break
    return None


def _level(objects: str, depth: int) -> str:
    """The query for the keys of objects within so many others, in the order in which they first stand.

    Each comes with what its values are, and whether a key stands twice in one of them, if they are objects themselves.
    Every kind of value comes once, however many lines there are, and whatever keys an object has or has not.
    """
    parts = [f"part_{number}" for number in range(1, depth + 1)]
    outer, last = parts[:-1], parts[-1]
    within = ["lines.json", *(f"{part}.value" for part in outer)]
    each = [f"json_each({around}) AS {part}" for around, part in zip(within, parts, strict=True)]
    deeper = "{}" if depth < _DEEPEST else "JSON"
    kind = (
        f"CASE {last}.type WHEN 'OBJECT' THEN '{deeper}' WHEN 'ARRAY' THEN {_listed(last)} ELSE {last}.type END AS kind"
    )
    twice = f"{last}.type = 'OBJECT' AND {_twice(f'{last}.value')} AS twice"
    lines = f"(SELECT json, row_number() OVER () AS line FROM {objects}) AS lines"  # noqa: S608  # made here
    objects_only = " AND ".join(["true", *(f"{part}.type = 'OBJECT'" for part in outer)])
    place = ", ".join(["lines.line", *(f"{part}.id" for part in parts)])
    return (
        f"SELECT [{', '.join(f'{part}.key' for part in parts)}] AS keys, {kind}, {twice} "  # noqa: S608  # the same
        f"FROM {', '.join([lines, *each])} WHERE {objects_only} GROUP BY ALL ORDER BY min(({place}))"
    )


def _listed(part: str) -> str:
    """What a list is of: of text, of nothing, or of anything else."""
    made = f"CAST(json_structure({part}.value) AS VARCHAR)"
    return f"""CASE WHEN {made} IN ('["VARCHAR"]', '["NULL"]') THEN {made} ELSE '["JSON"]' END"""


def _twice(value: str) -> str:
    return f"len(json_keys({value})) <> len(list_distinct(json_keys({value})))"


def _nested(found: Mapping[tuple[str, ...], Any], within: tuple[str, ...] = ()) -> dict[str, Any]:
    """What values are, by the keys of one object, out of that by all keys that lead to them."""
    return {
        keys[-1]: _nested(found, keys) if kind == {} else kind for keys, kind in found.items() if keys[:-1] == within
    }


def _merged(one: Any, other: Any) -> Any:
    """What values are that are of one structure or of the other, as the engine tells it within one file."""
    if other in (one, "NULL"):
        return one
    if one == "NULL":
        return other
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(one[0], other[0])]
    if one in _WHOLE and other in _WHOLE:
        return "HUGEINT"
    if one in (*_WHOLE, "DOUBLE") and other in (*_WHOLE, "DOUBLE"):
        return "DOUBLE"
    return "JSON"


def _alike(structure: Mapping[str, Any]) -> Iterator[str]:
    seen: set[str] = set()
    for key, inside in structure.items():
        if key.casefold() in seen:
            yield key
        seen.add(key.casefold())
        if isinstance(inside, dict):
            yield from _alike(inside)


def _json_relation(path: Path, structure: Mapping[str, Any]) -> str:
    """A file of JSON lines, each value of the type that all values of its key have together."""
    columns = ", ".join(f"{literal(key)}: {literal(_type(inside))}" for key, inside in structure.items())
    return f"read_json([{exactly(path)}], format='newline_delimited', records=true, columns={{{columns}}})"


def _type(inside: Any) -> str:
    """The type for a key. What is of several kinds becomes text; so does what is always null."""
    if isinstance(inside, dict):
        # Without any key, an object states nothing.
        parts = ", ".join(f"{quoted(key)} {_type(each)}" for key, each in inside.items())
        return f"STRUCT({parts})" if parts else "VARCHAR"
    if isinstance(inside, list):
        return "VARCHAR[]" if inside in (["VARCHAR"], ["NULL"]) else "JSON"
    return _TYPES.get(inside, "VARCHAR")
