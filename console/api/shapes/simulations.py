"""What would have come of other settings: asked for, under way, and the outcome of both."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from console.api.shapes.acts import LineChange
from console.api.shapes.shape import Shape

MOST_DAYS, MOST_MORE = 92, 200
DAY_S = 86_400


class RecordedDaysView(Shape):
    """Days that were, by the line's clock, the last one whole."""

    first: date
    last: date
    beside: list[UUID] = Field(
        default_factory=list,
        max_length=20,
        description="Other lines of those days, which share operators or take what overflows.",
    )


class DrawnDaysView(Shape):
    """Days drawn by chance: the same `seed`, the same days."""

    first: date
    days: int = Field(ge=1, le=MOST_DAYS)
    an_hour: float = Field(gt=0, le=2_000, description="Customers in an open hour, on average.")
    handling_s: float = Field(gt=0, le=DAY_S, description="How long an operator works for one.")
    flow: Literal["even", "usual"] = Field(
        default="usual", description="Evenly over the day, or most before and after noon."
    )
    patience_s: float | None = Field(
        default=None,
        gt=0,
        le=DAY_S,
        description="Within which half of them give up waiting. Null: nobody does.",
    )
    returning: float = Field(default=0.0, ge=0, le=1)
    seed: int = Field(default=1, ge=0, le=2**31 - 1)


class NewSimulation(Shape):
    """One of `recorded` and `drawn` is given. What `change` leaves out stays as it is."""

    line_id: UUID
    change: LineChange = LineChange()
    more_operators: int = Field(
        default=0, ge=-MOST_MORE, le=MOST_MORE, description="More than in the queue, or fewer."
    )
    recorded: RecordedDaysView | None = None
    drawn: DrawnDaysView | None = None


class WaitsView(Shape):
    p50_s: float
    p90_s: float
    p99_s: float
    most_s: float


class LoadsView(Shape):
    """Shares of the operators' capacities. `gini` is 0 if all had the same."""

    least: float
    mean: float
    most: float
    gini: float


class WorkedView(Shape):
    """`name` +1, +2 …: operators whom there are not."""

    name: str
    given: int
    load: float | None = Field(description="Null: never there.")


class OutcomeView(Shape):
    came: int
    given: int
    waiting: int = Field(description="At the end.")
    left: int = Field(description="Overflowed to a line that was not looked at.")
    lost: int = Field(description="Gave up waiting.")
    closed: int
    passed: int
    reopened: int
    overflowed: int
    missed: int
    declined: int
    waits: WaitsView | None
    in_time: float | None = Field(description="The share with a first reply as soon as promised.")
    loads: LoadsView | None
    by_hour: list[WaitsView | None] = Field(description="For each hour of the line's day.")
    people: list[WorkedView]
    as_then: float | None = Field(
        description="The share that the same operator had first as on the recorded days."
    )


class ComparedView(Shape):
    before: OutcomeView
    after: OutcomeView


class SimulationHead(Shape):
    id: UUID
    line_id: UUID
    asked_by: UUID | None = Field(description="Null: a script.")
    asked_at: datetime
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    percent: int
    ended_at: datetime | None
    failure: (
        Literal["nothing_recorded", "too_many", "closed", "too_long", "interrupted", "broken"]
        | None
    )
    change: dict[str, Any] = Field(description="A `LineChange`: what was given of it.")
    more_operators: int
    recorded: RecordedDaysView | None
    drawn: DrawnDaysView | None


class SimulationView(SimulationHead):
    result: ComparedView | None


class RecordedSpan(Shape):
    """Both null: nothing has happened on the line yet."""

    first: date | None
    last: date | None
