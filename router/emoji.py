"""Reactions: emoji that people put under a message. Values; what they add up to is pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from router.ids import OperatorId

# What a provider draws and no other can: it is shown as this sign.
OWN_PICTURE = "✨"
# Of a whole crowd the latest are kept.
MOST = 200


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one person has under a message: a customer by `address`, or the desk, for which
    `operator_id` did it. `external_id` is the provider's message, of which ours may have several.

    Taken back, its `emoji` are none, and `at` with `order` tells still which change came later.
    Without an `address` it is what all together have who do not say who they are: `counts` of each.
    """

    emoji: tuple[str, ...]
    at: datetime
    order: int = 0
    address: str = ""
    external_id: str = ""
    counts: tuple[int, ...] = ()
    operator_id: OperatorId | None = None


@dataclass(frozen=True, slots=True)
class Reacted:
    """An arrival: the reactions of somebody to a message are these now, and no others; none: taken back.

    `by` is their address; empty: all together who do not say who they are, `counts` of each. `order`
    tells changes of one time apart. What no other can draw is `OWN_PICTURE`.
    """

    external_id: str
    by: str
    emoji: tuple[str, ...]
    at: datetime | None = None
    order: int = 0
    counts: tuple[int, ...] = ()
    thread_key: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """One emoji under a message: how many put it there, and who of ours."""

    emoji: str
    count: int
    operator_id: OperatorId | None = None


def with_reaction(known: Sequence[Reaction], new: Reaction) -> tuple[Reaction, ...] | None:
    """The reactions once somebody's are `new`; None if that is known, or an earlier state."""
    before = next((one for one in known if _who(one) == _who(new)), None)
    if before is None:
        return tuple(sorted((*known, new), key=_moment)[-MOST:])
    if _moment(new) < _moment(before) or new == before:
        return None
    return tuple(new if one is before else one for one in known)


def ours(known: Sequence[Reaction]) -> str:
    """What the desk has there; empty: nothing."""
    return next((one.emoji[0] for one in known if one.operator_id and one.emoji), "")


def tallied(known: Sequence[Reaction]) -> list[Tally]:
    """How often each emoji stands there, those of the customers first, in the order they came."""
    people: dict[str, dict[str, int]] = {}
    for one in known:
        counts = one.counts or (1,) * len(one.emoji)
        for emoji, count in zip(one.emoji, counts, strict=False):
            who = "us" if one.operator_id else f"them/{one.address}"
            people.setdefault(emoji, {})[who] = count
    by = next((one.operator_id for one in known if one.operator_id and one.emoji), None)
    return [
        Tally(emoji, sum(counts.values()), by if "us" in counts else None)
        for emoji, counts in people.items()
    ]


def _who(one: Reaction) -> tuple[bool, str, str]:
    return one.operator_id is not None, one.address, one.external_id


def _moment(one: Reaction) -> tuple[datetime, int]:
    return one.at, one.order
