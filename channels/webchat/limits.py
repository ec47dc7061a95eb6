"""How much one visitor may ask of us: a budget that refills, whichever socket spends it."""

from collections import OrderedDict

from router.clock import Clock

FULL = 60.0
REFILL_PER_S = 6.0
REMEMBERED = 10_000


class Budgets:
    """The budgets of those who spent lately; all others have a full one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, visitor_id: str, cost: float) -> bool:
        """Take `cost` out of the visitor's budget; False, and nothing taken, if it is not there."""
        now_s = self._clock.monotonic()
        left, at_s = self._left.pop(visitor_id, (FULL, now_s))
        left = min(FULL, left + (now_s - at_s) * REFILL_PER_S)
        enough = left >= cost
        self._left[visitor_id] = (left - cost if enough else left, now_s)
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return enough
