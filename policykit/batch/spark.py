"""Claims decided by Spark: in the session that is there already, or in one of our own.

Files of text are read by DuckDB, into Parquet, as it reads them for itself: Spark would take a file that breaks off
within quotes, or a line with two objects in it, for whole. Spark reads Parquet, decides, and writes a folder of parts.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial, reduce
from logging import getLogger
from subprocess import DEVNULL, TimeoutExpired
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4

import sqlglot
from pyspark import InheritableThread, SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.logger import PySparkLogger
from pyspark.sql import SparkSession

from policykit.batch.database import CLAIMS
from policykit.batch.duck import words_in, written_in
from policykit.batch.engine import Stopped, Unreadable, engine, exactly, no_room, quoted
from policykit.batch.spark_files import address, parts, write
from policykit.batch.staging import in_parquet
from policykit.batch.tables import columns_in, parquet_table
from policykit.sql.dialects import Dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from logging import LogRecord
    from pathlib import Path

    from pyspark.sql import DataFrame

    from policykit.batch.claims import Claims
    from policykit.batch.database import Database, Written
    from policykit.batch.engine import Engine, Limits
    from policykit.batch.sources import Sources
    from policykit.batch.tables import Table, TableColumn
    from policykit.batch.workplace import Workplace

_Found = TypeVar("_Found")
_TABLE: Final = "policykit_table"
_PAUSE: Final = 0.1  # seconds between two looks at how far a query is
# On these hangs what a query means. Whatever a session was told of them, a query of ours is read with these.
_MEANING: Final = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "false",
    "spark.sql.ansi.enforceReservedKeywords": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.caseSensitive": "false",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
}
# What no answer hangs on. To infer of every column what must hold of it takes longer than all else, by far.
_PLANNING: Final = {"spark.sql.constraintPropagation.enabled": "false"}
# What would be said of a query that fails, with what stands in the claims; and of one that is interrupted.
_LOGGERS: Final = ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "py4j.clientserver", "py4j.java_gateway")
_SPEAKING: Final = ("clientserver", "java_gateway")  # modules that speak for themselves, without a name
_PATIENCE: Final = 30  # seconds in which Java ends
_DAMAGED: Final = ("FAILED_READ_FILE", "CANNOT_READ_FILE", "is not a Parquet file", "ParquetDecodingException")


@contextmanager
def opened(limits: Limits, folder: Path) -> Iterator[Database]:
    """Spark, and DuckDB for what it reads and counts, which is held to the limits. Raises `Stopped`.

    The number of threads is that of a session of our own, unless it is configured to work elsewhere.
    """
    with _silence(), engine(limits, folder / "spill") as reader, _session(limits, folder) as session:
        yield _Spark(session, reader)


# The session


@contextmanager
def _silence() -> Iterator[None]:
    loggers = [PySparkLogger.getLogger(name) for name in _LOGGERS]
    before = [each.disabled for each in loggers]
    for each in loggers:
        each.disabled = True
    getLogger().addFilter(_is_spoken_for)
    try:
        yield
    finally:
        getLogger().removeFilter(_is_spoken_for)
        for each, was in zip(loggers, before, strict=True):
            each.disabled = was


def _is_spoken_for(spoken: LogRecord) -> bool:
    return spoken.module not in _SPEAKING


@contextmanager
def _session(limits: Limits, folder: Path) -> Iterator[SparkSession]:
    """A session with settings and views of its own, over what runs already, or over what runs only for it."""
    if SparkContext._active_spark_context is not None:  # noqa: SLF001  # nothing else tells without starting one
        yield with_meaning(SparkSession.builder.getOrCreate())
        return
    gateway = SparkContext._gateway  # noqa: SLF001  # that of a session that has ended
    # In a thread of its own, which no signal disturbs: Java that is left while it starts never ends.
    with ThreadPoolExecutor(1) as aside:
        starting = aside.submit(_started, gateway, limits, folder)
        try:
            context = starting.result()
        except Exception:  # noqa: BLE001  # whatever it is, it is in the words of Java
            advice = (
                "install Java 17 or newer, and let `JAVA_HOME` name its folder; and look at how Spark is configured"
            )
            raise Stopped("Spark does not start", advice) from None
        except BaseException:
            if starting.exception() is None:
                _stop(starting.result(), is_ours=gateway is None)
            raise
    try:
        context.setLogLevel("OFF")
        yield with_meaning(SparkSession(context))
    finally:
        _stop(context, is_ours=gateway is None)


def _started(gateway: Any, limits: Limits, folder: Path) -> SparkContext:
    """A context, over Java that runs already or is started for it."""
    started = gateway or _launched()
    try:
        return SparkContext(conf=_configured(started, limits, folder), gateway=started)
    except BaseException:
        if gateway is None:
            _end(started)
        raise


def _stop(context: SparkContext, *, is_ours: bool) -> None:
    """Stops a context, and Java with it if that was started for it."""
    gateway = context._gateway  # noqa: SLF001  # nothing else tells it
    with suppress(Exception):  # Java may have ended by itself
        context.stop()
    if is_ours:
        _end(gateway)


def _launched() -> Any:
    """Java, of whose words nothing is shown."""
    return launch_gateway(popen_kwargs={"stdout": DEVNULL, "stderr": DEVNULL})  # type: ignore[no-untyped-call]


def _configured(gateway: Any, limits: Limits, folder: Path) -> SparkConf:
    """As Spark is configured on this machine; if nothing is said of it, within this machine alone."""
    conf = SparkConf(loadDefaults=True, _jvm=gateway.jvm)
    conf.setAppName("policykit")
    conf.set("spark.ui.enabled", "false")
    conf.set("spark.ui.showConsoleProgress", "false")
    conf.set("spark.sql.catalogImplementation", "in-memory")
    if (conf.get("spark.master") or "local").startswith("local"):
        conf.setMaster(f"local[{limits.threads or '*'}]")
        conf.set("spark.driver.host", "127.0.0.1")
        conf.set("spark.driver.bindAddress", "127.0.0.1")
        # What does not fit into memory is as private as the claims, and goes when they are decided.
        conf.set("spark.local.dir", str((folder / "spill").resolve()))
    return conf


def _end(gateway: Any) -> None:
    """Ends the Java that was started for a session."""
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001  # so that another can be started
    with suppress(Exception):  # it may have ended by itself
        gateway.shutdown()
    if gateway.proc is not None:
        gateway.proc.stdin.close()
        try:
            gateway.proc.wait(_PATIENCE)
        except TimeoutExpired:
            gateway.proc.kill()
            gateway.proc.wait()


def with_meaning(session: SparkSession) -> SparkSession:
    """A session beside another, with views of its own, in which our queries mean what they mean elsewhere."""
    own = session.newSession()
    for name, value in {**_MEANING, **_PLANNING}.items():
        own.conf.set(name, value)
    return own


# The engine


class _Spark:
    dialect = Dialect.SPARK
    numbers_rows = False
    writes_folders = True

    def __init__(self, session: SparkSession, reader: Engine) -> None:
        self._session = session
        self._reader = reader

    def table(self, sources: Sources, folder: Path, told: Callable[[float], None]) -> Table:
        files = in_parquet(self._reader, sources, folder, told)
        table = parquet_table(self._reader, files, sources.files)
        # Files whose columns are of one type each are read together.
        groups: dict[tuple[TableColumn, ...], list[Path]] = {}
        for number, path in enumerate(files):
            # By another name: Spark passes over files whose names begin with a point or `_`.
            link = folder / f"linked-{number:06}.parquet"
            link.symlink_to(path.resolve())
            groups.setdefault(columns_in(self._reader, path), []).append(link)
        frames = [self._working(partial(self._read, *each), told) for each in groups.items()]
        whole = reduce(lambda one, other: one.unionByName(other), frames)
        whole.createOrReplaceTempView(_TABLE)
        relation = f"read_parquet([{', '.join(exactly(path) for path in files)}], union_by_name=true)"
        expected = self._reader.rows(f"SELECT count(*) FROM {relation}", told)  # noqa: S608  # made here
        if self.rows(f"SELECT count(*) FROM {_TABLE}", told) != expected:  # noqa: S608  # made here
            raise Unreadable(None)
        columns = tuple(replace(each, expression=quoted(each.name)) for each in table.columns)
        return replace(table, columns=columns, relation=_TABLE, file="NULL", row="NULL")

    def _read(self, columns: Sequence[TableColumn], files: Sequence[Path]) -> DataFrame:
        self._session.read.parquet(*(address(path) for path in files)).createOrReplaceTempView(f"{_TABLE}_files")
        selected = ", ".join(f"{each.expression} AS {quoted(each.name)}" for each in columns)
        return self._session.sql(_translated(f"SELECT {selected} FROM {_TABLE}_files"))  # noqa: S608  # quoted

    def define(self, claims: Claims) -> None:
        view = self._working(lambda: self._session.sql(_translated(claims.query)))
        view.createOrReplaceTempView(CLAIMS)

    def rows(self, sql: str, told: Callable[[float], None]) -> list[tuple[Any, ...]]:
        return self._working(lambda: [tuple(row) for row in self._session.sql(sql).collect()], told)

    def write(self, sql: str, written: Written, place: Workplace, told: Callable[[float], None]) -> int:
        # Under a name that is new: what an earlier command left behind may still be writing.
        made = place.folder / f"parts-{uuid4().hex}"
        self._working(lambda: write(self._session.sql(sql), written, made, place.target), told)
        # By their names they can be put again. The sums beside keep to the names of what they are of.
        for path in [each for each in made.iterdir() if ".json" in each.name]:
            path.rename(path.with_name(path.name.replace(".json", ".jsonl", 1)))
        made.rename(place.unfinished)
        relation = written_in(parts(place), place.target, written)
        ((count,),) = self._reader.rows(f"SELECT count(*) FROM {relation}", told)  # noqa: S608  # made here
        return int(count)

    def words(self, place: Workplace, written: Written, column: str, told: Callable[[float], None]) -> dict[str, int]:
        return words_in(self._reader, parts(place), place.target, written, column, told=told)

    def _working(self, work: Callable[[], _Found], told: Callable[[float], None] | None = None) -> _Found:
        """What work gives. `told` is called now and then. Raises `Stopped`, and `Unreadable` for what was read."""
        found: list[_Found] = []
        failed: list[BaseException] = []
        done, group, context = Event(), f"policykit-{uuid4().hex}", self._session.sparkContext

        def begin() -> None:
            try:
                context.setJobGroup(group, "policykit", interruptOnCancel=True)
                found.append(work())
            except BaseException as error:  # noqa: BLE001  # raised again where the caller waits
                failed.append(error)
            finally:
                done.set()

        thread = InheritableThread(target=begin, daemon=True)
        thread.start()
        try:
            while not done.wait(_PAUSE):
                if told is not None:
                    told(_share(context, group))
        except BaseException:
            # Interrupted while waiting: what is under way ends first, since it writes into a folder that will go.
            while not done.wait(_PAUSE):
                with suppress(Exception):  # Java may have been told to end, too
                    context.cancelJobGroup(group)
            raise
        thread.join()
        if failed:
            raise _explained(failed[0]) from None
        return found[0]


def _share(context: SparkContext, group: str) -> float:
    """How much is done of the work of a group, as far as it has begun."""
    tracker = context.statusTracker()
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
    stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
    tasks = sum(each.numTasks for each in stages if each)
    return sum(each.numCompletedTasks for each in stages if each) / tasks if tasks else 0.0


def _explained(error: BaseException) -> BaseException:
    if not isinstance(error, Exception) or isinstance(error, Stopped | Unreadable):
        return error
    text = str(error)
    if (full := no_room(text)) is not None:
        return full
    if any(each in text for each in _DAMAGED):
        return Unreadable(None)
    if "OutOfMemoryError" in text:
        return Stopped("Spark has too little memory", "allow more with `spark.driver.memory` in its configuration")
    # What Spark says may repeat a claim, so only the kind of its complaint is told.
    condition = error.getCondition() if isinstance(error, PySparkException) else None
    found = re.search(r"\[([A-Z][A-Z0-9_.]{1,80})\]", text)
    kind = condition or (found[1] if found else "an error")
    advice = "nothing is written; without `--engine`, DuckDB decides the same; please report it, without the claims"
    return Stopped(f"Spark stops with: {kind.lower().replace('_', ' ')}", advice)


def _translated(sql: str) -> str:
    """A query of DuckDB as Spark reads it."""
    return sqlglot.transpile(sql, read=Dialect.DUCKDB, write=Dialect.SPARK)[0]
