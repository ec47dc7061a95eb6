"""Simulations as durable work, in processes of their own: `queues.simulator.work`."""

import asyncio
import sys
from datetime import timedelta
from typing import Any

import pytest

from queues.simulator import work
from queues.simulator.asked import Asked, Changed, RecordedDays, to_json
from queues.simulator.imagined import DrawnDays
from queues.simulator.setup import as_it_is
from queues.simulator.work import LANE, MOST_TRIES, Simulations
from router.ids import SimulationId, new_id
from router.model import Line
from router.queueing import Queueing, Strategy
from router.reactions import SIMULATE
from router.simulation import Failure, Simulation, SimulationState
from router.storage import Lane
from tests.desk import Desk

SLOW = (
    sys.executable,
    "-c",
    "import time; input(); print('{\"percent\": 7}', flush=True); time.sleep(60)",
)
BROKEN = (sys.executable, "-c", "input(); raise SystemExit(3)")


def works(desk: Desk, **changes: Any) -> Simulations:
    simulations = Simulations(desk.storage, desk.clock, **{"database": desk.url} | changes)
    desk.steps[SIMULATE] = simulations.step
    return simulations


async def asked(desk: Desk, line: Line, **days: Any) -> SimulationId:
    """Of the line, with everybody asked at once."""
    async with desk.storage.transaction() as tx:
        setup = await as_it_is(tx, line)
        changed = Changed(Queueing(strategy=Strategy.BROADCAST), None, 60, setup.queue, more=1)
        given = Asked(line.id, changed, **days)
        one = Simulation(
            SimulationId(new_id()), line.id, None, desk.clock.now(), to_json(given), {}
        )
        await tx.simulations.insert(one)
        work.wake(tx, now=desk.clock.now())
    desk.clock.move(1)
    return one.id


async def now(desk: Desk, simulation_id: SimulationId) -> Simulation:
    async with desk.storage.reading() as tx:
        found = await tx.simulations.get(simulation_id)
    assert found is not None
    return found


def drawn(desk: Desk, **changes: Any) -> DrawnDays:
    first = desk.clock.now().date()
    given = {"days": 1, "an_hour": 20.0, "handling_s": 200.0} | changes
    return DrawnDays(first=first, **given)


async def shop(desk: Desk) -> Line:
    line = await desk.line("shop")
    await desk.operator("Anna", line)
    await desk.operator("Boris", line)
    return line


async def test_drawn_day_is_lived_through_under_both(either_desk: Desk) -> None:
    desk = either_desk
    works(desk)
    one = await asked(desk, await shop(desk), drawn=drawn(desk))
    await desk.works()
    found = await now(desk, one)
    assert (found.state, found.failure) == (SimulationState.DONE, None)
    assert found.result is not None
    before, after = found.result["before"], found.result["after"]
    assert before["came"] == after["came"] > 300
    assert [each["name"] for each in before["people"]] == ["Anna", "Boris"]
    assert [each["name"] for each in after["people"]] == ["Anna", "Boris", "+1"]


async def test_one_after_the_other_is_lived_through(desk: Desk) -> None:
    works(desk)
    line = await shop(desk)
    ids = [await asked(desk, line, drawn=drawn(desk, seed=seed)) for seed in (1, 2)]
    await desk.works()
    results = [(await now(desk, one)).result for one in ids]
    assert None not in results
    assert results[0] != results[1]


async def test_days_on_which_nothing_was_are_named(desk: Desk) -> None:
    works(desk)
    today = desk.clock.now().date()
    one = await asked(desk, await shop(desk), recorded=RecordedDays(today, today))
    await desk.works()
    found = await now(desk, one)
    assert (found.state, found.failure) == (SimulationState.FAILED, Failure.NOTHING_RECORDED)


async def test_what_is_cancelled_ends_its_process_and_stays_so(desk: Desk) -> None:
    simulations = works(desk, command=SLOW)
    one = await asked(desk, await shop(desk), drawn=drawn(desk))
    step = asyncio.create_task(simulations.step(await taken(desk)))
    await told(desk, one, percent=7)
    async with desk.storage.transaction() as tx:
        assert await tx.simulations.end(one, SimulationState.CANCELLED, at=desk.clock.now())
    async with asyncio.timeout(5):
        await step
    assert (await now(desk, one)).state is SimulationState.CANCELLED


async def test_what_was_under_way_when_the_desk_ended_is_begun_again(desk: Desk) -> None:
    line = await shop(desk)
    one = await asked(desk, line, drawn=drawn(desk))
    step = asyncio.create_task(works(desk, command=SLOW).step(await taken(desk)))
    await told(desk, one, percent=7)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    assert (await now(desk, one)).state is SimulationState.RUNNING
    works(desk)
    desk.clock.move(11)
    await desk.works()
    found = await now(desk, one)
    assert (found.state, found.tries) == (SimulationState.DONE, 2)


async def test_what_never_ends_is_given_up(desk: Desk) -> None:
    works(desk, command=SLOW, patience_s=0.5)
    one = await asked(desk, await shop(desk), drawn=drawn(desk))
    await desk.works()
    assert (await now(desk, one)).failure is Failure.TOO_LONG


async def test_what_breaks_is_named_and_does_not_stop_the_next(desk: Desk) -> None:
    line = await shop(desk)
    works(desk, command=BROKEN)
    one = await asked(desk, line, drawn=drawn(desk))
    await desk.works()
    assert (await now(desk, one)).failure is Failure.BROKEN
    works(desk)
    other = await asked(desk, line, drawn=drawn(desk))
    await desk.works()
    assert (await now(desk, other)).state is SimulationState.DONE


async def test_what_ends_the_desk_again_and_again_is_given_up(desk: Desk) -> None:
    works(desk, command=SLOW)
    one = await asked(desk, await shop(desk), drawn=drawn(desk))
    async with desk.storage.transaction() as tx:
        for _ in range(MOST_TRIES):
            assert await tx.simulations.begin(one)
    await desk.works()
    assert (await now(desk, one)).failure is Failure.INTERRUPTED


async def test_latest_are_kept_and_those_under_way(either_desk: Desk) -> None:
    desk = either_desk
    line = await shop(desk)
    ids = [await asked(desk, line, drawn=drawn(desk)) for _ in range(4)]
    async with desk.storage.transaction() as tx:
        for one in ids[:3]:
            await tx.simulations.end(one, SimulationState.CANCELLED, at=desk.clock.now())
        await tx.simulations.forget(keep=2)
    async with desk.storage.reading() as tx:
        left = await tx.simulations.latest(None, limit=10)
    assert [one.id for one in left] == [ids[3], ids[2]]


async def taken(desk: Desk) -> Lane:
    now, until = desk.clock.now(), desk.clock.now() + timedelta(seconds=10)
    async with desk.storage.transaction() as tx:
        lanes = await tx.lanes.take(SIMULATE, now=now, lease_until=until, limit=1)
    assert [one.key for one in lanes] == [LANE]
    return lanes[0]


async def told(desk: Desk, one: SimulationId, *, percent: int) -> None:
    """Until so much of it is over."""
    async with asyncio.timeout(10):
        while (await now(desk, one)).percent != percent:  # noqa: ASYNC110 - another process says so
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("silence", ["", "\n"])
async def test_process_without_a_master_ends(silence: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c",
        "import sys, threading; from queues.simulator.__main__ import _end_with_input as end;"
        "threading.Thread(target=end, daemon=True).start(); import time; time.sleep(30)",
        stdin=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(silence.encode())
    process.stdin.close()
    async with asyncio.timeout(15):
        assert await process.wait() == 1
