"""Durable work: `router.work`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

from router.errors import Unreachable
from router.storage import Lane
from router.work import Kind, SetAside, Worker
from tests.desk import Desk
from tests.router.lanes import give_back, keys, take, wake


@asynccontextmanager
async def working(desk: Desk, *, alone: bool = False, **kinds: Kind) -> AsyncIterator[Worker]:
    worker = Worker(desk.storage, desk.clock, kinds, alone=alone)
    stop = desk.bus.listen(worker.hear)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        stop()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that real threads and databases bring about."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - there is nobody to set an event
            await asyncio.sleep(0.005)


async def pass_time(desk: Desk, seconds: float, *, every_s: float = 0.5) -> None:
    """Let time pass in small steps, each long enough for a database to answer."""
    for _ in range(int(seconds / every_s)):
        await asyncio.sleep(0.01)
        desk.clock.move(every_s)
    await asyncio.sleep(0.01)


async def test_a_worker_does_what_is_due_as_soon_as_it_hears(desk: Desk) -> None:
    done: list[str] = []

    async def step(lane: Lane) -> None:
        done.append(lane.key)
        await give_back(desk.storage, lane)

    async with working(desk, test=Kind(step, slots=2)):
        for key in ("a", "b", "c"):
            await wake(desk, key)
        await until(lambda: len(done) == 3)
    assert sorted(done) == ["a", "b", "c"]


async def test_who_wakes_a_lane_while_the_worker_begins_to_look_is_heard(desk: Desk) -> None:
    done = asyncio.Event()

    async def step(lane: Lane) -> None:
        await give_back(desk.storage, lane)
        done.set()

    async with working(desk, test=Kind(step, slots=2)) as worker, asyncio.timeout(10):
        await asyncio.sleep(0.1)
        async with desk.storage.transaction() as tx:
            worker.wake(["test"])
            # It has looked at its clock, and waits until we have written.
            await asyncio.sleep(0.1)
            desk.clock.move(0.01)
            tx.lanes.wake("test", "a", desk.clock.now())
        await done.wait()


async def test_a_timer_wakes_at_its_time_and_not_before(desk: Desk) -> None:
    done: list[float] = []
    begin = desk.clock.now()

    async def step(lane: Lane) -> None:
        done.append((desk.clock.now() - begin).total_seconds())
        await give_back(desk.storage, lane)

    async with working(desk, test=Kind(step, slots=1)):
        await wake(desk, in_s=30)
        await pass_time(desk, 29.5)
        assert done == []
        await pass_time(desk, 2)
        await until(lambda: bool(done))
    assert 30 <= done[0] <= 31.5


async def test_a_kind_works_in_no_more_lanes_than_it_has_slots(desk: Desk) -> None:
    now_worked, most, done = 0, 0, 0
    go = asyncio.Event()

    async def slow(lane: Lane) -> None:
        nonlocal now_worked, most, done
        now_worked += 1
        most = max(most, now_worked)
        await go.wait()
        now_worked -= 1
        await give_back(desk.storage, lane)
        done += 1

    quick: list[str] = []

    async def step(lane: Lane) -> None:
        quick.append(lane.key)
        await give_back(desk.storage, lane)

    async with working(desk, slow=Kind(slow, slots=3), quick=Kind(step, slots=1)):
        for number in range(8):
            await wake(desk, number, kind="slow")
        await until(lambda: now_worked == 3)
        await wake(desk, "a", kind="quick")
        await until(lambda: quick == ["a"])
        go.set()
        await until(lambda: done == 8)
    assert most == 3


async def test_a_lane_woken_while_its_step_runs_is_run_again(desk: Desk) -> None:
    runs = 0
    go = asyncio.Event()

    async def step(lane: Lane) -> None:
        nonlocal runs
        runs += 1
        await go.wait()
        await give_back(desk.storage, lane)

    async with working(desk, test=Kind(step, slots=4)):
        await wake(desk)
        await until(lambda: runs == 1)
        await wake(desk)
        await wake(desk)
        await asyncio.sleep(0.05)
        assert runs == 1
        go.set()
        await until(lambda: runs == 2)
        await asyncio.sleep(0.05)
    assert runs == 2


async def test_a_step_that_fails_is_tried_again_ever_later(desk: Desk) -> None:
    begin, tries = desk.clock.now(), list[float]()

    async def step(lane: Lane) -> None:
        tries.append((desk.clock.now() - begin).total_seconds())
        if len(tries) <= 3:
            raise (Unreachable("down"), ZeroDivisionError(), TimeoutError())[len(tries) - 1]
        await give_back(desk.storage, lane)

    async with working(desk, test=Kind(step, slots=1)) as worker:
        await wake(desk)
        for _ in range(60):
            await pass_time(desk, 2, every_s=1)
            if len(tries) == 4:
                break
        await until(lambda: worker.steps == 1)
        assert worker.failures == 3
    waits = [after - before for before, after in pairwise(tries)]
    assert [5 <= waits[0] <= 9.5, 10 <= waits[1] <= 17, 20 <= waits[2] <= 32] == [True] * 3
    async with desk.storage.reading() as tx:
        assert await tx.lanes.stuck() == []


async def test_what_is_set_aside_waits_for_a_person(desk: Desk) -> None:
    tries: list[int] = []

    async def step(lane: Lane) -> None:
        tries.append(lane.failures)
        if len(tries) == 1:
            raise SetAside("the account is closed")
        await give_back(desk.storage, lane)

    async with working(desk, test=Kind(step, slots=1)) as worker:
        await wake(desk)
        await until(lambda: worker.failures == 1 and not worker.busy)
        await wake(desk)
        await pass_time(desk, 20, every_s=2)
        assert len(tries) == 1
        async with desk.storage.transaction() as tx:
            (stuck,) = await tx.lanes.stuck()
            assert (stuck.key, stuck.set_aside, stuck.reason) == (
                "a",
                True,
                "the account is closed",
            )
            assert await tx.lanes.retry("test", "a", now=desk.clock.now())
        await until(lambda: worker.steps == 1)
    assert tries == [0, 0]


async def test_a_dead_workers_lane_is_taken_after_its_lease(desk: Desk) -> None:
    await wake(desk)
    await take(desk)
    done: list[float] = []
    begin = desk.clock.now()

    async def step(lane: Lane) -> None:
        done.append((desk.clock.now() - begin).total_seconds())
        await give_back(desk.storage, lane)

    async with working(desk, test=Kind(step, slots=1)):
        await pass_time(desk, 9)
        assert done == []
        await pass_time(desk, 3)
        await until(lambda: bool(done))


async def test_an_only_worker_takes_a_dead_ones_lane_at_once(desk: Desk) -> None:
    await wake(desk)
    await take(desk)
    done: list[str] = []

    async def step(lane: Lane) -> None:
        done.append(lane.key)
        await give_back(desk.storage, lane)

    async with working(desk, alone=True, test=Kind(step, slots=1)):
        await until(lambda: done == ["a"])


async def test_a_long_step_keeps_its_lane(either_desk: Desk) -> None:
    desk = either_desk
    runs = 0
    go = asyncio.Event()

    async def step(lane: Lane) -> None:
        nonlocal runs
        runs += 1
        await go.wait()
        await give_back(desk.storage, lane)

    async with (
        working(desk, test=Kind(step, slots=1)) as one,
        working(desk, test=Kind(step, slots=1)) as other,
    ):
        await wake(desk)
        await until(lambda: runs == 1)
        await pass_time(desk, 40, every_s=1)
        assert runs == 1
        go.set()
        await until(lambda: one.steps + other.steps == 1)
    assert runs == 1


async def test_two_workers_share_without_doing_anything_twice(postgresql_desk: Desk) -> None:
    desk = postgresql_desk
    now_worked: set[str] = set()
    done: list[str] = []

    async def step(lane: Lane) -> None:
        assert lane.key not in now_worked
        now_worked.add(lane.key)
        await asyncio.sleep(0.002)
        now_worked.discard(lane.key)
        await give_back(desk.storage, lane)
        done.append(lane.key)

    kind = Kind(step, slots=4)
    async with working(desk, test=kind) as one, working(desk, test=kind) as other:
        for number in range(30):
            await wake(desk, number)
        await until(lambda: len(done) == 30)
        assert one.failures + other.failures == 0
    assert len(set(done)) == 30


async def test_a_worker_that_is_stopped_lets_its_steps_end(desk: Desk) -> None:
    begun, done = asyncio.Event(), False

    async def step(lane: Lane) -> None:
        nonlocal done
        begun.set()
        await asyncio.sleep(0.1)
        await give_back(desk.storage, lane)
        done = True

    async with working(desk, test=Kind(step, slots=1)):
        await wake(desk)
        await begun.wait()
    assert done
    assert await keys(desk) == []
