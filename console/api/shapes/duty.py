"""When operators are there: shifts, the clock, breaks, leaves."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from console.api.shapes.shape import Shape


class LeaveView(Shape):
    """From when to when an operator is not there at all."""

    id: UUID
    operator_id: UUID
    from_at: datetime
    until_at: datetime | None = Field(description="Null: until it is ended.")
    reason: str


class DutyView(Shape):
    """Whether one is at work now, and until when."""

    shift: Literal["always", "calendar", "clock"]
    on_shift: bool
    until: datetime | None = Field(description="When the shift of the calendar ends.")
    begins_at: datetime | None = Field(description="When the next shift of the calendar begins.")
    clocked_in_at: datetime | None
    break_since: datetime | None
    leave: LeaveView | None = Field(description="The leave that one is on now.")


class Clock(Shape):
    """In, or out: out ends a break too."""

    working: bool


class Break(Shape):
    on_break: bool


class NewLeave(Shape):
    """`from_at` null: from now, and what they have goes back to the queue."""

    from_at: AwareDatetime | None = None
    until_at: AwareDatetime | None = None
    reason: str = Field(default="", max_length=200)
