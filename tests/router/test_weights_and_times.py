"""What a message does to weights, to timers, to what is stale, and to who is blocked."""

from dataclasses import replace
from datetime import timedelta

from queues.auditor import audit
from router import handling
from router.channel import IncomingMessage, Sender
from router.model import Conversation, Inbox, State
from router.queueing import WHOLE, Capacity, Lifetimes, Queueing
from router.reactions import TIMERS
from router.staff import Load, Operator
from tests.desk import Desk

HALF = Queueing(capacity=Capacity(weights={"rest": WHOLE // 2}))


async def silent(desk: Desk, inbox: Inbox, anna: Operator) -> Conversation:
    """A conversation of hers that does not count any more."""
    await desk.writes(inbox=inbox)
    one = await desk.conversation(inbox)
    now = desk.clock.now()
    async with desk.storage.transaction() as tx:
        held = await handling.take(tx, one.id, anna, now=now)
        await tx.conversations.save(replace(held, silent=True))
        await tx.loads.change(anna.id, at=now, open_weight=-held.counted)
    return held


async def load(desk: Desk, operator: Operator) -> Load:
    """Hers, with which the auditor agrees."""
    async with desk.storage.reading() as tx:
        assert await audit(tx, now=desk.clock.now()) == []
        return (await tx.loads.all())[operator.id]


async def test_a_silent_conversation_counts_again_when_the_customer_writes(
    either_desk: Desk,
) -> None:
    line = await either_desk.line(queueing=HALF)
    inbox, anna = await either_desk.inbox(line), await either_desk.operator("Anna", line)
    await silent(either_desk, inbox, anna)
    assert (await load(either_desk, anna)).open_weight == 0
    await either_desk.writes(inbox=inbox)
    assert (await load(either_desk, anna)).open_weight == WHOLE // 2
    assert not (await either_desk.conversation(inbox)).silent


async def test_a_closed_silent_conversation_leaves_no_weight(either_desk: Desk) -> None:
    line = await either_desk.line(queueing=HALF)
    inbox, anna = await either_desk.inbox(line), await either_desk.operator("Anna", line)
    one = await silent(either_desk, inbox, anna)
    async with either_desk.storage.transaction() as tx:
        await handling.close(tx, one.id, anna.id, reason="", now=either_desk.clock.now())
    after = await load(either_desk, anna)
    assert (after.open_count, after.open_weight) == (0, 0)


async def test_timers_look_at_a_conversation_in_which_something_happened(
    either_desk: Desk,
) -> None:
    line = await either_desk.line(lifetimes=Lifetimes(customer_silent_s=60))
    inbox, now = await either_desk.inbox(line), either_desk.clock.now()
    await either_desk.writes(inbox=inbox)
    either_desk.clock.move(30)
    await either_desk.writes(inbox=inbox)
    due = now + timedelta(seconds=60)
    assert (await either_desk.conversation(inbox)).timer_at == due
    async with either_desk.storage.transaction() as tx:
        taken = await tx.lanes.take(TIMERS, now=due, lease_until=due, limit=9)
    assert [lane.key for lane in taken] == [str(line.id)]


async def test_a_message_from_long_ago_makes_it_stale_until_a_fresh_one(either_desk: Desk) -> None:
    inbox = await either_desk.inbox(await either_desk.line(stale_after_s=600))
    sent_at = either_desk.clock.now() - timedelta(seconds=601)
    old = IncomingMessage("old", "visitor-1", Sender("visitor-1", scope=str(inbox.id)), "Hello")
    await either_desk.inbound.receive(inbox, [replace(old, sent_at=sent_at)])
    assert (await either_desk.conversation(inbox)).stale
    await either_desk.writes(inbox=inbox)
    assert not (await either_desk.conversation(inbox)).stale


async def test_what_a_blocked_customer_writes_opens_nothing(either_desk: Desk) -> None:
    line = await either_desk.line()
    inbox, anna = await either_desk.inbox(line), await either_desk.operator("Anna", line)
    await either_desk.writes(inbox=inbox)
    one = await either_desk.conversation(inbox)
    async with either_desk.storage.transaction() as tx:
        await handling.close(tx, one.id, anna.id, reason="", now=either_desk.clock.now())
        customer = await tx.customers.get(one.customer_id)
        assert customer is not None
        await tx.customers.save(replace(customer, blocked=True))
    stored = await either_desk.writes(inbox=inbox)
    after = await either_desk.conversation(inbox)
    assert (after.id, after.state, after.last_seq) == (one.id, State.CLOSED, stored.seq)
