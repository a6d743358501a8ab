# ruff: noqa: S608  # the queries are over files that are made here
from __future__ import annotations

import csv
import gzip
import io
import json
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policykit.batch.engine import Engine, Limits, engine, quoted
from policykit.batch.sources import find_sources
from policykit.batch.staging import stage
from policykit.problems import InvalidDocuments, Problem
from policykit.sql.columns import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policykit.batch.tables import Table


@contextmanager
def staged(*files: Path) -> Iterator[tuple[Engine, Table]]:
    with TemporaryDirectory() as name, engine(Limits(threads=2), Path(name) / "spill") as database:
        yield database, stage(database, find_sources(map(str, files)), Path(name), lambda _share: None)


def read(*files: Path) -> tuple[dict[str, Kind], list[tuple[Any, ...]]]:
    """The columns of a table with their kinds, and its rows, each with its file and its number."""
    with staged(*files) as (database, table):
        expressions = [f"{column.expression} AS {quoted(column.name)}" for column in table.columns]
        rows = database.rows(f"SELECT {', '.join([*expressions, table.file, table.row])} FROM {table.relation}")
        return {column.name: column.kind for column in table.columns}, rows


def refused(*files: Path) -> tuple[Problem, ...]:
    with pytest.raises(InvalidDocuments) as error, staged(*files):
        pass
    return error.value.problems


def put(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def parquet(path: Path, query: str) -> Path:
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


# CSV

CELLS = st.text(alphabet=st.sampled_from("a0 ,;\"'\n\té#\\"), max_size=6)


@settings(deadline=None, max_examples=60)
@given(
    rows=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    mark=st.booleans(),
)
def test_csv_is_read_as_it_was_written_and_nothing_is_guessed(
    rows: list[list[str]], end: str, quoting: Any, mark: bool
) -> None:
    # A line break within a field is written as those between rows are.
    rows = [[cell.replace("\n", end) for cell in row] for row in rows]
    names = [f"c{number}" for number in range(len(rows[0]))]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end, quoting=quoting)
    writer.writerows([names, *rows])
    with TemporaryDirectory() as folder:
        path = put(Path(folder) / "a.csv", ("\ufeff" if mark else "") + text.getvalue())
        kinds, found = read(path)
    assert kinds == dict.fromkeys(names, Kind.TEXT)
    assert found == [(*(cell or None for cell in row), str(path), number) for number, row in enumerate(rows, start=1)]


def test_what_looks_like_a_number_a_date_or_a_word_for_nothing_is_text(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "a,b,c\n00142,2024-02-30,NULL\n7E1,1e400,nan\n")
    assert read(path)[1] == [
        ("00142", "2024-02-30", "NULL", str(path), 1),
        ("7E1", "1e400", "nan", str(path), 2),
    ]


def test_compressed_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    lines = tmp_path / "a.jsonl.gz"
    lines.write_bytes(gzip.compress(b'{"a": 1}\n'))
    assert read(path)[1] == [("1", "2", str(path), 1)]
    assert read(lines)[1] == [(1, str(lines), 1)]


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("", "empty-document", 1),
        (",\n1,2\n", "empty-document", 1),
        ("a,,c\n", "malformed", 1),
        ("a,A\n1,2\n", "repeated", 1),
        ('"a\nb",c\n1,2\n', "malformed", 1),
        ("a,b\n1,2\n1,2,3\n", "malformed", 3),
        ("a,b\n1,2\n3\n", "malformed", 3),
        ('a,b\n1,"2\n3,4\n', "malformed", 2),
        (b"a,b\n1,2\n3,\xff\n", "not-utf-8", 3),
        (b"a,\xff\n1,2\n", "not-utf-8", 1),
    ],
)
def test_a_csv_file_that_is_none_is_told_of_with_its_line(
    text: str | bytes, rule: str, line: int, tmp_path: Path
) -> None:
    (problem,) = refused(put(tmp_path / "a.csv", text))
    assert (problem.rule, problem.where.line) == (rule, line)
    assert problem.where.file == str(tmp_path / "a.csv")


def test_nothing_of_a_claim_is_shown_where_it_cannot_be_read(tmp_path: Path) -> None:
    (problem,) = refused(put(tmp_path / "a.csv", "name,b\nJane,2\nJane Doe,2,3\n"))
    assert "Jane" not in str(problem)
    (problem,) = refused(put(tmp_path / "a.jsonl", '{"name": "Jane"}\n{"name": Jane}\n'))
    assert "Jane" not in str(problem)


def test_a_file_that_breaks_off_among_others_is_noticed(tmp_path: Path) -> None:
    sound = put(tmp_path / "a.csv", "a,b\n" + "1,2\n" * 5_000)
    broken = put(tmp_path / "b.csv", "a,b\n" + "1,2\n" * 5_000 + '3,"4')
    (problem,) = refused(sound, broken)
    assert problem.where.file == str(broken)
    compressed = tmp_path / "c.csv.gz"
    compressed.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 50_000)[:-20])
    (problem,) = refused(sound, compressed)
    assert problem.where.file == str(compressed)


# JSON lines


def test_json_lines_keep_the_kinds_of_their_values(tmp_path: Path) -> None:
    lines = [
        {"t": "00142", "d": "2024-02-30", "b": True, "i": 3, "n": 2.5, "l": ["a", "b"], "m": "x", "z": None},
        {"t": None, "b": False, "i": 4, "n": 3, "l": [], "m": 7},
        {"l": None, "i": -5},
    ]
    path = put(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)))
    kinds, rows = read(path)
    assert kinds == {
        "t": Kind.TEXT, "d": Kind.TEXT, "b": Kind.BOOLEAN, "i": Kind.INTEGER, "n": Kind.NUMBER, "l": Kind.TEXTS,
        "m": Kind.TEXT, "z": Kind.TEXT,
    }  # fmt: skip
    assert [row[:-2] for row in rows] == [
        ("00142", "2024-02-30", True, 3, 2.5, ["a", "b"], "x", None),
        (None, None, False, 4, 3.0, [], "7", None),
        (None, None, None, -5, None, None, None, None),
    ]


def test_the_parts_of_an_object_are_columns_named_by_the_way_to_them(tmp_path: Path) -> None:
    lines = [
        {"service": {"cpt": "64714", "modifiers": ["RT"]}, "facts": {"patient.age": 47}, "other": {}},
        {"service": None},
    ]
    kinds, rows = read(put(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines))))
    assert kinds == {
        "service.cpt": Kind.TEXT, "service.modifiers": Kind.TEXTS, "facts.patient.age": Kind.INTEGER,
        "other": Kind.TEXT,
    }  # fmt: skip
    assert rows[0][:3] == ("64714", ["RT"], 47)
    assert rows[1][:3] == (None, None, None)


def test_files_of_json_lines_have_all_their_keys_together(tmp_path: Path) -> None:
    first = put(tmp_path / "1.jsonl", '{"a": 1}\n{"b": "x"}\n')
    second = put(tmp_path / "2.jsonl", '{"a": 2.5, "c": true}\n{"b": 1}\n')
    kinds, rows = read(first, second)
    assert kinds == {"a": Kind.NUMBER, "b": Kind.TEXT, "c": Kind.BOOLEAN}
    assert rows == [
        (1.0, None, None, str(first), 1),
        (None, "x", None, str(first), 2),
        (2.5, None, True, str(second), 1),
        (None, "1", None, str(second), 2),
    ]


def test_an_object_that_is_also_something_else_is_text(tmp_path: Path) -> None:
    kinds, rows = read(put(tmp_path / "a.jsonl", '{"s": {"a": 1}}\n{"s": "x"}\n'))
    assert kinds == {"s": Kind.TEXT}
    assert [row[0] for row in rows] == ['{"a":1}', "x"]


def test_what_lies_deep_within_is_text(tmp_path: Path) -> None:
    deep = '{"a": ' * 40 + "1" + "}" * 40
    kinds, ((value, *_),) = read(put(tmp_path / "a.jsonl", deep))
    assert kinds == {".".join("a" * 16): Kind.TEXT}
    assert value == '{"a":' * 24 + "1" + "}" * 24


def test_what_objects_hold_is_looked_up_once_however_many_lines_have_whatever_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each line has another choice of keys: to gather the choices takes memory without end.
    names = [f"k{number}" for number in range(9)]
    chosen = [[name for place, name in enumerate(names) if choice >> place & 1] for choice in range(2 ** len(names))]
    lines = [{"facts": {"inside": dict.fromkeys(keys, 1)}, **dict.fromkeys(keys, "x")} for keys in chosen]
    path = put(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)))
    most, rows = 0, Engine.rows

    def counted(self: Engine, *asked: Any) -> list[tuple[Any, ...]]:
        nonlocal most
        found = rows(self, *asked)
        most = max(most, len(found))
        return found

    monkeypatch.setattr(Engine, "rows", counted)
    with staged(path) as (_, table):
        assert {each.name for each in table.columns} == {*names, *(f"facts.inside.{name}" for name in names)}
    assert most <= 2 * len(names) + 2


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty-document"),
        ("\n", "empty-document"),
        ("{}\n", "empty-document"),
        ("[1]\n", "wrong-type"),
        ('{"a": 1}\n5\n', "wrong-type"),
        ('{"a": 1}\n{"a": \n', "malformed"),
        ('{"a": 1} {"a": 2}\n', "malformed"),
        ('{"a": 1, "a": 2}\n', "duplicate-key"),
        ('{"s": {"a": 1, "a": 2}}\n', "duplicate-key"),
        ('{"s": {"t": {}}}\n{"s": {"t": {"a": 1, "a": null}}}\n', "duplicate-key"),
        ('{"a": 1, "A": 2}\n', "repeated"),
        ('{"s": {"a": 1}}\n{"s": {"A": 2}}\n', "repeated"),
        (b'{"a": "\xff"}\n', "not-utf-8"),
    ],
)
def test_a_file_that_is_no_json_lines_is_told_of(text: str | bytes, rule: str, tmp_path: Path) -> None:
    (problem,) = refused(put(tmp_path / "a.jsonl", text))
    assert problem.rule == rule
    assert problem.where.file == str(tmp_path / "a.jsonl")


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**62), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=3),
)


@settings(deadline=None, max_examples=60)
@given(
    lines=st.lists(st.dictionaries(st.sampled_from(["a", "b c", "d.e", 'f"', "ü"]), VALUES), min_size=1, max_size=6),
    files=st.integers(1, 3),
)
def test_what_is_of_one_kind_is_read_as_it_was_written(lines: list[dict[str, Any]], files: int) -> None:
    lines[0].setdefault("a", "x")
    with TemporaryDirectory() as folder:
        paths = [
            put(Path(folder) / f"{number}.jsonl", "\n".join(json.dumps(each) for each in [*lines[number::files], {}]))
            for number in range(files)
        ]
        kinds, rows = read(*paths)
    given_rows = [each for number in range(files) for each in [*lines[number::files], {}]]
    assert len(rows) == len(given_rows)
    for name, place in zip(kinds, range(len(kinds)), strict=True):
        values = [row.get(name) for row in given_rows]
        there = {type(value) for value in values} - {type(None)}
        if len(there) == 1 and there != {float}:
            assert [row[place] for row in rows] == values, name
        assert [row[place] is None for row in rows] == [value is None for value in values], name


# Parquet


def test_columns_of_parquet_have_their_kinds(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "a.parquet",
        """SELECT 'x' AS t, true AS b, 1::TINYINT AS i, 2::UBIGINT AS u, 1.5::DECIMAL(9,2) AS n, 2.5::FLOAT AS f,
        DATE '2024-02-29' AS d, ['a'] AS l, [1] AS o, TIMESTAMP '2024-02-29 00:00:00' AS m, 'x'::BLOB AS y,
        TIMESTAMPTZ '2024-02-29 00:00:00+00' AS z, {'cpt': '64714', 'in': {'deep': 1}} AS service""",
    )
    with staged(path) as (_, table):
        kinds = {column.name: column.kind for column in table.columns}
    assert kinds == {
        "t": Kind.TEXT, "b": Kind.BOOLEAN, "i": Kind.INTEGER, "u": Kind.INTEGER, "n": Kind.NUMBER, "f": Kind.NUMBER,
        "d": Kind.DATE, "l": Kind.TEXTS, "o": Kind.OTHER, "m": Kind.OTHER, "y": Kind.OTHER, "z": Kind.OTHER,
        "service.cpt": Kind.TEXT, "service.in.deep": Kind.INTEGER,
    }  # fmt: skip


def test_rows_are_numbered_within_their_files(tmp_path: Path) -> None:
    odd = parquet(tmp_path / "claims[1].parquet", "SELECT range AS i FROM range(200000)")
    plain = parquet(tmp_path / "claims1.parquet", "SELECT -1 AS i")
    star = parquet(tmp_path / "what?*.parquet", "SELECT -2 AS i")
    _, rows = read(odd, plain, star)
    assert rows[:200_000] == [(number, str(odd), number + 1) for number in range(200_000)]
    assert rows[200_000:] == [(-1, str(plain), 1), (-2, str(star), 1)]


def test_files_of_different_columns_are_refused_with_every_difference(tmp_path: Path) -> None:
    first = parquet(tmp_path / "1.parquet", "SELECT 1 AS a, 'x' AS b, DATE '2024-01-01' AS d")
    second = parquet(tmp_path / "2.parquet", "SELECT 1::BIGINT AS a, 2 AS b, 3 AS c")
    found = {(each.rule, each.message) for each in refused(first, second)}
    assert found == {
        ("wrong-type", f"column `b` is integer, and in `{first}` varchar"),
        ("wrong-value", f"there is a column `c`, which `{first}` has not"),
        ("wrong-value", f"there is no column `d`, which `{first}` has"),
    }


def test_whole_numbers_of_several_widths_are_one_column(tmp_path: Path) -> None:
    first = parquet(tmp_path / "1.parquet", "SELECT 1::TINYINT AS a")
    second = parquet(tmp_path / "2.parquet", "SELECT 9000000000 AS a")
    assert [row[0] for row in read(first, second)[1]] == [1, 9_000_000_000]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"a,b\n1,2\n", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_what_is_no_parquet_is_told_of_by_its_file(content: bytes, tmp_path: Path) -> None:
    sound = parquet(tmp_path / "1.parquet", "SELECT 1 AS a")
    (problem,) = refused(sound, put(tmp_path / "2.parquet", content))
    assert (problem.rule, problem.where.file) == ("malformed", str(tmp_path / "2.parquet"))
    whole = sound.read_bytes()
    (problem,) = refused(sound, put(tmp_path / "3.parquet", whole[: len(whole) // 2]))
    assert problem.where.file == str(tmp_path / "3.parquet")
