"""How a line works, as the API shows and takes it; what each setting does, `router/queueing.py` says.

The same shapes go both ways: a part that is given is given whole. Their limits are `console/lines.py`'s.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from console.api.shapes.desk import LineView
from console.api.shapes.shape import Shape

Strategy = Literal["round_robin", "sequential", "least_busy", "longest_idle", "broadcast"]
Rung = Literal["pinned", "responsible", "last_operator", "deputy"]
Hours = Literal["any", "open", "closed"]
Texts = dict[str, str]


class StickyView(Shape):
    rungs: list[Rung]
    owner_wait_s: int
    lookup_wait_s: int


class CapacityView(Shape):
    weights: dict[str, int] = Field(description="Channel → hundredths of a conversation.")
    silent_after_s: int | None
    reserved_weight: int
    max_per_operator: int | None
    max_open: int | None
    transfer_may_exceed: bool
    take_may_exceed: bool


class PreferencesView(Shape):
    by_language: bool
    fallback_after_s: int


class PriorityView(Shape):
    line_s: int
    by_tier_s: dict[str, int]
    by_channel_s: dict[str, int]


class OverflowView(Shape):
    to_line: UUID
    after_s: int
    at_once_when_closed: bool


class QueueingView(Shape):
    """How the queue chooses; how it offers stands beside it in the line."""

    strategy: Strategy
    refusal_rest_s: int
    min_gap_s: int
    sticky: StickyView
    capacity: CapacityView
    preferences: PreferencesView
    priority: PriorityView
    overflow: OverflowView | None
    when_closed: Literal["wait", "distribute"]
    transfer_needs_accept: bool
    owner_absent_s: int | None


class ReplyStageView(Shape):
    key: str = Field(description="Names it for good: each is said once in a conversation.")
    when: Literal[
        "opened",
        "closed_hours",
        "waiting",
        "operator_silent",
        "customer_silent",
        "closed",
        "auto_closed",
    ]
    texts: Texts
    after_s: int
    hours: Hours
    channels: list[str]
    once_ever: bool
    active: bool
    options: dict[str, list[str]] = Field(description="Choices under the text, by language.")
    ask_phone: Texts = Field(
        description="What stands on a button that hands over the customer's number, by language."
    )


class RepliesView(Shape):
    stages: list[ReplyStageView]
    most_per_day: int


class LifetimesView(Shape):
    customer_silent_s: int | None
    operator_silent_s: int | None


class TargetsView(Shape):
    first_reply_s: int | None
    next_reply_s: int | None
    resolution_s: int | None


class SlaView(Shape):
    targets: TargetsView
    by_tier: dict[str, TargetsView]
    warn_percent: int


class SurveyQuestionView(Shape):
    key: str = Field(description="Names it for good, for programs.")
    kind: Literal["five", "yes_no", "text"]
    texts: Texts


class RatingRequestView(Shape):
    ask: bool
    scale: Literal["like", "five"]
    after_s: int
    texts: Texts
    thanks: Texts
    window_s: int
    questions: list[SurveyQuestionView] = Field(
        description="Asked besides, on a page behind a link."
    )


class CrmConditionView(Shape):
    field: str
    op: Literal["=", "!=", "<", "<=", ">", ">=", "has"]
    value: str | int | float


class RuleView(Shape):
    """Where a new conversation goes and how soon; the first that holds settles it."""

    name: str
    channels: list[str]
    tiers: list[str]
    languages: list[str]
    words: list[str]
    sources: list[str]
    crm: list[CrmConditionView]
    hours: Hours
    to_line: UUID | None
    head_start_s: int
    language: str | None
    skills: list[str]
    active: bool


class QueueEntryView(Shape):
    """A place in a queue: of one operator, or of a department. One of the two is null."""

    operator_id: UUID | None
    department_id: UUID | None


class OpeningView(Shape):
    open: bool
    until: datetime | None = Field(
        description="When it closes, or opens next; null: not within a year."
    )


class LineDetail(LineView):
    """A line with every setting, and what they come to now."""

    queue: list[QueueEntryView] = Field(description="What `operator_ids` comes from.")
    queueing: QueueingView
    replies: RepliesView
    sla: SlaView
    lifetimes: LifetimesView
    rating: RatingRequestView
    rules: list[RuleView]
    calendar_id: UUID | None = Field(description="Null: always open.")
    stale_after_s: int
    opening: OpeningView
    overflow_ring: bool = Field(description="Overflowing, a conversation could come back here.")
