"""Second thoughts: an operator changes or withdraws what they said, at the customer's too.

Until the provider has done it, the message stands as it was and says what is to become of it.
The work is the thread's delivery lane's, after what was queued before; a repeat is harmless.
"""

from dataclasses import replace
from datetime import datetime

from router import events
from router.changes import Change, ChangeKind, ChangeState
from router.channel import Capabilities
from router.errors import Forbidden, Invalid, NotFound, TooLate
from router.ids import MessageId
from router.merging import reworded_beside
from router.model import Delivery, DeliveryState, Message
from router.outbound import measured
from router.shaping import Piece, clean, pieces
from router.staff import Operator
from router.states import last_of, of, touched
from router.storage import Transaction

Happened = (
    events.MessageChangeQueued
    | events.MessageChangeFailed
    | events.MessageEdited
    | events.MessageDeleted
    | events.MessageReacted
)

WITHDRAWN = "withdrawn before it was sent"
NOT_ARRIVED = frozenset((DeliveryState.FAILED, DeliveryState.UNCONFIRMED))


# --- acts --------------------------------------------------------------------


async def edit(
    tx: Transaction,
    message_id: MessageId,
    text: str,
    *,
    author: Operator,
    capabilities: Capabilities,
    now: datetime,
) -> Message:
    """Have a message say something else. The same text again changes nothing.

    Raises:
        Forbidden: somebody else said it.
        TooLate: it was withdrawn, or has not arrived.
        Invalid: the channel changes nothing, or cannot carry so much in its place.
    """
    message = await _own(tx, message_id, author, capabilities)
    wanted = clean(text)
    if not wanted.strip() and not message.files:
        raise Invalid("there is nothing to say", fields={"text": "is empty"})
    if len(parts_of(message, wanted, capabilities)) > len(message.deliveries):
        raise Invalid("it does not fit in its place", fields={"text": "is too long"})
    before = message.change
    said = before.text if before and before.state is ChangeState.QUEUED else message.text
    if wanted == said:
        return message
    return await _change(tx, message, Change(ChangeKind.EDIT, now, text=wanted), now=now)


async def withdraw(
    tx: Transaction,
    message_id: MessageId,
    *,
    author: Operator,
    capabilities: Capabilities,
    now: datetime,
) -> Message:
    """Take a message back; what nobody has begun to send is never sent. Again is harmless.

    Raises:
        Forbidden: somebody else said it.
        TooLate: it has not arrived.
        Invalid: the channel takes nothing back.
    """
    message = await _own(tx, message_id, author, capabilities)
    change = message.change
    if change and (change.kind, change.state) == (ChangeKind.WITHDRAWAL, ChangeState.QUEUED):
        return message
    if all(_is_unsent(one) for one in message.deliveries):
        return await _unsend(tx, message, now=now)
    return await _change(tx, message, Change(ChangeKind.WITHDRAWAL, now), now=now)


async def give_up(
    tx: Transaction, message_id: MessageId, *, author: Operator, now: datetime
) -> Message:
    """Forget a change that failed: the message stays as the customer has it."""
    message = await _locked(tx, message_id, author)
    if message.change is None or message.change.state is not ChangeState.FAILED:
        return message
    after = replace(message, change=None)
    await tx.messages.save(after)
    return await show(tx, after, events.MessageChangeFailed, now=now)


async def _locked(tx: Transaction, message_id: MessageId, author: Operator) -> Message:
    """The message as it is now; its thread is locked."""
    message = await tx.messages.get(message_id)
    if message is not None:
        await tx.threads.get(message.thread_id, lock=True)
        message = await tx.messages.get(message_id)
    if message is None:
        raise NotFound("no such message")
    if message.operator_id != author.id:
        raise Forbidden("somebody else said it")
    return message


async def _own(
    tx: Transaction, message_id: MessageId, author: Operator, capabilities: Capabilities
) -> Message:
    message = await _locked(tx, message_id, author)
    if not capabilities.edits:
        raise Invalid("nothing can be changed on this channel")
    if message.deleted_at is not None:
        raise TooLate("it was withdrawn")
    if any(one.state in NOT_ARRIVED for one in message.deliveries):
        raise TooLate("it has not arrived")
    return message


async def _change(tx: Transaction, message: Message, change: Change, *, now: datetime) -> Message:
    after = replace(message, change=change)
    await tx.messages.save(after)
    return await show(tx, after, events.MessageChangeQueued, now=now)


async def _unsend(tx: Transaction, message: Message, *, now: datetime) -> Message:
    for one in message.deliveries:
        ended = replace(one, state=DeliveryState.FAILED, reason=WITHDRAWN, next_attempt_at=None)
        await tx.deliveries.save(ended, at=now)
    after = replace(message, deleted_at=now, change=None)
    await tx.messages.save(after)
    return await show(tx, after, events.MessageDeleted, now=now)


def _is_unsent(delivery: Delivery) -> bool:
    return delivery.state is DeliveryState.QUEUED and delivery.attempts == 0


async def show(
    tx: Transaction, message: Message, happened: type[Happened], *, now: datetime
) -> Message:
    held = await tx.conversations.lock(message.conversation_id)
    assert held is not None
    _, conversation = held
    last, is_last = conversation.last, conversation.last_seq == message.seq
    # A robot's words do not take the place of the customer's question on the lists.
    if is_last and last is not None and last.author is message.author:
        last = last_of(message)
    after = touched(conversation, last=last)
    event = happened(**of(after, now), message_id=message.id)
    message = await tx.messages.get(message.id) or message
    await tx.change(conversation, after, event, messages=(message,))
    await reworded_beside(tx, conversation, message, now=now)
    return message


def parts_of(message: Message, text: str, capabilities: Capabilities) -> tuple[Piece, ...]:
    files = [measured(file) for file in message.files]
    return pieces(text, files, capabilities, message.buttons)
