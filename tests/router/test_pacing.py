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
    pacer = Pacer(Pace(thread_gap_s=1), clock=clock)
    assert pacer.thread_wait_s("anna") == 0
    pacer.went_into("anna")
    assert [pacer.thread_wait_s(one) for one in ("anna", "boris")] == [1, 0]
    await clock.advance(0.75)
    assert pacer.thread_wait_s("anna") == 0.25
    await clock.advance(0.25)
    assert pacer.thread_wait_s("anna") == 0


def test_channel_without_a_gap_remembers_no_threads(clock: FakeClock) -> None:
    pacer = Pacer(Pace(), clock=clock)
    pacer.went_into("anna")
    assert pacer.thread_wait_s("anna") == 0
    assert not pacer._next_in_thread_s


async def test_old_threads_are_forgotten(clock: FakeClock) -> None:
    pacer = Pacer(Pace(thread_gap_s=1), clock=clock)
    for number in range(THREADS_REMEMBERED):
        pacer.went_into(str(number))
    await clock.advance(2)
    pacer.went_into("anna")
    assert pacer.thread_wait_s("anna") == 1
    assert len(pacer._next_in_thread_s) == 1
