"""What may be asked: acts on conversations, sign-in, changes of people, lines and inboxes."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from console.api.shapes.desk import OperatorView
from console.api.shapes.lines import (
    LifetimesView,
    QueueEntryView,
    QueueingView,
    RatingRequestView,
    RepliesView,
    RuleView,
    SlaView,
)
from console.api.shapes.shape import MAX_SEQ, Language, Role, Shape, Status
from console.api.shapes.talk import ContactView
from router.buttons import MAX_BUTTONS, MAX_LABEL_CHARS

SeenSeq = Annotated[
    int | None,
    Field(
        ge=0,
        le=MAX_SEQ,
        description="The last `seq` on the operator's screen. If the customer has written since,"
        " the answer is 409 `moved_on` and nothing is done; null does it anyway.",
    ),
]

SeenBeside = Annotated[
    dict[UUID, Annotated[int, Field(ge=0, le=MAX_SEQ)]],
    Field(
        default_factory=dict,
        max_length=50,
        description="The same of the other threads on the screen, by conversation: those which go"
        " on as one with it. Of one that is not named counts what was seen before.",
    ),
]

Label = Annotated[str, Field(min_length=1, max_length=MAX_LABEL_CHARS, pattern=r"\S")]
Word = Annotated[str, Field(min_length=1, max_length=60)]


class Reply(Shape):
    """An answer to the customer. The same `id` again is the same message."""

    id: UUID = Field(description="Made by the caller, once.")
    text: str = Field(default="", max_length=100_000)
    file_ids: list[UUID] = Field(default_factory=list, max_length=10)
    in_reply_to: UUID | None = None
    options: list[Label] = Field(
        default_factory=list,
        max_length=MAX_BUTTONS,
        description="Choices under the text; where the channel shows none, they stand in it.",
    )
    ask_phone: Label | None = Field(
        default=None,
        description="What stands on a button that hands over the customer's own number.",
    )
    seen_seq: SeenSeq = None
    seen_beside: SeenBeside


class TestMessage(Shape):
    """What is said to the customer of a conversation, to see whether it arrives."""

    __test__ = False

    id: UUID = Field(description="Made by the caller, once.")
    conversation_id: UUID
    text: str = Field(min_length=1, max_length=1_000, pattern=r"\S")


class Rewording(Shape):
    """What a message is to say instead."""

    text: str = Field(max_length=100_000)


class ReactionChange(Shape):
    """What the desk is to have under a customer's message."""

    emoji: str = Field(max_length=16, description="One that the channel offers; empty: nothing.")


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
    seen_seq: SeenSeq = None
    seen_beside: SeenBeside


class Snooze(Shape):
    until: AwareDatetime | None = Field(
        default=None, description="None: until the customer writes."
    )
    seen_seq: SeenSeq = None
    seen_beside: SeenBeside


class Score(Shape):
    """A supervisor's word on a closed conversation; a later one replaces it."""

    score: int = Field(ge=1, le=5)
    comment: str = Field(default="", max_length=2_000)


class Seen(Shape):
    seq: int = Field(ge=0, le=MAX_SEQ)


class Settle(Shape):
    """The operator's word on an unconfirmed delivery: did the customer get it?"""

    arrived: bool


class SignIn(Shape):
    email: str = Field(max_length=254)
    password: str = Field(max_length=200)


class NewPassword(Shape):
    current: str = Field(max_length=200)
    new: str = Field(min_length=10, max_length=200)


class SessionView(Shape):
    me: OperatorView
    csrf_token: str = Field(description="Send it as `X-CSRF-Token` with everything but GET.")
    must_change_password: bool


class SetStatus(Shape):
    status: Status


class NewOperator(Shape):
    email: str = Field(max_length=254)
    name: str = Field(min_length=1, max_length=100)
    role: Role = "operator"
    max_conversations: int = Field(default=5, ge=0, le=1000)
    line_ids: list[UUID] = Field(default_factory=list)
    languages: list[Word] = Field(default_factory=list, max_length=20)
    skills: list[Word] = Field(default_factory=list, max_length=50)
    shift: Literal["always", "calendar", "clock"] = "always"
    calendar_id: UUID | None = None
    deputy_id: UUID | None = None


class OperatorMade(Shape):
    operator: OperatorView
    one_time_password: str


class OperatorChange(Shape):
    name: str | None = Field(default=None, min_length=1, max_length=100)
    role: Role | None = None
    active: bool | None = None
    language: Language | None = None
    max_conversations: int | None = Field(default=None, ge=0, le=1000)
    line_ids: list[UUID] | None = None
    languages: list[Word] | None = Field(default=None, max_length=20)
    skills: list[Word] | None = Field(default=None, max_length=50)
    shift: Literal["always", "calendar", "clock"] | None = None
    calendar_id: UUID | None = Field(default=None, description="Null: none.")
    deputy_id: UUID | None = Field(default=None, description="Null: nobody.")


class NewLine(Shape):
    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    name: str = Field(min_length=1, max_length=100)


class LineChange(Shape):
    """What is given is changed, a part such as `queueing` as a whole."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    active: bool | None = None
    language: Language | None = None
    auto_accept: bool | None = None
    offer_timeout_s: int | None = Field(default=None, ge=5, le=43_200)
    missed_offers_until_away: int | None = Field(default=None, ge=1, le=100)
    reopen_window_s: int | None = Field(default=None, ge=0, le=2_592_000)
    lead_when: Literal["contact", "at_once"] | None = None
    allowed_sites: list[Annotated[str, Field(max_length=300)]] | None = Field(
        default=None, max_length=100
    )
    colour: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")
    title: str | None = Field(default=None, max_length=60)
    greeting: dict[Language, Annotated[str, Field(max_length=1_000)]] | None = None
    ask_contact: Literal["before", "after_first", "never"] | None = None
    consent_url: str | None = Field(default=None, max_length=1_000, pattern=r"^https?://\S+$")
    operator_ids: list[UUID] | None = Field(
        default=None, description="A queue of operators alone, in its order."
    )
    queue: list[QueueEntryView] | None = Field(default=None, max_length=1_000)
    queueing: QueueingView | None = None
    replies: RepliesView | None = None
    sla: SlaView | None = None
    lifetimes: LifetimesView | None = None
    rating: RatingRequestView | None = None
    rules: list[RuleView] | None = None
    calendar_id: UUID | None = Field(default=None, description="Null: always open.")
    stale_after_s: int | None = Field(default=None, ge=0, le=2_592_000)


class NewInbox(Shape):
    line_id: UUID
    kind: str = Field(max_length=40)
    name: str = Field(min_length=1, max_length=100)
    settings: dict[str, Any] = Field(default_factory=dict)


class TryInbox(Shape):
    kind: str = Field(max_length=40)
    inbox_id: UUID | None = Field(
        default=None, description="Of an inbox that there is: what is not given is as stored."
    )
    settings: dict[str, Any] = Field(default_factory=dict)


class InboxChange(Shape):
    name: str | None = Field(default=None, min_length=1, max_length=100)
    active: bool | None = None
    settings: dict[str, Any] | None = None


class CustomerChange(Shape):
    name: str | None = Field(default=None, max_length=200)
    contacts: list[ContactView] | None = None
    tier: str | None = Field(default=None, max_length=60, description="Null or empty: none.")
    fields: dict[str, str | float | bool | None] | None = Field(
        default=None,
        max_length=100,
        description="What is named is written over; null takes it away.",
    )


class Confirm(Shape):
    """A contact on the card that an operator has made sure of."""

    kind: Literal["phone", "email"]
    value: str = Field(max_length=254)


class LinkCustomer(Shape):
    """The other one's conversations become this customer's."""

    other_id: UUID


class UnlinkIdentity(Shape):
    """The identity gets a customer of its own again."""

    identity_id: UUID


class LeadChange(Shape):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    stage: Literal["new", "in_progress", "won", "lost"] | None = None
    owner_id: UUID | None = None
