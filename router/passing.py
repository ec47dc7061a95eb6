"""A conversation that is given on: to a colleague, who may have to accept it, to a line, or back."""

from dataclasses import replace
from datetime import datetime, timedelta

from router.errors import Full
from router.holding import give
from router.ids import LineId, OfferId, OperatorId, new_id
from router.model import HELD, Conversation, Offer, OfferState
from router.news import OperatorNews
from router.queueing import Queueing
from router.reactions import DISTRIBUTE
from router.staff import Operator
from router.states import assigned, handed, queued, taken_up, touched
from router.storage import Transaction


async def pass_on(
    tx: Transaction, conversation: Conversation, by: OperatorId, to: Operator, *, now: datetime
) -> Conversation:
    """It as it is then. The caller holds it and both operators, and has taken it away.

    Raises:
        Full: they have no room, and transfers may not exceed their cap.
    """
    line = await tx.lines.get(conversation.line_id)
    queueing = line.queueing if line is not None else Queueing()
    cap_weight = None if queueing.capacity.transfer_may_exceed else to.cap_weight
    await tx.loads.start(to.id, at=now)
    if queueing.transfer_needs_accept and to.id != by:
        until = now + timedelta(seconds=queueing.offer_timeout_s)
        await _ask(tx, conversation, to.id, cap_weight=cap_weight, now=now, until=until)
        return handed(conversation, to.id, until=until, now=now)
    weight = conversation.weight
    if not await give(tx, to.id, weight=weight, now=now, cap_weight=cap_weight):
        raise Full("they have no room for one more")
    await tx.assignments.begin(conversation, to.id, at=now, how="transferred")
    return assigned(conversation, to.id)


async def _ask(
    tx: Transaction,
    conversation: Conversation,
    to: OperatorId,
    *,
    cap_weight: int | None,
    now: datetime,
    until: datetime,
) -> None:
    weight = conversation.weight
    if not await tx.loads.change(
        to, at=now, offered=1, offered_weight=weight, cap_weight=cap_weight
    ):
        raise Full("they have no room for one more")
    tx.record.tell(OperatorNews(to))
    tx.lanes.wake(DISTRIBUTE, conversation.line_id, until)
    sender = conversation.owner_id if conversation.state in HELD else None
    offer = _offer(conversation, to, now=now, until=until)
    await tx.offers.insert(replace(offer, return_to=sender))


async def put_back(
    tx: Transaction, conversation: Conversation, to_line: LineId | None, *, now: datetime
) -> Conversation:
    """It waits, on another line or its own; who gave it back is not asked first."""
    after = queued(conversation, now=now, line_id=to_line)
    if conversation.owner_id is not None and conversation.state in HELD:
        offer = _offer(after, conversation.owner_id, now=now, until=now)
        await tx.offers.insert(replace(offer, state=OfferState.DECLINED, weight=0))
    return after


async def carry(tx: Transaction, after: Conversation, to: OperatorId | None = None) -> None:
    """What was merged into it goes along to its line, and to whom it is given: who sees the one
    sees the others.
    """
    merged = await tx.conversations.merged_into(after.id)
    held = await tx.conversations.hold([one.id for one in merged]) if merged else {}
    for _, before in held.values():
        people = dict.fromkeys((*before.participants, *filter(None, [to])))
        moved = touched(before, line_id=after.line_id, participants=tuple(people))
        if (moved.line_id, moved.participants) != (before.line_id, before.participants):
            await tx.change(before, moved)


async def restore(
    tx: Transaction, over: Conversation, owner_id: OperatorId | None, *, now: datetime
) -> Conversation:
    """A closed one as it goes on: with who had it, past their cap if need be, or it waits. The caller
    holds it and them.
    """
    if owner_id is None:
        return queued(replace(over, owner_id=None), now=now)
    await give(tx, owner_id, weight=over.weight, now=now, cap_weight=None)
    await tx.assignments.begin(over, owner_id, at=now, how="returned")
    return taken_up(over, owner_id, now=now)


def _offer(conversation: Conversation, to: OperatorId, *, now: datetime, until: datetime) -> Offer:
    return Offer(
        id=OfferId(new_id()),
        conversation_id=conversation.id,
        line_id=conversation.line_id,
        operator_id=to,
        state=OfferState.LIVE,
        made_at=now,
        deadline=until,
        weight=conversation.weight,
    )
