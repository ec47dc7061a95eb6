"""Whatever is killed, whenever: nothing is lost, nothing is doubled, nobody is forgotten."""

import asyncio
import os
import sys
from pathlib import Path
from random import Random

import pytest

from tests.journeys.journey import Day, Size, a_day
from tests.journeys.shapes import many_processes, one_process

SMALL = Size(visitors=8, partners=5, clerks=2, every_s=1.0)
LARGE = Size(visitors=30, partners=20, clerks=4, every_s=3.0)
KILLS = 20


def seeded() -> Random:
    """A random source; its seed stands in the output, and JOURNEY_SEED repeats it."""
    seed = int(os.environ.get("JOURNEY_SEED") or Random().randrange(10**6))
    sys.stdout.write(f"JOURNEY_SEED={seed}\n")
    return Random(seed)


async def balances(day: Day) -> None:
    """The desk comes to rest, and its ledger balances."""
    left = await day.settled()
    sys.stdout.write(f"{day.numbers()}\n")
    assert left == []
    assert await day.differences() == []
    assert "Everything balances." in await asyncio.to_thread(day.shape.router, "check")


@pytest.mark.timeout(120)
async def test_killed_process_loses_and_doubles_nothing(tmp_path: Path) -> None:
    random = seeded()
    with one_process(tmp_path) as shape:
        async with a_day(shape, SMALL, random) as day:
            await asyncio.sleep(random.uniform(2, 4))
            await day.kill("all")
            await asyncio.sleep(2)
            await balances(day)


@pytest.mark.timeout(120)
async def test_killed_worker_and_web_lose_and_double_nothing(tmp_path: Path) -> None:
    random = seeded()
    with many_processes(tmp_path) as shape:
        async with a_day(shape, SMALL, random) as day:
            await asyncio.sleep(random.uniform(2, 3))
            await asyncio.gather(day.kill("worker"), day.kill("web"))
            await asyncio.sleep(2)
            await balances(day)
