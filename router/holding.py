"""What the acts on a conversation share: locks in one order, and loads that stay true."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from router import events
from router.errors import MovedOn, NotFound, TooLate
from router.ids import ConversationId, NoteId, OperatorId, new_id
from router.model import HELD, Conversation, Line, Note, Offer, OfferState, State, Thread
from router.news import OperatorNews
from router.reactions import DISTRIBUTE, TIMERS
from router.shaping import clean
from router.states import assigned, of, timed, unoffered
from router.storage import Conflict, Transaction

NOTHING_BESIDE: Mapping[ConversationId, int] = MappingProxyType({})


async def lock(tx: Transaction, conversation_id: ConversationId) -> tuple[Thread, Conversation]:
    held = await tx.conversations.lock(conversation_id)
    if held is None:
        raise NotFound("no such conversation")
    return held


async def hold(
    tx: Transaction,
    conversation_id: ConversationId,
    *operators: OperatorId,
    with_merged: bool = False,
) -> tuple[Thread, Conversation]:
    """Lock the operators concerned, then the conversation; `with_merged`: those that go on in it too."""
    seen = await tx.conversations.get(conversation_id)
    if seen is None:
        raise NotFound("no such conversation")
    concerned = {*operators, *_holders(seen)}
    if seen.state is State.OFFERED:
        offers = await tx.offers.live(conversation_id)
        concerned |= {one.return_to for one in offers if one.return_to is not None}
    await tx.loads.lock(sorted(concerned))
    merged = await tx.conversations.merged_into(conversation_id) if with_merged else []
    held = await tx.conversations.hold([conversation_id, *(one.id for one in merged)])
    thread, conversation = held[conversation_id]
    if not _holders(conversation) <= concerned:
        raise Conflict("its owner changed while we waited for its lock")
    return thread, conversation


def _holders(conversation: Conversation) -> set[OperatorId]:
    """Who has it, or to whom it is held out."""
    named = (conversation.owner_id, conversation.offered_to, *conversation.asked)
    return {one for one in named if one is not None}


async def hold_to_speak(
    tx: Transaction, conversation_id: ConversationId
) -> tuple[Thread, Conversation]:
    """Lock a conversation in which our side speaks. What was silent takes room again by that: whose
    room it is, is locked before.
    """
    seen = await tx.conversations.get(conversation_id)
    if seen is None:
        raise NotFound("no such conversation")
    locked = await _takes_room(tx, seen)
    if locked:
        await tx.loads.lock(sorted(locked))
    thread, conversation = await lock(tx, conversation_id)
    if not await _takes_room(tx, conversation) <= locked:
        raise Conflict("it fell silent while we waited for its lock")
    return thread, conversation


async def _takes_room(tx: Transaction, conversation: Conversation) -> set[OperatorId]:
    """Whose room, if somebody speaks in it."""
    heard = conversation
    if conversation.merged_into is not None:
        heard = await tx.conversations.survivor(conversation) or conversation
    return {heard.owner_id} if heard.silent and heard.owner_id is not None else set()


async def must_know(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    seen_seq: int | None,
    seen_beside: Mapping[ConversationId, int] = NOTHING_BESIDE,
) -> None:
    """Raises `MovedOn` if the customer has written after `seen_seq`; None asks nothing.

    In the threads of those with which it goes on as one, what counts is what was seen of each
    before, or is said to have been in `seen_beside`.
    """
    if seen_seq is None:
        return
    unread = seen_seq < thread.last_seq
    if unread and await tx.messages.customer_wrote_after(thread.id, seen_seq):
        raise MovedOn("the customer has written meanwhile")
    survivor = await tx.conversations.survivor(conversation) or conversation
    for one in (survivor, *await tx.conversations.merged_into(survivor.id)):
        seen = max(one.seen_seq, seen_beside.get(one.id, 0))
        if one.id == conversation.id or seen >= one.last_seq:
            continue
        if await tx.messages.customer_wrote_in(one, seen):
            raise MovedOn("the customer has written meanwhile")


async def live_offer(tx: Transaction, conversation: Conversation, operator_id: OperatorId) -> Offer:
    for offer in await tx.offers.live(conversation.id):
        if offer.operator_id == operator_id:
            return offer
    raise TooLate("the offer is over")


async def give(
    tx: Transaction,
    operator_id: OperatorId,
    *,
    weight: int,
    now: datetime,
    cap_weight: int | None,
    given: bool = False,
) -> bool:
    """One more is theirs. False, and it is not, if they would hold more than `cap_weight`.

    `given`: a queue asked them.
    """
    tx.record.tell(OperatorNews(operator_id))
    return await tx.loads.change(
        operator_id, at=now, opened=1, open_weight=weight, cap_weight=cap_weight, given=given
    )


async def assign(
    tx: Transaction,
    conversation: Conversation,
    operator_id: OperatorId,
    *,
    how: str,
    now: datetime,
) -> Conversation:
    after = await retimed(tx, assigned(conversation, operator_id), now=now)
    await tx.assignments.begin(conversation, operator_id, at=now, how=how)
    event = events.ConversationAssigned(**of(after, now), operator_id=operator_id, how=how)
    await tx.change(conversation, after, event)
    return after


async def end_offer(
    tx: Transaction,
    conversation: Conversation,
    offer: Offer,
    how: OfferState,
    happened: Callable[[Conversation], events.OfConversation],
    *,
    reason: str = "",
    now: datetime,
) -> Conversation | None:
    """The one who was asked does not take it: it goes back to who sent it, or waits on, unless
    others are asked too. None if the offer was settled before.
    """
    if not await tx.offers.settle(offer.id, how, reason=reason):
        return None
    await unoffer(tx, offer, now=now)
    if offer.return_to is not None and await _is_there(tx, offer.return_to, now=now):
        return await _return(tx, conversation, offer, offer.return_to, happened, now=now)
    after = unoffered(conversation, offer.operator_id, now=now)
    after = await _timed_again(tx, after, now=now)
    await tx.change(conversation, after, happened(after))
    return after


async def _timed_again(tx: Transaction, after: Conversation, *, now: datetime) -> Conversation:
    """Offered, it did not go to another line; the time for that may be over."""
    line = await tx.lines.get(after.line_id)
    if line is None:
        return after
    if line.queueing.overflow is None or after.state is not State.WAITING:
        return with_timer(tx, after, line, now=now)
    tx.lanes.wake(TIMERS, line.id, now)
    return replace(after, timer_at=now)


async def _is_there(tx: Transaction, operator_id: OperatorId, *, now: datetime) -> bool:
    operator = await tx.operators.get(operator_id)
    active = operator is not None and operator.active
    return active and operator_id not in await tx.leaves.current(now)


async def _return(
    tx: Transaction,
    conversation: Conversation,
    offer: Offer,
    sender: OperatorId,
    happened: Callable[[Conversation], events.OfConversation],
    *,
    now: datetime,
) -> Conversation:
    """Who sent it has it again, past their cap if need be: it was theirs."""
    await give(tx, sender, weight=conversation.weight, now=now, cap_weight=None)
    after = await retimed(tx, assigned(conversation, sender), now=now)
    await tx.assignments.begin(conversation, sender, at=now, how="returned")
    returned = events.ConversationReturned(
        **of(after, now), operator_id=offer.operator_id, to_operator_id=sender
    )
    await tx.change(conversation, after, happened(after), returned)
    return after


async def unoffer(tx: Transaction, offer: Offer, *, now: datetime) -> None:
    await tx.loads.change(offer.operator_id, at=now, offered=-1, offered_weight=-offer.weight)
    await freed(tx, [offer.operator_id], now=now)


async def take_away(tx: Transaction, conversation: Conversation, *, now: datetime) -> None:
    """End its assignment and its offers."""
    free_again: list[OperatorId] = []
    if conversation.owner_id is not None and conversation.state in HELD:
        await tx.assignments.end(conversation.id, at=now)
        await tx.loads.change(
            conversation.owner_id, at=now, opened=-1, open_weight=-conversation.counted
        )
        free_again.append(conversation.owner_id)
    await freed(tx, free_again, now=now)
    await withdraw_offers(tx, conversation, now=now)


async def withdraw_offers(tx: Transaction, conversation: Conversation, *, now: datetime) -> None:
    """End its live offers, in the order in which loads are locked."""
    offers = await tx.offers.live(conversation.id) if conversation.state is State.OFFERED else []
    for offer in sorted(offers, key=lambda one: one.operator_id):
        await tx.offers.settle(offer.id, OfferState.WITHDRAWN)
        await unoffer(tx, offer, now=now)


async def weighed(
    tx: Transaction, before: Conversation, after: Conversation, *, now: datetime
) -> None:
    """What was silent and is not any more takes room of its owner's again."""
    if after.owner_id is not None and (again := after.counted - before.counted):
        await tx.loads.change(after.owner_id, at=now, open_weight=again)


async def retimed(tx: Transaction, after: Conversation, *, now: datetime) -> Conversation:
    """It with the times of its line, as `states.timed`; the line's timers look at it then."""
    line = await tx.lines.get(after.line_id)
    return after if line is None else with_timer(tx, after, line, now=now)


def with_timer(tx: Transaction, after: Conversation, line: Line, *, now: datetime) -> Conversation:
    """As `retimed`, for who has the line at hand."""
    again = timed(after, line, now=now)
    if again.timer_at is not None and again.timer_at != after.timer_at:
        tx.lanes.wake(TIMERS, line.id, again.timer_at)
    return again


async def freed(tx: Transaction, operators: Iterable[OperatorId], *, now: datetime) -> None:
    """Somebody has room: every line of theirs looks again."""
    for operator_id in operators:
        tx.record.tell(OperatorNews(operator_id))
        for line_id in await tx.lines.of_operator(operator_id):
            tx.lanes.wake(DISTRIBUTE, line_id, now)


async def comment_on(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    by: OperatorId,
    text: str,
    *,
    now: datetime,
) -> tuple[Note, ...]:
    if not text:
        return ()
    said = Note(
        NoteId(new_id()), thread.id, conversation.id, thread.last_seq, by, text=clean(text), at=now
    )
    await tx.notes.insert(said)
    return (said,)
