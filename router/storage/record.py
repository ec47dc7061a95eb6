"""The record: events, kept counters, and the news that follows the commit."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields as fields_of
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router.events import Event, OfConversation
from router.ids import ConversationId, LineId, OperatorId
from router.model import Conversation, Message, Note, State
from router.news import ConversationNews, Mark, News, Place, place
from router.storage.engine import Connection
from router.storage.raw import Put, Shape
from router.storage.rows import fields
from router.storage.statements import insert
from router.storage.tables.plumbing import NOT_A_MESSAGE, counter_deltas, counters, events

COLUMNS = ("at", "line_id", "conversation_id", "customer_id", "operator_id", "version", "after_seq")
MARKED = frozenset(
    (
        "ConversationOpened",
        "ConversationReopened",
        "ConversationAssigned",
        "OfferDeclined",
        "OfferExpired",
        "ConversationTransferred",
        "ConversationReturned",
        "ConversationIntercepted",
        "ConversationRouted",
        "ConversationSnoozed",
        "ConversationWoken",
        "ConversationClosed",
        "ConversationMerged",
        "ConversationUnmerged",
        "ConversationSplit",
        "ConversationUnsplit",
        "OperatorJoined",
        "OperatorLeft",
        "ConversationOverflowed",
        "ConversationWithdrawn",
        "SlaWarned",
        "SlaBreached",
        "ConversationRated",
        "CustomerProven",
        "CustomerActed",
    )
)
FOLD_ROWS = 5_000


EVENT = Shape(events, (*COLUMNS, "name", "data"))
DELTA = Shape(counter_deltas, ("key", "delta"))
NEW_MARK = sa.insert(events).returning(events.c.id, sort_by_parameter_order=True)


def event_row(event: Event) -> dict[str, Any]:
    row: dict[str, Any] = {column: getattr(event, column, None) for column in COLUMNS}
    row["name"] = type(event).__name__
    kind: Any = type(event)
    row["data"] = {name: _plain(getattr(event, name)) for name in _own_fields(kind)}
    return row


@cache
def _own_fields(kind: Any) -> tuple[str, ...]:
    """What an event has besides the columns that all have."""
    shared = {*COLUMNS, "thread_id", "led"}
    return tuple(field.name for field in fields_of(kind) if field.name not in shared)


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case Enum():
            return value.value
        case tuple():
            return [_plain(one) for one in value]
        case _:
            return value


def mark_of(id_: int, row: Any) -> Mark:
    """A row of `events` as its thread shows it."""
    data = row["data"]
    to_operator, to_line = data.get("to_operator_id"), data.get("to_line_id")
    merged = data.get("merged_id")
    return Mark(
        id=id_,
        conversation_id=row["conversation_id"],
        after_seq=row["after_seq"],
        event=row["name"],
        at=row["at"],
        operator_id=row["operator_id"],
        to_operator_id=OperatorId(UUID(to_operator)) if to_operator else None,
        to_line_id=LineId(UUID(to_line)) if to_line else None,
        reason=data.get("reason") or data.get("how") or data.get("promise") or _waited(data),
        merged_id=ConversationId(UUID(merged)) if merged else None,
    )


def _waited(data: Mapping[str, Any]) -> str | None:
    waited_s = data.get("waited_s")
    return None if waited_s is None else str(waited_s)


def buckets(where: Place | None, *, unanswered: bool = False) -> frozenset[str]:
    """The counters in which a conversation stands."""
    if where is None:
        return frozenset()
    if where.state is State.CLOSED:
        return frozenset((f"closed:{where.line_id}",))
    keys = {f"all:{where.line_id}"}
    if where.state in (State.WAITING, State.OFFERED):
        keys.add(f"waiting:{where.line_id}")
    for mine in {where.owner_id, where.offered_to, *where.asked} - {None}:
        keys.add(f"mine:{mine}")
    if unanswered and where.owner_id is not None:
        keys.add(f"unanswered:{where.owner_id}")
    return frozenset(keys)


def counted(one: Conversation) -> frozenset[str]:
    """The counters in which it counts: those of its place, and of what was promised in its line."""
    keys = buckets(place(one), unanswered=one.unanswered_since is not None)
    if one.state is State.CLOSED or (one.warned_at is None and one.breached_at is None):
        return keys
    return keys | {f"{'at_risk' if one.breached_at is None else 'late'}:{one.line_id}"}


def deltas(before: Conversation | None, after: Conversation) -> dict[str, int]:
    """How the counters move when `before` becomes `after`."""
    if before is not None and _stands_alike(before, after):
        return {}
    old = counted(before) if before is not None else frozenset[str]()
    new = counted(after)
    return {**dict.fromkeys(old - new, -1), **dict.fromkeys(new - old, 1)}


def _stands_alike(before: Conversation, after: Conversation) -> bool:
    return (
        before.state is after.state
        and before.owner_id == after.owner_id
        and before.offered_to == after.offered_to
        and before.asked == after.asked
        and before.line_id == after.line_id
        and (before.unanswered_since is None) == (after.unanswered_since is None)
        and (before.warned_at is None) == (after.warned_at is None)
        and (before.breached_at is None) == (after.breached_at is None)
    )


class _Told:
    """What one transaction has to tell of one conversation."""

    def __init__(self, before: Place | None) -> None:
        self.before = before
        self.conversation: Conversation | None = None
        self.event = ""
        self.messages: dict[UUID, Message] = {}
        self.notes: list[Note] = []
        self.marks: list[Mark] = []


class Record:
    """Buffers a transaction's events, counter deltas and news; `flush` writes them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._events: list[Event] = []
        self._deltas: dict[str, int] = defaultdict(int)
        self._told: dict[ConversationId, _Told] = {}
        self._news: list[News] = []
        self._marked: list[dict[str, Any]] = []

    @property
    def events(self) -> Sequence[Event]:
        """What happened so far in this transaction."""
        return self._events

    def emit(self, *happened: Event) -> None:
        self._events.extend(happened)

    def tell(self, *news: News) -> None:
        self._news.extend(news)

    def move(self, counted: Mapping[str, int]) -> None:
        """Add so much to each of these counters."""
        for key, delta in counted.items():
            self._deltas[key] += delta

    def changed(
        self,
        before: Conversation | None,
        after: Conversation,
        *happened: OfConversation,
        messages: Sequence[Message] = (),
        notes: Sequence[Note] = (),
    ) -> None:
        """Note a change of a conversation whose row is written elsewhere."""
        self._events.extend(happened)
        self.move(deltas(before, after))
        told = self._told.setdefault(after.id, _Told(place(before) if before else None))
        told.conversation = after
        if happened:
            told.event = type(happened[-1]).__name__
        told.messages.update((one.id, one) for one in messages)
        told.notes.extend(notes)

    async def flush(self) -> list[News]:
        """Write the marks, after `puts`; gives the news to publish after the commit."""
        await self._write_marks()
        for told in self._told.values():
            assert told.conversation is not None
            self._news.append(
                ConversationNews(
                    event=told.event,
                    conversation=told.conversation,
                    before=told.before,
                    messages=tuple(told.messages.values()),
                    notes=tuple(told.notes),
                    marks=tuple(told.marks),
                )
            )
        return self._news

    def puts(self) -> list[Put]:
        """The rows of what was recorded, but for the marks, whose ids are shown."""
        rows = [event_row(event) for event in self._events]
        self._marked = [row for row in rows if row["name"] in MARKED]
        plain = [tuple(row.values()) for row in rows if row["name"] not in MARKED]
        moved = [(key, delta) for key, delta in self._deltas.items() if delta]
        return [(EVENT, plain), (DELTA, moved)]

    async def _write_marks(self) -> None:
        marked = self._marked
        if not marked:
            return
        for (id_,), row in zip(await self._connection.rows(NEW_MARK, marked), marked, strict=True):
            if (told := self._told.get(row["conversation_id"])) is not None:
                told.marks.append(mark_of(id_, row))

    # --- reading ------------------------------------------------------------

    async def marks(
        self, conversation_ids: Sequence[ConversationId], *, after_seq: int, up_to_seq: int
    ) -> list[Mark]:
        """The marks that stand after messages `after_seq` to `up_to_seq`, oldest first."""
        query = (
            sa.select(events)
            .where(
                events.c.conversation_id.in_(conversation_ids),
                events.c.name.in_(MARKED),
                NOT_A_MESSAGE,
                events.c.after_seq.between(after_seq, up_to_seq),
            )
            .order_by(events.c.id)
        )
        return [mark_of(row.id, fields(row)) for row in await self._connection.rows(query)]

    async def counts(self, keys: Sequence[str]) -> dict[str, int]:
        """The kept counters of these keys; 0 for one that never moved."""
        both = sa.union_all(
            sa.select(counters.c.key, counters.c.count).where(counters.c.key.in_(keys)),
            sa.select(counter_deltas.c.key, counter_deltas.c.delta).where(
                counter_deltas.c.key.in_(keys)
            ),
        ).subquery()
        query = sa.select(both.c.key, sa.func.sum(both.c.count)).group_by(both.c.key)
        found = {key: int(count) for key, count in await self._connection.rows(query)}
        return {key: found.get(key, 0) for key in keys}

    async def fold_counters(self) -> int:
        """Sum the oldest deltas into the counters; gives how many were folded."""
        oldest = (
            sa.select(counter_deltas.c.id)
            .order_by(counter_deltas.c.id)
            .limit(FOLD_ROWS)
            .with_for_update(skip_locked=True)
        )
        gone = (
            sa.delete(counter_deltas)
            .where(counter_deltas.c.id.in_(oldest))
            .returning(counter_deltas.c.key, counter_deltas.c.delta)
        )
        rows = await self._connection.rows(gone)
        sums: dict[str, int] = defaultdict(int)
        for key, delta in rows:
            sums[key] += delta
        if sums:
            statement = insert(self._connection.dialect, counters)
            statement = statement.on_conflict_do_update(
                index_elements=[counters.c.key],
                set_={"count": counters.c.count + statement.excluded.count},
            )
            await self._connection.run(
                statement, [{"key": key, "count": count} for key, count in sorted(sums.items())]
            )
        return len(rows)
