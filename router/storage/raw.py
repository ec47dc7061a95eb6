"""The hot path's statements: written as Core constructs, compiled once, run on the driver.

Measured on the way in: SQLAlchemy's execution costs as much as everything else together. A
`Shape` is one table's INSERT, UPDATE or upsert; `put` writes the rows of several at once: on
PostgreSQL as one statement, on SQLite as one `executemany` each, in the given order. A `Lookup`
finds rows by many keys: on PostgreSQL by a join with the keys, on SQLite one by one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import repeat
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine import Dialect

from router.storage.statements import Insert, dumps, insert

Row = tuple[Any, ...]
Parts = list[Sequence[Any] | None]
Process = Callable[[Any], Any]

DIALECTS: Mapping[str, Callable[..., Dialect]] = {
    "sqlite": sqlite.dialect,
    "postgresql": asyncpg.dialect,
}


@dataclass(frozen=True, eq=False)
class Shape:
    """One table's write. `keys` makes it an UPDATE of the rows with these keys; `merge` says what
    an INSERT does on a conflict.
    """

    table: sa.Table
    columns: tuple[str, ...]
    keys: tuple[str, ...] = ()
    merge: Callable[[Insert], Insert] | None = None


@dataclass(frozen=True, eq=False)
class Lookup:
    """A SELECT of rows by the columns `keys`, whose values come in batches."""

    select: sa.Select[Any]
    keys: tuple[sa.ColumnElement[Any], ...]


@dataclass(frozen=True, eq=False)
class Walk:
    """A SELECT that leads from each key through outer joins. `statement` is handed the table of
    keys, with the columns `c0`, `c1` …; its rows fall into parts of so many columns each, given in
    their order, and a part whose first column is NULL was not found.
    """

    key_types: tuple[sa.types.TypeEngine[Any], ...]
    statement: Callable[[sa.FromClause], sa.Select[Any]]
    parts: tuple[int, ...]


Put = tuple[Shape, Sequence[Row]]


@dataclass(frozen=True)
class _Compiled:
    """`places` says where each parameter comes from: (shape, column), or a constant."""

    sql: str
    places: tuple[tuple[int, int] | tuple[None, Any], ...]
    processes: tuple[tuple[Process | None, ...], ...]


@dataclass(frozen=True)
class _Finder:
    """`results` are the columns that are not read as the driver gives them."""

    sql: str
    binds: tuple[Process | None, ...]
    names: tuple[str, ...]
    results: tuple[tuple[str, Process], ...]

    def rows(self, found: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
        return [self.row(values) for values in found]

    def row(self, values: Sequence[Any]) -> dict[str, Any]:
        row = dict(zip(self.names, values, strict=True))
        for name, process in self.results:
            if (value := row[name]) is not None:
                row[name] = process(value)
        return row


@lru_cache
def dialect_of(name: str) -> Dialect:
    return DIALECTS[name](json_serializer=dumps, json_deserializer=orjson.loads)


def bind_of(type_: sa.types.TypeEngine[Any], dialect: Dialect) -> Process | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


# --- writing -----------------------------------------------------------------


def put_sqlite(driver: Any, puts: Sequence[Put]) -> None:
    """Write on a `sqlite3.Connection`."""
    for shape, rows in puts:
        if not rows:
            continue
        compiled = _one(shape)
        columns = _columns(rows, compiled.processes[0])
        ordered = [
            repeat(given) if shape_at is None else columns[given]
            for shape_at, given in compiled.places
        ]
        driver.executemany(compiled.sql, zip(*ordered, strict=False))


async def put_postgresql(driver: Any, puts: Sequence[Put]) -> None:
    """Write on an `asyncpg.Connection`, all of it or nothing, in one statement."""
    written = [(shape, rows) for shape, rows in puts if rows]
    if not written:
        return
    compiled = _all(tuple(shape for shape, _ in written))
    columns = [
        _columns(rows, processes)
        for (_, rows), processes in zip(written, compiled.processes, strict=True)
    ]
    arguments = [
        columns[place[0]][place[1]] if place[0] is not None else place[1]
        for place in compiled.places
    ]
    await driver.execute(compiled.sql, *arguments)


def _columns(rows: Sequence[Row], processes: Sequence[Process | None]) -> list[list[Any]]:
    turned = []
    for process, values in zip(processes, zip(*rows, strict=True), strict=True):
        if process is None:
            turned.append(list(values))
        else:
            turned.append(list(map(process, values)))
    return turned


def _processed(process: Process | None, value: Any) -> Any:
    return value if process is None else process(value)


@cache
def _one(shape: Shape) -> _Compiled:
    """The statement of one shape for one row, on SQLite."""
    table, dialect = shape.table, dialect_of("sqlite")
    binds = {name: sa.bindparam(f"b_{name}", type_=table.c[name].type) for name in shape.columns}
    statement: Any
    if shape.keys:
        changed = {name: bind for name, bind in binds.items() if name not in shape.keys}
        where = [table.c[name] == binds[name] for name in shape.keys]
        statement = sa.update(table).where(*where).values(changed)
    else:
        statement = insert("sqlite", table).values(binds)
        if shape.merge is not None:
            statement = shape.merge(statement)
    compiled = statement.compile(dialect=dialect)
    return _Compiled(
        sql=compiled.string,
        places=tuple(
            (0, shape.columns.index(name[2:]))
            if name.startswith("b_")
            else (None, compiled.params[name])
            for name in compiled.positiontup
        ),
        processes=(_processes(shape, dialect),),
    )


@cache
def _all(shapes: tuple[Shape, ...]) -> _Compiled:
    """One statement for all shapes, each over arrays of its columns, on PostgreSQL."""
    dialect = dialect_of("postgresql")
    parts = [_part(shape, f"p{number}") for number, shape in enumerate(shapes)]
    last: Any = parts[-1]
    statement = last.add_cte(*(one.cte(f"w{at}") for at, one in enumerate(parts[:-1])))
    compiled = statement.compile(dialect=dialect)
    places: list[Any] = []
    for name in compiled.positiontup:
        shape, _, column = name.partition("__")
        if column:
            number = int(shape[1:])
            places.append((number, shapes[number].columns.index(column)))
        else:
            places.append((None, compiled.params[name]))
    return _Compiled(
        sql=compiled.string,
        places=tuple(places),
        processes=tuple(_processes(shape, dialect) for shape in shapes),
    )


def _part(shape: Shape, name: str) -> Any:
    table = shape.table
    arrays = [
        sa.bindparam(f"{name}__{column}", type_=postgresql.ARRAY(table.c[column].type))
        for column in shape.columns
    ]
    given = (
        sa.func.unnest(*arrays)
        .table_valued(*(sa.column(one, table.c[one].type) for one in shape.columns), name=name)
        .render_derived()
    )
    if shape.keys:
        changed = {one: given.c[one] for one in shape.columns if one not in shape.keys}
        where = [table.c[one] == given.c[one] for one in shape.keys]
        return sa.update(table).values(changed).where(*where)
    statement = postgresql.insert(table).from_select(list(shape.columns), sa.select(*given.c))
    return shape.merge(statement) if shape.merge is not None else statement


def _processes(shape: Shape, dialect: Dialect) -> tuple[Process | None, ...]:
    return tuple(bind_of(shape.table.c[name].type, dialect) for name in shape.columns)


# --- finding -----------------------------------------------------------------


def find_sqlite(driver: Any, lookup: Lookup, keys: Iterable[Row]) -> list[dict[str, Any]]:
    finder = _finder("sqlite", lookup)
    found: list[Sequence[Any]] = []
    for key in keys:
        values = tuple(map(_processed, finder.binds, key))
        found += driver.execute(finder.sql, values).fetchall()
    return finder.rows(found)


async def find_postgresql(driver: Any, lookup: Lookup, keys: Iterable[Row]) -> list[dict[str, Any]]:
    finder = _finder("postgresql", lookup)
    columns = _columns(list(keys), finder.binds)
    return finder.rows(await driver.fetch(finder.sql, *columns))


# How many keys one statement of SQLite takes. Measured: what a SELECT of ninety columns costs is
# mostly that it is begun.
STRIDES = (16, 4, 1)


@dataclass(frozen=True)
class _Part:
    """The values from `start` to `end`. `results` are those that are not read as they are given."""

    start: int
    end: int
    results: tuple[tuple[int, Process], ...]

    def of(self, values: Sequence[Any]) -> Sequence[Any] | None:
        if values[self.start] is None:
            return None
        mine = list(values[self.start : self.end])
        for place, process in self.results:
            if (value := mine[place]) is not None:
                mine[place] = process(value)
        return mine


@dataclass(frozen=True)
class _Walker:
    sql: str
    binds: tuple[Process | None, ...]
    parts: tuple[_Part, ...]

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Parts]:
        return [[part.of(values) for part in self.parts] for values in found]


def walk_sqlite(driver: Any, walk: Walk, keys: Iterable[Row]) -> list[Parts]:
    rest, found = list(keys), list[Parts]()
    for stride in STRIDES:
        walker = _walker("sqlite", walk, stride)
        while len(rest) >= stride:
            some, rest = rest[:stride], rest[stride:]
            values = [value for key in some for value in map(_processed, walker.binds, key)]
            found += walker.rows(driver.execute(walker.sql, values).fetchall())
    return found


async def walk_postgresql(driver: Any, walk: Walk, keys: Iterable[Row]) -> list[Parts]:
    walker = _walker("postgresql", walk)
    columns = _columns(list(keys), walker.binds)
    return walker.rows(await driver.fetch(walker.sql, *columns))


@cache
def _walker(dialect_name: str, walk: Walk, stride: int = 1) -> _Walker:
    dialect = dialect_of(dialect_name)
    statement = walk.statement(_given(dialect_name, walk.key_types, stride))
    compiled = statement.compile(dialect=dialect)
    assert list(compiled.positiontup or ()) == [
        f"k{at + len(walk.key_types) * row}"
        for row in range(stride)
        for at in range(len(walk.key_types))
    ]
    columns = list(statement.selected_columns)
    parts, start = [], 0
    for width in walk.parts:
        end = start + width
        parts.append(_Part(start, end, tuple(results_of(columns[start:end], dialect))))
        start = end
    binds = tuple(bind_of(type_, dialect) for type_ in walk.key_types)
    return _Walker(compiled.string, binds, tuple(parts))


def _given(
    dialect_name: str, types: tuple[sa.types.TypeEngine[Any], ...], rows: int = 1
) -> sa.FromClause:
    """The keys as a table: arrays on PostgreSQL, so many rows of parameters on SQLite."""
    if dialect_name == "sqlite":
        given = [
            sa.select(
                *(
                    sa.bindparam(f"k{at + len(types) * row}", type_=one).label(f"c{at}")
                    for at, one in enumerate(types)
                )
            )
            for row in range(rows)
        ]
        return (sa.union_all(*given) if rows > 1 else given[0]).subquery("k")
    arrays = [sa.bindparam(f"k{at}", type_=postgresql.ARRAY(one)) for at, one in enumerate(types)]
    columns = [sa.column(f"c{at}", one) for at, one in enumerate(types)]
    return sa.func.unnest(*arrays).table_valued(*columns, name="k").render_derived()


@cache
def _finder(dialect_name: str, lookup: Lookup) -> _Finder:
    dialect = dialect_of(dialect_name)
    numbers = range(len(lookup.keys))
    if dialect_name == "sqlite":
        binds = [sa.bindparam(f"k{at}", type_=lookup.keys[at].type) for at in numbers]
        statement = lookup.select.where(*(lookup.keys[at] == binds[at] for at in numbers))
    else:
        given = _given("postgresql", tuple(key.type for key in lookup.keys))
        matching = [lookup.keys[at] == given.c[f"c{at}"] for at in numbers]
        statement = lookup.select.where(*matching)
    compiled = statement.compile(dialect=dialect)
    assert list(compiled.positiontup or ()) == [f"k{at}" for at in numbers]
    columns = list(lookup.select.selected_columns)
    return _Finder(
        sql=compiled.string,
        binds=tuple(bind_of(key.type, dialect) for key in lookup.keys),
        names=tuple(column.key or "" for column in columns),
        results=_results(columns, dialect),
    )


def _results(
    columns: Sequence[sa.ColumnElement[Any]], dialect: Dialect
) -> tuple[tuple[str, Process], ...]:
    return tuple((columns[at].key or "", process) for at, process in results_of(columns, dialect))


def results_of(
    columns: Sequence[sa.ColumnElement[Any]], dialect: Dialect
) -> Iterator[tuple[int, Process]]:
    """Which columns are not read as the driver gives them, and how they are."""
    for at, column in enumerate(columns):
        process = column.type.dialect_impl(dialect).result_processor(dialect, None)
        if process is not None:
            yield at, process
