"""What counts toward an operator's capacity, and how much of it is left. Weights: `WHOLE` is one.

A conversation that was silent and wakes may put its owner over their cap: then they have no room.
"""

from datetime import datetime, timedelta

from router.queueing import WHOLE, Capacity

# What weighs nothing fits without end; no desk has so many operators that a sum of these is less.
ENDLESS = 1_000_000_000


def weight_of(capacity: Capacity, channel: str) -> int:
    """What a conversation of this channel kind takes of its owner's capacity."""
    return capacity.weights.get(channel, WHOLE)


def fits(weight: int, *, taken: int, cap: int) -> bool:
    """Whether so much more may be added to what is taken.

    One conversation fits into what is empty, whatever it weighs: else it would fit nowhere, and
    wait for ever. Nothing fits where the cap is 0: that says "none".
    """
    return cap > 0 and (taken <= 0 or taken + weight <= cap)


def slots(weight: int, *, taken: int, cap: int) -> int:
    """How many conversations of this weight fit, one after the other; `ENDLESS` of no weight."""
    if not fits(weight, taken=taken, cap=cap):
        return 0
    return max(1, (cap - taken) // weight) if weight > 0 else ENDLESS


def silent_at(
    last_activity_at: datetime, *, is_unanswered: bool, silent_after_s: int | None
) -> datetime | None:
    """From when a conversation no longer counts, if nothing happens in it; None: it counts on.

    Whose customer waits for an answer is never silent.
    """
    if silent_after_s is None or is_unanswered:
        return None
    return last_activity_at + timedelta(seconds=silent_after_s)


def is_silent(
    last_activity_at: datetime,
    *,
    is_unanswered: bool,
    silent_after_s: int | None,
    now: datetime,
) -> bool:
    """Whether a conversation no longer counts."""
    at = silent_at(last_activity_at, is_unanswered=is_unanswered, silent_after_s=silent_after_s)
    return at is not None and at <= now
