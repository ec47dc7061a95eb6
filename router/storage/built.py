"""Statements that are asked again and again: built once, compiled once, run by the driver.

Measured in a step of the distributor: of each of its twenty statements SQLAlchemy's execution was
three quarters, though they were built once. `docs/decisions/0012` says who may do so.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from router.storage.raw import Process, bind_of, dialect_of, results_of

Given = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Built:
    """A statement with named parameters. Those that stand for lists are expanding ones; `lists`
    names them, and every list of a call has what `IN` takes: repeated values change nothing.
    """

    statement: Any
    lists: tuple[str, ...] = ()


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

    def values(self, given: Given) -> list[Any]:
        return [
            _bound(place.value(given) if isinstance(place, _Place) else place, process)
            for place, process in self.takes
        ]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        return [self.row(self._read(values)) for values in found]

    def _read(self, values: Sequence[Any]) -> Sequence[Any]:
        read = list(values)
        for place, process in self.results:
            if (value := read[place]) is not None:
                read[place] = process(value)
        return read


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
    return _Compiled(state.statement, tuple(takes), row._make, tuple(results_of(columns, dialect)))
