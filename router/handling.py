"""The acts of people on a conversation; the distributor's are in `placing`, and nobody else
changes its state or its owner.

Each works in the caller's transaction; run it with `storage.run`, which repeats it when another
was faster. Rows are locked in one order everywhere: line, operators by id, thread, conversation.
An act that came too late raises `TooLate` and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from router import events
from router.errors import Full, Invalid, TooLate
from router.holding import (
    NOTHING_BESIDE,
    assign,
    comment_on,
    end_offer,
    give,
    hold,
    live_offer,
    lock,
    must_know,
    retimed,
    take_away,
    withdraw_offers,
)
from router.ids import ConversationId, LineId, NoteId, OperatorId
from router.model import HELD, Conversation, Note, OfferState, State
from router.passing import carry, pass_on, put_back
from router.reactions import DISTRIBUTE
from router.shaping import clean
from router.staff import Operator
from router.states import closed, of, queued, snoozed, taken_up, touched, woken
from router.storage import Transaction

# Why an offer is declined by itself, as its event has it: who was asked left for a while, or for good.
GONE = "operator_gone"


async def accept(
    tx: Transaction, conversation_id: ConversationId, operator_id: OperatorId, *, now: datetime
) -> Conversation:
    """Take what was offered. Accepting twice is accepting once.

    Raises:
        TooLate: the offer is over, or another of those who were asked was faster.
        Full: several were asked, so that no place was kept, and there is none any more.
    """
    _, conversation = await hold(tx, conversation_id, operator_id)
    if conversation.state is State.OPEN and conversation.owner_id == operator_id:
        return conversation
    offer = await live_offer(tx, conversation, operator_id)
    await tx.offers.settle(offer.id, OfferState.ACCEPTED)
    await tx.loads.change(operator_id, at=now, offered=-1, offered_weight=-offer.weight)
    room = await _room(tx, operator_id) if conversation.asked else None
    weight = conversation.weight
    if not await give(
        tx, operator_id, weight=weight, now=now, cap_weight=room, given=bool(conversation.asked)
    ):
        raise Full("you have no room for one more")
    if conversation.asked:
        await withdraw_offers(tx, conversation, now=now)
    await tx.presence.answered(operator_id)
    return await assign(tx, conversation, operator_id, how="accepted", now=now)


async def _room(tx: Transaction, operator_id: OperatorId) -> int:
    operator = await tx.operators.get(operator_id)
    return operator.cap_weight if operator and operator.active else 0


async def decline(
    tx: Transaction,
    conversation_id: ConversationId,
    operator_id: OperatorId,
    *,
    reason: str,
    now: datetime,
) -> Conversation:
    _, conversation = await hold(tx, conversation_id, operator_id)
    offer = await live_offer(tx, conversation, operator_id)
    await tx.presence.answered(operator_id)
    reason = clean(reason)

    def declined(after: Conversation) -> events.OfConversation:
        return events.OfferDeclined(**of(after, now), operator_id=operator_id, reason=reason)

    after = await end_offer(
        tx, conversation, offer, OfferState.DECLINED, declined, reason=reason, now=now
    )
    return after or conversation


async def take(
    tx: Transaction, conversation_id: ConversationId, operator: Operator, *, now: datetime
) -> Conversation:
    """Take a waiting conversation oneself, or back what a colleague has not accepted yet. What
    else is offered to somebody is theirs to answer.
    """
    _, conversation = await hold(tx, conversation_id, operator.id)
    if conversation.state is State.OPEN and conversation.owner_id == operator.id:
        return conversation
    offers = await tx.offers.live(conversation_id) if conversation.state is State.OFFERED else []
    if any(one.operator_id == operator.id for one in offers):
        return await accept(tx, conversation_id, operator.id, now=now)
    sent_it = any(one.return_to == operator.id for one in offers)
    if conversation.state is not State.WAITING and not sent_it:
        raise TooLate("somebody else has it, or is deciding")
    await withdraw_offers(tx, conversation, now=now)
    line = await tx.lines.get(conversation.line_id)
    may_exceed = sent_it or (line is not None and line.queueing.capacity.take_may_exceed)
    weight, cap_weight = conversation.weight, None if may_exceed else operator.cap_weight
    if not await give(tx, operator.id, weight=weight, now=now, cap_weight=cap_weight):
        raise Full("you have no room for one more")
    return await assign(tx, conversation, operator.id, how="taken", now=now)


async def transfer(
    tx: Transaction,
    conversation_id: ConversationId,
    by: OperatorId,
    *,
    to_operator: Operator | None,
    to_line: LineId | None,
    comment: str,
    now: datetime,
) -> Conversation:
    """Give a conversation to another operator or to a line.

    Where the line says so, a colleague has to accept it, or it goes back to who had it.

    Raises:
        Full: they have no room, and the line's transfers may not exceed their cap.
    """
    if (to_operator is None) == (to_line is None):
        raise Invalid("transfer to an operator or to a line")
    if to_operator is not None and not to_operator.active:
        raise Invalid("this operator has left", fields={"operator_id": "has left"})
    line = await tx.lines.get(to_line) if to_line else None
    if to_line is not None and (line is None or not line.active):
        raise Invalid("there is no such line", fields={"line_id": "is not in use"})
    operators = (by, to_operator.id) if to_operator else (by,)
    thread, conversation = await hold(tx, conversation_id, *operators, with_merged=True)
    if conversation.state is State.CLOSED:
        raise TooLate("it is closed")
    if to_operator is not None and conversation.owner_id == to_operator.id:
        raise TooLate("it is theirs already")
    await take_away(tx, conversation, now=now)
    notes = await comment_on(tx, thread, conversation, by, comment, now=now)
    if to_operator is not None:
        after = await pass_on(tx, conversation, by, to_operator, now=now)
    else:
        after = await put_back(tx, conversation, to_line, now=now)
    after = await retimed(tx, replace(after, pinned=False), now=now)
    event = events.ConversationTransferred(
        **of(after, now),
        operator_id=by,
        to_operator_id=to_operator.id if to_operator else None,
        to_line_id=to_line,
    )
    await tx.change(conversation, after, event, notes=notes)
    await carry(tx, after, to_operator.id if to_operator else None)
    return after


async def close(
    tx: Transaction,
    conversation_id: ConversationId,
    by: OperatorId | None,
    *,
    reason: str,
    seen_seq: int | None = None,
    seen_beside: Mapping[ConversationId, int] = NOTHING_BESIDE,
    now: datetime,
) -> Conversation:
    """Closing twice is closing once. Whoever says what they have seen has then seen its end.

    Raises:
        MovedOn: the customer has written after `seen_seq`, as `must_know`.
    """
    thread, conversation = await hold(tx, conversation_id)
    if conversation.state is State.CLOSED:
        return conversation
    await must_know(tx, thread, conversation, seen_seq, seen_beside)
    end = conversation.seen_seq if seen_seq is None else thread.last_seq
    await take_away(tx, conversation, now=now)
    after = closed(conversation, reason=clean(reason), seen_seq=end, now=now)
    after = await retimed(tx, after, now=now)
    happened: list[events.OfConversation] = []
    if seen_seq is not None:
        await tx.threads.mark(thread.id, operator_seen_seq=end, operator_got_seq=end)
    if end > conversation.seen_seq:
        happened.append(events.ThreadSeen(**of(after, now), seq=end, operator_id=by))
    happened.append(
        events.ConversationClosed(**of(after, now), operator_id=by, reason=after.close_reason or "")
    )
    await tx.change(conversation, after, *happened)
    return after


async def reopen(
    tx: Transaction, conversation_id: ConversationId, by: OperatorId, *, now: datetime
) -> Conversation:
    """An operator opens a closed conversation again, and has it. They may pass their cap by it."""
    _, conversation = await hold(tx, conversation_id, by)
    if conversation.state is not State.CLOSED:
        raise TooLate("it is open")
    if await tx.conversations.survivor(conversation) is not None:
        raise TooLate("it goes on in another: take that back")
    latest = await tx.conversations.latest(conversation.thread_id)
    if latest is not None and latest.id != conversation.id:
        raise TooLate("the customer has a newer conversation")
    await give(tx, by, weight=conversation.weight, now=now, cap_weight=None)
    again = replace(taken_up(conversation, by, now=now), merged_into=None)
    after = await retimed(tx, again, now=now)
    await tx.assignments.begin(conversation, by, at=now, how="reopened")
    event = events.ConversationReopened(**of(after, now), operator_id=by)
    await tx.change(conversation, after, event)
    return after


async def snooze(
    tx: Transaction,
    conversation_id: ConversationId,
    by: OperatorId,
    *,
    until: datetime | None,
    seen_seq: int | None = None,
    seen_beside: Mapping[ConversationId, int] = NOTHING_BESIDE,
    now: datetime,
) -> Conversation:
    """Put it aside until then, if there is a time, or until the customer writes. It keeps its owner
    and its place in their load.

    Raises:
        MovedOn: the customer has written after `seen_seq`, as `must_know`.
    """
    if until is not None and until <= now:
        raise Invalid("that time is over", fields={"until": "is in the past"})
    thread, conversation = await lock(tx, conversation_id)
    if conversation.state not in HELD:
        raise TooLate("nobody has it")
    await must_know(tx, thread, conversation, seen_seq, seen_beside)
    after = snoozed(conversation, until=until)
    event = events.ConversationSnoozed(**of(after, now), operator_id=by, until=until)
    await tx.change(conversation, after, event)
    if until is not None:
        tx.lanes.wake(DISTRIBUTE, conversation.line_id, until)
    return after


async def wake(
    tx: Transaction, conversation_id: ConversationId, by: OperatorId, *, now: datetime
) -> Conversation:
    """Take up again what was put aside. Waking twice is waking once."""
    _, conversation = await lock(tx, conversation_id)
    if conversation.state is State.OPEN:
        return conversation
    if conversation.state is not State.SNOOZED:
        raise TooLate("nobody has it")
    after = await retimed(tx, woken(conversation), now=now)
    await tx.change(conversation, after, events.ConversationWoken(**of(after, now), operator_id=by))
    return after


async def join(
    tx: Transaction, conversation_id: ConversationId, operator_id: OperatorId, *, now: datetime
) -> Conversation:
    """Take part in somebody else's conversation."""
    _, conversation = await lock(tx, conversation_id)
    if conversation.state is State.CLOSED:
        raise TooLate("it is closed")
    if operator_id in (conversation.owner_id, *conversation.participants):
        return conversation
    after = touched(conversation, participants=(*conversation.participants, operator_id))
    await tx.change(
        conversation, after, events.OperatorJoined(**of(after, now), operator_id=operator_id)
    )
    return after


async def leave(
    tx: Transaction, conversation_id: ConversationId, operator_id: OperatorId, *, now: datetime
) -> Conversation:
    _, conversation = await lock(tx, conversation_id)
    if operator_id not in conversation.participants:
        return conversation
    remaining = tuple(one for one in conversation.participants if one != operator_id)
    after = touched(conversation, participants=remaining)
    await tx.change(
        conversation, after, events.OperatorLeft(**of(after, now), operator_id=operator_id)
    )
    return after


async def note(
    tx: Transaction,
    conversation_id: ConversationId,
    operator_id: OperatorId,
    *,
    note_id: NoteId,
    text: str,
    now: datetime,
) -> Note:
    """Say something among operators. The same id again is the same note."""
    thread, conversation = await lock(tx, conversation_id)
    said = await tx.notes.get(note_id)
    if said is not None:
        if said.conversation_id != conversation_id or said.operator_id != operator_id:
            raise Invalid("this id is taken", fields={"id": "was used for another note"})
        return said
    said = Note(
        note_id, thread.id, conversation.id, thread.last_seq, operator_id, text=clean(text), at=now
    )
    await tx.notes.insert(said)
    after = touched(conversation)
    event = events.NoteAdded(**of(after, now), note_id=note_id, operator_id=operator_id)
    await tx.change(conversation, after, event, notes=(said,))
    return said


async def see(
    tx: Transaction,
    conversation_id: ConversationId,
    operator_id: OperatorId,
    *,
    seq: int,
    now: datetime,
) -> None:
    """An operator has seen the thread up to `seq`; what lies beyond its end does not count."""
    thread, conversation = await lock(tx, conversation_id)
    seq = min(seq, thread.last_seq)
    if seq <= conversation.seen_seq:
        return
    await tx.threads.mark(thread.id, operator_seen_seq=seq, operator_got_seq=seq)
    after = touched(conversation, seen_seq=seq)
    event = events.ThreadSeen(**of(after, now), seq=seq, operator_id=operator_id)
    await tx.change(conversation, after, event)


async def release(tx: Transaction, operator_id: OperatorId, *, now: datetime) -> int:
    """An operator left, for good or for a while: what they held or were offered waits for another."""
    count = 0
    for conversation_id in await tx.conversations.of_operator(operator_id):
        _, conversation = await hold(tx, conversation_id, operator_id)
        if conversation.state is State.OFFERED:
            count += await _lose_offer(tx, conversation, operator_id, now=now)
        elif conversation.state in HELD and conversation.owner_id == operator_id:
            count += 1
            await take_away(tx, conversation, now=now)
            # Who is pinned to somebody who left is everybody's.
            waits = replace(queued(conversation, now=now), pinned=False)
            after = await retimed(tx, waits, now=now)
            event = events.ConversationTransferred(
                **of(after, now), operator_id=None, to_operator_id=None, to_line_id=after.line_id
            )
            await tx.change(conversation, after, event)
    return count


async def _lose_offer(
    tx: Transaction, conversation: Conversation, operator_id: OperatorId, *, now: datetime
) -> bool:
    def declined(after: Conversation) -> events.OfConversation:
        return events.OfferDeclined(**of(after, now), operator_id=operator_id, reason=GONE)

    lost = False
    for offer in await tx.offers.live(conversation.id):
        if offer.operator_id == operator_id:
            how = OfferState.WITHDRAWN
            ended = await end_offer(tx, conversation, offer, how, declined, now=now)
            lost = ended is not None
    return lost
