"""The schema: what the migrations make is what the tables say, on either database."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from router.storage.migrate import migrate, tables

OURS = "n.nspname = 'public' AND c.relname <> 'alembic_version'"
POSTGRESQL_SCHEMA = (
    f"""SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind = 'r' AND {OURS}""",
    f"""SELECT c.relname, x.conname, pg_get_constraintdef(x.oid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_constraint x ON x.conrelid = c.oid WHERE {OURS}""",
    """SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'""",
)
SQLITE_SCHEMA = (
    """SELECT type, name, sql FROM sqlite_master
        WHERE tbl_name NOT IN ('alembic_version', 'sqlite_sequence')""",
)


async def created(url: str) -> None:
    """Make the tables as the metadata says, without migrations."""
    engine = create_async_engine(_asynchronous(url))
    async with engine.begin() as connection:
        await connection.run_sync(tables().create_all)
    await engine.dispose()


async def schema(url: str) -> set[str]:
    """Everything there is, in the database's own words."""
    found: set[str] = set()
    engine = create_async_engine(_asynchronous(url))
    queries = SQLITE_SCHEMA if engine.dialect.name == "sqlite" else POSTGRESQL_SCHEMA
    async with engine.connect() as connection:
        for query in queries:
            rows = await connection.execute(sa.text(query))
            found |= {str(tuple(map(_in_any_order, row))) for row in rows}
    await engine.dispose()
    return found


def _in_any_order(value: object) -> object:
    """A table's parts in the order of their words: the constraints' own says nothing, nor where
    SQLite put a column that was added later.
    """
    if not isinstance(value, str) or "\n\t" not in value:
        return value
    # The first part stands behind the table's name.
    parts = value.replace('"', "").replace("(", ",", 1).split(",")
    return sorted(part.strip(" \n\t()") for part in parts)


def _asynchronous(url: str) -> sa.URL:
    parsed = make_url(url)
    driver = "aiosqlite" if parsed.get_backend_name() == "sqlite" else "asyncpg"
    return parsed.set(drivername=f"{parsed.get_backend_name()}+{driver}")


async def test_on_sqlite_the_migrations_make_the_tables(tmp_path: Path) -> None:
    migrated, made = f"sqlite:///{tmp_path}/migrated", f"sqlite:///{tmp_path}/made"
    await migrate(migrated)
    await created(made)
    assert await schema(migrated) == await schema(made)


async def test_on_postgresql_the_migrations_make_the_tables(postgresql_url: str) -> None:
    await migrate(postgresql_url)
    migrated = await schema(postgresql_url)
    engine = create_async_engine(_asynchronous(postgresql_url))
    async with engine.begin() as connection:
        await connection.run_sync(tables().drop_all)
        await connection.run_sync(tables().create_all)
    await engine.dispose()
    assert migrated == await schema(postgresql_url)


async def test_nothing_is_left_to_migrate(postgresql_url: str) -> None:
    await migrate(postgresql_url)
    engine = create_async_engine(_asynchronous(postgresql_url))

    def differences(connection: sa.Connection) -> object:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, tables())

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database in which nothing is."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk"
    return str(request.getfixturevalue("postgresql_url"))


async def test_migrating_again_and_at_once_changes_nothing(url: str) -> None:
    await asyncio.gather(*(migrate(url) for _ in range(4)))
    before = await schema(url)
    await migrate(url)
    assert await schema(url) == before


async def test_a_migration_that_ends_midway_has_changed_nothing(url: str) -> None:
    await migrate(url)
    whole = await schema(url)
    await migrate(url, down_to="0025")
    # What the last statement of the next migration makes is already there.
    await changed(url, "CREATE INDEX ix_conversations_split ON conversations (id)")
    before = await schema(url)
    with pytest.raises(sa.exc.DBAPIError, match="ix_conversations_split"):
        await migrate(url)
    assert await schema(url) == before
    await changed(url, "DROP INDEX ix_conversations_split")
    await migrate(url)
    assert await schema(url) == whole


async def changed(url: str, statement: str) -> None:
    """Change the schema behind the migrations' back."""
    engine = create_async_engine(_asynchronous(url))
    async with engine.begin() as connection:
        await connection.execute(sa.text(statement))
    await engine.dispose()
