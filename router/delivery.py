"""The way out, its work: what is queued is sent, one thread at a time, in order.

`sending` is committed before the provider is called. Whoever finds `sending` later, or loses the
provider's answer, repeats only where the provider takes an idempotency key; elsewhere nobody
knows whether the customer got it, the delivery is *unconfirmed*, and the operator is asked.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import structlog

from router.channel import Channel, OutgoingFile, OutgoingMessage, Secrets, Sent
from router.clock import Clock
from router.errors import (
    BadCredentials,
    ProviderError,
    RecipientGone,
    Rejected,
    Throttled,
    Unconfirmed,
    Unreachable,
    WindowClosed,
)
from router.http import Http
from router.ids import InboxId, ThreadId
from router.model import Delivery, DeliveryState, File, Inbox, Message, Thread
from router.outbound import settled
from router.pacing import Pacer
from router.retry import DELIVERY_DEADLINE, next_attempt
from router.shaping import Piece, pieces
from router.storage import Lane, Storage, Transaction

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """An inbox with its channel, ready to send; `pacer` knows what its provider allows."""

    inbox: Inbox
    channel: Channel
    http: Http
    secrets: Secrets
    pacer: Pacer


OpenDoor = Callable[[InboxId], Awaitable[Door | None]]
PauseInbox = Callable[[InboxId, str], Awaitable[None]]
Outgoing = Callable[[File], OutgoingFile]


@dataclass(frozen=True, slots=True)
class _Job:
    """One delivery that is to be sent now."""

    delivery: Delivery
    message: Message
    thread: Thread
    address: str
    author_name: str
    in_reply_to: str | None


class Outbound:
    """Delivers what is queued, one thread at a time and in the order in which it was said."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        *,
        open_door: OpenDoor,
        outgoing: Outgoing,
        pause_inbox: PauseInbox,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._open_door = open_door
        self._outgoing = outgoing
        self._pause_inbox = pause_inbox
        self.sent = 0

    async def deliver(self, lane: Lane) -> None:
        """The step of a `deliver` lane: send until nothing of the thread is due."""
        while True:
            async with self._storage.transaction() as tx:
                job = await self._next(tx, lane)
                if job is None:
                    return
            delivery = await self._attempt(job)
            async with self._storage.transaction() as tx:
                await self._finish(tx, job, delivery)

    async def _next(self, tx: Transaction, lane: Lane) -> _Job | None:
        """The thread's next piece, marked `sending`; or the lane is given back."""
        now = self._clock.now()
        thread_id = _thread_id(lane.key)
        under_way = await tx.deliveries.under_way(thread_id, limit=1)
        if not under_way:
            tx.lanes.give_back(lane)
            return None
        delivery = under_way[0]
        thread = await tx.threads.get(thread_id)
        door = await self._open_door(thread.inbox_id) if thread else None
        if thread is None or door is None:
            tx.lanes.give_back(lane, due_at=now + timedelta(minutes=1))
            return None
        if delivery.next_attempt_at is not None and delivery.next_attempt_at > now:
            tx.lanes.give_back(lane, due_at=delivery.next_attempt_at)
            return None
        if delivery.state is DeliveryState.SENDING and not _repeatable(door):
            # Whoever was sending it died: nobody knows whether it went out.
            lost = replace(delivery, state=DeliveryState.UNCONFIRMED, reason="the answer was lost")
            await settled(tx, lost, now=now)
            tx.lanes.give_back(lane, due_at=now)
            return None
        sending = replace(delivery, state=DeliveryState.SENDING, attempts=delivery.attempts + 1)
        await tx.deliveries.save(sending, at=now)
        return await self._job(tx, sending, thread)

    async def _job(self, tx: Transaction, delivery: Delivery, thread: Thread) -> _Job:
        message = await tx.messages.get(delivery.message_id)
        identity = await tx.identities.get(thread.identity_id)
        assert message is not None
        assert identity is not None
        author = await tx.operators.get(message.operator_id) if message.operator_id else None
        quoted = await tx.refs.of_message(message.in_reply_to) if message.in_reply_to else None
        return _Job(
            delivery, message, thread, identity.address, author.name if author else "", quoted
        )

    async def _attempt(self, job: _Job) -> Delivery:
        """Send it once; gives the delivery as it then stands."""
        delivery = job.delivery
        door = await self._open_door(job.thread.inbox_id)
        if door is None:
            return replace(delivery, state=DeliveryState.QUEUED)
        await door.pacer.thread_turn(job.thread.key)
        try:
            sent: Sent = await door.channel.send(self._outgoing_message(job, door))
        except ProviderError as error:
            if isinstance(error, BadCredentials):
                await self._pause_inbox(job.thread.inbox_id, error.reason)
            return self._after_trouble(job, error, idempotent=_repeatable(door))
        self.sent += 1
        return replace(
            delivery,
            state=DeliveryState.SENT,
            external_id=sent.external_id,
            next_attempt_at=None,
            reason=None,
        )

    def _outgoing_message(self, job: _Job, door: Door) -> OutgoingMessage:
        files = [self._outgoing(file) for file in job.message.files]
        parts = pieces(job.message.text, files, door.channel.capabilities)
        # The channel may have learned to take more since it was cut: the rest then is empty.
        part = parts[job.delivery.piece] if job.delivery.piece < len(parts) else Piece("", ())
        return OutgoingMessage(
            token=str(job.delivery.id),
            thread_key=job.thread.key,
            to=job.address,
            text=part.text,
            files=tuple(part.files),
            in_reply_to=job.in_reply_to if job.delivery.piece == 0 else None,
            author_name=job.author_name,
        )

    def _after_trouble(self, job: _Job, error: ProviderError, *, idempotent: bool) -> Delivery:
        delivery, now = job.delivery, self._clock.now()
        again_at = next_attempt(
            error,
            attempt=delivery.attempts,
            now=now,
            idempotent=idempotent,
            jitter=random.random(),  # noqa: S311
            deadline=job.message.stored_at + DELIVERY_DEADLINE,
        )
        log.info("delivery_failed", error=type(error).__name__, attempt=delivery.attempts)
        if again_at is not None:
            return replace(
                delivery, state=DeliveryState.QUEUED, next_attempt_at=again_at, reason=None
            )
        lost = isinstance(error, Unconfirmed)
        state = DeliveryState.UNCONFIRMED if lost else DeliveryState.FAILED
        return replace(delivery, state=state, next_attempt_at=None, reason=in_words(error))

    async def _finish(self, tx: Transaction, job: _Job, delivery: Delivery) -> None:
        now = self._clock.now()
        if delivery.state is DeliveryState.QUEUED:
            # Nothing that anybody sees has changed.
            await tx.deliveries.save(delivery, at=now)
            return
        if delivery.external_id:
            await tx.refs.add(
                job.thread.inbox_id,
                delivery.external_id,
                delivery.message_id,
                delivery_id=delivery.id,
            )
        if delivery.state is DeliveryState.FAILED and delivery.reason == GONE:
            await tx.identities.retire(job.thread.identity_id)
        await settled(tx, delivery, now=now)


GONE = "the customer cannot be reached here any more"


def in_words(error: ProviderError) -> str:
    """Why it did not arrive, for the operator."""
    match error:
        case RecipientGone():
            return GONE
        case Rejected():
            return error.reason or "the provider refused it"
        case WindowClosed():
            return "the time to answer here is over"
        case BadCredentials():
            return "the provider does not accept our credentials"
        case Unconfirmed():
            return "the answer was lost"
        case Throttled() | Unreachable():
            return "the provider could not be reached for a day"
        case _:
            return error.reason


def _repeatable(door: Door) -> bool:
    return door.channel.capabilities.send_is_idempotent


def _thread_id(key: str) -> ThreadId:
    return ThreadId(UUID(key))
