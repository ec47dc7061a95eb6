"""The acts of the distributor on a conversation, under the rules of `handling`: place, expire, wake.

The people's acts are there.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from router import events
from router.holding import hold, lock, unoffer, with_timer
from router.ids import ConversationId, OfferId, OperatorId, new_id
from router.model import Conversation, Line, Offer, OfferState, State
from router.news import OperatorNews
from router.staff import Operator, Status
from router.states import assigned, of, offered, unplaced, woken
from router.storage import Conflict, Transaction


async def place(
    tx: Transaction,
    line: Line,
    placements: Sequence[tuple[Conversation, Operator]],
    *,
    now: datetime,
    offer_until: datetime | None,
) -> None:
    """Offer these waiting conversations until then, or (None) assign them: in a few statements.

    The caller holds the line, its conversations, and the loads of the operators.

    Raises:
        Conflict: an operator has no room for all that they are given.
    """
    await _reserve(tx, placements, now=now, is_offer=offer_until is not None)
    if offer_until is None:
        changes = [
            (before, with_timer(tx, assigned(before, one.id), line, now=now))
            for before, one in placements
        ]
        await tx.assignments.begin_all(
            [(before, one.id) for before, one in placements], at=now, how="auto"
        )
    else:
        changes = [
            (before, offered(before, one.id, until=offer_until)) for before, one in placements
        ]
        await tx.offers.insert(
            *(_offer(before, one, at=now, until=offer_until) for before, one in placements)
        )
    await tx.conversations.save_handling([after for _, after in changes])
    for before, after in changes:
        tx.record.changed(before, after, _placed(after, at=now))


async def _reserve(
    tx: Transaction,
    placements: Sequence[tuple[Conversation, Operator]],
    *,
    now: datetime,
    is_offer: bool,
) -> None:
    operators = {operator.id: operator for _, operator in placements}
    counts, weights = Counter[OperatorId](), Counter[OperatorId]()
    for conversation, operator in placements:
        counts[operator.id] += 1
        weights[operator.id] += conversation.weight
    for id_, count in sorted(counts.items()):
        moved = (
            {"offered": count, "offered_weight": weights[id_]}
            if is_offer
            else {"opened": count, "open_weight": weights[id_]}
        )
        cap_weight = operators[id_].cap_weight
        if not await tx.loads.change(id_, at=now, cap_weight=cap_weight, given=True, **moved):
            raise Conflict("an operator has no room any more")
        tx.record.tell(OperatorNews(id_))


def _offer(
    conversation: Conversation, operator: Operator, *, at: datetime, until: datetime
) -> Offer:
    return Offer(
        id=OfferId(new_id()),
        conversation_id=conversation.id,
        line_id=conversation.line_id,
        operator_id=operator.id,
        state=OfferState.LIVE,
        made_at=at,
        deadline=until,
        weight=conversation.weight,
    )


def _placed(after: Conversation, *, at: datetime) -> events.OfConversation:
    if after.owner_id is not None:
        return events.ConversationAssigned(**of(after, at), operator_id=after.owner_id, how="auto")
    assert after.offered_to is not None
    return events.ConversationOffered(**of(after, at), operator_id=after.offered_to)


async def expire(tx: Transaction, offer: Offer, *, now: datetime, missed_limit: int) -> bool:
    """An offer's deadline is over: the conversation waits on, and the miss is counted.

    False if the offer was settled before.
    """
    _, conversation = await hold(tx, offer.conversation_id, offer.operator_id)
    if not await tx.offers.settle(offer.id, OfferState.EXPIRED):
        return False
    await unoffer(tx, offer, now=now)
    if await tx.presence.missed(offer.operator_id, limit=missed_limit, at=now):
        tx.record.emit(
            events.StatusChanged(
                at=now, operator_id=offer.operator_id, status=Status.AWAY, missed=True
            )
        )
    after = unplaced(conversation, now=now)
    event = events.OfferExpired(**of(after, now), operator_id=offer.operator_id)
    await tx.change(conversation, after, event)
    return True


async def wake_snoozed(tx: Transaction, conversation_id: ConversationId, *, now: datetime) -> bool:
    """Its snooze is over. False if it is not snoozed, or not that long."""
    _, conversation = await lock(tx, conversation_id)
    until = conversation.snoozed_until
    if conversation.state is not State.SNOOZED or until is None or until > now:
        return False
    after = woken(conversation)
    await tx.change(conversation, after, events.ConversationWoken(**of(after, now)))
    return True
