"""Recorded days replayed under the same policy, beside what really happened: `queues.simulator.history`."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from queues.distributor import Distributor
from queues.simulator.outcome import Outcome, outcome_of
from queues.simulator.recorded import recorded
from queues.simulator.running import Run
from queues.simulator.world import After, Talk, World
from router import handling
from router.ids import ConversationId, OperatorId
from router.model import Inbox, Line, State
from router.queueing import Overflow, Queueing, Rung, Sticky, Strategy
from router.reactions import DISTRIBUTE
from router.staff import Operator
from router.storage import Transaction
from tests.desk import Desk

Act = Callable[[Transaction], Awaitable[object]]


async def world_of(desk: Desk, *keys: str, hours: float = 24) -> World:
    now = desk.clock.now()
    async with desk.storage.reading() as tx:
        return await recorded(tx, *keys, since=now - timedelta(hours=hours), until=now)


async def does(desk: Desk, act: Act, *, after_s: float = 0) -> None:
    await desk.clock.advance(after_s)
    async with desk.storage.transaction() as tx:
        await act(tx)


async def opened(desk: Desk, inbox: Inbox, by: Operator, who: str = "visitor-1") -> ConversationId:
    """A customer writes and is taken at once."""
    await desk.writes(inbox=inbox, who=who)
    id_ = (await desk.conversation(inbox, who)).id
    await does(desk, lambda tx: handling.take(tx, id_, by, now=desk.clock.now()))
    return id_


def ends(desk: Desk, id_: ConversationId, by: Operator) -> Act:
    return lambda tx: handling.close(tx, id_, by.id, reason="done", now=desk.clock.now())


def passes(
    desk: Desk,
    id_: ConversationId,
    by: Operator,
    *,
    operator: Operator | None = None,
    line: Line | None = None,
) -> Act:
    return lambda tx: handling.transfer(
        tx, id_, by.id, to_operator=operator, to_line=line.id if line else None, comment="",
        now=desk.clock.now(),
    )  # fmt: skip


# --- what is read -------------------------------------------------------------------


async def test_transfer_to_a_colleague_is_read(either_desk: Desk) -> None:
    desk = either_desk
    line = await desk.line()
    anna, boris = await desk.operator("Anna", line), await desk.operator("Boris", line)
    id_ = await opened(desk, await desk.inbox(line), anna)
    await does(desk, passes(desk, id_, anna, operator=boris), after_s=100)
    await does(desk, ends(desk, id_, boris), after_s=40)
    talk = (await world_of(desk, "shop")).talks[0]
    assert talk.had == 0
    assert [(one.after, one.to, one.held_s) for one in talk.stays] == [(After.PASSED, 1, 40)]


async def test_transfer_to_another_line_is_read_where_that_line_is_looked_at(desk: Desk) -> None:
    line, other = await desk.line(), await desk.line("other")
    anna, boris = await desk.operator("Anna", line), await desk.operator("Boris", other)
    inbox = await desk.inbox(line)
    id_ = await opened(desk, inbox, anna)
    await does(desk, passes(desk, id_, anna, line=other), after_s=100)
    await does(desk, lambda tx: handling.take(tx, id_, boris, now=desk.clock.now()), after_s=30)
    await does(desk, ends(desk, id_, boris), after_s=40)
    alone, both = await world_of(desk, "shop"), await world_of(desk, "shop", "other")
    assert alone.talks[0].stays == ()
    assert [(one.line, one.held_s) for one in both.talks[0].stays] == [(1, 40)]
    # To the other line it came when it was passed on.
    await desk.clock.advance(1)
    theirs = await world_of(desk, "other", hours=1)
    assert theirs.talks[0].at_s == 3600 - 71


async def test_time_put_aside_and_a_return_are_read(desk: Desk) -> None:
    line = await desk.line()
    anna = await desk.operator("Anna", line)
    inbox = await desk.inbox(line)
    id_ = await opened(desk, inbox, anna)
    until = desk.clock.now() + timedelta(hours=3)
    snooze: Act = lambda tx: handling.snooze(  # noqa: E731 - as the others
        tx, id_, anna.id, until=until, now=desk.clock.now()
    )
    await does(desk, snooze, after_s=50)
    await desk.clock.advance(600)
    await desk.writes(inbox=inbox)
    await does(desk, ends(desk, id_, anna), after_s=20)
    await desk.clock.advance(300)
    await desk.writes(inbox=inbox)
    await does(desk, lambda tx: handling.take(tx, id_, anna, now=desk.clock.now()), after_s=7)
    await does(desk, ends(desk, id_, anna), after_s=9)
    talk = (await world_of(desk, "shop")).talks[0]
    assert [(one.after, one.pause_s, one.held_s) for one in talk.stays] == [
        (After.SNOOZED, 600, 20),
        (After.REOPENED, 300, 9),
    ]


async def test_who_was_closed_without_an_operator_had_so_much_patience(desk: Desk) -> None:
    line = await desk.line()
    anna = await desk.operator("Anna", line)
    inbox = await desk.inbox(line)
    await desk.writes(inbox=inbox)
    id_ = (await desk.conversation(inbox)).id
    await does(desk, ends(desk, id_, anna), after_s=240)
    assert (await world_of(desk, "shop")).talks[0].patience_s == 240


# --- the same policy, the same owners --------------------------------------------------


async def lives(
    desk: Desk, lines: list[Line], team: list[Operator], *, seed: int, customers: int
) -> None:
    """A morning at a real desk: customers come and return, are passed on, are answered and leave."""
    desk.steps[DISTRIBUTE] = Distributor(
        desk.storage, desk.clock, patient_until=desk.clock.now()
    ).distribute
    inboxes = {line.id: await desk.inbox(line) for line in lines}
    random, by_id = Random(seed), {one.id: one for one in team}
    ending: dict[ConversationId, float] = {}
    for _ in range(customers):
        inbox = inboxes[random.choice(lines).id]
        who = f"visitor-{random.randrange(customers)}"
        await desk.writes(inbox=inbox, who=who)
        await desk.works()
        conversation = await desk.conversation(inbox, who)
        ending.setdefault(conversation.id, random.uniform(60, 900))
        passed_s = random.uniform(20, 120)
        await _pass_time(desk, ending, by_id, passed_s)
        if random.random() < 0.2:
            await _pass_on(desk, conversation.id, team, random)
            # What happened in one moment has no order in the record.
            await desk.clock.advance(0.5)
    while ending:
        await _pass_time(desk, ending, by_id, 60)


async def _pass_time(
    desk: Desk,
    ending: dict[ConversationId, float],
    team: dict[OperatorId, Operator],
    seconds: float,
) -> None:
    """Those that somebody has come nearer to their end; who waits is looked at when it is time."""
    ends_at = desk.clock.now() + timedelta(seconds=seconds)
    while (before := desk.clock.now()) < ends_at:
        async with desk.storage.reading() as tx:
            due = (await tx.lanes.next_due([DISTRIBUTE])).get(DISTRIBUTE, ends_at)
        held = [one for one in [await desk.again(id_) for id_ in ending] if one.owner_id]
        next_s = min((ending[one.id] for one in held), default=seconds)
        step_s = min((min(due, ends_at) - before).total_seconds(), next_s)
        await desk.clock.advance(max(0.001, step_s))
        passed_s = (desk.clock.now() - before).total_seconds()
        for one in held:
            ending[one.id] -= passed_s
            if ending[one.id] <= 0 and one.owner_id is not None:
                del ending[one.id]
                await does(desk, ends(desk, one.id, team[one.owner_id]))
        await desk.works()


async def _pass_on(desk: Desk, id_: ConversationId, team: list[Operator], random: Random) -> None:
    now = await desk.again(id_)
    to = random.choice(team)
    if now.state is State.OPEN and now.owner_id not in (None, to.id):
        by = next(one for one in team if one.id == now.owner_id)
        await does(desk, passes(desk, id_, by, operator=to))
        await desk.works()


async def replayed(desk: Desk, *keys: str) -> Outcome:
    world = await world_of(desk, *keys)
    return outcome_of("", Run(world).through())


@pytest.mark.parametrize(
    "strategy", [Strategy.ROUND_ROBIN, Strategy.SEQUENTIAL, Strategy.LEAST_BUSY]
)
async def test_replay_of_the_same_policy_finds_the_same_operators(
    desk: Desk, strategy: Strategy
) -> None:
    ladder = Sticky(rungs=(Rung.LAST_OPERATOR,), owner_wait_s=60)
    line = await desk.line(queueing=Queueing(strategy=strategy, sticky=ladder))
    names = ("Anna", "Boris", "Vera")
    team = [await desk.operator(name, line, max_conversations=3) for name in names]
    await lives(desk, [line], team, seed=7, customers=60)
    outcome = await replayed(desk, "shop")
    assert (outcome.came, outcome.lost, outcome.given) == (40, 0, 40)
    assert outcome.passed > 3
    assert outcome.as_then is not None
    assert outcome.as_then == 1


async def test_replay_of_two_lines_that_share_an_operator_finds_the_same(desk: Desk) -> None:
    shop, other = await desk.line(), await desk.line("other")
    overflow = replace(shop, queueing=Queueing(overflow=Overflow(other.id, after_s=300)))
    async with desk.storage.transaction() as tx:
        await tx.lines.save(overflow)
    anna = await desk.operator("Anna", shop, max_conversations=2)
    boris = await desk.operator("Boris", shop, other, max_conversations=3)
    vera = await desk.operator("Vera", other, max_conversations=3)
    await lives(desk, [shop, other], [anna, boris, vera], seed=3, customers=60)
    outcome = await replayed(desk, "shop", "other")
    assert outcome.as_then is not None
    assert outcome.as_then == 1


def test_what_nobody_lived_through_has_no_owner_to_compare() -> None:
    assert Talk(0, 0, ()).had is None
