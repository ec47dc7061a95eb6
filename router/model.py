"""The nouns, as the glossary names them. Frozen values; no I/O, no clock.

Every time (`*_at`, `*_since`, `*_until`) is aware and UTC. `*_id` is ours, `external_id` theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from router.buttons import Button
from router.changes import Change
from router.emoji import Reaction
from router.ids import (
    CalendarId,
    ConversationId,
    CustomerId,
    DeliveryId,
    FileId,
    IdentityId,
    InboxId,
    LeadId,
    LineId,
    MessageId,
    NoteId,
    OfferId,
    OperatorId,
    ThreadId,
)
from router.limits import Limits
from router.making import quickly
from router.queueing import (
    WHOLE,
    LeadWhen,
    Lifetimes,
    Look,
    Queueing,
    RatingRequest,
    Replies,
    Rule,
    Sla,
    patience_s,
)


class State(StrEnum):
    """Where a conversation is in its cycle of handling."""

    BOT = "bot"
    WAITING = "waiting"
    OFFERED = "offered"
    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"


# Somebody has it, whether or not it rests.
HELD = frozenset((State.OPEN, State.SNOOZED))


class Author(StrEnum):
    CUSTOMER = "customer"
    OPERATOR = "operator"
    BOT = "bot"
    DESK = "desk"


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"


class FileState(StrEnum):
    PENDING = "pending"
    STORED = "stored"
    REFUSED = "refused"
    GONE = "gone"


class OfferState(StrEnum):
    LIVE = "live"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Health(StrEnum):
    WORKING = "working"
    FAILING = "failing"
    PAUSED = "paused"


class ContactKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Line:
    id: LineId
    key: str
    name: str
    language: str = "ru"
    active: bool = True
    queueing: Queueing = field(default_factory=Queueing)
    look: Look = field(default_factory=Look)
    lead_when: LeadWhen = LeadWhen.CONTACT
    reopen_window_s: int = 86_400
    stale_after_s: int = 600
    calendar_id: CalendarId | None = None
    replies: Replies = field(default_factory=Replies)
    sla: Sla = field(default_factory=Sla)
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    rating: RatingRequest = field(default_factory=RatingRequest)
    rules: tuple[Rule, ...] = ()

    @property
    def patience_s(self) -> int | None:
        """The shortest time after which something may fall due by itself; None: nothing ever will."""
        return patience_s(
            self.queueing, self.replies, sla=self.sla, lifetimes=self.lifetimes, rating=self.rating
        )


@dataclass(frozen=True, slots=True)
class Inbox:
    """One configured account of a channel. `account` is what that channel needs, secrets apart."""

    id: InboxId
    line_id: LineId
    kind: str
    name: str
    account: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True
    health: Health = Health.WORKING
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone in E.164 or an e-mail in lower case. Not proven: somebody says so."""

    kind: ContactKind
    value: str
    proven: bool = False


@quickly
@dataclass(frozen=True, slots=True)
class Customer:
    """What one who is `blocked` writes is stored in their last conversation, which stays closed.

    `crm_fields` are the card's fields and what the CRM knows besides; None: nobody has said yet.
    """

    id: CustomerId
    created_at: datetime
    name: str = ""
    language: str | None = None
    contacts: tuple[Contact, ...] = ()
    responsible_id: OperatorId | None = None
    merged_into: CustomerId | None = None
    tier: str | None = None
    blocked: bool = False
    crm_fields: Mapping[str, Any] | None = None


@quickly
@dataclass(frozen=True, slots=True)
class Identity:
    id: IdentityId
    customer_id: CustomerId
    kind: str
    scope: str
    address: str
    name: str = ""
    active: bool = True


@quickly
@dataclass(frozen=True, slots=True)
class Thread:
    """A permanent chat. Its messages are numbered by `seq` from 1, without gaps.

    `customer_seen_seq` and `customer_got_seq` are what the customer's client has shown and holds;
    `operator_seen_seq` and `operator_got_seq` the same of any operator's. `public`: what is said in
    it everybody may read.
    """

    id: ThreadId
    inbox_id: InboxId
    line_id: LineId
    key: str
    customer_id: CustomerId
    identity_id: IdentityId
    last_seq: int = 0
    customer_got_seq: int = 0
    customer_seen_seq: int = 0
    operator_got_seq: int = 0
    operator_seen_seq: int = 0
    public: bool = False


@quickly
@dataclass(frozen=True, slots=True)
class Last:
    """The last message, as a list shows it."""

    author: Author
    preview: str
    file_count: int
    at: datetime


@quickly
@dataclass(frozen=True, slots=True)
class Conversation:
    """One cycle of handling in a thread. `version` grows by one with every change.

    Waiting, it has `waiting_since` and `rank_at` (the smaller is served first) and
    `look_again_at`; open, an `owner_id`. `unanswered_since` is the time of the customer's first
    message that nobody has answered.

    `weight` is what it takes of an operator's capacity, unless it has gone `silent`. `head_start_s`
    was taken off `rank_at`; `routed`: the line's rules were applied. `pinned`: its owner keeps it
    when it is reopened. `stale`: its last message came long after it was sent. `timer_at` is not
    later than anything that falls due in it by itself. `reply_due_at` and `resolve_due_at` are what
    customers are promised; that the time is short, or over, was said at `warned_at`, `breached_at`.
    Offered, but `offered_to` nobody, it is held out to all who are `asked`: the first to accept has
    it. Closed and `merged_into` another, what is said in its thread is that one's to answer.
    `public`: as its thread is. `split_from`: its messages were that one's, unless it was taken back
    and has none; with `own_lead` they want a lead of their own.
    """

    id: ConversationId
    thread_id: ThreadId
    line_id: LineId
    inbox_id: InboxId
    customer_id: CustomerId
    channel: str
    title: str
    state: State
    version: int
    opened_at: datetime
    rank_at: datetime
    last_activity_at: datetime
    first_seq: int
    last_seq: int
    seen_seq: int = 0
    customer_seen_seq: int = 0
    owner_id: OperatorId | None = None
    previous_owner_id: OperatorId | None = None
    offered_to: OperatorId | None = None
    offer_deadline: datetime | None = None
    waiting_since: datetime | None = None
    look_again_at: datetime | None = None
    snoozed_until: datetime | None = None
    unanswered_since: datetime | None = None
    first_reply_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    last: Last | None = None
    lead_id: LeadId | None = None
    participants: tuple[OperatorId, ...] = ()
    weight: int = WHOLE
    silent: bool = False
    head_start_s: int = 0
    language: str | None = None
    skills: tuple[str, ...] = ()
    pinned: bool = False
    stale: bool = False
    routed: bool = False
    timer_at: datetime | None = None
    reply_due_at: datetime | None = None
    resolve_due_at: datetime | None = None
    warned_at: datetime | None = None
    breached_at: datetime | None = None
    asked: tuple[OperatorId, ...] = ()
    merged_into: ConversationId | None = None
    public: bool = False
    split_from: ConversationId | None = None
    own_lead: bool = False
    subject: str = ""

    @property
    def counted(self) -> int:
        """What it takes now of its owner's capacity, or of the one's to whom it is offered."""
        held = self.owner_id is not None and self.state in HELD
        taken = held or (self.state is State.OFFERED and self.offered_to is not None)
        return self.weight if taken and not self.silent else 0


@dataclass(frozen=True, slots=True)
class File:
    id: FileId
    name: str
    mime: str
    size_bytes: int
    state: FileState
    blob_key: str | None = None
    width: int | None = None
    height: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Getting one piece of an outbound message into its thread."""

    id: DeliveryId
    message_id: MessageId
    thread_id: ThreadId
    piece: int
    state: DeliveryState
    attempts: int = 0
    next_attempt_at: datetime | None = None
    external_id: str | None = None
    reason: str | None = None
    also: tuple[str, ...] = ()


@quickly
@dataclass(frozen=True, slots=True)
class Message:
    """One thing said. `client_id` was made by the visitor's or the operator's browser; `limits` is
    what ours was cut by. `writer`: who of several people said it.
    """

    id: MessageId
    thread_id: ThreadId
    conversation_id: ConversationId
    seq: int
    author: Author
    text: str
    sent_at: datetime
    stored_at: datetime
    operator_id: OperatorId | None = None
    client_id: str | None = None
    html: str | None = None
    subject: str | None = None
    in_reply_to: MessageId | None = None
    automatic: bool = False
    writer: str = ""
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    files: tuple[File, ...] = ()
    buttons: tuple[Button, ...] = ()
    change: Change | None = None
    limits: Limits | None = None
    reactions: tuple[Reaction, ...] = ()
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Said among operators; it stands after the message `after_seq`."""

    id: NoteId
    thread_id: ThreadId
    conversation_id: ConversationId
    after_seq: int
    operator_id: OperatorId
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """One of several at once reserves nothing: its `weight` is 0. A transfer that is not accepted
    goes back to `return_to`.
    """

    id: OfferId
    conversation_id: ConversationId
    line_id: LineId
    operator_id: OperatorId
    state: OfferState
    made_at: datetime
    deadline: datetime
    reason: str = ""
    weight: int = WHOLE
    return_to: OperatorId | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """The page of the host site that a visitor is on."""

    url: str
    title: str
    referrer: str
    at: datetime
