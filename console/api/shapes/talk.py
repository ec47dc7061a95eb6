"""Conversations and what is said in them; customers and their leads."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from console.api.shapes.shape import Author, ConversationState, DeliveryState, FileState, Shape


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
    asked_ids: list[UUID] = Field(description="Who else may accept it: the first to do so has it.")
    offer_deadline: datetime | None
    opened_at: datetime
    waiting_since: datetime | None
    rank_at: datetime = Field(description="Orders the waiting ones: the smallest is next.")
    unanswered_since: datetime | None = Field(
        description="The customer's first unanswered message."
    )
    reply_due_at: datetime | None = Field(description="Until when an answer is promised.")
    resolve_due_at: datetime | None = Field(description="Until when an end is promised.")
    warned_at: datetime | None = Field(description="When it was said that the time is short.")
    breached_at: datetime | None = Field(description="When it was said that the time is over.")
    urgent_at: datetime | None = Field(
        description="When it becomes late, by a promise or by the wait; null if nobody waits."
    )
    pinned: bool = Field(description="Its owner keeps it also when the customer returns.")
    snoozed_until: datetime | None
    closed_at: datetime | None
    close_reason: str | None
    merged_into: UUID | None = Field(description="Closed, it goes on in this one.")
    split_from: UUID | None = Field(
        description="Its messages were this one's; taken back, it has none: `last_seq < first_seq`."
    )
    subject: str = Field(description="What it is about, where somebody said so; else empty.")
    public: bool = Field(description="Everybody may read it where it is said, and our answers.")
    last_activity_at: datetime
    last_message: LastMessage | None
    first_seq: int
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


class ButtonView(Shape):
    """A choice under a message: pressing it says its label, opens `url`, or gives the number."""

    label: str
    url: str | None
    asks_phone: bool


class ChangeView(Shape):
    """What is to become of a message at the customer's."""

    kind: Literal["edit", "withdrawal", "reaction"]
    state: Literal["queued", "failed"]
    text: str = Field(
        description="What it will say, of an edit; the emoji of a reaction, empty: none any more."
    )
    reason: str | None = Field(description="Why it could not be changed, in words.")


class ReactionView(Shape):
    """One emoji under a message: how many put it there."""

    emoji: str
    count: int
    operator_id: UUID | None = Field(description="Who of ours, if we did too.")


class MessageItem(Shape):
    type: Literal["message"] = "message"
    id: UUID
    conversation_id: UUID
    seq: int
    author: Author
    operator_id: UUID | None
    writer: str | None = Field(description="Who said it, of the several in the chat.")
    text: str
    files: list[FileView]
    at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    in_reply_to: UUID | None
    buttons: list[ButtonView]
    change: ChangeView | None
    reactions: list[ReactionView]
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
    event: str = Field(
        description="The event's name: `ConversationAssigned`, `ConversationClosed` …"
    )
    operator_id: UUID | None
    to_operator_id: UUID | None
    to_line_id: UUID | None
    reason: str | None
    merged_id: UUID | None = Field(description="The conversation that was merged, or parted again.")
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
    picture_url: str | None = Field(description="How they show themselves; null: nobody says.")


FieldValue = str | float | bool | list[str]


class CustomerView(Shape):
    id: UUID
    name: str
    language: str | None
    contacts: list[ContactView]
    identities: list[IdentityView]
    created_at: datetime
    blocked: bool = Field(description="What they write is stored, and disturbs nobody.")
    tier: str | None = Field(description="How much they are worth to us, in a word: `vip`.")
    fields: dict[str, FieldValue] = Field(
        description="By key: those of `/card-fields`, and what the CRM knows besides."
    )
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
    rung: str | None = Field(description="How the customer knows the operator.")
    known_id: UUID | None = Field(description="Whom the customer knows, and is preferred to get.")
    until: datetime | None = Field(description="Until when this holds, if it is known.")
    policy_version: str
    removed: list[Removed]
    named: dict[UUID, str] = Field(description="At most 20 operators and what removed each.")
    look_again_at: datetime | None


class AnswerView(Shape):
    """To a question of the line's survey, as it was put then."""

    key: str
    question: str
    value: bool | int | str


class RatingView(Shape):
    """How a conversation was, by its customer and by a supervisor."""

    scale: Literal["like", "five"] | None = Field(description="Null: the customer was not asked.")
    asked_at: datetime | None
    score: int | None = Field(description="1 to 5; of likes 0 or 1. Null: no answer yet.")
    comment: str
    rated_at: datetime | None
    supervisor_id: UUID | None
    supervisor_score: int | None = Field(description="1 to 5.")
    supervisor_comment: str
    answers: list[AnswerView]


class ConversationDetail(Shape):
    conversation: ConversationView
    customer: CustomerView
    lead: LeadView | None
    sync: SyncView
    page: PageVisit | None
    earlier: list[ConversationView] = Field(description="The thread's previous ones, newest first.")
    merged: list[ConversationView] = Field(description="Those which go on in it, the oldest first.")
    decision: DecisionView | None
    rating: RatingView | None


class TimelineItem(Shape):
    id: UUID
    kind: Literal["message", "edit", "withdrawal", "note", "event"]
    author: str
    text: str
    file_names: list[str]
    at: datetime
    conversation_id: UUID | None
    edited_at: datetime | None
    withdrawn_at: datetime | None
    turn: str | None
    data: dict[str, str]
