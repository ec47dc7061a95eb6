"""What is asked and answered beside handling: pins, spam, where a customer can be written to."""

from uuid import UUID

from pydantic import Field

from console.api.shapes.shape import Shape


class Pin(Shape):
    """Its owner keeps a pinned conversation also when the customer returns."""

    pinned: bool


class Spam(Shape):
    """It closes; with `block` all that is open of its customer does, and they are heard no more."""

    block: bool = False


class Merge(Shape):
    """The conversation closes and goes on in `into_id`, whose owner, line and lead stand."""

    into_id: UUID


class Split(Shape):
    """What stands from `from_seq` on becomes a conversation of its own. Given to nobody, it stays with
    who has it, or waits on.
    """

    from_seq: int = Field(ge=1, le=2**31 - 1)
    subject: str = Field(default="", max_length=200)
    own_lead: bool = False
    operator_id: UUID | None = None
    line_id: UUID | None = None


class ThreadView(Shape):
    """A chat with a customer, with its latest conversation."""

    id: UUID
    channel: str
    inbox_id: UUID
    line_id: UUID
    conversation_id: UUID
    open: bool
    can_start: bool = Field(description="A conversation can be begun there by us.")
