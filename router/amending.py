"""What was said is changed at the customer's, or reacted to: the work of a thread's delivery lane.

A change waits behind what was queued before it. Its attempts bear to be repeated: whoever finds a
change that another began, carries it out again.
"""

import random
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from router import events
from router.abilities import Editing, Reacting
from router.changes import Change, ChangeKind, ChangeState
from router.channel import Channel, OutgoingMessage
from router.errors import BadCredentials, ProviderError, Rejected
from router.model import Delivery, Message, Thread
from router.reacting import reacted
from router.retry import DELIVERY_DEADLINE, next_attempt
from router.rewording import Happened, parts_of, show
from router.shaping import Piece
from router.storage import Storage, Transaction

UNCHANGEABLE = "nothing can be changed on this channel"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Amendment:
    """A message that is to be changed now; `to` is the customer's address, `external_id` what the
    provider calls it, if it is theirs.
    """

    message: Message
    thread: Thread
    to: str
    external_id: str | None = None


async def begun(
    tx: Transaction, message: Message, thread: Thread, *, now: datetime
) -> Amendment | None:
    """The attempt on a change, counted; None before it is due. The thread is locked."""
    change = message.change
    assert change is not None
    if change.due_at is not None and change.due_at > now:
        return None
    identity = await tx.identities.get(thread.identity_id)
    assert identity is not None
    message = replace(message, change=replace(change, attempts=change.attempts + 1))
    await tx.messages.save(message)
    theirs = None
    if change.kind is ChangeKind.REACTION:
        theirs = await tx.messages.external_id(message.id)
    return Amendment(message, thread, identity.address, theirs)


async def carry_out(amendment: Amendment, channel: Channel) -> None:
    """Do at the provider what the change says. Raises `ProviderError`s."""
    message = amendment.message
    assert message.change is not None
    if message.change.kind is ChangeKind.REACTION:
        if not isinstance(channel, Reacting) or not amendment.external_id:
            raise Rejected(UNCHANGEABLE)
        await channel.react(amendment.external_id, message.change.text)
        return
    if not isinstance(channel, Editing):
        raise Rejected(UNCHANGEABLE)
    parts: tuple[Piece, ...] = ()
    if message.change.kind is ChangeKind.EDIT:
        can = channel.capabilities.where(public=amendment.thread.public)
        parts = parts_of(message, message.change.text, can)
    for delivery in message.deliveries:
        if not delivery.external_id:
            raise Rejected("it has not arrived")
        if delivery.piece < len(parts):
            said = _outgoing(parts[delivery.piece], delivery, amendment)
            await channel.edit(delivery.external_id, said)
            continue
        for external_id in (delivery.external_id, *delivery.also):
            await channel.delete(external_id)


def _outgoing(piece: Piece, delivery: Delivery, amendment: Amendment) -> OutgoingMessage:
    # Files stay as they are: an edit is of words.
    return OutgoingMessage(
        token=str(delivery.id),
        thread_key=amendment.thread.key,
        to=amendment.to,
        text=piece.text,
        buttons=piece.buttons,
    )


def after_trouble(message: Message, error: ProviderError, *, now: datetime, reason: str) -> Message:
    """The message, with its change to be tried again, or given up for that `reason`."""
    change = message.change
    assert change is not None
    log.info("change_failed", error=type(error).__name__, attempt=change.attempts)
    again_at = next_attempt(
        error,
        attempt=change.attempts,
        now=now,
        idempotent=True,
        jitter=random.random(),  # noqa: S311
        deadline=change.made_at + DELIVERY_DEADLINE,
    )
    if again_at is None and not isinstance(error, BadCredentials):
        failed = replace(change, state=ChangeState.FAILED, reason=reason, due_at=None)
        return replace(message, change=failed)
    return replace(message, change=replace(change, due_at=again_at))


async def settle(storage: Storage, amended: Message, done: Message, *, now: datetime) -> None:
    """Store what became of the change of `amended`, and show it; a newer wish stays to be done."""

    async def step(tx: Transaction) -> None:
        await tx.threads.get(amended.thread_id, lock=True)
        current = await tx.messages.get(amended.id)
        if current is None or current.change is None or amended.change is None:
            return
        is_same = current.change.made_at == amended.change.made_at
        if not is_same and done.change is not None:
            return
        after = _settled(current, amended.change, done, now=now)
        if not is_same:
            after = replace(after, change=current.change)
        await tx.messages.save(after)
        if done.change is None:
            await show(tx, after, _happened(amended.change.kind), now=now)
        elif done.change.state is ChangeState.FAILED:
            await show(tx, after, events.MessageChangeFailed, now=now)

    await storage.run(step)


def done(message: Message, *, now: datetime) -> Message:
    """The message, once its change was carried out."""
    change = message.change
    assert change is not None
    if change.kind is ChangeKind.REACTION:
        return reacted(message, now=now)
    if change.kind is ChangeKind.WITHDRAWAL:
        return replace(message, change=None, deleted_at=now)
    return replace(message, change=None, text=change.text, edited_at=now)


def _settled(current: Message, change: Change, done: Message, *, now: datetime) -> Message:
    """The message as it is by now, with what became of a change of it."""
    if change.kind is not ChangeKind.REACTION:
        return replace(
            current,
            text=done.text,
            edited_at=done.edited_at,
            deleted_at=done.deleted_at,
            change=done.change,
        )
    if done.change is None:
        # Customers may have changed theirs meanwhile.
        return reacted(replace(current, change=change), now=now)
    # What they have withdrawn needs no sign of ours.
    return replace(current, change=done.change if current.deleted_at is None else None)


def _happened(kind: ChangeKind) -> type[Happened]:
    match kind:
        case ChangeKind.EDIT:
            return events.MessageEdited
        case ChangeKind.WITHDRAWAL:
            return events.MessageDeleted
        case ChangeKind.REACTION:
            return events.MessageReacted
