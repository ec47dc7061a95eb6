"""Days that a desk has lived through: `queues.simulator.recorded`, on rows of `router.storage.past`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from queues.presence import set_status
from queues.simulator.outcome import outcome_of
from queues.simulator.recorded import recorded
from queues.simulator.running import Run
from queues.simulator.shifts import both, without
from queues.simulator.world import World
from router import handling
from router.channel import Capabilities
from router.errors import Invalid
from router.ids import MessageId, OperatorId, new_id
from router.model import Line
from router.outbound import reply
from router.queueing import Shift, Sla, Targets
from router.staff import ClockKind, Operator, Status
from tests.desk import Desk


async def world_of(desk: Desk, *, hours: float = 2, key: str = "shop") -> World:
    """The last hours of a line."""
    now = desk.clock.now()
    async with desk.storage.reading() as tx:
        return await recorded(tx, key, since=now - timedelta(hours=hours), until=now)


async def handled(
    desk: Desk, line: Line, operator: Operator, *, waits_s: float, replies_s: float, closes_s: float
) -> None:
    """A customer is taken after a while, answered after another, and closed after a third."""
    inbox = await desk.inbox(line)
    await desk.writes(inbox=inbox)
    conversation = await desk.conversation(inbox)
    await desk.clock.advance(waits_s)
    async with desk.storage.transaction() as tx:
        await handling.take(tx, conversation.id, operator, now=desk.clock.now())
    await desk.clock.advance(replies_s)
    async with desk.storage.transaction() as tx:
        await reply(
            tx,
            conversation.id,
            message_id=MessageId(new_id()),
            text="Hello",
            file_ids=(),
            author=operator,
            in_reply_to=None,
            seen_seq=1,
            capabilities=Capabilities(max_text_chars=1000),
            now=desk.clock.now(),
        )
    await desk.clock.advance(closes_s)
    async with desk.storage.transaction() as tx:
        await handling.close(
            tx, conversation.id, operator.id, reason="resolved", now=desk.clock.now()
        )


async def says(desk: Desk, operator: Operator, status: Status, *, for_s: float) -> None:
    async with desk.storage.transaction() as tx:
        await set_status(tx, operator.id, status, now=desk.clock.now())
    await desk.clock.advance(for_s)


async def test_conversations_take_as_long_as_they_took(either_desk: Desk) -> None:
    desk = either_desk
    line = await desk.line("shop", sla=Sla(Targets(first_reply_s=60)))
    anna = await desk.operator("Anna", line, max_conversations=3)
    await handled(desk, line, anna, waits_s=100, replies_s=20, closes_s=200)
    world = await world_of(desk)
    talk = world.talks[0]
    assert talk.at_s == 7200 - 320
    assert [turn.delay_s for turn in talk.turns] == [20]
    assert talk.wrap_s == 200
    assert world.lines[0].promised_s == 60
    assert [person.cap_weight for person in world.people] == [300]


async def test_same_days_are_served_sooner_where_nobody_was_kept_waiting(desk: Desk) -> None:
    line = await desk.line("shop")
    anna = await desk.operator("Anna", line)
    await handled(desk, line, anna, waits_s=500, replies_s=20, closes_s=200)
    world = await world_of(desk)
    outcome = outcome_of("now", Run(world).through())
    assert outcome.waits is not None
    assert outcome.waits.p99_s < 500
    assert (outcome.came, outcome.closed) == (1, 1)


async def test_what_nobody_ever_had_takes_as_long_as_the_others(desk: Desk) -> None:
    line = await desk.line("shop")
    anna = await desk.operator("Anna", line)
    await handled(desk, line, anna, waits_s=0, replies_s=30, closes_s=90)
    await desk.writes(inbox=await desk.inbox(line))
    await desk.clock.advance(1)
    world = await world_of(desk)
    assert [talk.wrap_s for talk in world.talks] == [90, 90]


async def test_operators_are_here_when_they_said_that_they_were_available(desk: Desk) -> None:
    line = await desk.line("shop")
    anna = await desk.operator("Anna", line, status=Status.OFF)
    await desk.operator("Boris", line)
    await says(desk, anna, Status.AVAILABLE, for_s=600)
    await says(desk, anna, Status.BUSY, for_s=300)
    await says(desk, anna, Status.AVAILABLE, for_s=900)
    await desk.writes(inbox=await desk.inbox(line))
    await desk.clock.advance(1)
    world = await world_of(desk, hours=1)
    end = 3600 - 1
    assert list(world.people[0].here) == [(end - 1800, end - 1200), (end - 900, 3600)]
    # Of Boris nothing is known: he was here.
    assert list(world.people[1].here) == [(0, 3600)]


async def test_who_clocks_in_is_here_between_without_breaks(desk: Desk) -> None:
    line = await desk.line("shop")
    vera = replace(
        await desk.operator("Vera", line), id=OperatorId(new_id()), email="v@example.com",
        shift=Shift.CLOCK,
    )  # fmt: skip
    async with desk.storage.transaction() as tx:
        await tx.operators.insert(vera, password_hash=None, must_change_password=False)
        await tx.lines.set_queue(line.id, [vera.id])
        now = desk.clock.now()
        await tx.clock.start(vera.id, ClockKind.WORK, at=now)
        await tx.clock.start(vera.id, ClockKind.BREAK, at=now + timedelta(minutes=10))
        await tx.clock.stop(vera.id, ClockKind.BREAK, at=now + timedelta(minutes=15))
        await tx.clock.stop(vera.id, ClockKind.WORK, at=now + timedelta(minutes=30))
    await desk.writes(inbox=await desk.inbox(line))
    await desk.clock.advance(3600)
    world = await world_of(desk, hours=1)
    assert list(world.people[0].here) == [(0, 600), (900, 1800)]


async def test_line_without_conversations_then_or_without_a_name_is_refused(desk: Desk) -> None:
    await desk.line("shop")
    with pytest.raises(Invalid, match="nothing was opened"):
        await world_of(desk)
    with pytest.raises(Invalid, match="no such line"):
        await world_of(desk, key="moon")


def test_spans_are_cut_with_each_other() -> None:
    assert both([(0, 10), (20, 30)], [(5, 25)]) == [(5, 10), (20, 25)]
    assert both([(0, 10)], [(10, 20)]) == []
    assert without([(0, 10)], [(2, 3), (5, 20)]) == [(0, 2), (3, 5)]
