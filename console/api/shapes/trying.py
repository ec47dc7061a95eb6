"""What a line would do now: who can take one more, and where a message would go."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from console.api.shapes.lines import RuleView
from console.api.shapes.shape import Shape
from console.api.shapes.talk import FieldValue


class CrewMember(Shape):
    """Somebody in the line's queue, in its order."""

    operator_id: UUID
    room: int = Field(description="How many conversations that weigh 100 they have room for.")
    why_not: str | None = Field(description="What keeps them from getting one now; null: nothing.")
    until: datetime | None = Field(description="When their shift begins or their leave ends.")


class RuleTry(Shape):
    """A message as it could come in. What is not given is not known."""

    rules: list[RuleView] | None = Field(
        default=None, max_length=100, description="Null: as saved."
    )
    text: str = Field(default="", max_length=10_000)
    channel: str = Field(default="", max_length=40)
    tier: str | None = Field(default=None, max_length=60)
    language: str | None = Field(default=None, max_length=20)
    source: str = Field(default="", max_length=2_000)
    fields: dict[str, FieldValue] = Field(default_factory=dict, max_length=100)


class RuleTried(Shape):
    """What came of it. `rule` null: none holds, it stays."""

    rule: str | None
    to_line: UUID | None
    head_start_s: int = Field(description="With what the line, the tier and the channel give.")
    language: str | None
    skills: list[str]
    open: bool = Field(description="Whether the line is open now: rules may ask.")
