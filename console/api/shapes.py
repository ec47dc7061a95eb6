"""What crosses the console's API: the shapes of `/api/v1`, for the web app and for scripts.

Times are aware UTC, ISO 8601. Ids are UUIDs in their usual text form. A list that can grow
is a `Page`: ask again with its `next` as `cursor` until that is null.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

ConversationState = Literal["bot", "waiting", "offered", "open", "snoozed", "closed"]
DeliveryState = Literal["queued", "sending", "sent", "delivered", "read", "unconfirmed", "failed"]
FileState = Literal["pending", "stored", "refused", "gone"]
Status = Literal["available", "busy", "away", "off"]
Role = Literal["operator", "supervisor", "administrator"]
Author = Literal["customer", "operator", "bot", "desk"]
Language = Literal["ru", "en"]


class Shape(BaseModel):
    """Strict about what comes in: an unknown field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Shape, Generic[T]):
    items: list[T]
    next: str | None = Field(description="Give it as `cursor` for the next page; null at the end.")


class Problem(Shape):
    """Every error's body. `code` is for programs, `detail` for people."""

    code: str
    detail: str
    fields: dict[str, str] = Field(default_factory=dict, description="Field → what is wrong with it.")


# --- who and where -----------------------------------------------------------


class OperatorView(Shape):
    id: UUID
    name: str
    email: str
    role: Role
    active: bool
    language: Language
    avatar_url: str | None
    status: Status
    status_since: datetime | None
    reachable: bool
    max_conversations: int
    open_count: int
    offered_count: int
    line_ids: list[UUID]


class LineView(Shape):
    id: UUID
    key: str
    name: str
    active: bool
    language: Language
    strategy: Literal["round_robin"]
    auto_accept: bool
    offer_timeout_s: int
    missed_offers_until_away: int
    reopen_window_s: int
    lead_when: Literal["contact", "at_once"]
    allowed_sites: list[str]
    colour: str
    title: str
    greeting: dict[str, str]
    ask_contact: Literal["before", "after_first", "never"]
    consent_url: str | None
    operator_ids: list[UUID] = Field(description="The queue, in its order.")


class InboxView(Shape):
    id: UUID
    line_id: UUID
    kind: str
    name: str
    active: bool
    health: Literal["working", "failing", "paused"]
    last_error: str | None
    last_arrival_at: datetime | None
    settings: dict[str, Any] = Field(description="The account without its secrets.")
    hook_url: str | None


# --- conversations -----------------------------------------------------------


class LastMessage(Shape):
    author: Author
    preview: str = Field(description="At most 140 characters, one line; empty for files alone.")
    file_count: int
    at: datetime


class ConversationView(Shape):
    """One row of a list, and the head of the open conversation. `version` grows by each change."""

    id: UUID
    version: int
    thread_id: UUID
    line_id: UUID
    inbox_id: UUID
    channel: str
    customer_id: UUID
    title: str = Field(description="The customer's name, else their phone or e-mail, else empty.")
    state: ConversationState
    owner_id: UUID | None
    offered_to: UUID | None
    offer_deadline: datetime | None
    opened_at: datetime
    waiting_since: datetime | None
    rank_at: datetime = Field(description="Orders the waiting ones: the smallest is next.")
    unanswered_since: datetime | None = Field(description="The customer's first unanswered message.")
    snoozed_until: datetime | None
    closed_at: datetime | None
    close_reason: str | None
    last_activity_at: datetime
    last_message: LastMessage | None
    last_seq: int
    seen_seq: int = Field(description="Up to which `seq` an operator has seen the thread.")
    customer_seen_seq: int
    lead_id: UUID | None
    participant_ids: list[UUID]


class FileView(Shape):
    id: UUID
    name: str
    mime: str
    size_bytes: int
    state: FileState
    url: str | None
    width: int | None
    height: int | None


class DeliveryView(Shape):
    id: UUID
    state: DeliveryState
    reason: str | None = Field(description="Why it failed or is unconfirmed, in words.")


class MessageItem(Shape):
    type: Literal["message"] = "message"
    id: UUID
    conversation_id: UUID
    seq: int
    author: Author
    operator_id: UUID | None
    text: str
    files: list[FileView]
    at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    in_reply_to: UUID | None
    deliveries: list[DeliveryView]


class NoteItem(Shape):
    type: Literal["note"] = "note"
    id: UUID
    conversation_id: UUID
    after_seq: int
    operator_id: UUID
    text: str
    at: datetime


class MarkItem(Shape):
    """A line in the thread that says what happened: it came in, was taken, given on, closed."""

    type: Literal["mark"] = "mark"
    id: int
    conversation_id: UUID
    after_seq: int
    event: str = Field(description="The event's name: `ConversationAssigned`, `ConversationClosed` …")
    operator_id: UUID | None
    to_operator_id: UUID | None
    to_line_id: UUID | None
    reason: str | None
    at: datetime


ThreadItem = Annotated[MessageItem | NoteItem | MarkItem, Field(discriminator="type")]


class ThreadPage(Shape):
    """The thread's items, oldest first, of all its conversations."""

    items: list[ThreadItem]
    before_seq: int | None = Field(description="Ask with it for what is older; null at the start.")


class ContactView(Shape):
    kind: Literal["phone", "email"]
    value: str
    proven: bool = Field(description="False: the customer says so, nobody has checked.")


class IdentityView(Shape):
    id: UUID
    channel: str
    address: str
    name: str
    active: bool


class CustomerView(Shape):
    id: UUID
    name: str
    language: str | None
    contacts: list[ContactView]
    identities: list[IdentityView]
    created_at: datetime
    may_be: list[UUID] = Field(description="Customers who gave, or have, the same contacts.")


class LeadView(Shape):
    id: UUID
    title: str
    stage: Literal["new", "in_progress", "won", "lost"]
    person_name: str
    contacts: list[ContactView]
    owner_id: UUID | None
    customer_id: UUID | None
    source: str
    utm: dict[str, str]
    created_at: datetime
    updated_at: datetime
    url: str


class SyncView(Shape):
    """How far the CRM's log of this conversation has come."""

    state: Literal["synced", "waiting", "failed", "none"]
    logged_seq: int
    problem: Literal["fix the settings", "refused", "tried too often", "our bug"] | None
    detail: str | None


class PageVisit(Shape):
    url: str
    title: str
    referrer: str
    at: datetime


class Removed(Shape):
    reason: str
    count: int


class DecisionView(Shape):
    """Why this operator, why not that one, why it waits."""

    at: datetime
    outcome: Literal["offered", "assigned", "waits"]
    operator_id: UUID | None
    rule: str
    policy_version: str
    removed: list[Removed]
    named: dict[UUID, str] = Field(description="At most 20 operators and what removed each.")
    look_again_at: datetime | None


class ConversationDetail(Shape):
    conversation: ConversationView
    customer: CustomerView
    lead: LeadView | None
    sync: SyncView
    page: PageVisit | None
    earlier: list[ConversationView] = Field(description="The thread's previous ones, newest first.")
    decision: DecisionView | None


# --- acts --------------------------------------------------------------------


class Reply(Shape):
    """An answer to the customer. The same `id` again is the same message."""

    id: UUID = Field(description="Made by the caller, once.")
    text: str = ""
    file_ids: list[UUID] = Field(default_factory=list, max_length=10)
    in_reply_to: UUID | None = None
    seen_seq: int | None = Field(
        default=None,
        description="The last `seq` on the operator's screen. If the customer has written since,"
        " the answer is 409 `moved_on`; null sends anyway.",
    )


class Note(Shape):
    id: UUID
    text: str = Field(min_length=1, max_length=10_000)


class Decline(Shape):
    reason: str = Field(default="", max_length=500)


class Transfer(Shape):
    operator_id: UUID | None = None
    line_id: UUID | None = None
    comment: str = Field(default="", max_length=2_000)


class Close(Shape):
    reason: str = Field(default="", max_length=500)


class Snooze(Shape):
    until: datetime


class Seen(Shape):
    seq: int


class Settle(Shape):
    """The operator's word on an unconfirmed delivery: did the customer get it?"""

    arrived: bool


# --- people, sign-in ---------------------------------------------------------


class SignIn(Shape):
    email: str
    password: str


class NewPassword(Shape):
    current: str
    new: str = Field(min_length=10, max_length=200)


class SessionView(Shape):
    me: OperatorView
    csrf_token: str = Field(description="Send it as `X-CSRF-Token` with everything but GET.")
    must_change_password: bool


class SetStatus(Shape):
    status: Status


class NewOperator(Shape):
    email: str
    name: str = Field(min_length=1, max_length=100)
    role: Role = "operator"
    max_conversations: int = Field(default=5, ge=1, le=1000)
    line_ids: list[UUID] = Field(default_factory=list)


class OperatorMade(Shape):
    operator: OperatorView
    one_time_password: str


class OperatorChange(Shape):
    name: str | None = Field(default=None, min_length=1, max_length=100)
    role: Role | None = None
    active: bool | None = None
    language: Language | None = None
    max_conversations: int | None = Field(default=None, ge=1, le=1000)
    line_ids: list[UUID] | None = None


class NewLine(Shape):
    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    name: str = Field(min_length=1, max_length=100)


class LineChange(Shape):
    name: str | None = Field(default=None, min_length=1, max_length=100)
    active: bool | None = None
    language: Language | None = None
    auto_accept: bool | None = None
    offer_timeout_s: int | None = Field(default=None, ge=5, le=43_200)
    missed_offers_until_away: int | None = Field(default=None, ge=1, le=100)
    reopen_window_s: int | None = Field(default=None, ge=0, le=2_592_000)
    lead_when: Literal["contact", "at_once"] | None = None
    allowed_sites: list[str] | None = None
    colour: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")
    title: str | None = Field(default=None, max_length=60)
    greeting: dict[str, str] | None = None
    ask_contact: Literal["before", "after_first", "never"] | None = None
    consent_url: str | None = None
    operator_ids: list[UUID] | None = None


class NewInbox(Shape):
    line_id: UUID
    kind: str
    name: str = Field(min_length=1, max_length=100)
    settings: dict[str, Any] = Field(default_factory=dict)


class InboxChange(Shape):
    name: str | None = Field(default=None, min_length=1, max_length=100)
    active: bool | None = None
    settings: dict[str, Any] | None = None


class CustomerChange(Shape):
    name: str | None = Field(default=None, max_length=200)
    contacts: list[ContactView] | None = None


class LeadChange(Shape):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    stage: Literal["new", "in_progress", "won", "lost"] | None = None
    owner_id: UUID | None = None


class TimelineItem(Shape):
    id: UUID
    kind: Literal["message", "note", "event"]
    author: str
    text: str
    file_names: list[str]
    at: datetime
    conversation_id: UUID | None


# --- the feed ----------------------------------------------------------------


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
    mine: list[ConversationView] = Field(description="All of mine that are not closed, and my offers.")
    waiting: Page[ConversationView]
    all: Page[ConversationView]
    closed: Page[ConversationView]
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
