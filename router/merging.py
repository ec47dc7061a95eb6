"""Conversations of one customer that go on as one: merged, undone, and what is said meanwhile.

What was said stays in the thread in which it was said. The merged conversation is closed and names
the one in which it goes on, its survivor; what the customer writes in its thread is stored there and
is the survivor's to answer, which is answered where the operator chooses. When the survivor closes,
the next message in either thread begins or reopens a conversation of that thread alone.

Under the rules of `handling`; whoever locks a merged one locks the thread of its survivor with it,
in the order of the threads' ids.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from router import events
from router.batches import Plan
from router.errors import Invalid, NotFound, TooLate
from router.holding import lock, retimed, take_away, weighed
from router.ids import ConversationId, OperatorId
from router.joining import join
from router.model import HELD, Conversation, Last, Message, State
from router.passing import restore
from router.reactions import TIMERS
from router.states import (
    answered_beside,
    closed,
    heard,
    last_of,
    of,
    touched,
    woken,
)
from router.storage import Conflict, Transaction

MERGED = "merged"


async def merge(
    tx: Transaction,
    conversation_id: ConversationId,
    into_id: ConversationId,
    by: OperatorId,
    *,
    now: datetime,
) -> Conversation:
    """The conversation goes on in the other, whose owner, line, subject and lead stand; gives the
    survivor. Merging twice is merging once.

    Who had the merged one takes part still. The customer's earlier unanswered question counts.

    Raises:
        TooLate: either of them is closed.
        Invalid: they are one, of two customers, on two lines, or one of them is public.
    """
    merged, into = await _hold_both(tx, conversation_id, into_id)
    if merged.merged_into == into.id and merged.state is State.CLOSED:
        return into
    _must_match(merged, into)
    await take_away(tx, merged, now=now)
    over = closed(merged, reason=MERGED, seen_seq=merged.seen_seq, now=now)
    over = replace(over, merged_into=into.id)
    await tx.change(
        merged,
        over,
        events.ConversationClosed(**of(over, now), operator_id=by, reason=MERGED),
    )
    after = await _grown(tx, into, merged, now=now)
    event = events.ConversationMerged(**of(after, now), operator_id=by, merged_id=merged.id)
    happened = [events.ConversationWoken(**of(after, now))] if _wakes(into, after) else []
    await tx.change(into, after, *happened, event)
    return after


def _must_match(merged: Conversation, into: Conversation) -> None:
    if merged.id == into.id:
        raise Invalid("it is the same conversation", fields={"into_id": "is the same"})
    if merged.customer_id != into.customer_id:
        raise Invalid("it is another customer's", fields={"into_id": "is another customer's"})
    if State.CLOSED in (merged.state, into.state):
        raise TooLate("it is closed")
    if merged.public != into.public:
        raise Invalid("one of them is public", fields={"into_id": "is not as public"})
    if merged.line_id != into.line_id:
        raise Invalid("it is on another line: transfer one", fields={"into_id": "is elsewhere"})


async def _grown(
    tx: Transaction, into: Conversation, merged: Conversation, *, now: datetime
) -> Conversation:
    """The survivor with what the merged one was about."""
    asked = [one for one in (into.unanswered_since, merged.unanswered_since) if one is not None]
    since = min(asked, default=None)
    earlier = since is not None and since != into.unanswered_since
    said = [one.last for one in (into, merged) if one.last is not None]
    people = (*into.participants, *merged.participants, *filter(None, [merged.owner_id]))
    awake = woken(into) if into.state is State.SNOOZED and earlier else touched(into)
    after = replace(
        awake,
        participants=tuple(one for one in dict.fromkeys(people) if one != into.owner_id),
        unanswered_since=since,
        last=max(said, key=lambda one: one.at, default=None),
        last_activity_at=max(into.last_activity_at, merged.last_activity_at),
        silent=into.silent and not earlier,
        pinned=into.pinned or merged.pinned,
        reply_due_at=None if earlier else into.reply_due_at,
    )
    return await _counted(tx, into, after, now=now)


async def _counted(
    tx: Transaction, before: Conversation, after: Conversation, *, now: datetime
) -> Conversation:
    """It weighs on its owner what it weighs now, and its line's timers look at it."""
    await weighed(tx, before, after, now=now)
    if after.unanswered_since == before.unanswered_since:
        return await retimed(tx, after, now=now)
    tx.lanes.wake(TIMERS, after.line_id, now)
    return replace(after, timer_at=now)


def _wakes(before: Conversation, after: Conversation) -> bool:
    return before.state is State.SNOOZED and after.state is State.OPEN


async def unmerge(
    tx: Transaction, conversation_id: ConversationId, by: OperatorId, *, now: datetime
) -> Conversation:
    """The merged conversation goes on by itself again: with who had it, past their cap if need be,
    or it waits. Gives it.

    Raises:
        TooLate: it is not merged any more, or its survivor is closed.
    """
    seen = await _get(tx, conversation_id)
    survivor = await tx.conversations.survivor(seen)
    if survivor is None or seen.merged_into is None:
        raise TooLate("it is not merged any more")
    owner = await tx.operators.get(seen.owner_id) if seen.owner_id is not None else None
    owner_id = owner.id if owner is not None and owner.active else None
    merged, into = await _hold_both(tx, seen.id, survivor.id, owner_id)
    if (merged.merged_into, into.state) != (seen.merged_into, survivor.state):
        raise Conflict("it changed while we waited for its lock")
    after = await _alone(tx, merged, owner_id, now=now)
    reopened = events.ConversationReopened(**of(after, now), operator_id=by)
    await tx.change(merged, after, reopened)
    since = await unanswered(tx, into)
    beside = await tx.conversations.merged_into(into.id)
    gone = _people(merged) - {who for one in beside for who in _people(one)}
    left = touched(
        into,
        unanswered_since=since,
        last=await _last_said(tx, into, beside),
        participants=tuple(one for one in into.participants if one not in gone),
    )
    left = await _counted(tx, into, left, now=now)
    left = replace(left, reply_due_at=into.reply_due_at if since else None)
    event = events.ConversationUnmerged(**of(left, now), operator_id=by, merged_id=merged.id)
    parted = [
        events.OperatorLeft(**of(left, now), operator_id=one)
        for one in into.participants
        if one in gone
    ]
    await tx.change(into, left, event, *parted)
    return after


def _people(conversation: Conversation) -> set[OperatorId]:
    """Who takes part with it in what it is merged into."""
    return {*conversation.participants, *filter(None, [conversation.owner_id])}


async def _alone(
    tx: Transaction, merged: Conversation, owner_id: OperatorId | None, *, now: datetime
) -> Conversation:
    after = await restore(tx, merged, owner_id, now=now)
    since = await unanswered(tx, merged)
    after = replace(after, merged_into=None, unanswered_since=since, timer_at=now)
    tx.lanes.wake(TIMERS, after.line_id, now)
    return after


async def unanswered(tx: Transaction, conversation: Conversation) -> datetime | None:
    """Since when the customer waits for an answer in it and in what goes on in it, by the messages."""
    return await tx.messages.unanswered_since(
        [conversation, *await tx.conversations.merged_into(conversation.id)]
    )


async def _last_said(
    tx: Transaction, conversation: Conversation, beside: Iterable[Conversation]
) -> Last | None:
    """The latest word in it and in what goes on in it."""
    place = (conversation.thread_id, conversation.first_seq, conversation.last_seq)
    own = (await tx.messages.spoken(*place)).last
    others = [one.last for one in beside]
    said = [one for one in (last_of(own) if own else None, *others) if one is not None]
    return max(said, key=lambda one: one.at, default=None)


async def _hold_both(
    tx: Transaction, one: ConversationId, other: ConversationId, *operators: OperatorId | None
) -> tuple[Conversation, Conversation]:
    """Lock the operators concerned, then both in the order of their threads."""
    seen = [await _get(tx, one), await _get(tx, other)]
    concerned = {who for held in seen for who in _holders(held)} | set(filter(None, operators))
    for held in seen:
        concerned |= {one.operator_id for one in await tx.offers.live(held.id)}
    await tx.loads.lock(sorted(concerned))
    locked = {id_: held for id_, (_, held) in (await tx.conversations.hold([one, other])).items()}
    if not all(_holders(held) <= concerned for held in locked.values()):
        raise Conflict("an owner changed while we waited for the lock")
    return locked[one], locked[other]


def _holders(conversation: Conversation) -> set[OperatorId]:
    held = conversation.owner_id if conversation.state in HELD else None
    named = (held, conversation.offered_to, *conversation.asked)
    return {one for one in named if one is not None}


async def _get(tx: Transaction, conversation_id: ConversationId) -> Conversation:
    found = await tx.conversations.get(conversation_id)
    if found is None:
        raise NotFound("no such conversation")
    return found


# --- what is said meanwhile ----------------------------------------------------


async def follow(tx: Transaction, plan: Plan, *, now: datetime) -> None:
    """What a batch leads to beside what it wrote: albums grow, survivors hear."""
    if plan.joined or plan.heard:
        await tx.put_now()
    for survivor_id in sorted(plan.heard):
        await _hear(tx, survivor_id, plan.heard[survivor_id], now=now)
    for one, begun in plan.joined:
        before, grown = await join(tx, one, begun, now=now)
        await reworded_beside(tx, before, grown, now=now)


async def _hear(
    tx: Transaction, survivor_id: ConversationId, messages: list[Message], *, now: datetime
) -> None:
    _, before = await lock(tx, survivor_id)
    if before.state is State.CLOSED:
        raise Conflict("it was closed while we waited for its lock")
    line = await tx.lines.get(before.line_id)
    stale_after_s = line.stale_after_s if line else 0
    after = before
    for message in messages:
        stale = (now - message.sent_at).total_seconds() > stale_after_s
        after = heard(after, message, stale=stale, now=now)
    after = replace(after, version=before.version + 1)
    await weighed(tx, before, after, now=now)
    after = await retimed(tx, after, now=now)
    woke = [events.ConversationWoken(**of(after, now))] if _wakes(before, after) else []
    said = [
        events.HeardBeside(
            **of(after, now), merged_id=message.conversation_id, message_id=message.id
        )
        for message in messages
    ]
    await tx.change(before, after, *woke, *said)


async def answer_beside(
    tx: Transaction, merged: Conversation, message: Message, *, now: datetime
) -> None:
    """What was said in the thread of a merged conversation, which is locked, answers its survivor.

    Nothing happens if it was not merged, or its survivor is closed.
    """
    found = await tx.conversations.survivor(merged) if merged.merged_into is not None else None
    if found is None:
        return
    _, survivor = await lock(tx, found.id)
    if survivor.state is State.CLOSED:
        return
    after = await retimed(tx, answered_beside(survivor, message, now=now), now=now)
    await weighed(tx, survivor, after, now=now)
    event = events.HeardBeside(
        **of(after, now), merged_id=message.conversation_id, message_id=message.id
    )
    await tx.change(survivor, after, event)


async def reworded_beside(
    tx: Transaction, merged: Conversation, message: Message, *, now: datetime
) -> None:
    """A message says something else; `merged` is its conversation as it was before. If its survivor
    showed it as the last that was said, it shows it as it is now.

    Nothing happens if it was not merged, or its survivor is closed.
    """
    found = await tx.conversations.survivor(merged) if merged.merged_into is not None else None
    if found is None or merged.last_seq != message.seq:
        return
    _, survivor = await lock(tx, found.id)
    if survivor.last is None or survivor.last != merged.last:
        return
    after = touched(survivor, last=last_of(message))
    event = events.HeardBeside(**of(after, now), merged_id=merged.id, message_id=message.id)
    await tx.change(survivor, after, event)
