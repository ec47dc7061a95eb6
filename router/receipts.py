"""A provider's later word on what we sent: it arrived, it was read, it did not arrive."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from router import events
from router.channel import Receipt, Stored
from router.ids import ThreadId
from router.model import Delivery, DeliveryState, Inbox
from router.states import earlier, of, touched
from router.storage import Transaction

NOTHING = Stored(new=False)
CLOCKS_DIFFER = timedelta(minutes=1)
ARRIVED = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED})


class TooEarly(Exception):
    """It may be about what is being sent just now, whose name at the provider is not stored yet:
    the provider is asked to come again.
    """


async def receive(tx: Transaction, inbox: Inbox, receipt: Receipt, *, now: datetime) -> Stored:
    """Do what a receipt says. Raises `TooEarly`."""
    if receipt.external_id:
        found = await tx.refs.find(inbox.id, receipt.external_id)
        delivery = await tx.deliveries.get(found[1]) if found and found[1] else None
        if delivery is None:
            # What was said after the receipt was given cannot be what it means.
            said_by = receipt.at + CLOCKS_DIFFER if receipt.at else None
            if found is None and await tx.deliveries.any_sending(inbox.id, said_by=said_by):
                raise TooEarly
            return NOTHING
        await tx.threads.get(delivery.thread_id, lock=True)
        current = await tx.deliveries.get(delivery.id)
        moving = [current] if current and current.state in earlier(receipt.state) else []
        seen_seq = 0
        if receipt.earlier_too:
            seen_seq, before = await _before(tx, delivery, receipt.state)
            moving = [*before, *moving]
        return await _confirm(tx, delivery.thread_id, moving, receipt, seen_seq=seen_seq, now=now)
    thread = await tx.threads.by_key(inbox.id, receipt.thread_key, lock=True)
    if thread is None or receipt.up_to_seq is None or receipt.state is DeliveryState.FAILED:
        return NOTHING
    seq = min(receipt.up_to_seq, thread.last_seq)
    # A client of ours can hold a message before its delivery is known to be sent.
    under_way = await tx.deliveries.up_to(thread.id, seq, earlier(receipt.state))
    await tx.threads.mark(thread.id, customer_got_seq=seq)
    seen_seq = seq if receipt.state is DeliveryState.READ else 0
    return await _confirm(tx, thread.id, under_way, receipt, seen_seq=seen_seq, now=now)


async def _before(
    tx: Transaction, delivery: Delivery, state: DeliveryState
) -> tuple[int, list[Delivery]]:
    """Up to which `seq` the customer has seen, and what that moves besides `delivery`. What is not
    sent cannot have been seen.
    """
    message = await tx.messages.get(delivery.message_id)
    seq = message.seq if message else 0
    states = [one for one in earlier(state) if one in ARRIVED]
    found = await tx.deliveries.up_to(delivery.thread_id, seq, states)
    seen_seq = seq if state is DeliveryState.READ else 0
    return seen_seq, [one for one in found if one.id != delivery.id]


async def _confirm(
    tx: Transaction,
    thread_id: ThreadId,
    deliveries: Sequence[Delivery],
    receipt: Receipt,
    *,
    seen_seq: int,
    now: datetime,
) -> Stored:
    """Move deliveries forward, and show it. The thread is locked."""
    latest = await tx.conversations.latest(thread_id)
    held = await tx.conversations.lock(latest.id) if latest else None
    if held is None:
        return NOTHING
    thread, conversation = held
    after = touched(conversation)
    happened: list[events.OfConversation] = []
    for delivery in deliveries:
        await tx.deliveries.save(
            replace(delivery, state=receipt.state, reason=receipt.reason, next_attempt_at=None),
            at=receipt.at or now,
        )
        happened.append(
            events.DeliveryChanged(
                **of(after, now),
                message_id=delivery.message_id,
                delivery_id=delivery.id,
                state=receipt.state,
            )
        )
    if seen_seq > thread.customer_seen_seq:
        await tx.threads.mark(thread.id, customer_seen_seq=seen_seq)
        after = replace(after, customer_seen_seq=seen_seq)
        happened.append(events.ThreadSeen(**of(after, now), seq=seen_seq, operator_id=None))
    if not happened:
        return NOTHING
    changed = await tx.messages.many([one.message_id for one in deliveries])
    await tx.change(conversation, after, *happened, messages=changed)
    return Stored(new=True, thread_id=thread.id)
