"""Bring a database to the newest schema."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

import router.storage.tables
from router.storage.columns import metadata
from router.storage.engine import LOCK_WAIT_S

# One migration at a time, however many processes start at once; any constant serves.
ADVISORY_LOCK = 7_302_611


def tables() -> sa.MetaData:
    """Every table of the desk."""
    for module in iter_modules(router.storage.tables.__path__):
        import_module(f"router.storage.tables.{module.name}")
    return metadata


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _change(connection: sa.Connection, down_to: str | None) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
    if down_to is not None:
        command.downgrade(_config(connection), down_to)
    else:
        command.upgrade(_config(connection), "head")


def _begin(connection: sa.Connection) -> None:
    # The driver would begin only before rows are written, so each table would be kept at once.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def migrate(url: str, *, down_to: str | None = None) -> None:
    """Run what has not run yet; safe to call at every start and from several processes.

    It is done in one transaction: what is interrupted or fails has changed nothing.

    `down_to` takes back instead what came after that revision.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(
            parsed.set(drivername="sqlite+pysqlite"),
            connect_args={"timeout": LOCK_WAIT_S, "isolation_level": None},
        )
        sa.event.listen(engine, "begin", _begin)
        try:
            with engine.begin() as connection:
                _change(connection, down_to)
        finally:
            engine.dispose()
        return
    async_engine = create_async_engine(parsed.set(drivername="postgresql+asyncpg"))
    try:
        async with async_engine.begin() as connection:
            await connection.run_sync(_change, down_to)
    finally:
        await async_engine.dispose()
