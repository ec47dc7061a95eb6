"""Which engine a database URL means, and what its errors mean to the hub."""

import sqlite3

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from router.errors import Busy
from router.storage.engine import Conflict, Engine, Refused
from router.storage.postgresql import PostgresEngine
from router.storage.sqlite import SqliteEngine


def open_engine(url: str, *, connections: int = 10) -> Engine:
    """The engine for a database URL: `sqlite:///path` or `postgresql://…`."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return SqliteEngine(parsed)
        case "postgresql":
            return PostgresEngine(parsed, connections=connections)
        case other:
            raise ValueError(f"the database must be sqlite or postgresql, not {other}")


DEADLOCK, SERIALIZATION, UNIQUE = "40P01", "40001", "23505"
# What passes, or is mended: another writer, a full or failing disk, no memory, too many files.
PASSING = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_CANTOPEN,
    )
)

DRIVER_ERRORS = (DBAPIError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError)
# asyncpg 0.32 is confused about itself when the server goes in the middle of a preparation.
AWAY = (OSError, TimeoutError, sa.exc.TimeoutError, asyncpg.InternalClientError)


def named(error: BaseException) -> BaseException:
    """The error as the hub knows it: `Conflict` and `Busy` may be tried again, `Refused` not."""
    if isinstance(error, AWAY):
        return Busy(type(error).__name__)
    if not isinstance(error, DRIVER_ERRORS):
        return error
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Busy("the database went away")
    # The hot path's errors come from the driver as they are.
    original = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(original, "sqlstate", None)
    if state in (DEADLOCK, SERIALIZATION, UNIQUE):
        return Conflict(state)
    # 57: the server is stopping or starting; 53: it has no room; 08: the connection broke.
    if isinstance(state, str) and state[:2] in ("57", "53", "08"):
        return Busy(state)
    if isinstance(original, sqlite3.IntegrityError) and "UNIQUE" in str(original):
        return Conflict("unique")
    # Extended codes say more in their higher bits.
    if getattr(original, "sqlite_errorcode", 0) & 0xFF in PASSING:
        return Busy(getattr(original, "sqlite_errorname", ""))
    # asyncpg says a lost connection and a wrong argument with errors of one family.
    is_data = isinstance(original, (asyncpg.DataError, ValueError))
    if isinstance(original, asyncpg.InterfaceError) and not is_data:
        return Busy("the connection was lost")
    if isinstance(error, sa.exc.InterfaceError) and not is_data:
        return Busy("the connection was lost")
    return Refused(type(original).__name__)
