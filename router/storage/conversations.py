"""Threads and conversations."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Literal

import sqlalchemy as sa

from router.ids import ConversationId, CustomerId, InboxId, LineId, OperatorId, ThreadId
from router.model import Conversation, State, Thread
from router.storage.built import Built
from router.storage.engine import Connection
from router.storage.holding import hold
from router.storage.raw import Shape
from router.storage.rows import conversation_of, conversation_row
from router.storage.statements import Cursor, Page, cursor_of, page
from router.storage.tables.routing import offers
from router.storage.tables.talk import conversations

c = conversations.c

# What each list is ordered by, and whether downwards.
ListName = Literal[
    "waiting", "all", "closed", "urgent_waiting", "urgent_all", "inbox_open", "inbox_closed"
]
ORDERS: Mapping[ListName, tuple[tuple[sa.Column[Any], ...], bool]] = {
    "waiting": ((c.rank_at,), False),
    "all": ((c.last_activity_at,), True),
    "closed": ((c.closed_at,), True),
    "urgent_waiting": ((c.urgent_at, c.rank_at), False),
    "urgent_all": ((c.urgent_at, c.rank_at), False),
    # Nothing that is said moves a row of these two.
    "inbox_open": ((c.opened_at,), True),
    "inbox_closed": ((c.closed_at,), True),
}
HANDLING = (
    "state", "version", "owner_id", "offered_to", "offer_deadline", "waiting_since",
    "look_again_at", "snoozed_until", "participants", "silent", "timer_at", "asked", "urgent_at",
)  # fmt: skip
# A split that was taken back leaves a conversation without messages, which is none of the thread's.
IS_THERE = sa.or_(c.split_from.is_(None), c.last_seq >= c.first_seq)
HANDLED = Shape(conversations, ("id", *HANDLING), keys=("id",))


class Conversations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, conversation_id: ConversationId) -> Conversation | None:
        rows = await self._connection.rows(sa.select(conversations).where(c.id == conversation_id))
        return conversation_of(rows[0]) if rows else None

    async def many(self, ids: Sequence[ConversationId]) -> dict[ConversationId, Conversation]:
        query = sa.select(conversations).where(c.id.in_(ids))
        found = [conversation_of(row) for row in await self._connection.rows(query)]
        return {one.id: one for one in found}

    async def lock(self, conversation_id: ConversationId) -> tuple[Thread, Conversation] | None:
        """The conversation and its thread, as `hold`."""
        return (await self.hold([conversation_id])).get(conversation_id)

    async def hold(
        self, ids: Collection[ConversationId]
    ) -> dict[ConversationId, tuple[Thread, Conversation]]:
        """Conversations with their threads until the transaction ends, as `router.storage.holding`."""
        return await hold(self._connection, ids)

    async def latest(self, thread_id: ThreadId) -> Conversation | None:
        """The thread's open conversation, else its last one."""
        query = (
            sa.select(conversations)
            .where(c.thread_id == thread_id, IS_THERE)
            .order_by(c.first_seq.desc(), c.id.desc())
            .limit(1)
        )
        rows = await self._connection.rows(query)
        return conversation_of(rows[0]) if rows else None

    async def lines_of(self, thread_ids: Sequence[ThreadId]) -> dict[ThreadId, LineId]:
        """The line on which each thread is handled, or was last: not always its inbox's."""
        last = (
            sa.select(c.thread_id, sa.func.max(c.first_seq).label("first_seq"))
            .where(c.thread_id.in_(thread_ids), IS_THERE)
            .group_by(c.thread_id)
            .subquery()
        )
        query = sa.select(c.thread_id, c.line_id).join(
            last, sa.and_(c.thread_id == last.c.thread_id, c.first_seq == last.c.first_seq)
        )
        query = query.where(IS_THERE)
        return {row.thread_id: row.line_id for row in await self._connection.rows(query)}

    async def of_thread(self, thread_id: ThreadId, *, limit: int = 50) -> list[Conversation]:
        """The thread's conversations, newest first."""
        query = (
            sa.select(conversations)
            .where(c.thread_id == thread_id)
            .order_by(c.first_seq.desc(), c.id.desc())
            .limit(limit)
        )
        return [conversation_of(row) for row in await self._connection.rows(query)]

    async def of_customer(self, customer_id: CustomerId, *, limit: int = 50) -> list[Conversation]:
        query = (
            sa.select(conversations)
            .where(c.customer_id == customer_id)
            .order_by(c.opened_at.desc(), c.id.desc())
            .limit(limit)
        )
        return [conversation_of(row) for row in await self._connection.rows(query)]

    async def survivor(self, merged: Conversation) -> Conversation | None:
        """The open conversation in which a merged one goes on, over however many merges.

        None if that was closed, or became another customer's.
        """
        one: Conversation | None = merged
        while one is not None and one.state is State.CLOSED:
            one = await self.get(one.merged_into) if one.merged_into is not None else None
        alike = one is not None and one.customer_id == merged.customer_id
        return one if alike and one is not merged else None

    async def merged_into(self, *ids: ConversationId) -> list[Conversation]:
        """What goes on in these, over however many merges."""
        found: list[Conversation] = []
        into = list(ids)
        while into:
            rows = await self._connection.rows(
                sa.select(conversations).where(c.merged_into.in_(into)).order_by(c.opened_at, c.id)
            )
            into = [row.id for row in rows]
            found += [conversation_of(row) for row in rows]
        return found

    async def split_from(self, conversation_id: ConversationId) -> list[Conversation]:
        """What was split from it, the latest first, also where that was taken back."""
        query = (
            sa.select(conversations).where(c.split_from == conversation_id).order_by(c.id.desc())
        )
        return [conversation_of(row) for row in await self._connection.rows(query)]

    async def insert(self, conversation: Conversation) -> None:
        await self._connection.run(sa.insert(conversations), [conversation_row(conversation)])

    async def save(self, conversation: Conversation) -> None:
        """Write all of it. The caller holds its lock."""
        row = conversation_row(conversation)
        await self._connection.run(
            sa.update(conversations).where(c.id == row.pop("id")).values(row)
        )

    async def save_handling(self, changed: Sequence[Conversation]) -> None:
        """Write where these stand and who handles them. The caller holds their locks."""
        picked = itemgetter(*HANDLED.columns)
        await self._connection.put([(HANDLED, [picked(conversation_row(one)) for one in changed])])

    async def retitle(self, customer_id: CustomerId, title: str) -> None:
        """Give a customer's conversations a new title."""
        await self._connection.run(
            sa.update(conversations).where(c.customer_id == customer_id).values(title=title)
        )

    # --- lists --------------------------------------------------------------

    async def mine(self, operator_id: OperatorId) -> list[Conversation]:
        """What the operator holds or is offered, alone or with others."""
        rows = await self._connection.rows(
            sa.union_all(
                sa.select(conversations).where(c.owner_id == operator_id, c.state != _closed()),
                sa.select(conversations).where(c.id.in_(_offered_to(operator_id))),
            )
        )
        return [conversation_of(row) for row in rows]

    async def waiting(
        self, line_ids: Sequence[LineId], *, cursor: str | None = None, limit: int = 50
    ) -> Page[Conversation]:
        """Waiting and offered ones, the next to be served first."""
        return await self._page("waiting", line_ids, cursor, limit)

    async def all(
        self, line_ids: Sequence[LineId], *, cursor: str | None = None, limit: int = 50
    ) -> Page[Conversation]:
        """What is not closed, the latest activity first."""
        return await self._page("all", line_ids, cursor, limit)

    async def closed(
        self, line_ids: Sequence[LineId], *, cursor: str | None = None, limit: int = 50
    ) -> Page[Conversation]:
        return await self._page("closed", line_ids, cursor, limit)

    async def urgent_waiting(
        self, line_ids: Sequence[LineId], *, cursor: str | None = None, limit: int = 50
    ) -> Page[Conversation]:
        """Waiting and offered ones: what becomes late first, then the next to be served."""
        return await self._page("urgent_waiting", line_ids, cursor, limit)

    async def urgent_all(
        self, line_ids: Sequence[LineId], *, cursor: str | None = None, limit: int = 50
    ) -> Page[Conversation]:
        """What is not closed, in the same order."""
        return await self._page("urgent_all", line_ids, cursor, limit)

    async def of_inbox(
        self, inbox_id: InboxId, *, closed: bool, cursor: str | None = None, limit: int = 50
    ) -> Page[Conversation]:
        """Those of one inbox on whichever lines: what is not closed, the latest opened first; or
        what is, the latest closed first.
        """
        name: ListName = "inbox_closed" if closed else "inbox_open"
        return await self._page(name, [inbox_id], cursor, limit)

    async def _page(
        self,
        name: ListName,
        whose: Sequence[LineId] | Sequence[InboxId],
        cursor: str | None,
        limit: int,
    ) -> Page[Conversation]:
        if not whose:
            return Page((), None)
        given: dict[str, Any] = {f"of_{number}": one for number, one in enumerate(whose)}
        given["most"] = limit + 1
        times = [time.name for time in ORDERS[name][0]]
        if cursor is not None:
            here = cursor_of(cursor, times=len(times))
            given |= {f"behind_{at}": time for at, time in zip(times, here.times, strict=True)}
            given["behind_id"] = here.id
        query = _built_walk(name, len(whose), behind=cursor is not None)
        found = await self._connection.rows(query, given)

        def here_is(row: Any) -> Cursor:
            at, *more = (getattr(row, time) for time in times)
            return Cursor(at, row.id, tuple(more))

        walked = page(found, limit, here_is)
        return Page([conversation_of(row) for row in walked.items], walked.next)

    # --- for the distributor ------------------------------------------------

    async def look_again(self, ids: Sequence[ConversationId], at: datetime) -> None:
        """When the waiting ones among these are looked at again."""
        await self._connection.run(
            sa.update(conversations)
            .where(c.id.in_(ids), c.state == sa.literal_column("'waiting'"))
            .values(look_again_at=at)
        )

    async def of_operator(self, operator_id: OperatorId) -> list[ConversationId]:
        """What the operator holds or is offered, in the order in which threads are locked."""
        query = (
            sa.select(c.id)
            .where(
                sa.or_(c.owner_id == operator_id, c.id.in_(_offered_to(operator_id))),
                c.state != _closed(),
            )
            .order_by(c.thread_id)
        )
        return [row.id for row in await self._connection.rows(query)]

    async def without_anyone(self, now: datetime) -> list[ConversationId]:
        """Orphans: neither an owner, nor a live offer, nor a time at which it is looked at again."""
        query = sa.select(c.id).where(
            c.state != _closed(),
            c.owner_id.is_(None),
            sa.or_(c.state != State.OFFERED.value, c.offer_deadline.is_(None)),
            sa.or_(c.state != State.WAITING.value, c.look_again_at.is_(None)),
            sa.or_(c.state != State.SNOOZED.value, c.snoozed_until.is_(None)),
            c.state != State.BOT.value,
        )
        return [row.id for row in await self._connection.rows(query)]


# Such a statement takes longer to make than to run.
@lru_cache(maxsize=256)
def _built_walk(name: ListName, lines: int, *, behind: bool) -> Built:
    return Built(_walk(name, lines, behind=behind))


def _walk(name: ListName, lines: int, *, behind: bool) -> sa.Select[Any]:
    """A page of a list of so many lines, behind a cursor or from its beginning."""
    times, down = ORDERS[name]
    of = c.inbox_id if name in ("inbox_open", "inbox_closed") else c.line_id
    order = (*times, c.id)
    conditions = [_stands_in(name)]
    if behind:
        here = sa.tuple_(*(sa.bindparam(f"behind_{one.name}", type_=one.type) for one in order))
        row = sa.tuple_(*order)
        conditions.append(row < here if down else row > here)
    most = sa.bindparam("most", type_=sa.Integer)
    # A walk along each line's own index, merged: one query over many lines would sort them.
    walks = [
        sa.select(conversations)
        .where(of == sa.bindparam(f"of_{number}", type_=of.type), *conditions)
        .order_by(*_order(order, down=down))
        .limit(most)
        for number in range(lines)
    ]
    if lines == 1:
        return walks[0]
    merged = sa.union_all(*(sa.select(walk.subquery()) for walk in walks)).subquery()
    same = [merged.c[one.name] for one in order]
    return sa.select(merged).order_by(*_order(same, down=down)).limit(most)


def _stands_in(name: ListName) -> Any:
    match name:
        case "waiting" | "urgent_waiting":
            return c.state.in_([sa.literal_column("'waiting'"), sa.literal_column("'offered'")])
        case "all" | "urgent_all" | "inbox_open":
            return c.state != _closed()
        case "closed" | "inbox_closed":
            return c.state == _closed()


def _offered_to(operator_id: OperatorId) -> sa.Select[Any]:
    live = offers.c.state == sa.literal_column("'live'")
    return sa.select(offers.c.conversation_id).where(offers.c.operator_id == operator_id, live)


def _closed() -> Any:
    # As a bind parameter it would hide the partial index from PostgreSQL's generic plan.
    return sa.literal_column("'closed'")


def _order(columns: Iterable[Any], *, down: bool) -> list[Any]:
    return [one.desc() if down else one for one in columns]
