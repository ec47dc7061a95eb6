"""A world to be lived through: its lines, its operators, and the customers who come. Values.

Times are seconds from its `start`, durations seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from math import exp
from statistics import NormalDist
from uuid import UUID

from queues.hours import next_opening, open_until
from router.calendars import ALWAYS, Calendar
from router.ids import LineId, OperatorId
from router.queueing import WHOLE, Queueing

Span = tuple[float, float]
FOREVER: Span = (float("-inf"), float("inf"))
# Fractions of multiples of it lie evenly and never repeat.
GOLDEN = 0.618033988749895


def line_id(number: int) -> LineId:
    """Of the world's line with this number; its order is that of the numbers."""
    return LineId(UUID(int=number + 1))


def operator_id(number: int) -> OperatorId:
    return OperatorId(UUID(int=number + 1))


@dataclass(frozen=True, slots=True)
class Spread:
    """A log-normal duration: half of them are shorter than `median_s`; `sigma` is of its logarithm."""

    median_s: float
    sigma: float = 0.0

    def at(self, share: float) -> float:
        """The duration that `share` of them do not exceed."""
        if not self.sigma:
            return self.median_s
        inside = min(max(share, 1e-9), 1 - 1e-9)
        return self.median_s * exp(self.sigma * NormalDist().inv_cdf(inside))


@dataclass(frozen=True, slots=True)
class Habits:
    """What operators do with an offer: some are missed, some declined, the others accepted.

    Who is set away for what they missed comes back `away_s` later.
    """

    accept: Spread = Spread(8, 0.6)
    misses: float = 0.03
    declines: float = 0.02
    away_s: float = 600


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line, when it is open, and within what open time its customers were promised a reply.

    `queue` are its operators' numbers in their order; None: all who name the line, in theirs.
    """

    key: str
    queueing: Queueing = field(default_factory=Queueing)
    hours: Calendar = ALWAYS
    promised_s: int | None = None
    queue: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """An operator of the queues of these lines, by their numbers, who is `here` at these times.

    `deputy` stands in for them.
    """

    name: str
    lines: tuple[int, ...]
    cap_weight: int = 5 * WHOLE
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    here: tuple[Span, ...] = (FOREVER,)
    deputy: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """The customer writes `after_s` after our last reply; the answer takes `work_s`.

    That work an operator does for one customer at a time; what is measured of a whole answer is
    `delay_s`, which passes beside others.
    """

    after_s: float = 0.0
    work_s: float = 0.0
    delay_s: float = 0.0


class After(Enum):
    """What came of a conversation instead of its end."""

    PASSED = auto()
    SNOOZED = auto()
    REOPENED = auto()


@dataclass(frozen=True, slots=True)
class Stay:
    """It went on, and somebody had it for `held_s` more.

    It was passed on to a person, or to a line's queue, its own if neither is named; or put aside
    for `pause_s`; or closed, and reopened `pause_s` later, by a person if one is named.
    """

    after: After
    held_s: float
    pause_s: float = 0.0
    to: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as it will go, whoever gets it. It is over `wrap_s` after the last reply; then
    come its `stays`, and after the last of them it is closed. Of one that was, `had` had it first.

    `owner` knows the customer from before; `responsible` the CRM names. A customer leaves whom
    nobody has taken within `patience_s` of the line's open time; None: waits for ever. `chance`,
    from [0, 1), is what operators' whims about it are drawn from: the same under each policy.
    """

    at_s: float
    line: int
    turns: Sequence[Turn]
    channel: str = "webchat"
    customer: int | None = None
    language: str | None = None
    skills: frozenset[str] = frozenset()
    tier: str | None = None
    owner: int | None = None
    responsible: int | None = None
    wrap_s: float = 0.0
    patience_s: float | None = None
    stays: tuple[Stay, ...] = ()
    had: int | None = None
    chance: float = 0.5

    def whim(self, number: int) -> float:
        """The so-and-so-many-th number that chance draws for it."""
        return (self.chance + number * GOLDEN) % 1


@dataclass(frozen=True, slots=True)
class World:
    """`talks` are in the order of their times."""

    start: datetime
    length_s: float
    lines: tuple[OpenLine, ...]
    people: tuple[Person, ...]
    talks: tuple[Talk, ...]
    timezone: str = "UTC"
    habits: Habits = Habits()

    def at(self, seconds: float) -> datetime:
        return self.start + timedelta(seconds=seconds)

    def under(self, queueings: Mapping[str, Queueing]) -> "World":
        """The same world with other settings for the lines of these keys."""
        lines = (replace(one, queueing=queueings.get(one.key, one.queueing)) for one in self.lines)
        return replace(self, lines=tuple(lines))


def spans(calendar: Calendar, start: datetime, length_s: float) -> Iterator[Span]:
    """When a calendar is open within so long from `start`, in order."""
    if calendar == ALWAYS:
        yield FOREVER
        return
    end = start + timedelta(seconds=length_s)
    at = next_opening(calendar, start)
    while at is not None and at < end:
        closes = open_until(calendar, at)
        assert closes is not None, "it is open at its opening"
        yield (at - start).total_seconds(), (closes - start).total_seconds()
        at = next_opening(calendar, closes)
