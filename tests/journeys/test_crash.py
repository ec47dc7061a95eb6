"""Whatever is killed, whenever: nothing is lost, nothing is doubled, nobody is forgotten.

Each test makes its load and its kills from a seed, which it prints; JOURNEY_SEED repeats one.
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from tests.journeys.journey import Day, Size, a_day
from tests.journeys.load import browser
from tests.journeys.shapes import many_processes, one_process

SMALL = Size(visitors=8, partners=5, clerks=2, every_s=1.0)
LARGE = Size(visitors=30, partners=20, clerks=4, every_s=3.0)
KILLS = 20
TERMINATED_WITHIN_S = 10.0
RESTART = 1012

Say = Callable[[str], None]
Blow = Callable[[], Awaitable[None]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Tell whoever watches, also when all is well."""

    def aloud(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return aloud


@pytest.fixture
def random(say: Say) -> Random:
    seed = int(os.environ.get("JOURNEY_SEED") or Random().randrange(10**6))
    say(f"JOURNEY_SEED={seed}")
    return Random(seed)


async def balances(day: Day, say: Say) -> None:
    """The desk comes to rest, and its ledger balances."""
    began = time.monotonic()
    left = await day.settled()
    say(f"{day.numbers()}; at rest after {time.monotonic() - began:.1f} s")
    assert left == []
    assert await day.differences() == []
    assert "Everything balances." in await asyncio.to_thread(day.shape.router, "check")


async def ends_well(day: Day) -> None:
    """Told to end, each process says so to whoever is connected, and does in time."""
    for program in day.shape.programs.values():
        began = time.monotonic()
        assert await asyncio.to_thread(program.terminate) == 0, program.log
        assert time.monotonic() - began < TERMINATED_WITHIN_S
    await asyncio.sleep(0.5)
    assert [one.closed_with[-1] for one in day.visitors] == [RESTART] * SMALL.visitors
    assert [one.closed_with[-1] for one in day.clerks] == [RESTART] * SMALL.clerks


@pytest.mark.timeout(180)
async def test_killed_process_loses_and_doubles_nothing(
    tmp_path: Path, random: Random, say: Say
) -> None:
    with one_process(tmp_path) as shape:
        async with a_day(shape, SMALL, random) as day:
            await asyncio.sleep(random.uniform(1, 3))
            await day.kill("all")
            await asyncio.sleep(1)
            await balances(day, say)
            await ends_well(day)


@pytest.mark.timeout(180)
async def test_processes_killed_with_their_database_lose_and_double_nothing(
    tmp_path: Path, random: Random, say: Say
) -> None:
    with many_processes(tmp_path) as shape:
        async with a_day(shape, SMALL, random) as day:
            await asyncio.sleep(random.uniform(1, 3))
            await asyncio.gather(day.kill("worker"), day.kill("web"), day.kill_postgresql(away_s=2))
            await asyncio.sleep(1)
            await balances(day, say)
            await ends_well(day)


@pytest.mark.timeout(60)
async def test_process_ends_in_time_beside_a_visitor_who_no_longer_answers(tmp_path: Path) -> None:
    with one_process(tmp_path) as shape:
        async with browser() as session:
            url = f"{shape.address}/chat/shop/socket"
            asleep = await session.ws_connect(url, autoclose=False, autoping=False)
            await asleep.send_json({"type": "hello", "after_seq": 0})
            await asleep.receive()
            began = time.monotonic()
            assert await asyncio.to_thread(shape.programs["all"].terminate) == 0
            assert time.monotonic() - began < TERMINATED_WITHIN_S


# --- the soak ----------------------------------------------------------------


async def befalls(day: Day, blows: Sequence[Blow], random: Random) -> None:
    """One blow after the other, each at some moment of the work."""
    for blow in blows:
        await asyncio.sleep(random.uniform(0.5, 4))
        await blow()
    await asyncio.sleep(2)


def blows_to_many(day: Day, random: Random, *, kills: int) -> list[Blow]:
    """So many kills of the three, some of two at once; and the servers beneath them away."""

    def kill() -> Blow:
        name, away_s = random.choice(("web", "worker", "poller")), random.choice((0.0, 0.0, 2.0))
        return lambda: day.kill(name, away_s=away_s)

    async def web_and_worker() -> None:
        await asyncio.gather(day.kill("web"), day.kill("worker"))

    async def worker_and_postgresql() -> None:
        await asyncio.gather(day.kill("worker"), day.kill_postgresql(away_s=3))

    rounds = max(1, kills // 20)
    blows = [kill() for _ in range(kills - 3 * rounds)]
    blows += [web_and_worker, worker_and_postgresql] * rounds
    blows += [lambda: day.kill_postgresql(away_s=1), day.stop_postgresql] * rounds
    blows += [day.empty_redis, lambda: day.empty_redis(away_s=2)] * rounds
    random.shuffle(blows)
    return blows


@pytest.mark.soak
async def test_one_process_survives_every_kill(
    tmp_path: Path, random: Random, say: Say, scale: float
) -> None:
    with one_process(tmp_path) as shape:
        async with a_day(shape, LARGE, random) as day:
            blows = [lambda: day.kill("all")] * round(KILLS * scale)
            await befalls(day, blows, random)
            await balances(day, say)


@pytest.mark.soak
async def test_many_processes_survive_every_kill(
    tmp_path: Path, random: Random, say: Say, scale: float
) -> None:
    with many_processes(tmp_path) as shape:
        async with a_day(shape, LARGE, random) as day:
            await befalls(day, blows_to_many(day, random, kills=round(KILLS * scale)), random)
            await balances(day, say)
