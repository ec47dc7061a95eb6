"""A line as it is, or as somebody thinks of setting it up."""

from dataclasses import dataclass

from router.calendars import ALWAYS, Calendar
from router.ids import CalendarId, OperatorId
from router.model import Line
from router.storage import Transaction


@dataclass(frozen=True, slots=True)
class Setup:
    """A line with its hours, and its queue in its order.

    `more`: so many operators whom there are not stand at its end; if negative, so many of those
    at its end are missing.
    """

    line: Line
    hours: Calendar = ALWAYS
    queue: tuple[OperatorId, ...] = ()
    more: int = 0

    @property
    def staff(self) -> tuple[OperatorId, ...]:
        """Those of the queue whom there are."""
        return self.queue[: len(self.queue) + min(self.more, 0)]


async def as_it_is(tx: Transaction, line: Line) -> Setup:
    queue = tuple(await tx.lines.queue(line.id))
    return Setup(line, await hours_of(tx, line.calendar_id), queue)


async def hours_of(tx: Transaction, calendar_id: CalendarId | None) -> Calendar:
    found = await tx.calendars.get(calendar_id) if calendar_id is not None else None
    return found or ALWAYS
