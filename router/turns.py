"""The pace of an account among several processes: whose turn it is, is kept in Redis.

Redis may be away, or empty: then each process keeps the pace for itself, as it does without Redis,
and the provider says when that is too fast.
"""

import asyncio

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from router.clock import Clock

PREFIX = "liniya:turn:"
ASKING_S = 0.5
# How long Redis is not asked again.
AWAY_S = 5.0
# One step for Redis, whose clock counts for all. A turn that nobody else took in time is now.
TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local turn = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local following = turn + tonumber(ARGV[1])
local kept_ms = math.ceil((following - now) * 1000) + 1000
redis.call('SET', KEYS[1], string.format('%.6f', following), 'PX', kept_ms)
return string.format('%.6f', turn - now)
"""

log = structlog.get_logger(__name__)


class SharedTurns:
    """The turns of all accounts, as every process takes them. One object for a process."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._take = redis.register_script(TAKE)
        self._clock = clock
        self._away_until_s = 0.0

    async def wait_s(self, account: str, gap_s: float) -> float:
        """How long until the account's next turn, which is taken by this; 0 where Redis is away."""
        if self._clock.monotonic() < self._away_until_s:
            return 0.0
        try:
            async with asyncio.timeout(ASKING_S):
                return float(await self._take(keys=[PREFIX + account], args=[gap_s]))
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until_s = self._clock.monotonic() + AWAY_S
            log.warning("pace_not_shared", reason=type(error).__name__)
            return 0.0
