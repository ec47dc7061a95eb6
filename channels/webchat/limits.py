"""How much strangers may ask of the chat: budgets that refill, by visitor and by address.

Many visitors come from one office, so an address has a multiple of what a visitor has. Addresses
that are not of the whole internet have no budget: this machine, a company's own network, a proxy
that `ROUTER_PROXIES` does not name and behind which everybody is.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

from router.clock import Clock
from router.proxies import stranger

REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Budget:
    """What there is at first and at most, and what comes again each second."""

    full: float
    refill_per_s: float


# By cost, see `COSTS`: a visitor's 20 messages at once, then two a second.
VISITOR_ASKS = Budget(60, 6)
ADDRESS_ASKS = Budget(600, 60)
# An office comes to work: all its browsers for the first time within minutes.
ADDRESS_ARRIVALS = Budget(120, 0.5)
# Ten of the largest files, and as much again in an hour.
VISITOR_BYTES = Budget(200e6, 200e6 / 3600)
ADDRESS_BYTES = Budget(2e9, 2e9 / 3600)


class Buckets:
    """What is left of one kind of budget, for each who spent lately; all others have all of it."""

    def __init__(self, clock: Clock, budget: Budget) -> None:
        self._clock = clock
        self._budget = budget
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, who: str, cost: float) -> float:
        """In how many seconds there will be as much; 0 if there is. Of what no budget ever holds,
        a full one is enough.
        """
        missing = min(cost, self._budget.full) - self._now(who)[0]
        return max(0.0, missing / self._budget.refill_per_s)

    def take(self, who: str, cost: float) -> None:
        left, now_s = self._now(who)
        self._left[who] = (max(0.0, left - cost), now_s)
        self._left.move_to_end(who)
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)

    def _now(self, who: str) -> tuple[float, float]:
        now_s = self._clock.monotonic()
        left, at_s = self._left.get(who, (self._budget.full, now_s))
        return min(self._budget.full, left + (now_s - at_s) * self._budget.refill_per_s), now_s


class Budgets:
    """Each method takes what something costs, or nothing: then it gives in how many seconds, 1 or
    more, it is worth asking again. `address` is a request's.
    """

    def __init__(self, clock: Clock) -> None:
        self._visitor_asks = Buckets(clock, VISITOR_ASKS)
        self._address_asks = Buckets(clock, ADDRESS_ASKS)
        self._address_arrivals = Buckets(clock, ADDRESS_ARRIVALS)
        self._visitor_bytes = Buckets(clock, VISITOR_BYTES)
        self._address_bytes = Buckets(clock, ADDRESS_BYTES)

    def arrive(self, address: str) -> int:
        """Somebody new says hello."""
        return _spend(1, (self._address_arrivals, stranger(address)))

    def ask(self, visitor_id: str, address: str, cost: float) -> int:
        """A visitor wants something done."""
        return _spend(
            cost, (self._visitor_asks, visitor_id), (self._address_asks, stranger(address))
        )

    def hint(self, visitor_id: str, cost: float) -> int:
        """A visitor's browser tells what it does by itself."""
        return _spend(cost, (self._visitor_asks, visitor_id))

    def upload(self, visitor_id: str, address: str, size_bytes: int) -> int:
        """So many bytes of a file come."""
        return _spend(
            size_bytes, (self._visitor_bytes, visitor_id), (self._address_bytes, stranger(address))
        )


def _spend(cost: float, *purses: tuple[Buckets, str | None]) -> int:
    counted = [(buckets, who) for buckets, who in purses if who is not None]
    wait_s = max((buckets.wait_s(who, cost) for buckets, who in counted), default=0.0)
    if wait_s:
        return max(1, math.ceil(wait_s))
    for buckets, who in counted:
        buckets.take(who, cost)
    return 0
