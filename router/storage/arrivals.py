"""The hot path's write: everything that a batch changes, at once. What it names: `looking.py`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any

import sqlalchemy as sa

from router.batches import Plan
from router.events import CustomerChanged
from router.ids import InboxId
from router.model import Identity, Thread
from router.news import CustomerNews
from router.planning import is_pending
from router.reactions import FETCH, TIMERS
from router.storage.messages import file_row
from router.storage.people import contact_rows, keeping_what_is_proven
from router.storage.raw import Shape
from router.storage.rows import (
    conversation_row,
    message_row,
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
from router.urgency import urgent_at

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
    "silent", "stale", "timer_at", "urgent_at",
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
# What the first message after an answer changes as well: since then the customer waits.
ASKED_IN_CONVERSATION = Shape(conversations, (*SAID, "urgent_at"), keys=("id",))
standing = attrgetter(*(name for name in CHANGED if name not in (*SAID, "urgent_at")))
# A customer's new message has no buttons, is not cut, and nobody has done anything about it.
OURS = frozenset(("buttons", "limits", "change", "change_due_at", "reactions"))
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
    talked, asked, changed = _parted(plan)
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
            (ASKED_IN_CONVERSATION, _picked(ASKED_IN_CONVERSATION, asked)),
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


def _parted(plan: Plan) -> tuple[list[dict[str, Any]], ...]:
    """The rows of conversations in which something was said and no more; of those in which the
    customer began to wait by it; and the other changed.
    """
    talked: list[dict[str, Any]] = []
    asked: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for before, after in plan.told.values():
        if before is None:
            continue
        if standing(before) != standing(after):
            changed.append(conversation_row(after))
        elif urgent_at(before) != urgent_at(after):
            asked.append(conversation_row(after))
        else:
            talked.append(conversation_row(after))
    return talked, asked, changed


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
