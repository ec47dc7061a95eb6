"""What the feed says and hears."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from console.api.shapes.desk import InboxView, LineView, OperatorView
from console.api.shapes.shape import MAX_SEQ, Page, Shape
from console.api.shapes.talk import (
    ConversationView,
    CustomerView,
    LeadView,
    PageVisit,
    SyncView,
    ThreadItem,
)


class Counts(Shape):
    mine: int
    mine_unanswered: int
    waiting: int
    all: int
    closed: int


class Snapshot(Shape):
    type: Literal["snapshot"] = "snapshot"
    build: str
    server_time: datetime
    me: OperatorView
    lines: list[LineView]
    inboxes: list[InboxView]
    operators: list[OperatorView]
    mine: list[ConversationView] = Field(
        description="All of mine that are not closed, and my offers."
    )
    waiting: Page[ConversationView]
    all: Page[ConversationView]
    closed: Page[ConversationView]
    merged: list[ConversationView] = Field(
        description="Those which go on in what stands above, and are closed."
    )
    counts: Counts


class ConversationChanged(Shape):
    """One or more things happened to a conversation; it now looks like this."""

    type: Literal["conversation"] = "conversation"
    event: str
    conversation: ConversationView
    items: list[ThreadItem] = Field(description="New or changed items of its thread.")


class ConversationHidden(Shape):
    """It went where this operator may not look: drop it."""

    type: Literal["hidden"] = "hidden"
    conversation_id: UUID


class CustomerChanged(Shape):
    type: Literal["customer"] = "customer"
    customer: CustomerView


class OperatorChanged(Shape):
    type: Literal["operator"] = "operator"
    operator: OperatorView


class DeskChanged(Shape):
    """Lines or inboxes were changed; both lists as they are now."""

    type: Literal["desk"] = "desk"
    lines: list[LineView]
    inboxes: list[InboxView]


class CountsChanged(Shape):
    type: Literal["counts"] = "counts"
    counts: Counts
    highest_version: dict[str, int] = Field(
        description="List → the sum of its first page's versions; unequal to yours: ask again."
    )


class PageVisited(Shape):
    type: Literal["page"] = "page"
    thread_id: UUID
    page: PageVisit


class Typing(Shape):
    """`operator_id` null: the customer types. Expires after 6 s."""

    type: Literal["typing"] = "typing"
    thread_id: UUID
    operator_id: UUID | None


class LeadChanged(Shape):
    type: Literal["lead"] = "lead"
    conversation_ids: list[UUID]
    lead: LeadView
    sync: SyncView


class StartAgain(Shape):
    """You read too slowly, or the server lost its place: a snapshot follows."""

    type: Literal["start_again"] = "start_again"


FeedFrame = Annotated[
    Snapshot
    | ConversationChanged
    | ConversationHidden
    | CustomerChanged
    | OperatorChanged
    | DeskChanged
    | CountsChanged
    | PageVisited
    | Typing
    | LeadChanged
    | StartAgain,
    Field(discriminator="type"),
]


class TypingWord(Shape):
    """The operator types an answer; say it again every few seconds."""

    type: Literal["typing"]
    conversation_id: UUID


class ReceivedWord(Shape):
    """The client holds the thread's messages up to `seq`."""

    type: Literal["received"]
    thread_id: UUID
    seq: int = Field(ge=0, le=MAX_SEQ)


class AgainWord(Shape):
    """Send a snapshot."""

    type: Literal["again"]


FeedWord = Annotated[TypingWord | ReceivedWord | AgainWord, Field(discriminator="type")]
