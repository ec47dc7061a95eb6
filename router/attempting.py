"""One attempt of the way out: a piece of a message is handed to its channel, and what became of it.

Nothing here is stored. Whoever asks for an attempt has committed before that one is under way, and
stores what it gives.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from router.channel import Channel, OutgoingFile, OutgoingMessage, Secrets, Sent
from router.errors import BadCredentials, Moved, ProviderError, RecipientGone, Unconfirmed
from router.http import Http
from router.ids import InboxId
from router.model import Delivery, DeliveryState, File, Inbox, Message, Thread
from router.pacing import Pacer
from router.retry import DELIVERY_DEADLINE, in_words, next_attempt
from router.shaping import Piece, pieces

CLOSED_DOOR_WAIT = timedelta(minutes=1)
MOST_MOVES = 3
ELSEWHERE = "the chat goes on elsewhere"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """An inbox with its channel, ready to send; `pacer` knows what its provider allows."""

    inbox: Inbox
    channel: Channel
    http: Http
    secrets: Secrets
    pacer: Pacer

    @property
    def repeats_are_recognised(self) -> bool:
        """Whether the provider takes the same message again for the same."""
        return self.channel.capabilities.send_is_idempotent


OpenDoor = Callable[[InboxId], Awaitable[Door | None]]
Outgoing = Callable[[File], OutgoingFile]


@dataclass(frozen=True, slots=True)
class Job:
    """One delivery that is to be sent now."""

    delivery: Delivery
    message: Message
    thread: Thread
    address: str
    reachable: bool
    author_name: str
    in_reply_to: str | None
    spent: bool
    says_by_itself_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A delivery after an attempt.

    `gone`: the provider says that the customer is out of reach; `moved_to`: that the thread has this
    key now; `refused`: why it does not take the account's credentials.
    """

    delivery: Delivery
    gone: bool = False
    moved_to: str | None = None
    refused: str | None = None


async def attempt(
    job: Job, door: Door, *, outgoing: Outgoing, now: Callable[[], datetime]
) -> Outcome:
    """Send it once."""
    delivery = job.delivery
    try:
        sent: Sent = await door.channel.send(_outgoing_message(job, door, outgoing))
    except Moved as error:
        return _moved(delivery, error)
    except ProviderError as error:
        return Outcome(
            _after_trouble(job, error, now=now(), idempotent=door.repeats_are_recognised),
            gone=isinstance(error, RecipientGone),
            refused=error.reason if isinstance(error, BadCredentials) else None,
        )
    after = replace(
        delivery,
        state=DeliveryState.SENT,
        external_id=sent.external_id,
        also=sent.also,
        next_attempt_at=None,
        reason=None,
    )
    return Outcome(after)


def ended(delivery: Delivery, state: DeliveryState, reason: str) -> Delivery:
    """A delivery that is not tried again by itself."""
    return replace(delivery, state=state, next_attempt_at=None, reason=reason)


def _outgoing_message(job: Job, door: Door, outgoing: Outgoing) -> OutgoingMessage:
    message = job.message
    files = [outgoing(file) for file in message.files]
    can = door.channel.capabilities.where(public=job.thread.public).cut_by(message.limits)
    parts = pieces(message.text, files, can, message.buttons)
    # What was queued before limits were kept may be cut otherwise by now: its rest then is empty.
    part = parts[job.delivery.piece] if job.delivery.piece < len(parts) else Piece("", ())
    return OutgoingMessage(
        token=str(job.delivery.id),
        thread_key=job.thread.key,
        to=job.address,
        text=part.text,
        files=tuple(part.files),
        buttons=part.buttons,
        in_reply_to=job.in_reply_to if job.delivery.piece == 0 or job.thread.public else None,
        author_name=job.author_name,
    )


def _moved(delivery: Delivery, error: Moved) -> Outcome:
    if delivery.attempts > MOST_MOVES:
        return Outcome(ended(delivery, DeliveryState.FAILED, ELSEWHERE))
    again = replace(delivery, state=DeliveryState.QUEUED, next_attempt_at=None)
    return Outcome(again, moved_to=error.new_key)


def _after_trouble(job: Job, error: ProviderError, *, now: datetime, idempotent: bool) -> Delivery:
    delivery = job.delivery
    log.info("delivery_failed", error=type(error).__name__, attempt=delivery.attempts)
    if isinstance(error, BadCredentials):
        # It waits behind the closed door until somebody mends the account.
        return replace(delivery, state=DeliveryState.QUEUED, next_attempt_at=now + CLOSED_DOOR_WAIT)
    again_at = next_attempt(
        error,
        attempt=delivery.attempts,
        now=now,
        idempotent=idempotent,
        jitter=random.random(),  # noqa: S311
        deadline=job.message.stored_at + DELIVERY_DEADLINE,
    )
    if again_at is not None:
        return replace(delivery, state=DeliveryState.QUEUED, next_attempt_at=again_at, reason=None)
    lost = isinstance(error, Unconfirmed)
    state = DeliveryState.UNCONFIRMED if lost else DeliveryState.FAILED
    return ended(delivery, state, in_words(error))
