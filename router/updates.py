"""Arrivals that are no new message: edits, receipts, answers from outside, new addresses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

import structlog

from router import events, reacting, receipts
from router.channel import (
    Arrival,
    CustomerAction,
    Deleted,
    Edited,
    IncomingMessage,
    OutsideReply,
    Readdressed,
    Receipt,
    Rekeying,
    Stored,
)
from router.delegations import Delegation
from router.emoji import Reacted
from router.gestures import act
from router.holding import weighed
from router.identity import thread_of
from router.ids import DeliveryId, MessageId, made_at, new_id
from router.joining import new_among, with_files
from router.merging import answer_beside, reworded_beside
from router.model import (
    Author,
    Conversation,
    DeliveryState,
    File,
    Inbox,
    Message,
    Thread,
)
from router.naming import named
from router.news import StandingNews
from router.outbound import settled
from router.planning import below, is_pending, title_of
from router.reactions import FETCH
from router.receipts import NOTHING, TooEarly
from router.states import answered, closed, earlier, last_of, of, opened, touched
from router.storage import Transaction

# How long what was said may come after its own edit; a provider that was refused comes again sooner.
STILL_COMING = timedelta(minutes=5)
# What changes all the time is shown as often, and stands as often on the CRM's timeline.
CONTINUAL_EVERY = timedelta(minutes=1)
# So long a provider counts on; after that its numbers may begin anew.
COUNTS_ON = timedelta(days=7)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outside:
    """An outside reply at the border: cleaned, its bytes stored."""

    reply: OutsideReply
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Reworded:
    """An edit at the border, with the files that the message has now."""

    edited: Edited
    files: tuple[File, ...]


async def apply(
    tx: Transaction, inbox: Inbox, arrival: Arrival | Outside | Reworded, *, now: datetime
) -> Stored:
    """Do what an arrival says; what it names and we do not know changes nothing."""
    match arrival:
        case Reworded():
            return await _edit(tx, inbox, arrival.edited, arrival.files, now=now)
        case Edited():
            return await _edit(tx, inbox, arrival, (), now=now)
        case Deleted():
            return await _delete(tx, inbox, arrival, now=now)
        case Receipt() | Reacted():
            return await _sign(tx, inbox, arrival, now=now)
        case Outside():
            return await _outside_reply(tx, inbox, arrival.reply, arrival.files, now=now)
        case OutsideReply():
            return await _outside_reply(tx, inbox, arrival, (), now=now)
        case Readdressed() | Delegation():
            return await _move(tx, inbox, arrival, now=now)
        case CustomerAction():
            return await act(tx, inbox, arrival, now=now)
        case IncomingMessage():
            raise AssertionError("messages are planned in batches")
        case _:
            assert_never(arrival)


async def _sign(tx: Transaction, inbox: Inbox, sign: Receipt | Reacted, *, now: datetime) -> Stored:
    """It arrived, it was read, it was liked."""
    if isinstance(sign, Reacted):
        return await reacting.receive(tx, inbox, sign, now=now)
    return await receipts.receive(tx, inbox, sign, now=now)


# --- what was said -----------------------------------------------------------


async def _edit(
    tx: Transaction, inbox: Inbox, edited: Edited, files: Sequence[File], *, now: datetime
) -> Stored:
    found = await tx.refs.find(inbox.id, edited.external_id)
    if found is None and _is_ahead(inbox, edited, now=now):
        raise TooEarly
    if found is not None and found[1] is not None and not await _is_changed_there(tx, found[0]):
        # What we sent we change ourselves, and one piece of it is not the whole.
        return NOTHING
    message = await named(tx, inbox, edited.external_id, thread_key=edited.thread_key)
    if message is None or _is_outdated(message, edited) or _is_too_soon(message, edited):
        return NOTHING
    if message.deleted_at is not None and not edited.restored:
        return NOTHING
    added = new_among(files, message)
    if edited.text is None and not added:
        return NOTHING
    text = message.text if edited.text is None else edited.text
    if edited.text is not None and message.in_reply_to is None:
        text = below(edited.quoted, text)
    changed_at = message.edited_at if edited.restored else edited.at or now
    after = replace(message, text=text, edited_at=changed_at, deleted_at=None)
    uploader = f"{inbox.id}/{edited.thread_key}"
    after = await with_files(tx, after, added, uploader=uploader, now=now)
    return await _reword(tx, after, events.MessageEdited, now=now)


async def _is_changed_there(tx: Transaction, message_id: MessageId) -> bool:
    """Whether a message of ours is whole in one piece, and public: there others may change it."""
    message = await tx.messages.get(message_id)
    thread = await tx.threads.get(message.thread_id) if message else None
    return bool(message and thread and thread.public and len(message.deliveries) == 1)


def _is_ahead(inbox: Inbox, edited: Edited, *, now: datetime) -> bool:
    """Whether what was edited is still to come: it was said to this inbox, and just now edited."""
    if edited.sent_at is None:
        return False
    changed_at = edited.at or edited.sent_at
    return edited.sent_at > made_at(inbox.id) and now - changed_at < STILL_COMING


def _is_outdated(message: Message, edited: Edited) -> bool:
    """Whether a later edit came first."""
    return bool(edited.at and message.edited_at and edited.at < message.edited_at)


def _is_too_soon(message: Message, edited: Edited) -> bool:
    """Whether another change of it will come by itself."""
    since = message.edited_at or message.sent_at
    return edited.continual and edited.at is not None and edited.at - since < CONTINUAL_EVERY


async def _delete(tx: Transaction, inbox: Inbox, deleted: Deleted, *, now: datetime) -> Stored:
    message = await named(tx, inbox, deleted.external_id, thread_key=deleted.thread_key)
    if message is None or message.deleted_at is not None:
        return NOTHING
    # Operators keep what was said: the customer took it back, the desk has read it.
    after = replace(message, deleted_at=deleted.at or now)
    await tx.messages.save(after)
    return await _reword(tx, after, events.MessageDeleted, now=now)


async def _reword(
    tx: Transaction,
    message: Message,
    happened: type[events.MessageEdited] | type[events.MessageDeleted],
    *,
    now: datetime,
) -> Stored:
    held = await tx.conversations.lock(message.conversation_id)
    assert held is not None
    _, conversation = held
    is_last = conversation.last_seq == message.seq
    last = last_of(message) if is_last else conversation.last
    after = touched(conversation, last=last)
    event = happened(**of(after, now), message_id=message.id)
    await tx.change(conversation, after, event, messages=(message,))
    await reworded_beside(tx, conversation, message, now=now)
    return Stored(
        new=True,
        thread_id=message.thread_id,
        message_id=str(message.id),
        seq=message.seq,
        at=message.stored_at,
    )


async def _outside_reply(
    tx: Transaction, inbox: Inbox, reply: OutsideReply, files: Sequence[File], *, now: datetime
) -> Stored:
    """Our side wrote in the provider's own app: it stands in the thread as said."""
    if await tx.refs.find(inbox.id, reply.external_id) is not None:
        return NOTHING
    if reply.token and await _is_echo(tx, inbox, reply, now=now):
        return NOTHING
    thread = await _thread_answered(tx, inbox, reply, now=now)
    if thread is None:
        log.warning("outside_reply_to_nobody", inbox=str(inbox.id))
        return NOTHING
    if reply.token is None and await tx.deliveries.any_sending(inbox.id, thread.id):
        raise TooEarly
    latest = await tx.conversations.latest(thread.id)
    held = await tx.conversations.lock(latest.id) if latest else None
    before = held[1] if held else None
    conversation = before or await _written_first(tx, inbox, thread, now=now)
    message = _written(reply, files, thread, conversation, now=now)
    after = answered(conversation, message, now=now)
    if before is None:
        # Nobody waits for anything: an answer of the customer's opens it again.
        after = replace(closed(after, reason="", seen_seq=message.seq, now=now), version=1)
        await tx.conversations.insert(after)
    else:
        await weighed(tx, before, after, now=now)
        await tx.conversations.save(after)
    await _keep(tx, inbox, reply.external_id, message, now=now)
    event = events.ReplyQueued(
        **of(after, now), message_id=message.id, seq=message.seq, operator_id=None
    )
    happened = [events.ConversationOpened(**of(after, now), inbox_id=inbox.id), event]
    tx.record.changed(
        before, after, *(happened if before is None else [event]), messages=(message,)
    )
    await answer_beside(tx, conversation, message, now=now)
    return Stored(
        new=True, thread_id=thread.id, message_id=str(message.id), seq=message.seq, at=now
    )


async def _thread_answered(
    tx: Transaction, inbox: Inbox, reply: OutsideReply, *, now: datetime
) -> Thread | None:
    """The thread in which our side wrote, locked; None if nobody knows whom they mean."""
    found = await tx.threads.by_key(inbox.id, reply.thread_key)
    if found is None and reply.to is not None:
        key, public = reply.thread_key, reply.public
        found = await thread_of(tx, inbox, reply.to, key, public=public, now=now)
    return await tx.threads.get(found.id, lock=True) if found else None


async def _is_echo(tx: Transaction, inbox: Inbox, reply: OutsideReply, *, now: datetime) -> bool:
    """Whether it is what we sent ourselves; then it has arrived, whatever became of our call."""
    delivery = await tx.deliveries.get(_delivery_id(reply.token or ""))
    thread = await tx.threads.get(delivery.thread_id, lock=True) if delivery else None
    delivery = await tx.deliveries.get(delivery.id) if delivery else None
    if delivery is None or thread is None:
        return False
    if (thread.inbox_id, thread.key) != (inbox.id, reply.thread_key):
        return False
    await tx.refs.add(inbox.id, reply.external_id, delivery.message_id, delivery_id=delivery.id)
    if delivery.state in (*earlier(DeliveryState.SENT), DeliveryState.FAILED):
        sent = replace(
            delivery,
            state=DeliveryState.SENT,
            external_id=reply.external_id,
            next_attempt_at=None,
            reason=None,
        )
        await settled(tx, sent, now=now)
    return True


def _delivery_id(token: str) -> DeliveryId:
    try:
        return DeliveryId(UUID(token))
    except ValueError:
        # No delivery has this id: somebody else's program wrote.
        return DeliveryId(UUID(int=0))


async def _written_first(
    tx: Transaction, inbox: Inbox, thread: Thread, *, now: datetime
) -> Conversation:
    """A conversation that our side began."""
    customer = await tx.customers.get(thread.customer_id)
    assert customer is not None
    return opened(thread, channel=inbox.kind, title=title_of(customer), now=now)


def _written(
    reply: OutsideReply,
    files: Sequence[File],
    thread: Thread,
    conversation: Conversation,
    *,
    now: datetime,
) -> Message:
    return Message(
        id=MessageId(new_id()),
        thread_id=thread.id,
        conversation_id=conversation.id,
        seq=thread.last_seq + 1,
        author=Author.OPERATOR,
        text=reply.text,
        sent_at=min(reply.sent_at or now, now),
        stored_at=now,
        files=tuple(files),
    )


async def _keep(
    tx: Transaction, inbox: Inbox, external_id: str, message: Message, *, now: datetime
) -> None:
    """Store a message of ours with its files; those that came as an address are fetched by work."""
    await tx.messages.insert(message)
    await tx.refs.add(inbox.id, external_id, message.id)
    await tx.threads.mark(message.thread_id, last_seq=message.seq)
    for position, file in enumerate(message.files):
        await tx.files.insert(
            file, uploader=str(inbox.id), at=now, message_id=message.id, position=position
        )
    if is_pending(message):
        tx.lanes.wake(FETCH, message.id, now)


# --- where it is said ----------------------------------------------------------


async def _move(tx: Transaction, inbox: Inbox, moved: Rekeying, *, now: datetime) -> Stored:
    if isinstance(moved, Delegation):
        return await _delegated(tx, inbox, moved, now=now)
    thread = await tx.threads.by_key(inbox.id, moved.old, lock=True)
    if thread is None or not await rekey(tx, thread, moved.new):
        return NOTHING
    return Stored(new=True, thread_id=thread.id)


async def _delegated(tx: Transaction, inbox: Inbox, told: Delegation, *, now: datetime) -> Stored:
    """An account lets us answer for it, or does not any more; its threads follow it."""
    known = await tx.delegations.lock(inbox.id, told.owner)
    if known is not None:
        before, heard_at = known
        if told.order <= before.order and now - heard_at < COUNTS_ON:
            return NOTHING
        if not told.enabled:
            # What ends leads nowhere.
            told = replace(told, keys=before.keys)
        elif told.keys != before.keys:
            await tx.threads.rekey(inbox.id, before.keys, told.keys)
    await tx.delegations.save(inbox.id, told, heard_at=now)
    tx.record.tell(StandingNews())
    return Stored(new=True)


async def rekey(tx: Transaction, thread: Thread, new_key: str) -> bool:
    """Give a thread, which is locked, the key that its provider calls it by now. False if another
    thread has it: they wrote there before we heard of the move.
    """
    holder = await tx.threads.by_key(thread.inbox_id, new_key)
    if holder is None:
        await tx.threads.save(replace(thread, key=new_key))
        await tx.identities.readdress(thread.identity_id, thread.key, new_key)
    return holder is None or holder.id == thread.id
