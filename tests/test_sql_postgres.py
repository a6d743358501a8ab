"""Whole answers by a server of Postgres are those of the library. Skipped where there is none to start."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import strategies
from claim_tables import Answer, answers_by_library, claims_of
from hypothesis import given
from hypothesis import strategies as st
from printed_rows import TYPES, typed, types_of
from test_sql_query import SHIPPED, law, library_of, shipped, stated_in

from policykit.sql import query
from policykit.sql.dialects import Dialect
from policykit.sql.printing import layout_of, printed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from claim_tables import Row
    from oracle import Plain

    from policykit.library import Library

# Root may not run a server.
SERVANT = "postgres" if os.geteuid() == 0 else None


def programs() -> Path | None:
    """The directory of the programs of the newest server that is installed."""
    found = shutil.which("initdb")
    installed = [Path(found), *Path("/usr/lib/postgresql").glob("*/bin/initdb")] if found else None
    every = installed or [*Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(every, key=lambda each: each.resolve().parts).resolve().parent if every else None


class Server:
    """A server that sorts text by the rules of a language, and a table of claims in it."""

    def __init__(self, place: Path, found: Path) -> None:
        self._place, self._found = place, found
        self._run("initdb", "-D", f"{place}/data", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust")
        options = f"-c listen_addresses= -c fsync=off -k {place}"
        self._run("pg_ctl", "-D", f"{place}/data", "-o", options, "-l", f"{place}/log", "-w", "start")
        self.rows("CREATE DATABASE sorted LOCALE_PROVIDER icu ICU_LOCALE 'en-US' TEMPLATE template0", "postgres")

    def _run(self, program: str, *arguments: str, given: str = "") -> str:
        command = [f"{self._found}/{program}", *arguments]
        done = subprocess.run(  # a program that was looked for
            command, input=given, capture_output=True, text=True, check=False, user=SERVANT, cwd=self._place
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def stop(self) -> None:
        """End the server."""
        self._run("pg_ctl", "-D", f"{self._place}/data", "-m", "immediate", "stop")

    def rows(self, statement: str, database: str = "sorted") -> list[str]:
        """The lines that come of a statement."""
        arguments = ["-h", str(self._place), "-d", database, "-v", "ON_ERROR_STOP=1", "-qAt"]
        return self._run("psql", *arguments, given=statement).splitlines()

    def answers(self, types: Mapping[str, str], rows: Sequence[Row], asked: str, key: str) -> list[Answer]:
        """The answers to rows, in order."""
        columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        told = json.dumps([{name: row.get(name) for name in types} for row in rows]).replace("'", "''")
        table = f"DROP TABLE IF EXISTS claims; CREATE TABLE claims ({columns});"
        filled = f"INSERT INTO claims SELECT * FROM JSON_POPULATE_RECORDSET(NULL::claims, '{told}');"  # noqa: S608
        answered = f"SELECT ROW_TO_JSON(answered) FROM (\n{asked.rstrip().removesuffix(';')}\n) AS answered;"  # noqa: S608
        lines = self.rows(table + filled + answered)
        return sorted(answer_in(json.loads(line), key) for line in lines)


def answer_in(told: Mapping[str, Any], key: str) -> Answer:
    """An answer as the server tells it."""
    assert [*told] == [key, *query.ANSWER]
    lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
    return Answer(row=int(told[key]), **{**{name: told[name] for name in query.ANSWER}, **lists})


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of its own."""
    found = programs()
    if found is None:
        pytest.skip("there is no Postgres here")
    place = Path(tempfile.mkdtemp(prefix="pk-", dir="/tmp"))  # the path of a socket has to be short
    if SERVANT is not None:
        shutil.chown(place, SERVANT)
    server = Server(place, found)
    yield server
    server.stop()
    shutil.rmtree(place)


def assert_that_the_printed_query_answers(
    server: Server, library: Library, identity: str, cases: Sequence[Plain]
) -> None:
    layout = layout_of(library.policy(identity), library.vocabulary, Dialect.POSTGRES)
    both = [typed(case, layout) for case in cases]
    rows = [{"claim_id": number, **row} for number, (row, _) in enumerate(both)]
    asked = "\n".join(printed(library, identity, Dialect.POSTGRES, None))
    found = server.answers(types_of(layout), rows, asked, "claim_id")
    assert found == answers_by_library(library, [case for _, case in both])


@pytest.mark.parametrize("identity", sorted(shipped().policies))
def test_every_shipped_case_is_answered_alike_by_every_shipped_policy(server: Server, identity: str) -> None:
    cases = [case for path in SHIPPED for case in stated_in(path)]
    assert_that_the_printed_query_answers(server, shipped(), identity, cases)


@law(20)
@given(strategies.documents(), st.data())
def test_a_generated_policy_is_printed_and_answers_alike(
    server: Server, documents: strategies.Documents, data: st.DataObject
) -> None:
    cases = data.draw(st.lists(strategies.cases(documents), min_size=1, max_size=30))
    assert_that_the_printed_query_answers(server, library_of(*documents), strategies.POLICY, cases)


@law(20)
@given(strategies.documents(), st.data())
def test_text_is_read_alike(server: Server, documents: strategies.Documents, data: st.DataObject) -> None:
    cases = data.draw(st.lists(strategies.cases(documents), min_size=1, max_size=30))
    library = library_of(*documents)
    unnamed = [{key: value for key, value in case.items() if key != "policy"} for case in cases]
    claims = claims_of(unnamed, library.vocabulary, policy=strategies.POLICY)
    types = {name: TYPES[kind] for name, kind in claims.columns.items()}
    asked = query.answers(library, claims.layout, None, Dialect.POSTGRES).sql(Dialect.POSTGRES)
    (key,) = claims.layout.keys
    assert server.answers(types, claims.rows, asked, key.name) == answers_by_library(library, cases)
