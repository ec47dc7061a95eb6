"""The hot path's look: everything that stands behind what a batch names, found and locked at once."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router.batches import Ahead, Found, Incoming, Place
from router.channel import Stored
from router.ids import ConversationId, CustomerId, InboxId, LineId, OperatorId, ThreadId
from router.model import Contact, ContactKind, Conversation, Customer, Identity, Line, State, Thread
from router.ratings import Rating
from router.storage.conversations import IS_THERE
from router.storage.engine import Conflict
from router.storage.raw import Lookup, Parts, Walk
from router.storage.rows import CONVERSATION_COLUMNS, conversation_in, conversation_of, file_of
from router.storage.tables.talk import (
    contacts,
    conversations,
    customers,
    files,
    identities,
    messages,
    provider_refs,
    threads,
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


# In the order in which each noun takes its values.
CUSTOMER = (
    "id",
    "created_at",
    "name",
    "language",
    "responsible_id",
    "merged_into",
    "tier",
    "blocked",
)
PARTS: tuple[Sequence[sa.Column[Any]], ...] = (
    [threads.c[name] for name in Thread.__slots__],
    [c[name] for name in CONVERSATION_COLUMNS],
    STORED,
    [identities.c[name] for name in Identity.__slots__],
    [customers.c[name] for name in CUSTOMER],
    [contacts.c[name] for name in ("kind", "value", "proven")],
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
        sa.select(*(column for part in PARTS for column in part))
        .select_from(joined)
        .order_by(contacts.c.at, contacts.c.value)
    )


EVERYTHING = Walk(
    (*(one.type for one in REF), threads.c.key.type, *(one.type for one in ADDRESS)),
    _everything,
    tuple(map(len, PARTS)),
)


async def look(tx: Transaction, batch: Sequence[Incoming], ahead: Ahead) -> Found:
    """What is stored of a batch. Threads are locked first, in the order of their ids: whoever
    holds a thread may change its conversations.

    Raises `Conflict`, and notes it in `ahead`, if more has to be held.
    """
    places = {one.place for one in batch} | ahead.places
    if tx.connection.dialect == "postgresql":
        # On SQLite there is one writer, and the whole database is its lock.
        await tx.connection.find(HELD, sorted(places))
    keys = {(*one.ref, one.message.thread_key, *one.address) for one in batch}
    keys |= {(*one.album, one.message.thread_key, *one.address) for one in batch if one.album}
    look = _Look()
    for row in await tx.connection.walk(EVERYTHING, keys):
        look.add(row)
    await _hold_beginners(tx, batch, look)
    found = look.conversations | await _last_closed(tx, look)
    lines = await _moved_to(tx, batch, found)
    survivors = await _survivors(tx, found)
    await _must_hold(tx, survivors.values(), places, ahead)
    return Found(
        threads=look.threads,
        conversations=found,
        lines=lines,
        ratings=await _ratings(tx, found, lines),
        survivors={id_: one.id for id_, one in survivors.items()},
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

    def add(self, row: Parts) -> None:
        place, talk, ref, sender, card, contact = row
        if place is not None and (place[1], place[3]) not in self.threads:
            thread = Thread(*place)
            self.threads[thread.inbox_id, thread.key] = thread
            if talk is not None:
                self.conversations[thread.id] = conversation_in(talk)
        if ref is not None:
            inbox_id, external_id, *message = ref
            self.refs[inbox_id, external_id] = _stored(*message)
        if sender is None or card is None:
            return
        known = Identity(*sender)
        self.identities[known.kind, known.scope, known.address] = known
        owner = self.customers.get(known.customer_id) or _customer(card)
        if contact is not None and (said := _contact(contact)) not in owner.contacts:
            owner = replace(owner, contacts=(*owner.contacts, said))
        self.customers[owner.id] = owner


def _customer(card: Sequence[Any]) -> Customer:
    # Their contacts stand in other rows.
    values = [*card[:4], (), *card[4:]]
    return Customer(*values)


def _contact(found: Sequence[Any]) -> Contact:
    kind, value, proven = found
    return Contact(ContactKind(kind), value, proven=proven)


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


async def _survivors(
    tx: Transaction, found: Mapping[ThreadId, Conversation]
) -> dict[ConversationId, Conversation]:
    """The open conversations in which merged ones go on."""
    merged = [one for one in found.values() if one.merged_into is not None]
    survivors = [(one.id, await tx.conversations.survivor(one)) for one in merged]
    return {id_: one for id_, one in survivors if one is not None}


async def _must_hold(
    tx: Transaction, survivors: Collection[Conversation], places: AbstractSet[Place], ahead: Ahead
) -> None:
    """Survivors hear what is said beside them: their threads are locked with the batch's, and before
    them their owners, if they take room again that they did not while nobody spoke.
    """
    if not survivors or tx.connection.dialect != "postgresql":
        return
    threads = await tx.threads.many([one.thread_id for one in survivors])
    there = {(one.inbox_id, one.key) for one in threads.values()}
    ahead.places |= there
    owners = {one.owner_id for one in survivors if one.owner_id is not None and one.silent}
    must_have_held(tx, owners, ahead)
    if not there <= places:
        raise Conflict("it goes on in threads that are not held")


def must_have_held(tx: Transaction, owners: AbstractSet[OperatorId], ahead: Ahead) -> None:
    """Raises `Conflict`, and notes them in `ahead`, if the loads of these were not locked first."""
    if tx.connection.dialect == "postgresql" and not owners <= ahead.operators:
        ahead.operators |= owners
        raise Conflict("the load of an owner is not held")


def _stored(message_id: UUID, thread_id: ThreadId, seq: int, stored_at: datetime) -> Stored:
    return Stored(new=False, thread_id=thread_id, message_id=str(message_id), seq=seq, at=stored_at)


async def _replied_to(
    tx: Transaction, batch: Sequence[Incoming]
) -> dict[tuple[InboxId, str], Stored]:
    wanted = {(one.inbox.id, one.message.in_reply_to) for one in batch if one.message.in_reply_to}
    if not wanted:
        return {}
    rows = await tx.connection.find(REPLIED_TO, sorted(wanted))
    stored = itemgetter("id", "thread_id", "seq", "stored_at")
    return {(row["inbox_id"], row["external_id"]): _stored(*stored(row)) for row in rows}


async def _last_closed(tx: Transaction, look: _Look) -> dict[ThreadId, Conversation]:
    """The last conversations of threads that have none open."""
    rest = [one.id for one in look.threads.values() if one.id not in look.conversations]
    if not rest:
        return {}
    last = (
        sa.select(c.thread_id, sa.func.max(c.first_seq).label("first_seq"))
        .where(c.thread_id.in_(rest), IS_THERE)
        .group_by(c.thread_id)
        .subquery()
    )
    query = (
        sa.select(conversations)
        .join(last, sa.and_(c.thread_id == last.c.thread_id, c.first_seq == last.c.first_seq))
        .where(IS_THERE)
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
