"""How fast we may call: `router.pacing`."""

import asyncio

import pytest

from router.channel import Pace
from router.pacing import THREADS_REMEMBERED, Pacer
from tests.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_calls_of_an_account_are_spread_evenly(clock: FakeClock) -> None:
    pacer, made = Pacer(Pace(per_second=4), clock=clock), []

    async def call() -> None:
        await pacer.call_turn()
        made.append(clock.monotonic())

    async with asyncio.TaskGroup() as tasks:
        for _ in range(5):
            tasks.create_task(call())
        await clock.advance(10)
    assert made == [0, 0.25, 0.5, 0.75, 1.0]


async def test_call_after_a_pause_does_not_wait(clock: FakeClock) -> None:
    pacer = Pacer(Pace(per_second=0.1), clock=clock)
    await pacer.call_turn()
    await clock.advance(60)
    await asyncio.wait_for(pacer.call_turn(), 1)


async def test_messages_of_one_thread_keep_their_gap_and_others_do_not_wait(
    clock: FakeClock,
) -> None:
    pacer, sent = Pacer(Pace(thread_gap_s=1), clock=clock), []

    async def send(thread: str) -> None:
        await pacer.thread_turn(thread)
        sent.append((thread, clock.monotonic()))

    async with asyncio.TaskGroup() as tasks:
        for thread in ("anna", "anna", "boris", "anna"):
            tasks.create_task(send(thread))
        await clock.advance(5)
    assert sent == [("anna", 0), ("boris", 0), ("anna", 1), ("anna", 2)]


async def test_channel_without_a_gap_remembers_no_threads(clock: FakeClock) -> None:
    pacer = Pacer(Pace(), clock=clock)
    for _ in range(3):
        await asyncio.wait_for(pacer.thread_turn("anna"), 1)


async def test_old_threads_are_forgotten(clock: FakeClock) -> None:
    pacer = Pacer(Pace(thread_gap_s=1), clock=clock)
    for number in range(THREADS_REMEMBERED):
        await pacer.thread_turn(str(number))
    await clock.advance(2)
    await pacer.thread_turn("anna")
    waiting = asyncio.create_task(pacer.thread_turn("anna"))
    await clock.advance(0.5)
    assert not waiting.done()
    await clock.advance(1)
    assert waiting.done()
    assert len(pacer._next_in_thread_s) == 1
