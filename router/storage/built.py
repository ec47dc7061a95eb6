"""Statements that are asked again and again: built once, compiled once, run by the driver.

Measured in a step of the distributor: of each of its twenty statements SQLAlchemy's execution was
three quarters, though they were built once. `docs/decisions/0012` says who may do so.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from router.storage.raw import Process, bind_of, dialect_of, results_of
from router.storage.statements import dumps

T = TypeVar("T")

Given = Mapping[str, Any]
Raw = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Built:
    """A statement with named parameters. Those that stand for lists are expanding ones; `lists`
    names them, and every list of a call has what `IN` takes: repeated values change nothing.
    """

    statement: Any
    lists: tuple[str, ...] = ()


class Kept(Generic[T]):
    """What was made of the rows that a statement found the last time: a row that is found again
    gives the same value, and what is not found again is forgotten. `make` must be pure.

    Measured: of a thousand operators of whom one has changed, to read what the driver gives and to
    make nouns of it took ten times as long as to find out that it is the same.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._values: dict[Raw, T] = {}

    def values(self, found: Iterable[tuple[Raw, Raw]], read: Callable[[Raw], Any]) -> list[T]:
        """Of the rows as the driver gives them, each behind what it is told by."""
        before, self._values = self._values, {}
        values = []
        for key, raw in found:
            value = before.get(key)
            if value is None:
                value = self._make(read(raw))
            self._values[key] = value
            values.append(value)
        return values


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value of the driver's comes from: a parameter, or so far down a list of values."""

    name: str
    number: int | None = None

    def value(self, given: Given) -> Any:
        found = given[self.name]
        if self.number is None:
            return found
        return found[min(self.number, len(found) - 1)]


@dataclass(frozen=True)
class _Compiled:
    """`takes` are places or constants, each with what the driver wants of it."""

    sql: str
    takes: tuple[tuple[Any, Process | None], ...]
    row: Callable[[Sequence[Any]], Any]
    results: tuple[tuple[int, Process], ...]
    jsons: tuple[int, ...]

    def values(self, given: Given) -> list[Any]:
        return [
            _bound(place.value(given) if isinstance(place, _Place) else place, process)
            for place, process in self.takes
        ]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        return [self.read(values) for values in found]

    def read(self, values: Sequence[Any]) -> Any:
        read = list(values)
        for place, process in self.results:
            if (value := read[place]) is not None:
                read[place] = process(value)
        return self.row(read)


def named(given: object) -> Given:
    """The parameters of one call: a built statement takes no list of them."""
    if given is None:
        return {}
    assert isinstance(given, Mapping)
    return given


def rows_sqlite(driver: Any, built: Built, given: Given) -> list[Any]:
    compiled = _compiled_for("sqlite", built, given)
    return compiled.rows(driver.execute(compiled.sql, compiled.values(given)).fetchall())


def run_sqlite(driver: Any, built: Built, given: Given) -> int:
    compiled = _compiled_for("sqlite", built, given)
    count: int = driver.execute(compiled.sql, compiled.values(given)).rowcount
    return count


async def rows_postgresql(driver: Any, built: Built, given: Given) -> list[Any]:
    compiled = _compiled_for("postgresql", built, given)
    return compiled.rows(await driver.fetch(compiled.sql, *compiled.values(given)))


async def run_postgresql(driver: Any, built: Built, given: Given) -> int:
    compiled = _compiled_for("postgresql", built, given)
    status: str = await driver.execute(compiled.sql, *compiled.values(given))
    return int(status.rpartition(" ")[2])


def kept_sqlite(driver: Any, built: Built, given: Given, kept: Kept[T]) -> list[T]:
    compiled = _compiled_for("sqlite", built, given)
    found = driver.execute(compiled.sql, compiled.values(given)).fetchall()
    return kept.values(zip(found, found, strict=True), compiled.read)


async def kept_postgresql(driver: Any, built: Built, given: Given, kept: Kept[T]) -> list[T]:
    compiled = _compiled_for("postgresql", built, given)
    found = await driver.fetch(compiled.sql, *compiled.values(given))
    return kept.values([(_key(one, compiled.jsons), one) for one in found], compiled.read)


def _key(row: Sequence[Any], jsons: Sequence[int]) -> Raw:
    """The driver has read what JSON is in it: lists, which are no keys."""
    values = list(row)
    for place in jsons:
        values[place] = dumps(values[place])
    return tuple(values)


def _bound(value: Any, process: Process | None) -> Any:
    return value if process is None else process(value)


def _compiled_for(dialect_name: str, built: Built, given: Given) -> _Compiled:
    return _compiled(dialect_name, built, tuple(_padded(len(given[one])) for one in built.lists))


def _padded(length: int) -> int:
    """The next power of two, so that a few statements serve lists of every length."""
    return 1 << (length - 1).bit_length() if length else 0


@lru_cache(maxsize=1024)
def _compiled(dialect_name: str, built: Built, lengths: tuple[int, ...]) -> _Compiled:
    dialect = dialect_of(dialect_name)
    compiled = built.statement.compile(dialect=dialect)
    asked: dict[str, Any] = {
        name: _Place(name) for name, bind in compiled.binds.items() if bind.required
    }
    for name, length in zip(built.lists, lengths, strict=True):
        asked[name] = [_Place(name, number) for number in range(length)]
    state = compiled.construct_expanded_state(asked)
    takes = []
    for name in state.positiontup:
        place = state.parameters[name]
        bind = compiled.binds.get(place.name if isinstance(place, _Place) else name)
        process = state.processors.get(name) if bind is None else bind_of(bind.type, dialect)
        takes.append((place, process))
    columns = list(built.statement.exported_columns)
    # A label that nobody chose is no name that a row could have.
    row = namedtuple("Row", [str(one.key) for one in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024
    jsons = tuple(at for at, one in enumerate(columns) if isinstance(one.type, sa.JSON))
    results = tuple(results_of(columns, dialect))
    return _Compiled(state.statement, tuple(takes), row._make, results, jsons)
