"""The way out, its acts: an answer is queued with its message, and settled by a person's word."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from router import events
from router.buttons import Button
from router.channel import Capabilities, OutgoingFile
from router.errors import Invalid, NotFound, TooLate
from router.holding import NOTHING_BESIDE, hold_to_speak, must_know, retimed, weighed
from router.ids import ConversationId, DeliveryId, FileId, MessageId, OperatorId, new_id
from router.merging import answer_beside
from router.model import Author, Conversation, Delivery, DeliveryState, File, Message, State, Thread
from router.shaping import clean, offering, pieces
from router.staff import Operator
from router.states import answered, of, touched
from router.storage import Transaction

UNSAID = frozenset((DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.FAILED))
# What a line takes for late, it does so at the earliest: nobody notices a minute.
LATE_AT_LEAST = timedelta(minutes=1)


async def reply(
    tx: Transaction,
    conversation_id: ConversationId,
    *,
    message_id: MessageId,
    text: str,
    file_ids: Sequence[FileId] = (),
    author: Operator | None,
    in_reply_to: MessageId | None = None,
    buttons: Sequence[Button] = (),
    seen_seq: int | None = None,
    seen_beside: Mapping[ConversationId, int] = NOTHING_BESIDE,
    capabilities: Capabilities,
    now: datetime,
) -> Message:
    """Queue an answer to the customer; `author` None is the desk itself.

    The same `message_id` again is the same message, and is not sent twice.

    Raises:
        MovedOn: the customer has written after `seen_seq`, as `must_know`.
        TooLate: it is closed, goes on in no other, and this is no last word of the desk's.
        Invalid: nothing to say, a file not the author's to send, or the desk in public.
    """
    thread, conversation = await hold_to_speak(tx, conversation_id)
    capabilities = capabilities.where(public=thread.public)
    role, by = (Author.OPERATOR, author.id) if author else (Author.DESK, None)
    if (said := await tx.messages.get(message_id)) is not None:
        return _again(said, thread, role, by)
    await _must_go_on(tx, conversation, role)
    await must_know(tx, thread, conversation, seen_seq, seen_beside)
    text, shown = offering(clean(text), buttons, capabilities)
    _must_fit(thread, role, text, file_ids)
    message = Message(
        id=message_id,
        thread_id=thread.id,
        conversation_id=conversation.id,
        seq=thread.last_seq + 1,
        author=role,
        text=text,
        sent_at=now,
        stored_at=now,
        operator_id=by,
        in_reply_to=in_reply_to,
        automatic=author is None,
        files=tuple(await _claimed(tx, file_ids, uploader=str(by), message_id=message_id)),
        buttons=shown,
    )
    return await _queue(tx, thread, conversation, message, capabilities=capabilities, now=now)


async def _must_go_on(tx: Transaction, conversation: Conversation, role: Author) -> None:
    over = conversation.state is State.CLOSED and role is not Author.DESK
    if over and await tx.conversations.survivor(conversation) is None:
        raise TooLate("it is closed")


def _again(said: Message, thread: Thread, role: Author, by: OperatorId | None) -> Message:
    if (said.thread_id, said.author, said.operator_id) != (thread.id, role, by):
        raise Invalid("this id is taken", fields={"id": "was used for another message"})
    return said


async def _claimed(
    tx: Transaction, file_ids: Sequence[FileId], *, uploader: str, message_id: MessageId
) -> Sequence[File]:
    files = await tx.files.claim(file_ids, uploader=uploader, message_id=message_id)
    if len(files) != len(set(file_ids)):
        raise Invalid("a file is gone, or was sent before", fields={"file_ids": "not yours"})
    return files


def _must_fit(thread: Thread, role: Author, text: str, file_ids: Sequence[FileId]) -> None:
    if thread.public and role is Author.DESK:
        raise Invalid("the desk says nothing by itself where everybody reads it")
    if not text.strip() and not file_ids:
        raise Invalid("there is nothing to say", fields={"text": "is empty"})


async def _queue(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    message: Message,
    *,
    capabilities: Capabilities,
    now: datetime,
) -> Message:
    files = [measured(file) for file in message.files]
    count = len(pieces(message.text, files, capabilities, message.buttons))
    deliveries = [
        Delivery(
            DeliveryId(new_id()), message.id, thread.id, piece=piece, state=DeliveryState.QUEUED
        )
        for piece in range(count)
    ]
    message = replace(message, deliveries=tuple(deliveries), limits=capabilities.limits)
    await tx.messages.insert(message)
    await tx.deliveries.insert(deliveries, seq=message.seq, at=now)
    marks = {"last_seq": message.seq}
    if message.author is Author.OPERATOR:
        # Who answers has seen what they answer.
        marks |= {"operator_seen_seq": message.seq, "operator_got_seq": message.seq}
    await tx.threads.mark(thread.id, **marks)
    after = answered(conversation, message, now=now)
    if conversation.merged_into is None:
        after = await retimed(tx, after, now=now)
    await weighed(tx, conversation, after, now=now)
    event = events.ReplyQueued(
        **of(after, now),
        message_id=message.id,
        seq=message.seq,
        operator_id=message.operator_id,
    )
    await tx.change(conversation, after, event, messages=(message,))
    await answer_beside(tx, conversation, message, now=now)
    return message


async def retry(tx: Transaction, delivery_id: DeliveryId, *, now: datetime) -> Message:
    """Send again what failed, or what a person says did not arrive."""
    delivery = await _held(tx, delivery_id)
    message = await tx.messages.get(delivery.message_id)
    if message is not None and message.deleted_at is not None:
        raise TooLate("it was withdrawn")
    if delivery.state not in (DeliveryState.FAILED, DeliveryState.UNCONFIRMED):
        raise TooLate("it is under way, or has arrived")
    again = replace(
        delivery, state=DeliveryState.QUEUED, attempts=0, next_attempt_at=None, reason=None
    )
    return await settled(tx, again, now=now)


async def settle(
    tx: Transaction, delivery_id: DeliveryId, *, arrived: bool, now: datetime
) -> Message:
    """A person's word on an unconfirmed delivery: it arrived, or it is sent again."""
    if not arrived:
        return await retry(tx, delivery_id, now=now)
    delivery = await _held(tx, delivery_id)
    if delivery.state is not DeliveryState.UNCONFIRMED:
        raise TooLate("it has been settled")
    return await settled(tx, replace(delivery, state=DeliveryState.SENT, reason=None), now=now)


async def _held(tx: Transaction, delivery_id: DeliveryId) -> Delivery:
    """The delivery as it is now, its thread locked: whoever changes one holds that lock."""
    delivery = await tx.deliveries.get(delivery_id)
    if delivery is not None:
        await tx.threads.get(delivery.thread_id, lock=True)
        delivery = await tx.deliveries.get(delivery_id)
    if delivery is None:
        raise NotFound("no such delivery")
    return delivery


async def settled(tx: Transaction, delivery: Delivery, *, now: datetime) -> Message:
    """Save what became of a delivery, and show it. Its thread is locked."""
    message = await tx.messages.get(delivery.message_id)
    assert message is not None
    held = await tx.conversations.lock(message.conversation_id)
    assert held is not None
    _, conversation = held
    await tx.deliveries.save(delivery, at=now)
    message = replace(
        message,
        deliveries=tuple(delivery if one.id == delivery.id else one for one in message.deliveries),
    )
    after = touched(conversation)
    event = events.DeliveryChanged(
        **of(after, now), message_id=message.id, delivery_id=delivery.id, state=delivery.state
    )
    await tx.change(conversation, after, event, messages=(message,))
    return message


def measured(file: File) -> OutgoingFile:
    async def unread() -> bytes:
        raise AssertionError("only measured")

    return OutgoingFile(file.name, file.mime, file.size_bytes, url="", read=unread)


async def worth_saying_until(tx: Transaction, message: Message, thread: Thread) -> datetime | None:
    """Until when an automatic reply is worth saying; of one that is half said, the rest is."""
    begun = any(one.state not in UNSAID for one in message.deliveries)
    line = await tx.lines.get(thread.line_id) if message.automatic and not begun else None
    if line is None:
        return None
    return message.stored_at + max(timedelta(seconds=line.stale_after_s), LATE_AT_LEAST)
