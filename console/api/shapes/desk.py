"""Who and where: operators, lines, inboxes."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from console.api.shapes.shape import Language, Role, Shape, Status


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
    languages: list[str] = Field(description="They speak, by code.")
    skills: list[str]
    shift: Literal["always", "calendar", "clock"]
    calendar_id: UUID | None
    deputy_id: UUID | None


class LineView(Shape):
    id: UUID
    key: str
    name: str
    active: bool
    language: Language
    strategy: Literal["round_robin", "sequential", "least_busy", "longest_idle", "broadcast"]
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


class Can(Shape):
    """What the channel of an inbox can carry."""

    max_text_chars: int
    max_file_bytes: int
    max_files: int
    max_buttons: int
    can_ask_phone: bool
    edits: bool
    emphasis: bool = Field(description="`**bold**` and the like are shown as such.")
    in_browser: bool = Field(description="Its customers are on a page of ours or the host site's.")
    reactions: list[str] = Field(description="Emoji that may be put under a customer's message.")
    reply_window_s: float | None = Field(
        description="How long after the customer's last message we may write; null: always."
    )
    aside: bool = Field(description="Who wrote in public can be written to alone.")
    in_public: "Can | None" = Field(
        description="What it can carry in public, if that is not the same."
    )


class StandingView(Shape):
    """How an inbox stands with its provider, as it was when we looked."""

    by: Literal["webhook", "polling"]
    at: datetime
    ok: bool
    url: str = Field(description="Where the provider calls; empty: nowhere, or we ask.")
    pending: int | None = Field(description="Updates that wait there; null: it does not say.")
    last_error: str | None
    last_error_at: datetime | None


class DelegationView(Shape):
    """An account whose owner lets an inbox answer for it."""

    name: str
    username: str
    enabled: bool = Field(description="False: the owner has ended it.")
    may_reply: bool


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
    can: Can
    standing: StandingView | None = Field(description="Null: nothing is known, or to be known.")
    delegations: list[DelegationView]


class InboxMade(InboxView):
    """A new inbox, and what is never shown again."""

    made_secrets: dict[str, str] = Field(
        description="Setting → the secret that the desk made because it was left out."
    )


class Tried(Shape):
    """Who an account is that is not stored, or why it does not work."""

    problem: str | None = Field(description="Why it does not work; null if it does.")
    name: str = Field(description="As its provider knows it; empty if it does not say.")
    username: str
    link: str = Field(description="Where customers find it.")
    source_key: str = Field(
        description="A parameter of `link` whose value is shown as where the customer comes from."
    )
    picture: str | None = Field(description="A `data:` address.")
    warnings: list[str] = Field(description="Codes of what will not work as it stands.")
