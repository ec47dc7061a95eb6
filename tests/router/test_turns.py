"""A pace that several processes keep together: `router.turns`, with a real Redis."""

import asyncio
import time
from functools import partial

from redis.asyncio import Redis

from router.channel import Pace
from router.clock import SystemClock
from router.pacing import Pacer
from router.turns import SharedTurns
from tests.servers import private_redis

PER_SECOND, EACH = 50, 6


def pacer(redis: Redis, account: str) -> Pacer:
    """What one process has of an account."""
    clock = SystemClock()
    turns = SharedTurns(redis, clock)
    return Pacer(
        Pace(per_second=PER_SECOND), clock=clock, shared_wait_s=partial(turns.wait_s, account)
    )


async def calls(pacer: Pacer, *, prepared: bool = False) -> list[float]:
    """When so many calls are made, one after the other."""
    made = []
    for _ in range(EACH):
        await (pacer.take_turn() if prepared else pacer.call_turn())
        made.append(time.monotonic())
    return made


async def test_processes_keep_the_pace_of_an_account_together(redis_url: str) -> None:
    first: Redis = Redis.from_url(redis_url)
    second: Redis = Redis.from_url(redis_url)
    at_s = await asyncio.gather(
        calls(pacer(first, "bot")), calls(pacer(second, "bot"), prepared=True)
    )
    both = sorted(one for each in at_s for one in each)
    assert both[-1] - both[0] >= 0.9 * (2 * EACH - 1) / PER_SECOND
    # Neither has waited for the other to end.
    assert max(each[0] for each in at_s) < min(each[-1] for each in at_s)
    await first.aclose()
    await second.aclose()


async def test_other_accounts_and_old_turns_are_not_waited_for(redis_url: str) -> None:
    redis: Redis = Redis.from_url(redis_url)
    turns = SharedTurns(redis, SystemClock())
    assert await turns.wait_s("one", 30.0) == 0
    assert 29 < await turns.wait_s("one", 30.0) <= 30
    assert await turns.wait_s("another", 0.05) == 0
    await asyncio.sleep(0.1)
    assert await turns.wait_s("another", 0.05) == 0
    await redis.aclose()


async def test_who_cannot_ask_redis_keeps_the_pace_alone() -> None:
    with private_redis() as server:
        redis: Redis = Redis.from_url(server.url, socket_connect_timeout=5)
        turns = SharedTurns(redis, SystemClock())
        assert await turns.wait_s("bot", 30.0) == 0
        assert await turns.wait_s("bot", 30.0) > 0
    began = time.monotonic()
    assert [await turns.wait_s("bot", 30.0) for _ in range(100)] == [0] * 100
    assert time.monotonic() - began < 2
    await redis.aclose()
