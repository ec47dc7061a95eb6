"""The hot path: look up everything that a batch names, write everything that it changes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from router.channel import Stored
from router.events import CustomerChanged
from router.ids import InboxId, ThreadId
from router.model import Contact, ContactKind, Conversation, Customer, Identity, Thread
from router.news import CustomerNews
from router.planning import Found, Incoming, Plan, is_pending
from router.reactions import FETCH
from router.storage.messages import file_row
from router.storage.people import contact_rows
from router.storage.raw import Lookup, Shape
from router.storage.rows import (
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

THREAD = Lookup(
    sa.select(threads).order_by(threads.c.id).with_for_update(of=threads, key_share=True), PLACE
)
CURRENT = Lookup(
    sa.select(conversations).join(threads, threads.c.id == c.thread_id).where(OPEN), PLACE
)
STORED = Lookup(
    sa.select(*REF, messages.c.id, messages.c.thread_id, messages.c.seq, messages.c.stored_at).join(
        messages, messages.c.id == provider_refs.c.message_id
    ),
    REF,
)
PERSON = Lookup(
    sa.select(
        identities,
        customers.c.name.label("customer_name"),
        customers.c.language,
        customers.c.responsible_id,
        customers.c.merged_into,
        customers.c.created_at,
        contacts.c.kind.label("contact_kind"),
        contacts.c.value.label("contact_value"),
        contacts.c.proven.label("contact_proven"),
    )
    .join(customers, customers.c.id == identities.c.customer_id)
    .outerjoin(contacts, contacts.c.customer_id == customers.c.id)
    .order_by(identities.c.id, contacts.c.at, contacts.c.value),
    ADDRESS,
)


async def look(tx: Transaction, batch: Sequence[Incoming]) -> Found:
    """What is stored of a batch. Threads are locked first, in the order of their ids: whoever
    holds a thread may change its conversations.
    """
    places = sorted({one.place for one in batch})
    rows = await tx.connection.find(THREAD, places)
    found = {(row["inbox_id"], row["key"]): thread_of(row) for row in rows}
    identified, owners = await _people(tx, sorted({one.address for one in batch}))
    return Found(
        threads=found,
        conversations=await _conversations(tx, found),
        refs=await _refs(tx, batch),
        identities=identified,
        customers=owners,
        uploads=await _uploads(tx, batch),
    )


async def _conversations(
    tx: Transaction, found: Mapping[tuple[InboxId, str], Thread]
) -> dict[ThreadId, Conversation]:
    if not found:
        return {}
    rows = await tx.connection.find(CURRENT, list(found))
    current = {row["thread_id"]: conversation_of(row) for row in rows}
    rest = [thread.id for thread in found.values() if thread.id not in current]
    if rest:
        last = (
            sa.select(c.thread_id, sa.func.max(c.first_seq).label("first_seq"))
            .where(c.thread_id.in_(rest))
            .group_by(c.thread_id)
            .subquery()
        )
        query = sa.select(conversations).join(
            last, sa.and_(c.thread_id == last.c.thread_id, c.first_seq == last.c.first_seq)
        )
        for row in await tx.connection.rows(query):
            current[row.thread_id] = conversation_of(row)
    return current


async def _refs(tx: Transaction, batch: Sequence[Incoming]) -> dict[Any, Stored]:
    wanted = {one.ref for one in batch}
    wanted |= {(one.inbox.id, one.message.in_reply_to) for one in batch if one.message.in_reply_to}
    return {
        (row["inbox_id"], row["external_id"]): Stored(
            new=False,
            thread_id=row["thread_id"],
            message_id=str(row["id"]),
            seq=row["seq"],
            at=row["stored_at"],
        )
        for row in await tx.connection.find(STORED, sorted(wanted))
    }


async def _people(
    tx: Transaction, addresses: Sequence[tuple[str, str, str]]
) -> tuple[dict[Any, Identity], dict[Any, Customer]]:
    """Each identity comes with its customer, once for each of their contacts."""
    found: dict[Any, Identity] = {}
    owners: dict[Any, Customer] = {}
    for row in await tx.connection.find(PERSON, addresses):
        identity = identity_of(row)
        found[identity.kind, identity.scope, identity.address] = identity
        owner = owners.get(identity.customer_id)
        if owner is None:
            card = {**row, "id": identity.customer_id, "name": row["customer_name"]}
            owner = owners[identity.customer_id] = customer_of(card)
        if row["contact_kind"] is None:
            continue
        kind = ContactKind(row["contact_kind"])
        contact = Contact(kind, row["contact_value"], proven=row["contact_proven"])
        # A customer whom several of these addresses lead to is found once by each.
        if contact not in owner.contacts:
            owners[owner.id] = replace(owner, contacts=(*owner.contacts, contact))
    return found, owners


async def _uploads(tx: Transaction, batch: Sequence[Incoming]) -> dict[Any, Any]:
    claimed = [file_id for one in batch for file_id in one.claimed]
    if not claimed:
        return {}
    query = sa.select(files).where(files.c.id.in_(claimed), files.c.message_id.is_(None))
    rows = await tx.connection.rows(query.with_for_update())
    return {row.id: (file_of(row), row.uploader) for row in rows}


# --- writing -----------------------------------------------------------------


NEW_CUSTOMER = Shape(customers, ("id", "name", "language", "created_at"))
NEW_IDENTITY = Shape(identities, Identity.__slots__)
NEW_THREAD = Shape(threads, Thread.__slots__)
LONGER_THREAD = Shape(threads, ("id", "last_seq"), keys=("id",))
NEW_CONVERSATION = Shape(conversations, tuple(column.name for column in conversations.columns))
CHANGED = (
    "id", "state", "version", "title", "last_activity_at", "last_seq", "unanswered_since",
    "snoozed_until", "waiting_since", "rank_at", "look_again_at", "owner_id", "previous_owner_id",
    "closed_at", "close_reason", "last_author", "last_preview", "last_file_count", "last_at",
)  # fmt: skip
CHANGED_CONVERSATION = Shape(conversations, CHANGED, keys=("id",))
NEW_MESSAGE = Shape(messages, tuple(column.name for column in messages.columns))
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
    changed = [conversation_row(after) for before, after in plan.told.values() if before]
    new_files, claimed = _files(plan, now=now)
    await tx.connection.put(
        [
            (NEW_CUSTOMER, _rows(NEW_CUSTOMER, plan.new_customers.values())),
            (NEW_IDENTITY, _rows(NEW_IDENTITY, plan.new_identities)),
            (NEW_THREAD, _rows(NEW_THREAD, plan.new_threads.values())),
            (LONGER_THREAD, _rows(LONGER_THREAD, plan.changed_threads.values())),
            (NEW_CONVERSATION, _picked(NEW_CONVERSATION, new)),
            (CHANGED_CONVERSATION, _picked(CHANGED_CONVERSATION, changed)),
            (NEW_MESSAGE, _picked(NEW_MESSAGE, _messages(plan))),
            (NEW_REF, [(*incoming.ref, message.id) for message, incoming in plan.messages]),
            (NEW_FILE, _picked(NEW_FILE, new_files)),
            (CLAIMED_FILE, claimed),
            (
                VISIT,
                [(id_, v.url, v.title, v.referrer, v.at, v.url) for id_, v in plan.visits.items()],
            ),
        ]
    )
    await _complete_people(tx, plan, now=now)
    said: dict[Any, list[Any]] = defaultdict(list)
    for message, _ in plan.messages:
        said[message.conversation_id].append(message)
        if is_pending(message):
            tx.lanes.wake(FETCH, message.id, now)
    for id_, (before, after) in plan.told.items():
        tx.record.changed(before, after, *plan.happened[id_], messages=said[id_])


async def _complete_people(tx: Transaction, plan: Plan, *, now: datetime) -> None:
    """What few messages bring: contacts, a name, an address that lives again."""
    given = [(one.id, one.contacts) for one in plan.new_customers.values()]
    given += [(id_, tuple(some)) for id_, some in plan.contacts.items()]
    new_contacts = [row for id_, some in given for row in contact_rows(id_, some, at=now)]
    await tx.customers.add_contact_rows(new_contacts)
    if plan.changed_customers:
        await tx.customers.complete(list(plan.changed_customers.values()))
    for customer in plan.changed_customers.values():
        tx.record.emit(CustomerChanged(at=now, customer_id=customer.id))
        tx.record.tell(CustomerNews(customer))
    if plan.revived:
        await tx.identities.revive(plan.revived)


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
    return [tuple([getattr(one, name) for name in shape.columns]) for one in values]


def _picked(shape: Shape, rows: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple([row[name] for name in shape.columns]) for row in rows]


async def arrived(tx: Transaction, times: Mapping[InboxId, datetime]) -> None:
    """Note when inboxes last brought something."""
    statement = (
        sa.update(inboxes)
        .where(inboxes.c.id == sa.bindparam("inbox"))
        .values(last_arrival_at=sa.bindparam("at"))
    )
    rows = [{"inbox": inbox_id, "at": at} for inbox_id, at in sorted(times.items())]
    await tx.connection.run(statement, rows)
