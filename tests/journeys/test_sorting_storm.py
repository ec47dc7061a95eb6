"""Conversations are merged and split while people speak and the desk is killed: all stays whole.

Each message stands in one conversation, once, in its place; each lead has it at most once.
"""

import asyncio
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from queues.auditor import audit
from router.clock import SystemClock
from tests.journeys.journey import Day, Size, a_day
from tests.journeys.shapes import Shape, many_processes, one_process
from tests.journeys.sorting import Tidy
from tests.journeys.test_crash import Say, balances, random, say

__all__ = ["random", "say"]

SIZE = Size(visitors=2, partners=9, clerks=2, every_s=1.5, topics=3)


async def _sorted_day(shape: Shape, random: Random, say: Say, *, kills: int) -> None:
    async with a_day(shape, SIZE, random) as day:
        tidy = Tidy(day.clients)
        for clerk in day.clerks:
            clerk.sorter = tidy
        for _ in range(kills):
            await _sorts(tidy, random.randrange(3, 8))
            # At any moment of what is under way.
            await asyncio.sleep(random.uniform(0, 0.3))
            await day.kill(random.choice([*shape.programs]))
        # The day goes on after the last of them.
        await asyncio.sleep(2)
        say(f"{tidy.done}")
        await balances(day, say)
        assert await _findings(day) == []


async def _sorts(tidy: Tidy, count: int) -> None:
    """Until so many more acts took place, if that is not too long."""
    end = Counter(tidy.done).total() + count
    for _ in range(50):
        if Counter(tidy.done).total() >= end:
            return
        await asyncio.sleep(0.1)


async def _findings(day: Day) -> list[object]:
    storage = day.shape.storage()
    try:
        async with storage.reading() as tx:
            return [*await audit(tx, now=SystemClock().now())]
    finally:
        await storage.close()


@pytest.mark.timeout(180)
async def test_sorted_while_it_is_killed_it_loses_and_doubles_nothing(
    tmp_path: Path, random: Random, say: Say
) -> None:
    with one_process(tmp_path) as shape:
        await _sorted_day(shape, random, say, kills=2)


@pytest.mark.soak
async def test_sorted_while_many_processes_are_killed_it_loses_and_doubles_nothing(
    tmp_path: Path, random: Random, say: Say, scale: float
) -> None:
    with many_processes(tmp_path) as shape:
        await _sorted_day(shape, random, say, kills=round(3 * scale))
