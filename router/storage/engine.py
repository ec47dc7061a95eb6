"""A database connection as the repositories see it: statements in, rows out, on either database."""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from router.storage.built import Built, Given, Kept
from router.storage.raw import Lookup, Parts, Put, Walk
from router.storage.raw import Row as RawRow

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
Statement = sa.Executable | Built
Rows = Sequence[sa.Row[*tuple[Any, ...]]]
T = TypeVar("T")

LOCK_WAIT_S = 10


class Conflict(Exception):
    """A deadlock, a serialization failure or a unique violation: the same again may succeed."""


class Refused(Exception):
    """The database refuses this data: the same again fails again."""


class Connection(Protocol):
    """One transaction's connection."""

    @property
    def dialect(self) -> str:
        """Which of the two: "sqlite" or "postgresql"."""

    async def rows(self, statement: Statement, parameters: Parameters = None) -> Rows: ...

    async def kept(self, statement: Built, given: Given, kept: Kept[T]) -> list[T]:
        """What is made of the rows; of those that were there the last time, what was made then."""

    async def run(self, statement: Statement, parameters: Parameters = None) -> int:
        """Execute and give the number of rows it changed."""

    async def put(self, puts: Sequence[Put]) -> None:
        """Write the rows of several shapes, parents first, as fast as the driver can."""

    async def find(self, lookup: Lookup, keys: Iterable[RawRow]) -> list[dict[str, Any]]:
        """The rows that have one of the keys, in no order."""

    async def walk(self, walk: Walk, keys: Iterable[RawRow]) -> list[Parts]:
        """What the keys lead to: rows of parts, None for a part that was not found."""


class Engine(Protocol):
    @property
    def dialect(self) -> str: ...

    def writing(self) -> Any:
        """An async context manager: a connection in a transaction, committed when it is left."""

    def reading(self) -> Any:
        """The same for reading one consistent state; nothing can be written."""

    async def run(self, work: "Work[T]") -> T:
        """Run `work` in a transaction of its own. On SQLite it awaits nothing but its connection."""

    async def version(self) -> int:
        """Changes whenever another process has written; always 0 where news tells of that."""

    async def close(self) -> None: ...


Work = Callable[[Connection], Coroutine[Any, Any, T]]
