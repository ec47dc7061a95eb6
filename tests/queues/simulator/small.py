"""Small worlds, made by hand."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from queues.simulator.world import FOREVER, Habits, OpenLine, Person, Span, Talk, Turn, World
from router.queueing import WHOLE, Queueing, Sticky

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
HOUR_S = 3600.0
# Nobody hesitates, declines or misses.
EAGER = Habits(misses=0, declines=0)


def comes(at_s: float, *, work_s: float = 60, line: int = 0, **facts: Any) -> Talk:
    """A customer who has one question."""
    return Talk(at_s, line, (Turn(work_s=work_s),), **facts)


def person(*lines: int, cap: int = 1, here: Iterable[Span] = (FOREVER,), **facts: Any) -> Person:
    return Person("Anna", lines or (0,), cap * WHOLE, here=tuple(here), **facts)


def line(key: str = "shop", *, promised_s: int | None = None, **settings: Any) -> OpenLine:
    settings = {"sticky": Sticky(rungs=())} | settings
    return OpenLine(key, Queueing(**settings), promised_s=promised_s)


def world(
    talks: Iterable[Talk],
    people: Iterable[Person],
    *lines: OpenLine,
    length_s: float = 24 * HOUR_S,
    habits: Habits = EAGER,
) -> World:
    return World(MIDNIGHT, length_s, lines or (line(),), tuple(people), tuple(talks), habits=habits)
