"""The hot path: look up everything that a batch names, write everything that it changes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any

import sqlalchemy as sa

from router.batches import Found, Incoming, Plan
from router.channel import Stored
from router.events import CustomerChanged
from router.ids import ConversationId, CustomerId, InboxId, LineId, ThreadId
from router.model import Conversation, Customer, Identity, Line, State, Thread
from router.news import CustomerNews
from router.planning import is_pending
from router.ratings import Rating
from router.reactions import FETCH, TIMERS
from router.storage.engine import Conflict
from router.storage.messages import file_row
from router.storage.people import contact_rows, keeping_what_is_proven
from router.storage.raw import Lookup, Shape, Walk
from router.storage.rows import (
    contact_of,
    conversation_of,
    conversation_row,
    customer_of,
    file_of,
    identity_of,
    message_row,
    thread_of,
)
from router.storage.statements import replacing
from router.storage.tables.desk import inboxes
from router.storage.tables.talk import (
    contacts,
    conversations,
    customers,
    files,
    identities,
    messages,
    provider_refs,
    threads,
    visits,
)
from router.storage.transaction import Transaction

c = conversations.c


OPEN = c.state != sa.literal_column("'closed'")
PLACE = (threads.c.inbox_id, threads.c.key)
ADDRESS = (identities.c.kind, identities.c.scope, identities.c.address)
REF = (provider_refs.c.inbox_id, provider_refs.c.external_id)

HELD = Lookup(
    sa.select(threads.c.id).order_by(threads.c.id).with_for_update(of=threads, key_share=True),
    PLACE,
)
STORED = (*REF, messages.c.id, messages.c.thread_id, messages.c.seq, messages.c.stored_at)
REPLIED_TO = Lookup(
    sa.select(*STORED).join(messages, messages.c.id == provider_refs.c.message_id), REF
)


def _everything(given: sa.FromClause) -> sa.Select[Any]:
    """From (inbox, external id, thread key, kind, scope, address) to all that stands behind."""
    k = given.c
    at_place = sa.and_(threads.c.inbox_id == k.c0, threads.c.key == k.c2)
    is_ref = sa.and_(provider_refs.c.inbox_id == k.c0, provider_refs.c.external_id == k.c1)
    i = identities.c
    is_sender = sa.and_(i.kind == k.c3, i.scope == k.c4, i.address == k.c5)
    joined = (
        given.outerjoin(threads, at_place)
        .outerjoin(conversations, sa.and_(c.thread_id == threads.c.id, OPEN))
        .outerjoin(provider_refs, is_ref)
        .outerjoin(messages, messages.c.id == provider_refs.c.message_id)
        .outerjoin(identities, is_sender)
        .outerjoin(customers, customers.c.id == i.customer_id)
        .outerjoin(contacts, contacts.c.customer_id == customers.c.id)
    )
    return (
        sa.select(*threads.c, *c, *STORED, *i, *customers.c, *contacts.c)
        .select_from(joined)
        .order_by(contacts.c.at, contacts.c.value)
    )


EVERYTHING = Walk(
    (*(one.type for one in REF), threads.c.key.type, *(one.type for one in ADDRESS)),
    _everything,
    tuple(len(part) for part in (threads.c, c, STORED, identities.c, customers.c, contacts.c)),
)


async def look(tx: Transaction, batch: Sequence[Incoming]) -> Found:
    """What is stored of a batch. Threads are locked first, in the order of their ids: whoever
    holds a thread may change its conversations.
    """
    if tx.connection.dialect == "postgresql":
        # On SQLite there is one writer, and the whole database is its lock.
        await tx.connection.find(HELD, sorted({one.place for one in batch}))
    keys = {(*one.ref, one.message.thread_key, *one.address) for one in batch}
    keys |= {(*one.album, one.message.thread_key, *one.address) for one in batch if one.album}
    look = _Look()
    for row in await tx.connection.walk(EVERYTHING, keys):
        look.add(row)
    await _hold_beginners(tx, batch, look)
    found = look.conversations | await _last_closed(tx, look)
    lines = await _moved_to(tx, batch, found)
    return Found(
        threads=look.threads,
        conversations=found,
        lines=lines,
        ratings=await _ratings(tx, found, lines),
        refs=look.refs | await _replied_to(tx, batch),
        identities=look.identities,
        customers=look.customers,
        uploads=await _uploads(tx, batch),
    )


class _Look:
    """What was found, each thing once, however many messages lead to it."""

    def __init__(self) -> None:
        self.threads: dict[tuple[InboxId, str], Thread] = {}
        self.conversations: dict[ThreadId, Conversation] = {}
        self.refs: dict[tuple[InboxId, str], Stored] = {}
        self.identities: dict[tuple[str, str, str], Identity] = {}
        self.customers: dict[CustomerId, Customer] = {}

    def add(self, row: Sequence[dict[str, Any] | None]) -> None:
        thread, conversation, ref, identity, customer, contact = row
        if thread is not None and (thread["inbox_id"], thread["key"]) not in self.threads:
            self.threads[thread["inbox_id"], thread["key"]] = thread_of(thread)
            if conversation is not None:
                self.conversations[thread["id"]] = conversation_of(conversation)
        if ref is not None:
            self.refs[ref["inbox_id"], ref["external_id"]] = _stored(ref)
        if identity is None or customer is None:
            return
        known = identity_of(identity)
        self.identities[known.kind, known.scope, known.address] = known
        owner = self.customers.get(known.customer_id) or customer_of(customer)
        if contact is not None and (said := contact_of(contact)) not in owner.contacts:
            owner = replace(owner, contacts=(*owner.contacts, said))
        self.customers[owner.id] = owner


async def _hold_beginners(tx: Transaction, batch: Sequence[Incoming], look: _Look) -> None:
    """Hold the known identities that begin a thread: whoever links customers moves the threads
    that there are. Raises `Conflict` if one has gone to another customer since it was read.
    """
    beginning = {
        known.id: known.customer_id
        for one in batch
        if one.place not in look.threads and (known := look.identities.get(one.address))
    }
    if beginning and await tx.identities.hold(beginning) != beginning:
        raise Conflict("a sender was linked to another customer")


async def _moved_to(
    tx: Transaction, batch: Sequence[Incoming], found: Mapping[ThreadId, Conversation]
) -> dict[LineId, Line]:
    """The lines of conversations that went to another than their inbox's."""
    own = {one.line.id for one in batch}
    others = {one.line_id for one in found.values()} - own
    lines = [await tx.lines.get(one) for one in sorted(others)]
    # What is on another line of this batch's is among the batch's.
    return {one.line.id: one.line for one in batch} | {one.id: one for one in lines if one}


async def _ratings(
    tx: Transaction, found: Mapping[ThreadId, Conversation], lines: Mapping[LineId, Line]
) -> dict[ConversationId, Rating]:
    """What was asked of closed conversations, on the lines that ask."""
    asking = {one.id for one in lines.values() if one.rating.ask}
    over = [one.id for one in found.values() if one.state is State.CLOSED and one.line_id in asking]
    return await tx.ratings.asked(over) if over else {}


def _stored(row: Mapping[str, Any]) -> Stored:
    return Stored(
        new=False,
        thread_id=row["thread_id"],
        message_id=str(row["id"]),
        seq=row["seq"],
        at=row["stored_at"],
    )


async def _replied_to(
    tx: Transaction, batch: Sequence[Incoming]
) -> dict[tuple[InboxId, str], Stored]:
    wanted = {(one.inbox.id, one.message.in_reply_to) for one in batch if one.message.in_reply_to}
    if not wanted:
        return {}
    rows = await tx.connection.find(REPLIED_TO, sorted(wanted))
    return {(row["inbox_id"], row["external_id"]): _stored(row) for row in rows}


async def _last_closed(tx: Transaction, look: _Look) -> dict[ThreadId, Conversation]:
    """The last conversations of threads that have none open."""
    rest = [one.id for one in look.threads.values() if one.id not in look.conversations]
    if not rest:
        return {}
    last = (
        sa.select(c.thread_id, sa.func.max(c.first_seq).label("first_seq"))
        .where(c.thread_id.in_(rest))
        .group_by(c.thread_id)
        .subquery()
    )
    query = sa.select(conversations).join(
        last, sa.and_(c.thread_id == last.c.thread_id, c.first_seq == last.c.first_seq)
    )
    found = [conversation_of(row) for row in await tx.connection.rows(query)]
    return {one.thread_id: one for one in found}


async def _uploads(tx: Transaction, batch: Sequence[Incoming]) -> dict[Any, Any]:
    claimed = [file_id for one in batch for file_id in one.claimed]
    if not claimed:
        return {}
    query = sa.select(files).where(files.c.id.in_(claimed), files.c.message_id.is_(None))
    rows = await tx.connection.rows(query.with_for_update())
    return {row.id: (file_of(row), row.uploader) for row in rows}


# --- writing -----------------------------------------------------------------


NEW_CUSTOMER = Shape(customers, ("id", "name", "language", "created_at"))
NEW_CONTACT = Shape(
    contacts, ("customer_id", "kind", "value", "proven", "at"), merge=keeping_what_is_proven
)
NEW_IDENTITY = Shape(identities, Identity.__slots__)
NEW_THREAD = Shape(threads, Thread.__slots__)
LONGER_THREAD = Shape(threads, ("id", "last_seq"), keys=("id",))
NEW_CONVERSATION = Shape(conversations, tuple(column.name for column in conversations.columns))
CHANGED = (
    "id", "state", "version", "title", "last_activity_at", "last_seq", "unanswered_since",
    "snoozed_until", "waiting_since", "rank_at", "look_again_at", "owner_id", "previous_owner_id",
    "closed_at", "close_reason", "last_author", "last_preview", "last_file_count", "last_at",
    "silent", "stale", "timer_at",
)  # fmt: skip
CHANGED_CONVERSATION = Shape(conversations, CHANGED, keys=("id",))
# What nearly every message changes, and nothing else. SQLite writes each index anew that hangs on a
# column named in an UPDATE, were it the same as before: of eleven indexes this leaves one.
# https://sqlite.org/src/file/src/update.c (indexColumnIsBeingUpdated), read 2026-11-28.
SAID = (
    "id", "version", "title", "last_activity_at", "last_seq", "unanswered_since", "last_author",
    "last_preview", "last_file_count", "last_at", "silent", "stale",
)  # fmt: skip
TALKED_IN_CONVERSATION = Shape(conversations, SAID, keys=("id",))
standing = attrgetter(*(name for name in CHANGED if name not in SAID))
# A customer's message has no buttons, and nobody changes it at the provider's.
OURS = frozenset(("buttons", "change", "change_due_at"))
NEW_MESSAGE = Shape(messages, tuple(one.name for one in messages.columns if one.name not in OURS))
NEW_REF = Shape(provider_refs, ("inbox_id", "external_id", "message_id"))
NEW_FILE = Shape(files, tuple(column.name for column in files.columns))
CLAIMED_FILE = Shape(files, ("id", "message_id", "position"), keys=("id",))
VISIT = Shape(
    visits,
    ("thread_id", "url", "title", "referrer", "at", "landing_url"),
    merge=replacing("thread_id", but=("landing_url",)),
)


async def write(tx: Transaction, plan: Plan, *, now: datetime) -> None:
    """Write a plan, parents before children, and record what happened."""
    new = [conversation_row(after) for before, after in plan.told.values() if before is None]
    talked, changed = _parted(plan)
    new_files, claimed = _files(plan, now=now)
    tx.puts.extend(
        [
            (NEW_CUSTOMER, _rows(NEW_CUSTOMER, plan.new_customers.values())),
            (NEW_CONTACT, _contacts(plan, now=now)),
            (NEW_IDENTITY, _rows(NEW_IDENTITY, plan.new_identities)),
            (NEW_THREAD, _rows(NEW_THREAD, plan.new_threads.values())),
            (LONGER_THREAD, _rows(LONGER_THREAD, plan.changed_threads.values())),
            (NEW_CONVERSATION, _picked(NEW_CONVERSATION, new)),
            (TALKED_IN_CONVERSATION, _picked(TALKED_IN_CONVERSATION, talked)),
            (CHANGED_CONVERSATION, _picked(CHANGED_CONVERSATION, changed)),
            (NEW_MESSAGE, _picked(NEW_MESSAGE, _messages(plan))),
            (NEW_REF, _refs(plan)),
            (NEW_FILE, _picked(NEW_FILE, new_files)),
            (CLAIMED_FILE, claimed),
            (
                VISIT,
                [(id_, v.url, v.title, v.referrer, v.at, v.url) for id_, v in plan.visits.items()],
            ),
        ]
    )
    await _complete_people(tx, plan, now=now)
    for id_, score in plan.scores.items():
        await tx.ratings.rate(id_, score=score, comment="", at=now)
    for operator_id, weight in sorted(plan.woken_weights.items()):
        await tx.loads.change(operator_id, at=now, open_weight=weight)
    said: dict[Any, list[Any]] = defaultdict(list)
    for message, _ in plan.messages:
        said[message.conversation_id].append(message)
        if is_pending(message):
            tx.lanes.wake(FETCH, message.id, now)
    for id_, (before, after) in plan.told.items():
        if after.timer_at is not None and (before is None or before.timer_at != after.timer_at):
            tx.lanes.wake(TIMERS, after.line_id, after.timer_at)
        tx.record.changed(before, after, *plan.happened[id_], messages=said[id_])


def _parted(plan: Plan) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of conversations in which something was said and no more; and the other changed."""
    talked: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for before, after in plan.told.values():
        if before is not None:
            stands = standing(before) == standing(after)
            (talked if stands else changed).append(conversation_row(after))
    return talked, changed


async def _complete_people(tx: Transaction, plan: Plan, *, now: datetime) -> None:
    """What few messages bring: a name, an address that lives again."""
    if plan.changed_customers:
        await tx.customers.complete(list(plan.changed_customers.values()))
    for customer in plan.changed_customers.values():
        tx.record.emit(CustomerChanged(at=now, customer_id=customer.id))
        tx.record.tell(CustomerNews(customer))
    if plan.revived:
        await tx.identities.revive(plan.revived)


def _contacts(plan: Plan, *, now: datetime) -> list[tuple[Any, ...]]:
    given = [(one.id, one.contacts) for one in plan.new_customers.values()]
    given += [(id_, tuple(some)) for id_, some in plan.contacts.items()]
    rows = [row for id_, some in given for row in contact_rows(id_, some, at=now)]
    return _picked(NEW_CONTACT, rows)


def _refs(plan: Plan) -> list[tuple[Any, ...]]:
    own = [(*incoming.ref, message.id) for message, incoming in plan.messages]
    return own + [(*one.album, message.id) for message, one in plan.messages if one.album]


def _messages(plan: Plan) -> Iterator[dict[str, Any]]:
    for message, incoming in plan.messages:
        row = message_row(message)
        row["external_id"] = incoming.message.external_id
        yield row


def _files(plan: Plan, *, now: datetime) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
    """The rows of new files, and which uploads found their message."""
    new, claimed = [], []
    for message, incoming in plan.messages:
        for position, file in enumerate(message.files):
            if file.id in incoming.claimed:
                claimed.append((file.id, message.id, position))
            else:
                row = file_row(
                    file,
                    uploader=incoming.uploader,
                    at=now,
                    message_id=message.id,
                    position=position,
                )
                new.append(row)
    return new, claimed


def _rows(shape: Shape, values: Iterable[Any]) -> list[tuple[Any, ...]]:
    return list(map(attrgetter(*shape.columns), values))


def _picked(shape: Shape, rows: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return list(map(itemgetter(*shape.columns), rows))


async def arrived(tx: Transaction, times: Mapping[InboxId, datetime]) -> None:
    """Note when inboxes last brought something."""
    statement = (
        sa.update(inboxes)
        .where(inboxes.c.id == sa.bindparam("inbox"))
        .values(last_arrival_at=sa.bindparam("at"))
    )
    rows = [{"inbox": inbox_id, "at": at} for inbox_id, at in sorted(times.items())]
    await tx.connection.run(statement, rows)
