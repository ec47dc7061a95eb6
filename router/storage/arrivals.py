"""The hot path: look up everything that a batch names, write everything that it changes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from router.channel import Stored
from router.events import CustomerChanged
from router.ids import InboxId, ThreadId
from router.model import Contact, Conversation, Customer, Identity, Thread
from router.news import CustomerNews
from router.planning import Found, Incoming, Plan, is_pending
from router.reactions import FETCH
from router.storage.messages import file_row
from router.storage.people import contact_rows
from router.storage.rows import (
    contact_of,
    conversation_of,
    conversation_row,
    customer_of,
    fields,
    file_of,
    identity_of,
    message_row,
    thread_of,
)
from router.storage.statements import insert
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


async def look(tx: Transaction, batch: Sequence[Incoming]) -> Found:
    """What is stored of a batch. Threads are locked first, in the order of their ids."""
    places = {one.place for one in batch}
    found_threads = await _threads(tx, places)
    by_id = {thread.id: thread for thread in found_threads.values()}
    people = await _people(tx, {one.address for one in batch})
    return Found(
        threads=found_threads,
        conversations=await _conversations(tx, by_id),
        refs=await _refs(tx, batch),
        identities=people[0],
        customers=people[1],
        uploads=await _uploads(tx, batch),
    )


async def _threads(tx: Transaction, places: set[tuple[Any, str]]) -> dict[Any, Thread]:
    query = (
        sa.select(threads)
        .where(sa.tuple_(threads.c.inbox_id, threads.c.key).in_(sorted(places)))
        .order_by(threads.c.id)
        .with_for_update(key_share=True)
    )
    found = [thread_of(row) for row in await tx.connection.rows(query)]
    return {(thread.inbox_id, thread.key): thread for thread in found}


async def _conversations(
    tx: Transaction, found: dict[ThreadId, Thread]
) -> dict[ThreadId, Conversation]:
    if not found:
        return {}
    held = (
        sa.select(conversations)
        .where(c.thread_id.in_(list(found)), c.state != sa.literal_column("'closed'"))
        .order_by(c.thread_id)
        .with_for_update(key_share=True)
    )
    current = {row.thread_id: conversation_of(row) for row in await tx.connection.rows(held)}
    rest = [thread_id for thread_id in found if thread_id not in current]
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
    query = (
        sa.select(
            provider_refs.c.inbox_id,
            provider_refs.c.external_id,
            messages.c.id,
            messages.c.thread_id,
            messages.c.seq,
            messages.c.stored_at,
        )
        .join(messages, messages.c.id == provider_refs.c.message_id)
        .where(sa.tuple_(provider_refs.c.inbox_id, provider_refs.c.external_id).in_(sorted(wanted)))
    )
    return {
        (row.inbox_id, row.external_id): Stored(
            new=False,
            thread_id=row.thread_id,
            message_id=str(row.id),
            seq=row.seq,
            at=row.stored_at,
        )
        for row in await tx.connection.rows(query)
    }


async def _people(
    tx: Transaction, addresses: set[tuple[str, str, str]]
) -> tuple[dict[Any, Identity], dict[Any, Customer]]:
    key = sa.tuple_(identities.c.kind, identities.c.scope, identities.c.address)
    names = sa.select(
        identities,
        customers.c.name.label("customer_name"),
        customers.c.language,
        customers.c.responsible_id,
        customers.c.merged_into,
        customers.c.created_at,
    ).join(customers, customers.c.id == identities.c.customer_id)
    rows = await tx.connection.rows(names.where(key.in_(sorted(addresses))))
    known = defaultdict[Any, list[Contact]](list)
    if rows:
        ids = {row.customer_id for row in rows}
        given = sa.select(contacts).where(contacts.c.customer_id.in_(ids)).order_by(contacts.c.at)
        for row in await tx.connection.rows(given):
            known[row.customer_id].append(contact_of(row))
    found: dict[Any, Identity] = {}
    owners: dict[Any, Customer] = {}
    for row in rows:
        identity = identity_of(row)
        found[identity.kind, identity.scope, identity.address] = identity
        card = {**fields(row), "id": row.customer_id, "name": row.customer_name}
        owners[row.customer_id] = customer_of(card, known[row.customer_id])
    return found, owners


async def _uploads(tx: Transaction, batch: Sequence[Incoming]) -> dict[Any, Any]:
    claimed = [file_id for one in batch for file_id in one.claimed]
    if not claimed:
        return {}
    query = sa.select(files).where(files.c.id.in_(claimed), files.c.message_id.is_(None))
    rows = await tx.connection.rows(query.with_for_update())
    return {row.id: (file_of(row), row.uploader) for row in rows}


# --- writing -----------------------------------------------------------------


async def write(tx: Transaction, plan: Plan, *, now: datetime) -> None:
    """Write a plan, parents before children, and record what happened."""
    await _write_people(tx, plan, now=now)
    await _write_threads(tx, plan)
    await _write_conversations(tx, plan)
    await _write_messages(tx, plan, now=now)
    said: dict[Any, list[Any]] = defaultdict(list)
    for message, _ in plan.messages:
        said[message.conversation_id].append(message)
    for id_, (before, after) in plan.told.items():
        tx.record.changed(before, after, *plan.happened[id_], messages=said[id_])


async def _write_people(tx: Transaction, plan: Plan, *, now: datetime) -> None:
    if plan.new_customers:
        rows = [
            {
                "id": one.id,
                "name": one.name,
                "language": one.language,
                "responsible_id": one.responsible_id,
                "merged_into": None,
                "created_at": one.created_at,
            }
            for one in plan.new_customers.values()
        ]
        await tx.connection.run(sa.insert(customers), rows)
    given = [(one.id, one.contacts) for one in plan.new_customers.values()]
    given += [(id_, tuple(some)) for id_, some in plan.contacts.items()]
    new_contacts = [row for id_, some in given for row in contact_rows(id_, some, at=now)]
    await tx.customers.add_contact_rows(new_contacts)
    if plan.changed_customers:
        await tx.customers.complete(list(plan.changed_customers.values()))
    for customer in plan.changed_customers.values():
        tx.record.emit(CustomerChanged(at=now, customer_id=customer.id))
        tx.record.tell(CustomerNews(customer))
    if plan.new_identities:
        rows = [
            {name: getattr(one, name) for name in Identity.__slots__} for one in plan.new_identities
        ]
        await tx.connection.run(sa.insert(identities), rows)
    if plan.revived:
        await tx.identities.revive(plan.revived)


async def _write_threads(tx: Transaction, plan: Plan) -> None:
    if plan.new_threads:
        rows = [
            {name: getattr(one, name) for name in Thread.__slots__}
            for one in plan.new_threads.values()
        ]
        await tx.connection.run(sa.insert(threads), rows)
    if plan.changed_threads:
        statement = (
            sa.update(threads)
            .where(threads.c.id == sa.bindparam("thread"))
            .values(last_seq=sa.bindparam("seq"))
        )
        rows = [{"thread": one.id, "seq": one.last_seq} for one in plan.changed_threads.values()]
        await tx.connection.run(statement, rows)
    if plan.visits:
        upsert = insert(tx.connection.dialect, visits)
        names = ("url", "title", "referrer", "at")
        upsert = upsert.on_conflict_do_update(
            index_elements=[visits.c.thread_id],
            set_={name: upsert.excluded[name] for name in names},
        )
        rows = [
            {"thread_id": id_, **{name: getattr(visit, name) for name in names}}
            for id_, visit in plan.visits.items()
        ]
        await tx.connection.run(upsert, rows)


CHANGED = (
    "state", "version", "title", "last_activity_at", "last_seq", "unanswered_since",
    "snoozed_until", "waiting_since", "rank_at", "look_again_at", "owner_id", "previous_owner_id",
    "closed_at", "close_reason", "last_author", "last_preview", "last_file_count", "last_at",
)  # fmt: skip


async def _write_conversations(tx: Transaction, plan: Plan) -> None:
    new = [conversation_row(after) for before, after in plan.told.values() if before is None]
    if new:
        await tx.connection.run(sa.insert(conversations), new)
    changed = [
        conversation_row(after) for before, after in plan.told.values() if before is not None
    ]
    if changed:
        statement = (
            sa.update(conversations)
            .where(c.id == sa.bindparam("b_id"))
            .values({name: sa.bindparam(f"b_{name}") for name in CHANGED})
        )
        rows = [
            {"b_id": row["id"], **{f"b_{name}": row[name] for name in CHANGED}} for row in changed
        ]
        await tx.connection.run(statement, rows)


async def _write_messages(tx: Transaction, plan: Plan, *, now: datetime) -> None:
    if not plan.messages:
        return
    await tx.connection.run(sa.insert(messages), [message_row(one) for one, _ in plan.messages])
    await tx.connection.run(
        sa.insert(provider_refs),
        [
            {
                "inbox_id": incoming.inbox.id,
                "external_id": incoming.message.external_id,
                "message_id": message.id,
                "delivery_id": None,
            }
            for message, incoming in plan.messages
        ],
    )
    new, claims = [], []
    for message, incoming in plan.messages:
        if is_pending(message):
            tx.lanes.wake(FETCH, message.id, now)
        for position, file in enumerate(message.files):
            if file.id in incoming.claimed:
                claims.append({"file": file.id, "message": message.id, "place": position})
            else:
                row = file_row(
                    file,
                    uploader=incoming.uploader,
                    at=now,
                    message_id=message.id,
                    position=position,
                )
                new.append(row)
    if new:
        await tx.connection.run(sa.insert(files), new)
    if claims:
        statement = (
            sa.update(files)
            .where(files.c.id == sa.bindparam("file"))
            .values(message_id=sa.bindparam("message"), position=sa.bindparam("place"))
        )
        await tx.connection.run(statement, claims)


async def arrived(tx: Transaction, times: Mapping[InboxId, datetime]) -> None:
    """Note when inboxes last brought something."""
    statement = (
        sa.update(inboxes)
        .where(inboxes.c.id == sa.bindparam("inbox"))
        .values(last_arrival_at=sa.bindparam("at"))
    )
    rows = [{"inbox": inbox_id, "at": at} for inbox_id, at in sorted(times.items())]
    await tx.connection.run(statement, rows)
