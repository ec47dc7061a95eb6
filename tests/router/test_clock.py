"""The machine's clock, and the tests' own."""

import asyncio
from datetime import UTC, datetime, timedelta

from router.clock import Clock, SystemClock
from tests.clock import NOON, FakeClock


async def test_machine_clock_is_aware_and_in_utc() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


async def test_machine_clock_sleeps_until_a_time_and_not_less() -> None:
    clock = SystemClock()
    at = clock.now() + timedelta(milliseconds=30)
    await clock.sleep_until(at)
    assert clock.now() >= at


async def test_machine_clock_does_not_wait_for_the_past() -> None:
    clock = SystemClock()
    began = clock.monotonic()
    await clock.sleep_until(clock.now() - timedelta(hours=1))
    await clock.sleep(-5)
    assert clock.monotonic() - began < 5


async def test_fake_clock_stands_still_until_told() -> None:
    clock: Clock = FakeClock()
    sleeper = asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0.02)
    assert (clock.now(), clock.monotonic(), sleeper.done()) == (NOON, 0.0, False)
    sleeper.cancel()


async def test_fake_clock_wakes_sleepers_in_the_order_of_their_times() -> None:
    clock, woken = FakeClock(), []

    async def sleep(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    async with asyncio.TaskGroup() as tasks:
        for name, seconds in (("late", 9.0), ("early", 2.0), ("never asked to wait", 0.0)):
            tasks.create_task(sleep(name, seconds))
        await clock.advance(10)
    assert woken == [("never asked to wait", 0.0), ("early", 2.0), ("late", 9.0)]
    assert clock.now() == NOON + timedelta(seconds=10)


async def test_fake_clock_wakes_one_who_sleeps_again_as_often_as_fits() -> None:
    clock, ticks = FakeClock(), []

    async def tick() -> None:
        while True:
            await clock.sleep(60)
            ticks.append(clock.now())

    ticking = asyncio.create_task(tick())
    await clock.advance(3600)
    ticking.cancel()
    assert ticks == [NOON + timedelta(minutes=n) for n in range(1, 61)]


async def test_fake_clock_jumps_over_sleepers_when_moved() -> None:
    clock = FakeClock()
    sleeper = asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    clock.move(100)
    await sleeper
    assert clock.monotonic() == 100


async def test_fake_clock_forgets_a_cancelled_sleeper() -> None:
    clock = FakeClock()
    sleeper = asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    assert clock.sleeping == 1
    sleeper.cancel()
    await clock.advance(10)
    assert clock.sleeping == 0
