"""The ledger, stuck work, unread requests, the wire log."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from console.api.shapes.shape import Shape


class LedgerEntry(Shape):
    """One inbox's line in the ledger, in messages; `differences` names what to look at."""

    inbox_id: UUID
    stored: int
    unseen: int = Field(description="No operator's client holds them yet.")
    unlogged: int = Field(description="The CRM's log lacks them.")
    queued: int
    late: int = Field(description="On their way out for over a quarter of an hour.")
    unconfirmed: int
    failed: int
    unread: int = Field(description="Requests of the provider that nobody could read.")
    held: int | None = Field(description="Wait at the provider; null: it does not say.")
    differences: list[str]


class StuckView(Shape):
    """A lane of work that failed, or was set aside until a person says so."""

    kind: str
    key: str
    failures: int
    set_aside: bool
    reason: str
    due_at: datetime | None


class UnreadView(Shape):
    id: UUID
    inbox_id: UUID
    at: datetime
    reason: str
    tries: int


class Retried(Shape):
    understood: bool


class ExchangeView(Shape):
    """What we said to a provider and heard. Secrets are blotted out, texts of messages are not."""

    id: UUID
    at: datetime
    direction: Literal["in", "out"]
    method: str
    url: str
    status: int | None
    sent: str
    received: str
    took_ms: int
