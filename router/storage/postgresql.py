"""PostgreSQL, through asyncpg."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import orjson
import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from router.storage.built import (
    Built,
    Given,
    Kept,
    kept_postgresql,
    named,
    rows_postgresql,
    run_postgresql,
)
from router.storage.engine import LOCK_WAIT_S, Connection, Parameters, Rows, Statement, T, Work
from router.storage.raw import (
    Lookup,
    Parts,
    Put,
    Walk,
    find_postgresql,
    put_postgresql,
    walk_postgresql,
)
from router.storage.raw import Row as RawRow
from router.storage.statements import dumps

BROKEN = (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError, OSError)


class PostgresConnection:
    dialect = "postgresql"

    def __init__(self, connection: AsyncConnection, driver: Any = None) -> None:
        self.connection = connection
        self._begun = driver

    async def rows(self, statement: Statement, parameters: Parameters = None) -> Rows:
        if isinstance(statement, Built):
            if self._begun is not None:
                return await rows_postgresql(self._begun, statement, named(parameters))
            # To begin only for the driver is a round trip: SQLAlchemy does it with the statement.
            return await self.rows(statement.statement, parameters)
        return (await self.connection.execute(statement, parameters)).fetchall()

    async def kept(self, statement: Built, given: Given, kept: Kept[T]) -> list[T]:
        return await kept_postgresql(await self._driver(), statement, given, kept)

    async def run(self, statement: Statement, parameters: Parameters = None) -> int:
        if isinstance(statement, Built):
            return await run_postgresql(await self._driver(), statement, named(parameters))
        return (await self.connection.execute(statement, parameters)).rowcount

    async def put(self, puts: Sequence[Put]) -> None:
        await put_postgresql(await self._driver(), puts)

    async def find(self, lookup: Lookup, keys: Iterable[RawRow]) -> list[dict[str, Any]]:
        return await find_postgresql(await self._driver(), lookup, keys)

    async def walk(self, walk: Walk, keys: Iterable[RawRow]) -> list[Parts]:
        return await walk_postgresql(await self._driver(), walk, keys)

    async def _driver(self) -> Any:
        if self._begun is None:
            # SQLAlchemy begins with its first statement: the driver alone would commit each.
            await self.rows(sa.select(1))
            self._begun = await _driver_of(self.connection)
        return self._begun


class PostgresEngine:
    dialect = "postgresql"

    def __init__(self, url: URL, *, connections: int) -> None:
        self._engine: AsyncEngine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=connections,
            max_overflow=0,
            pool_timeout=LOCK_WAIT_S,
            json_serializer=dumps,
            json_deserializer=orjson.loads,
            connect_args={"timeout": 5, "command_timeout": 60},
        )
        # The driver begins and commits for itself: SQLAlchemy only would with a statement of its own.
        self._writers = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._snapshots = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        async with self._writers.connect() as connection:
            driver = await _driver_of(connection)
            try:
                async with _transaction(driver):
                    yield PostgresConnection(connection, driver)
            except asyncpg.InternalClientError:
                # It does not know any more what it was about, nor says so when asked.
                await connection.invalidate()
                raise
            finally:
                # What broke, or was cancelled while it ended, is nobody else's to get.
                if not connection.invalidated and (
                    driver.is_closed() or driver.is_in_transaction()
                ):
                    await connection.invalidate()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        async with self._snapshots.begin() as connection:
            yield PostgresConnection(connection)

    async def run(self, work: Work[T]) -> T:
        async with self.writing() as connection:
            return await work(connection)

    async def version(self) -> int:
        return 0

    async def close(self) -> None:
        await self._engine.dispose()


@asynccontextmanager
async def _transaction(driver: Any) -> AsyncIterator[None]:
    """The driver's own would hide a cancellation behind the connection that it closed."""
    begun = driver.transaction()
    await begun.start()
    try:
        yield
    except BaseException:
        with suppress(*BROKEN):
            await begun.rollback()
        raise
    await begun.commit()


async def _driver_of(connection: AsyncConnection) -> Any:
    return (await connection.get_raw_connection()).driver_connection
