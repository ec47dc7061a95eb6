"""A transfer that has to be accepted, or it returns."""

from dataclasses import replace
from datetime import timedelta

import pytest

from queues import attendance
from router import handling
from router.errors import Full, TooLate
from router.ids import ConversationId
from router.model import State
from router.queueing import Capacity, Queueing
from router.staff import Operator
from tests.desk import Desk
from tests.queues.floor import Floor

PUSH = Queueing(auto_accept=True)
ASKS = replace(PUSH, transfer_needs_accept=True, offer_timeout_s=60)


@pytest.fixture
def each_floor(either_desk: Desk) -> Floor:
    return Floor(either_desk)


async def sent(
    floor: Floor, queueing: Queueing = ASKS
) -> tuple[ConversationId, Operator, Operator]:
    """Anna has a conversation, and sends it to Boris, who answers on another line."""
    line, other = await floor.line(queueing), await floor.line(PUSH)
    anna, boris = await floor.operator(line, cap=1), await floor.operator(other)
    [id_] = await floor.writes(line)
    await floor.distribute()
    await transfer(floor, id_, anna, boris)
    return id_, anna, boris


async def transfer(floor: Floor, id_: ConversationId, by: Operator, to: Operator) -> None:
    await floor.act(handling.transfer, id_, by.id, to_operator=to, to_line=None, comment="look")


async def open_counts(floor: Floor, *operators: Operator) -> list[int]:
    return [(await floor.load(one)).open_count for one in operators]


async def test_colleague_is_asked_and_nobody_has_it_until_then(each_floor: Floor) -> None:
    id_, anna, boris = await sent(each_floor)
    conversation = await each_floor.see(id_)
    assert (conversation.state, conversation.offered_to) == (State.OFFERED, boris.id)
    assert conversation.owner_id is None
    assert conversation.offer_deadline == each_floor.clock.now() + timedelta(seconds=60)
    assert await open_counts(each_floor, anna, boris) == [0, 0]
    assert await each_floor.audit() == []


async def test_accepted_it_is_theirs(each_floor: Floor) -> None:
    id_, anna, boris = await sent(each_floor)
    await each_floor.act(handling.accept, id_, boris.id)
    assert (await each_floor.see(id_)).owner_id == boris.id
    assert await open_counts(each_floor, anna, boris) == [0, 1]
    assert await each_floor.audit() == []


async def test_declined_it_is_back_with_who_sent_it(each_floor: Floor) -> None:
    id_, anna, boris = await sent(each_floor)
    await each_floor.act(handling.decline, id_, boris.id, reason="not mine")
    conversation = await each_floor.see(id_)
    assert (conversation.state, conversation.owner_id) == (State.OPEN, anna.id)
    assert await open_counts(each_floor, anna, boris) == [1, 0]
    async with each_floor.storage.reading() as tx:
        marks = await tx.record.marks([id_], after_seq=0, up_to_seq=99)
    assert marks[-1].event == "ConversationReturned"
    assert (marks[-1].operator_id, marks[-1].to_operator_id) == (boris.id, anna.id)
    assert await each_floor.audit() == []


async def test_missed_it_returns_also_to_who_is_full_by_now(each_floor: Floor) -> None:
    id_, anna, boris = await sent(each_floor)
    line = (await each_floor.see(id_)).line_id
    async with each_floor.storage.reading() as tx:
        found = await tx.lines.get(line)
    assert found is not None
    await each_floor.writes(found)
    await each_floor.distribute()
    assert await open_counts(each_floor, anna, boris) == [1, 0]
    assert await each_floor.due_in_s() == 60
    await each_floor.clock.advance(60)
    await each_floor.distribute(each_floor.start_distributor())
    assert (await each_floor.see(id_)).owner_id == anna.id
    assert await open_counts(each_floor, anna, boris) == [2, 0]
    assert await each_floor.audit() == []


async def test_who_sent_it_can_take_it_back(each_floor: Floor) -> None:
    id_, anna, boris = await sent(each_floor)
    await each_floor.act(handling.take, id_, anna)
    assert (await each_floor.see(id_)).owner_id == anna.id
    with pytest.raises(TooLate):
        await each_floor.act(handling.accept, id_, boris.id)
    assert await each_floor.audit() == []


async def test_colleague_who_leaves_meanwhile_sends_it_back(each_floor: Floor) -> None:
    id_, anna, boris = await sent(each_floor)
    assert await each_floor.act(handling.release, boris.id) == 1
    assert (await each_floor.see(id_)).owner_id == anna.id
    assert await each_floor.audit() == []


async def test_it_waits_if_who_sent_it_is_on_leave_by_then(each_floor: Floor) -> None:
    id_, anna, boris = await sent(each_floor)
    now = each_floor.clock.now()
    await each_floor.act(
        attendance.take_leave, anna.id, from_at=now, until_at=None, reason="holiday"
    )
    await each_floor.act(handling.decline, id_, boris.id, reason="not mine")
    assert (await each_floor.see(id_)).state is State.WAITING
    assert await each_floor.audit() == []


async def test_transfer_may_be_kept_within_the_cap(each_floor: Floor) -> None:
    strict = replace(PUSH, capacity=Capacity(transfer_may_exceed=False))
    line = await each_floor.line(strict)
    anna, boris = await each_floor.operator(line), await each_floor.operator(line, cap=0)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    with pytest.raises(Full):
        await transfer(each_floor, id_, anna, boris)
    assert (await each_floor.see(id_)).owner_id == anna.id
    assert await each_floor.audit() == []


async def test_taking_may_exceed_the_cap_where_the_line_says_so(each_floor: Floor) -> None:
    for may in (False, True):
        line = await each_floor.line(replace(PUSH, capacity=Capacity(take_may_exceed=may)))
        anna = await each_floor.operator(line, cap=0)
        [id_] = await each_floor.writes(line)
        if may:
            await each_floor.act(handling.take, id_, anna)
        else:
            with pytest.raises(Full):
                await each_floor.act(handling.take, id_, anna)
    assert await each_floor.audit() == []
