"""Statements that both databases understand, and pages by key."""

import base64
import binascii
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from router.errors import Invalid
from router.storage.columns import EPOCH, MICROSECOND

T = TypeVar("T")


def dumps(value: Any) -> str:
    """JSON as both databases take it."""
    return orjson.dumps(value, default=_plain).decode()


def _plain(value: object) -> str:
    """An id, which is of a class that orjson does not know."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError


Insert = postgresql.Insert | sqlite.Insert
Given = sa.BindParameter[Any]

# The parameters of statements that are built once. Measured: to build a statement takes five times
# as long as to carry it out.
OF_LINE: Given = sa.bindparam("of_line")
OF_IDS: Given = sa.bindparam("of_ids", expanding=True)
NOW: Given = sa.bindparam("now")
MOST: Given = sa.bindparam("most", type_=sa.Integer)


def insert(dialect: str, table: sa.Table) -> Insert:
    """An INSERT that can say what to do on a conflict."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def replacing(*keys: str, but: Collection[str] = ()) -> Callable[[Insert], Insert]:
    """What an INSERT does on a conflict of these keys: the new row takes the old one's place,
    but for some columns that stay.
    """

    def merged(statement: Insert) -> Insert:
        return statement.on_conflict_do_update(
            index_elements=list(keys),
            set_={one.name: one for one in statement.excluded if one.name not in (*keys, *but)},
        )

    return merged


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: Sequence[T]
    next: str | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the order's time, `more` times where they tie, and the id at last."""

    at: datetime
    id: UUID
    more: tuple[datetime, ...] = ()

    @property
    def times(self) -> tuple[datetime, ...]:
        return (self.at, *self.more)

    def text(self) -> str:
        raw = b"".join(_eight_bytes(at) for at in self.times) + self.id.bytes
        return base64.urlsafe_b64encode(raw).decode()


def _eight_bytes(at: datetime) -> bytes:
    return ((at - EPOCH) // MICROSECOND).to_bytes(8, "big", signed=True)


def cursor_of(text: str, *, times: int = 1) -> Cursor:
    """Raises `Invalid` for what no page of an order by so many times gave out."""
    try:
        raw = base64.urlsafe_b64decode(text)
        if len(raw) != 8 * times + 16:
            raise ValueError
        parts = (raw[8 * place : 8 * place + 8] for place in range(times))
        at, *more = (EPOCH + int.from_bytes(one, "big", signed=True) * MICROSECOND for one in parts)
    except (ValueError, binascii.Error, OverflowError) as error:
        raise Invalid("not a cursor", fields={"cursor": "give back what `next` said"}) from error
    return Cursor(at, UUID(bytes=raw[8 * times :]), tuple(more))


def after(time: sa.Column[Any], id_: sa.Column[Any], cursor: Cursor, *, down: bool) -> Any:
    """The condition for rows behind `cursor` in the order of (time, id)."""
    here = sa.tuple_(sa.literal(cursor.at, time.type), sa.literal(cursor.id, id_.type))
    row = sa.tuple_(time, id_)
    return row < here if down else row > here


def page(items: Sequence[T], limit: int, cursor: Any) -> Page[T]:
    """The first `limit` of the `limit + 1` items that were asked for; `cursor` maps the last one."""
    if len(items) <= limit:
        return Page(items, None)
    kept = items[:limit]
    return Page(kept, cursor(kept[-1]).text())
