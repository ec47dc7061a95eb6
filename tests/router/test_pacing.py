"""How fast we may call: `router.pacing`."""

import asyncio

import pytest

from router.channel import Pace
from router.pacing import THREADS_REMEMBERED, Pacer, Turn, in_hand
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


async def test_turn_in_hand_is_good_for_one_call(clock: FakeClock) -> None:
    pacer, made = Pacer(Pace(per_second=1), clock=clock), []

    async def calls() -> None:
        turn = await pacer.take_turn()
        with in_hand(turn):
            for _ in range(2):
                await pacer.call_turn()
                made.append(clock.monotonic())
        await pacer.call_turn()
        made.append(clock.monotonic())

    task = asyncio.create_task(calls())
    await clock.advance(5)
    await task
    assert made == [0, 1, 2]


async def test_late_call_does_not_put_off_those_behind_it(clock: FakeClock) -> None:
    pacer, made = Pacer(Pace(per_second=10), clock=clock), []

    async def call(prepared_in_s: float) -> None:
        turn = await pacer.take_turn()
        await clock.sleep(prepared_in_s)
        with in_hand(turn):
            await pacer.call_turn()
        made.append(round(clock.monotonic(), 2))

    async with asyncio.TaskGroup() as tasks:
        for late_s in (0.08, 0.0, 0.08, 0.08, 0.0):
            tasks.create_task(call(late_s))
        await clock.advance(5)
    assert made == [0.08, 0.1, 0.28, 0.38, 0.4]


async def test_many_that_were_held_up_in_their_turns_are_no_burst(clock: FakeClock) -> None:
    pacer, made = Pacer(Pace(per_second=10), clock=clock), []

    async def call(turn: Turn) -> None:
        with in_hand(turn):
            await pacer.call_turn()
        made.append(round(clock.monotonic(), 2))

    async def one_more() -> None:
        await pacer.take_turn()
        made.append(round(clock.monotonic(), 2))

    taking = asyncio.gather(*(pacer.take_turn() for _ in range(5)))
    await clock.advance(10)
    async with asyncio.TaskGroup() as tasks:
        for turn in await taking:
            tasks.create_task(call(turn))
        await clock.advance(0)
        tasks.create_task(one_more())
        await clock.advance(5)
    assert made == [10, 10, 10.1, 10.2, 10.3, 10.4]
