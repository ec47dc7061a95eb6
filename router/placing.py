"""The acts of the distributor on a conversation, under the rules of `handling`: place, expire, wake.

The people's acts are there.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from router import events
from router.holding import end_offer, hold, lock, with_timer
from router.ids import ConversationId, OfferId, OperatorId, new_id
from router.model import Conversation, Line, Offer, OfferState, State
from router.news import OperatorNews
from router.staff import Operator, Status
from router.states import asked, assigned, of, offered, woken
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
            *(
                _offer(before, one, at=now, until=offer_until, weight=before.weight)
                for before, one in placements
            )
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


async def ask_all(
    tx: Transaction,
    placements: Sequence[tuple[Conversation, Sequence[Operator]]],
    *,
    now: datetime,
    until: datetime,
) -> None:
    """Hold each of these waiting conversations out to several: the first to accept has it.

    Nothing of anybody's capacity is taken by it. The caller holds what `place` asks for.
    """
    made, changes = list[Offer](), list[tuple[Conversation, Conversation]]()
    for before, operators in placements:
        changes.append((before, asked(before, [one.id for one in operators], until=until)))
        made += [_offer(before, one, at=now, until=until, weight=0) for one in operators]
    for id_, count in sorted(Counter(offer.operator_id for offer in made).items()):
        await tx.loads.change(id_, at=now, offered=count)
        tx.record.tell(OperatorNews(id_))
    await tx.offers.insert(*made)
    await tx.conversations.save_handling([after for _, after in changes])
    for before, after in changes:
        event = events.ConversationOffered(**of(after, now), operator_id=None)
        tx.record.changed(before, after, event)


def _offer(
    conversation: Conversation,
    operator: Operator,
    *,
    at: datetime,
    until: datetime,
    weight: int,
) -> Offer:
    return Offer(
        id=OfferId(new_id()),
        conversation_id=conversation.id,
        line_id=conversation.line_id,
        operator_id=operator.id,
        state=OfferState.LIVE,
        made_at=at,
        deadline=until,
        weight=weight,
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

    def expired(after: Conversation) -> events.OfConversation:
        waited_s = round((now - offer.made_at).total_seconds())
        who = offer.operator_id
        return events.OfferExpired(**of(after, now), operator_id=who, waited_s=waited_s)

    if not await end_offer(tx, conversation, offer, OfferState.EXPIRED, expired, now=now):
        return False
    if await tx.presence.missed(offer.operator_id, limit=missed_limit, at=now):
        tx.record.emit(
            events.StatusChanged(
                at=now, operator_id=offer.operator_id, status=Status.AWAY, missed=True
            )
        )
    return True


async def send(
    tx: Transaction,
    before: Conversation,
    after: Conversation,
    *,
    to: Line | None,
    rule: str,
    now: datetime,
) -> None:
    """The line's rules were applied to a waiting one, `rule` settled it; maybe it goes to another.

    The caller holds the conversation.
    """
    if to is None:
        await tx.change(before, after)
        return
    after = with_timer(tx, after, to, now=now)
    event = events.ConversationRouted(
        **(of(after, now) | {"line_id": before.line_id}), to_line_id=to.id, reason=rule
    )
    await tx.change(before, after, event)


async def wake_snoozed(tx: Transaction, conversation_id: ConversationId, *, now: datetime) -> bool:
    """Its snooze is over. False if it is not snoozed, or not that long."""
    _, conversation = await lock(tx, conversation_id)
    until = conversation.snoozed_until
    if conversation.state is not State.SNOOZED or until is None or until > now:
        return False
    after = woken(conversation)
    await tx.change(conversation, after, events.ConversationWoken(**of(after, now)))
    return True
