"""Taking over, pinning, turning away, and beginning a conversation oneself."""

import pytest

from router import handling, steering
from router.errors import Invalid, TooLate
from router.model import State
from router.queueing import Queueing
from tests.desk import Desk
from tests.queues.floor import Floor

PUSH = Queueing(auto_accept=True)


@pytest.fixture
def each_floor(either_desk: Desk) -> Floor:
    return Floor(either_desk)


async def test_supervisor_takes_over_and_who_had_it_takes_part(each_floor: Floor) -> None:
    line, other = await each_floor.line(PUSH), await each_floor.line(PUSH)
    anna, vera = await each_floor.operator(line), await each_floor.operator(other, cap=0)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    await each_floor.act(steering.intercept, id_, vera)
    after = await each_floor.act(steering.intercept, id_, vera)
    assert (after.owner_id, after.participants) == (vera.id, (anna.id,))
    assert (await each_floor.load(anna)).open_count == 0
    assert await each_floor.audit() == []


async def test_what_nobody_has_is_taken_not_taken_over(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    vera = await each_floor.operator(line, cap=0)
    [id_] = await each_floor.writes(line)
    with pytest.raises(TooLate):
        await each_floor.act(steering.intercept, id_, vera)


async def test_transfer_ends_a_pin(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna, boris = await each_floor.operator(line), await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    owner, colleague = (anna, boris)
    assert (await each_floor.act(steering.pin, id_, owner.id, pinned=True)).pinned
    after = await each_floor.act(
        handling.transfer, id_, owner.id, to_operator=colleague, to_line=None, comment=""
    )
    assert not after.pinned


async def test_spam_is_closed_and_its_sender_blocked_everywhere(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    after = await each_floor.act(steering.spam, id_, anna.id, block=True)
    assert (after.state, after.close_reason) == (State.CLOSED, "spam")
    async with each_floor.storage.reading() as tx:
        customer = await tx.customers.get(after.customer_id)
    assert customer is not None
    assert customer.blocked
    assert (await each_floor.load(anna)).open_count == 0
    assert await each_floor.audit() == []
    assert await each_floor.act(steering.unblock, customer.id, anna.id)
    assert not await each_floor.act(steering.unblock, customer.id, anna.id)


async def test_what_a_blocked_customer_writes_disturbs_nobody(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line)
    inbox = each_floor.inboxes[line.id]
    await each_floor.desk.writes("buy now", inbox=inbox)
    await each_floor.distribute()
    customer_id = (await each_floor.desk.conversation(inbox)).customer_id
    assert await each_floor.act(steering.block, customer_id, anna.id) == 1
    await each_floor.desk.writes("buy again", inbox=inbox)
    await each_floor.distribute()
    conversation = await each_floor.desk.conversation(inbox)
    assert (conversation.state, conversation.last_seq) == (State.CLOSED, 2)
    assert await each_floor.audit() == []


async def test_operator_begins_a_conversation_with_somebody_known(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna, boris = await each_floor.operator(line), await each_floor.operator(line)
    inbox = each_floor.inboxes[line.id]
    await each_floor.desk.writes("hello", inbox=inbox)
    await each_floor.distribute()
    first = await each_floor.desk.conversation(inbox)
    with pytest.raises(TooLate):
        await each_floor.act(steering.start, first.thread_id, boris)
    await each_floor.act(handling.close, first.id, anna.id, reason="done")
    begun = await each_floor.act(steering.start, first.thread_id, boris)
    again = await each_floor.act(steering.start, first.thread_id, boris)
    assert (begun.state, begun.owner_id, again.id) == (State.OPEN, boris.id, begun.id)
    assert begun.unanswered_since is None
    assert await each_floor.audit() == []
    await each_floor.act(steering.block, first.customer_id, boris.id)
    with pytest.raises(Invalid):
        await each_floor.act(steering.start, first.thread_id, anna)
