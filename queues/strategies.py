"""The five strategies: who among those who come into question. Pure.

`round_robin` takes who had their turn longest ago, not simply the next after the last: passing
over one who cannot just then would cost them their turn. So among operators who come into question
for the same conversations the counts of turns differ by at most one, however others come and go.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import lcm
from operator import attrgetter
from typing import Any

from queues.facts import LONG_AGO, Candidate
from queues.reasons import Rule
from router.queueing import Strategy

TURN = attrgetter("turn")
NOT_YET = datetime.max.replace(tzinfo=UTC)

RULES = {
    Strategy.ROUND_ROBIN: Rule.NEXT_IN_TURN,
    Strategy.SEQUENTIAL: Rule.FIRST_IN_LIST,
    Strategy.LEAST_BUSY: Rule.LEAST_BUSY,
    Strategy.LONGEST_IDLE: Rule.LONGEST_IDLE,
    Strategy.BROADCAST: Rule.EVERYBODY_ASKED,
}


def chosen(strategy: Strategy, eligible: Sequence[Candidate]) -> Sequence[Candidate]:
    """Who of these, given in the queue's order: one, or all of them; nobody of nobody.

    Where a strategy cannot tell two apart, the first in the order is taken.
    """
    if not eligible:
        return ()
    match strategy:
        case Strategy.ROUND_ROBIN:
            return (min(eligible, key=TURN),)
        case Strategy.SEQUENTIAL:
            return eligible[:1]
        case Strategy.LEAST_BUSY:
            return (_least_busy(eligible),)
        case Strategy.LONGEST_IDLE:
            return (min(eligible, key=_idleness),)
        case Strategy.BROADCAST:
            return eligible


def _least_busy(eligible: Sequence[Candidate]) -> Candidate:
    """Shares of capacity as whole numbers over one denominator: exact, and soon compared."""
    caps = {one.cap_weight for one in eligible}
    whole = lcm(*caps)
    units = {cap: whole // cap for cap in caps}
    shares = [(one.open_weight + one.offered_weight) * units[one.cap_weight] for one in eligible]
    least = min(shares)
    return min(
        (one for one, share in zip(eligible, shares, strict=True) if share == least), key=_idleness
    )


def _idleness(one: Candidate) -> tuple[Any, ...]:
    """The less, the longer idle; who never held anything is idle longest."""
    never = LONG_AGO if one.taken <= 0 else NOT_YET
    return one.idle_since or never, one.given_at or LONG_AGO
