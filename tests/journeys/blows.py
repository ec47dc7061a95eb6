"""What befalls a desk in a storm, in both of its shapes: kill -9 of whatever runs, the database too."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random

from tests.journeys.shapes import Shape

Blow = Callable[[], Awaitable[None]]


async def kill(shape: Shape, name: str, *, away_s: float = 0.0) -> None:
    """Kill a process as `kill -9` does, and start it again."""
    program = shape.programs[name]
    await asyncio.to_thread(program.kill)
    await asyncio.sleep(away_s)
    await asyncio.to_thread(program.start)
    await asyncio.to_thread(shape.wait_until_ready)


async def kill_postgresql(shape: Shape, *, away_s: float = 1.0) -> None:
    assert shape.postgresql is not None
    await asyncio.to_thread(shape.postgresql.kill)
    await asyncio.sleep(away_s)
    await asyncio.to_thread(shape.postgresql.start)
    await asyncio.to_thread(shape.wait_until_ready)


async def befalls(shape: Shape, random: Random, *, most: int = 2) -> None:
    """One process is killed twice; of many, and their database, so many once, in any order."""
    blows: list[Blow] = []
    if shape.postgresql is None:
        blows = [lambda: kill(shape, "all", away_s=1), lambda: kill(shape, "all")]
    else:
        blows = [partial(kill, shape, name) for name in shape.programs]
        blows.append(lambda: kill_postgresql(shape))
        random.shuffle(blows)
    for blow in blows[:most]:
        await asyncio.sleep(random.uniform(0.5, 2.5))
        await blow()


def complaints(shape: Shape) -> list[str]:
    """A server that is away makes warnings; an error in a log is a mistake of ours, and so is a
    process that ended by itself.
    """
    signs = ("[error ", "[critical ", "Traceback")
    said = [line for line in shape.logs().splitlines() if any(sign in line for sign in signs)]
    return said + [f"{one.name} ended" for one in shape.programs.values() if one.ended is not None]
