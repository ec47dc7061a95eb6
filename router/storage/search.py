"""What is found by its words. Who keeps the index of them: `router.storage.index`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from router.errors import Invalid
from router.storage.columns import EPOCH
from router.storage.engine import Connection
from router.storage.statements import Cursor, Page, cursor_of
from router.storage.tables.search import search_docs, search_tokens
from router.words import Sought, has, is_beginning, sought_in, tokens_of

# How far one page may look for what its reader may see.
MOST_DOCS = 20_000

# How many more than a page it takes at first: some are closed, or on another's line.
LEEWAY = 16

T = TypeVar("T")
d = search_docs.c


@dataclass(frozen=True, slots=True)
class Spoken:
    """How an index is asked."""

    both: str
    either: str
    beginning: str
    whole: str

    def word(self, token: str) -> str:
        return (self.beginning if is_beginning(token) else self.whole).format(token)


FTS5 = Spoken(" AND ", " OR ", '"{}"*', '"{}"')
TSQUERY = Spoken(" & ", " | ", "'{}':*", "'{}'")


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found. `id` is its place: the greater, the newer."""

    id: int
    whose: UUID
    subject: UUID


class Search:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- finding ----------------------------------------------------------------

    async def page(
        self,
        words: str,
        seen: Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, T]]],
        *,
        cursor: str | None = None,
        mark: str = "",
        limit: int,
    ) -> Page[tuple[T, Hit]]:
        """What is found and `seen` gives, each once, by its newest hit, the newest first.

        A page is full while there are more, unless `MOST_DOCS` were looked at for it.

        Raises:
            Invalid: no page gave out that cursor.
        """
        sought = sought_in(words)
        start = None if cursor is None else _place_of(cursor)
        found: dict[UUID, tuple[T, Hit] | None] = {}
        before, looked, most, count = start, 0, limit + LEEWAY, 0
        while sought and count <= limit and looked < MOST_DOCS:
            rows = await self._connection.rows(self._matching(sought, before, mark, most))
            hits = {row.whose: row for row in reversed(rows) if has(row.words.split(), sought)}
            fresh = [one for one in hits if one not in found]
            fresh = await self._not_above(fresh, sought, start)
            there = await seen(fresh) if fresh else {}
            for whose in sorted(fresh, key=lambda one: -hits[one].id):
                row = hits[whose]
                known = there.get(whose)
                hit = Hit(row.id, row.whose, row.subject)
                found[whose] = None if known is None else (known, hit)
                count += known is not None
            looked += len(rows)
            if len(rows) < most:
                return _page([one for one in found.values() if one], limit, None)
            before, most = rows[-1].id, min(4 * most, MOST_DOCS)
        return _page([one for one in found.values() if one], limit, before)

    async def among(self, words: str, whose: Sequence[UUID]) -> dict[UUID, Hit]:
        """Of each of these that is found, its newest hit."""
        return await self._newest(whose, sought_in(words), from_id=0)

    async def _not_above(self, whose: list[UUID], sought: Sought, start: int | None) -> list[UUID]:
        """Those that no page before `start` gave."""
        if start is None:
            return whose
        above = await self._newest(whose, sought, from_id=start)
        return [one for one in whose if one not in above]

    async def _newest(
        self, whose: Sequence[UUID], sought: Sought, *, from_id: int
    ) -> dict[UUID, Hit]:
        if not sought or not whose:
            return {}
        query = sa.select(d.id, d.whose, d.subject, d.words)
        query = query.where(d.whose.in_(whose), d.id >= from_id).order_by(d.id)
        rows = await self._connection.rows(query)
        return {
            row.whose: Hit(row.id, row.whose, row.subject)
            for row in rows
            if has(row.words.split(), sought)
        }

    def _matching(self, sought: Sought, before: int | None, mark: str, most: int) -> sa.Select[Any]:
        """The next documents whose tokens fit: what really is a hit, their words tell."""
        columns = (d.id, d.whose, d.subject, d.words)
        place: sa.ColumnElement[int] = d.id
        if self._connection.dialect == "sqlite":
            place = search_tokens.c.rowid
            query = sa.select(*columns).select_from(search_tokens).join(search_docs, d.id == place)
            query = query.where(
                search_tokens.c.search_tokens.op("MATCH")(_asked(sought, mark, FTS5))
            )
        else:
            # As a parameter it would hide from the planner how many have these words.
            asked = sa.bindparam(
                "asked", _asked(sought, mark, TSQUERY), sa.Text, literal_execute=True
            )
            query = sa.select(*columns)
            query = query.where(d.tokens.op("@@")(sa.cast(asked, postgresql.TSQUERY)))
        if before is not None:
            query = query.where(place < before)
        return query.order_by(place.desc()).limit(most)


def _asked(sought: Sought, mark: str, spoken: Spoken) -> str:
    """What is sought, as a database's own index is asked for it."""
    groups = []
    for group in sought.groups:
        either = []
        for alternative in group:
            # Of a number apart, a single digit would lead to half of what there is.
            words = [one for one in alternative if len(one) > 1] or alternative
            both = spoken.both.join(spoken.word(one) for one in tokens_of(words, mark=mark))
            either.append(f"({both})")
        groups.append(f"({spoken.either.join(either)})")
    return spoken.both.join(groups)


def _place_of(cursor: str) -> int:
    place = cursor_of(cursor).id.int
    if place >= 1 << 63:
        raise Invalid("not a cursor", fields={"cursor": "give back what `next` said"})
    return place


def _page(found: Sequence[tuple[T, Hit]], limit: int, rest: int | None) -> Page[tuple[T, Hit]]:
    """`rest`: where the index goes on behind what was looked at."""
    kept = found[:limit]
    after = kept[-1][1].id if len(found) > limit else rest
    return Page(kept, None if after is None else Cursor(EPOCH, UUID(int=after)).text())
