"""The acts of time on a conversation, under the rules of `handling`: say by itself, warn, give on,
rest. People's acts are there; the distributor's are in `placing`.

The caller holds the conversation, and before it the loads of whoever has it.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid5

from router import events
from router.buttons import Button
from router.channel import Capabilities
from router.holding import freed, lock, retimed, take_away, with_timer
from router.ids import ConversationId, MessageId
from router.model import Conversation, Line
from router.outbound import reply
from router.passing import carry
from router.queueing import Scale
from router.ratings import Answer, how
from router.shaping import clean
from router.states import of, queued, touched
from router.storage import Transaction

SAID_BY_ITSELF = UUID("5b6f8a2c-9a53-4b0e-8d1c-0f6c3f1f7a10")


def message_id_of(conversation_id: ConversationId, key: str) -> MessageId:
    """The id of what a stage says there: the same, whoever says it."""
    return MessageId(uuid5(SAID_BY_ITSELF, f"{conversation_id}/{key}"))


async def say(
    tx: Transaction,
    conversation: Conversation,
    key: str,
    text: str,
    *,
    buttons: Sequence[Button] = (),
    capabilities: Capabilities,
    now: datetime,
) -> bool:
    """Say the stage `key`, once in a conversation; without a text it counts as said.

    False if nothing was said.
    """
    new = await tx.automatic.say(conversation.thread_id, conversation.id, key, at=now)
    if not new or not text.strip():
        return False
    await reply(
        tx,
        conversation.id,
        message_id=message_id_of(conversation.id, key),
        text=text,
        author=None,
        buttons=buttons,
        capabilities=capabilities,
        now=now,
    )
    return True


async def ask_rating(
    tx: Transaction,
    conversation: Conversation,
    text: str,
    *,
    scale: Scale,
    token: str,
    buttons: Sequence[Button] = (),
    capabilities: Capabilities,
    now: datetime,
) -> bool:
    """Ask how it was, once; who has the token may answer. False if it was asked before."""
    hashed = hash_of(token)
    if not await tx.ratings.ask(conversation.id, scale=scale, token_hash=hashed, at=now):
        return False
    await reply(
        tx,
        conversation.id,
        message_id=message_id_of(conversation.id, "rating"),
        text=text,
        author=None,
        buttons=buttons,
        capabilities=capabilities,
        now=now,
    )
    return True


async def rate(
    tx: Transaction,
    conversation_id: ConversationId,
    *,
    score: int,
    comment: str,
    answers: Sequence[Answer] | None = None,
    now: datetime,
) -> None:
    """The customer says how it was; a later word replaces it. `answers` None: of the survey they
    say nothing, and what they said stays.
    """
    _, conversation = await lock(tx, conversation_id)
    await tx.ratings.rate(conversation_id, score=score, comment=clean(comment), at=now)
    if answers is not None:
        await tx.ratings.answer(conversation_id, answers)
    rating = await tx.ratings.get(conversation_id)
    said = how(rating.scale if rating else None, score)
    after = touched(conversation)
    rated = events.ConversationRated(**of(after, now), score=score, how=said)
    await tx.change(conversation, after, rated)


def hash_of(token: str) -> bytes:
    """What is kept of the token of a question."""
    return sha256(token.encode()).digest()


async def warn(
    tx: Transaction, conversation: Conversation, *, promise: str, due_at: datetime, now: datetime
) -> Conversation:
    """The time that customers are promised grows short."""
    after = touched(conversation, warned_at=now)
    event = events.SlaWarned(**of(after, now), promise=promise, due_at=due_at)
    await tx.change(conversation, after, event)
    return after


async def breach(
    tx: Transaction, conversation: Conversation, *, promise: str, due_at: datetime, now: datetime
) -> Conversation:
    """It is over."""
    after = touched(conversation, breached_at=now)
    event = events.SlaBreached(**of(after, now), promise=promise, due_at=due_at)
    await tx.change(conversation, after, event)
    return after


async def overflow(
    tx: Transaction, conversation: Conversation, to_line: Line, *, now: datetime
) -> Conversation:
    """Nobody of its line took it: it waits on another, as if it had waited there from the first."""
    after = queued(conversation, now=now, line_id=to_line.id)
    after = with_timer(tx, touched(after, rank_at=conversation.rank_at), to_line, now=now)
    gave = of(after, now) | {"line_id": conversation.line_id}
    await tx.change(
        conversation, after, events.ConversationOverflowed(**gave, to_line_id=to_line.id)
    )
    await carry(tx, after)
    return after


async def hush(tx: Transaction, conversation: Conversation, *, now: datetime) -> Conversation:
    """Nothing is said in it any more: it takes no room of its owner's until somebody speaks."""
    after = touched(conversation, silent=True)
    if conversation.owner_id is not None:
        await tx.loads.change(conversation.owner_id, at=now, open_weight=-conversation.counted)
        await freed(tx, [conversation.owner_id], now=now)
    await tx.change(conversation, after)
    return after


async def withdraw(tx: Transaction, conversation: Conversation, *, now: datetime) -> Conversation:
    """Its owner cannot be reached, and the customer waits: somebody else's turn."""
    await take_away(tx, conversation, now=now)
    after = await retimed(tx, queued(conversation, now=now), now=now)
    event = events.ConversationWithdrawn(**of(after, now), operator_id=conversation.owner_id)
    await tx.change(conversation, after, event)
    return after
