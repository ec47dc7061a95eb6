"""Lanes of work: `router.storage.lanes`."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

from router.storage import LostLease, Transaction
from router.storage.lanes import _next_due, _taking
from router.work import LEASE_S
from tests.desk import Desk
from tests.router.lanes import LEASE, give_back, keys, take, wake


async def test_a_lane_woken_twice_is_taken_once(either_desk: Desk) -> None:
    desk = either_desk
    await wake(desk)
    await wake(desk)
    assert await keys(desk) == ["a"]
    assert await keys(desk) == []


async def test_a_lane_is_due_at_the_earliest_of_its_times(either_desk: Desk) -> None:
    desk = either_desk
    await wake(desk, in_s=60)
    await wake(desk, in_s=5)
    await wake(desk, in_s=600)
    assert await keys(desk) == []
    desk.clock.move(5)
    assert await keys(desk) == ["a"]


async def test_the_longest_due_are_taken_first(either_desk: Desk) -> None:
    desk = either_desk
    for key in ("a", "b", "c", "d"):
        await wake(desk, key)
        desk.clock.move(1)
    assert {lane.key for lane in await take(desk, limit=2)} == {"a", "b"}
    assert {lane.key for lane in await take(desk, limit=2)} == {"c", "d"}


async def test_a_lane_that_was_given_back_rests_until_it_is_woken(either_desk: Desk) -> None:
    desk = either_desk
    await wake(desk)
    (lane,) = await take(desk)
    await give_back(desk.storage, lane)
    assert await keys(desk) == []
    await wake(desk)
    assert await keys(desk) == ["a"]


async def test_a_wake_while_it_was_worked_is_heard(either_desk: Desk) -> None:
    desk = either_desk
    await wake(desk)
    (lane,) = await take(desk)
    await wake(desk)
    assert await keys(desk) == []
    await give_back(desk.storage, lane, in_s=600)
    assert await keys(desk) == ["a"]


async def test_a_step_may_wake_its_own_lane_and_others(either_desk: Desk) -> None:
    desk = either_desk
    await wake(desk, "b")
    (lane,) = await take(desk)
    async with desk.storage.transaction() as tx:
        for key in ("a", "b", "c"):
            tx.lanes.wake("test", key, desk.clock.now())
        tx.lanes.give_back(lane, due_at=desk.clock.now() + timedelta(seconds=600))
    assert sorted(await keys(desk)) == ["a", "b", "c"]


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_lost_lease_undoes_what_was_done_under_it(either_desk: Desk, keeps: bool) -> None:
    desk = either_desk
    line = await desk.line()
    await wake(desk)
    (lost,) = await take(desk)
    desk.clock.move(LEASE_S + 1)
    (mine,) = await take(desk)

    async def late(tx: Transaction) -> None:
        await tx.lines.save(replace(line, name="Changed"))
        tx.lanes.wake("test", "other", desk.clock.now())
        (tx.lanes.keep if keeps else tx.lanes.give_back)(lost)

    with pytest.raises(LostLease):
        await desk.storage.run(late)
    assert await keys(desk) == []
    assert await desk.directory.line(line.id) == line
    async with desk.storage.transaction() as tx:
        tx.lanes.keep(mine)
    await give_back(desk.storage, mine)


async def test_what_was_put_back_or_aside_by_a_dead_worker_changes_nothing(
    either_desk: Desk,
) -> None:
    desk = either_desk
    await wake(desk)
    (lost,) = await take(desk)
    desk.clock.move(LEASE_S + 1)
    await take(desk)
    async with desk.storage.transaction() as tx:
        await tx.lanes.put_back(lost, due_at=desk.clock.now(), reason="late")
        await tx.lanes.set_aside(lost, reason="late")
        assert await tx.lanes.stuck() == []
    assert await keys(desk) == []


async def test_trying_a_lane_that_is_not_there_makes_none(either_desk: Desk) -> None:
    desk = either_desk
    async with desk.storage.transaction() as tx:
        assert not await tx.lanes.retry("test", "nothing", now=desk.clock.now())
    assert await keys(desk) == []


async def test_many_takers_never_hold_one_lane_at_once(postgresql_desk: Desk) -> None:
    desk = postgresql_desk
    for number in range(40):
        await wake(desk, number)
    taken = await asyncio.gather(*(take(desk, limit=7) for _ in range(8)))
    found = [lane.key for lanes in taken for lane in lanes]
    assert len(found) == len(set(found)) == 40


async def test_a_late_renewal_does_not_hold_a_lane_that_was_given_back(either_desk: Desk) -> None:
    desk = either_desk
    await wake(desk)
    (lane,) = await take(desk)
    await give_back(desk.storage, lane)
    async with desk.storage.transaction() as tx:
        await tx.lanes.renew([lane], lease_until=desk.clock.now() + LEASE)
    await wake(desk)
    assert await keys(desk) == ["a"]


@pytest.mark.parametrize(
    "statement", [_taking().statement, _next_due(("crm", "deliver")).statement]
)
async def test_a_look_reads_no_lane_that_rests(desk: Desk, statement: sa.ClauseElement) -> None:
    """SQLite finds what is due by its index, however many threads have ever been answered."""
    engine = sa.create_engine(desk.url)
    compiled = cast("SQLCompiler", statement.compile(dialect=engine.dialect))
    values = tuple(0 for _ in compiled.positiontup or ())
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).fetchall()
    engine.dispose()
    told = " ".join(row[3] for row in plan)
    assert "ix_lanes_due (kind=? AND due_at" in told
    assert "TEMP B-TREE" not in told
