"""SQLite: one writer thread, and readers beside it (WAL).

Measured: aiosqlite costs half the speed, a second writer fights for the file's lock, and what
costs is the commit. So writers share commits: what is queued runs in one hop to the writer's
thread, each in a savepoint of its own, and is answered after one commit for all of them.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import URL

from router.storage.built import Built, Given, Kept, kept_sqlite, named, rows_sqlite, run_sqlite
from router.storage.engine import LOCK_WAIT_S, Connection, Parameters, Rows, Statement, T, Work
from router.storage.raw import Lookup, Parts, Put, Walk, find_sqlite, put_sqlite, walk_sqlite
from router.storage.raw import Row as RawRow
from router.storage.statements import dumps

READERS = 2
GROUP_LIMIT = 100
CHECKPOINT_PAGES = 4_000


@dataclass(frozen=True, slots=True)
class _Done:
    value: Any


_Outcome = _Done | Exception


class SqliteConnection:
    """A synchronous connection, driven in its own thread."""

    dialect = "sqlite"

    def __init__(self, connection: sa.Connection, thread: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._thread = thread

    async def call(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    async def rows(self, statement: Statement, parameters: Parameters = None) -> Rows:
        rows: Rows = await self.call(self._rows, statement, parameters)
        return rows

    async def kept(self, statement: Built, given: Given, kept: Kept[T]) -> list[T]:
        values: list[T] = await self.call(kept_sqlite, self._driver, statement, given, kept)
        return values

    async def run(self, statement: Statement, parameters: Parameters = None) -> int:
        count: int = await self.call(self._run, statement, parameters)
        return count

    async def put(self, puts: Sequence[Put]) -> None:
        await self.call(put_sqlite, self._driver, puts)

    async def find(self, lookup: Lookup, keys: Iterable[RawRow]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.call(find_sqlite, self._driver, lookup, keys)
        return found

    async def walk(self, walk: Walk, keys: Iterable[RawRow]) -> list[Parts]:
        found: list[Parts] = await self.call(walk_sqlite, self._driver, walk, keys)
        return found

    @property
    def _driver(self) -> sqlite3.Connection:
        return _driver(self._connection)

    def _rows(self, statement: Statement, parameters: Parameters) -> Rows:
        return _rows(self._connection, statement, parameters)

    def _run(self, statement: Statement, parameters: Parameters) -> int:
        return _run(self._connection, statement, parameters)

    def run_group(self, works: Sequence[Work[Any]]) -> list[_Outcome]:
        """Run works in one transaction. One that fails is undone alone; if the commit or the disk
        fails, all have failed.
        """
        # What is alone is undone with the whole: a savepoint copies every page that is changed.
        run = self._run_apart if len(works) > 1 else self._run_work
        begun = self._connection.begin()
        try:
            outcomes = [run(work) for work in works]
            begun.commit()
        except BaseException as error:
            begun.rollback()
            if not isinstance(error, Exception):
                raise
            return [error] * len(works)
        return outcomes

    def _run_work(self, work: Work[Any]) -> _Outcome:
        return _Done(drive(work(InlineConnection(self._connection))))

    def _run_apart(self, work: Work[Any]) -> _Outcome:
        driver = self._driver
        driver.execute("SAVEPOINT work")
        outcome: _Outcome
        try:
            outcome = self._run_work(work)
        except Exception as error:
            if not driver.in_transaction:
                # A full disk or its failure: SQLite has undone the whole transaction,
                # https://sqlite.org/c3ref/get_autocommit.html, read 2026-11-21.
                raise
            driver.execute("ROLLBACK TO work")
            outcome = error
        driver.execute("RELEASE work")
        return outcome

    def pragma(self, name: str) -> Any:
        """Read or set a setting of the connection itself, outside of any transaction."""
        row = self._driver.execute(f"PRAGMA {name}").fetchone()
        return row[0] if row else None

    async def _begin(self) -> sa.RootTransaction:
        starting = asyncio.ensure_future(self.call(self._connection.begin))
        try:
            begun: sa.RootTransaction = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The thread goes on without us: what it begins there must not stay open.
            await self.call((await starting).rollback)
            raise
        return begun

    @asynccontextmanager
    async def begun(self) -> AsyncIterator["SqliteConnection"]:
        begun = await self._begin()
        try:
            yield self
        except BaseException:
            await asyncio.shield(self.call(begun.rollback))
            raise
        await asyncio.shield(self.call(begun.commit))


class InlineConnection:
    """A connection in its own thread, where nothing has to be waited for."""

    dialect = "sqlite"

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    async def rows(self, statement: Statement, parameters: Parameters = None) -> Rows:
        return _rows(self._connection, statement, parameters)

    async def kept(self, statement: Built, given: Given, kept: Kept[T]) -> list[T]:
        return kept_sqlite(_driver(self._connection), statement, given, kept)

    async def run(self, statement: Statement, parameters: Parameters = None) -> int:
        return _run(self._connection, statement, parameters)

    async def put(self, puts: Sequence[Put]) -> None:
        put_sqlite(_driver(self._connection), puts)

    async def find(self, lookup: Lookup, keys: Iterable[RawRow]) -> list[dict[str, Any]]:
        return find_sqlite(_driver(self._connection), lookup, keys)

    async def walk(self, walk: Walk, keys: Iterable[RawRow]) -> list[Parts]:
        return walk_sqlite(_driver(self._connection), walk, keys)


@dataclass(slots=True)
class _Waiting:
    """Work that waits for the next shared commit."""

    work: Work[Any]
    answer: asyncio.Future[Any]


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _rows(connection: sa.Connection, statement: Statement, parameters: Parameters) -> Rows:
    if isinstance(statement, Built):
        return rows_sqlite(_driver(connection), statement, named(parameters))
    return connection.execute(statement, parameters).fetchall()


def _run(connection: sa.Connection, statement: Statement, parameters: Parameters) -> int:
    if isinstance(statement, Built):
        return run_sqlite(_driver(connection), statement, named(parameters))
    return connection.execute(statement, parameters).rowcount


def drive(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that has nothing to wait for, here and now."""
    try:
        work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    work.close()
    raise RuntimeError("what `storage.run` runs awaits nothing but its transaction")


class SqliteEngine:
    """Writers share commits: what is queued runs in one hop to the writer's thread, each in a
    savepoint of its own, and is answered after one commit for all of them.
    """

    dialect = "sqlite"

    def __init__(self, url: URL) -> None:
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._url = url.set(drivername="sqlite+pysqlite")
        self._engines: list[sa.Engine] = []
        self._threads: list[ThreadPoolExecutor] = []
        self._lock = asyncio.Lock()
        self._writer: SqliteConnection | None = None
        self._idle: asyncio.Queue[SqliteConnection] = asyncio.Queue()
        self._opened = 0
        self._waiting: deque[_Waiting] = deque()
        self._draining: asyncio.Task[None] | None = None

    async def run(self, work: Work[T]) -> T:
        waiting = _Waiting(work, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain(), name="sqlite-group-commit")
        answer: T = await waiting.answer
        return answer

    async def _drain(self) -> None:
        while self._waiting:
            async with self._lock:
                group = [
                    self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_LIMIT))
                ]
                group = [one for one in group if not one.answer.done()]
                try:
                    writer = await self._write_connection()
                    outcomes = await writer.call(writer.run_group, [one.work for one in group])
                except BaseException as error:
                    for one in group:
                        _answer(one.answer, error)
                    raise
            for one, outcome in zip(group, outcomes, strict=True):
                _answer(one.answer, outcome)

    async def _open(self, *, name: str, begin: str) -> SqliteConnection:
        thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._threads.append(thread)
        engine = sa.create_engine(
            self._url,
            poolclass=sa.StaticPool,
            connect_args={"check_same_thread": False, "timeout": LOCK_WAIT_S},
            json_serializer=dumps,
            json_deserializer=orjson.loads,
        )
        self._engines.append(engine)
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", lambda one: _driver(one).execute(begin))
        connection = await asyncio.get_running_loop().run_in_executor(thread, engine.connect)
        return SqliteConnection(connection, thread)

    async def _write_connection(self) -> SqliteConnection:
        if self._writer is None:
            self._writer = await self._open(name="sqlite-writer", begin="BEGIN IMMEDIATE")
        return self._writer

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        async with self._lock:
            writer = await self._write_connection()
            async with writer.begun() as connection:
                yield connection

    async def version(self) -> int:
        # Asked on the one connection that writes: its own commits leave the number as it is.
        async with self._lock:
            writer = await self._write_connection()
            version: int = await writer.call(writer.pragma, "data_version")
        return version

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        reader = await self._reader()
        try:
            async with reader.begun() as connection:
                yield connection
        finally:
            self._idle.put_nowait(reader)

    async def _reader(self) -> SqliteConnection:
        if not self._idle.empty() or self._opened >= READERS:
            return await self._idle.get()
        self._opened += 1
        try:
            reader = await self._open(name=f"sqlite-reader-{self._opened}", begin="BEGIN")
            await reader.call(reader.pragma, "query_only=ON")
        except BaseException:
            self._opened -= 1
            raise
        return reader

    async def close(self) -> None:
        for engine, thread in zip(self._engines, self._threads, strict=True):
            await asyncio.get_running_loop().run_in_executor(thread, engine.dispose)
            thread.shutdown()


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin by itself, and only before a write: we begin, and at once.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA busy_timeout={LOCK_WAIT_S * 1000}")
    connection.execute("PRAGMA cache_size=-32000")
    # What a savepoint keeps of changed pages would go into a file, beyond sixteen of them.
    connection.execute("PRAGMA temp_store=MEMORY")
    # A page that is changed again and again is then copied into the database once; at most 16 MB
    # are read back after a crash.
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")


def _answer(answer: asyncio.Future[Any], outcome: _Done | BaseException) -> None:
    if answer.done():
        return
    if isinstance(outcome, _Done):
        answer.set_result(outcome.value)
    else:
        answer.set_exception(outcome)
