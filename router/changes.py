"""An operator's second thoughts on what they said: it is changed, or withdrawn. Values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChangeKind(StrEnum):
    EDIT = "edit"
    WITHDRAWAL = "withdrawal"


class ChangeState(StrEnum):
    """What was done is no change any more."""

    QUEUED = "queued"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of a message at the customer's. Until that has happened the message is as
    it was; `reason` says why it will not.
    """

    kind: ChangeKind
    made_at: datetime
    text: str = ""
    state: ChangeState = ChangeState.QUEUED
    attempts: int = 0
    due_at: datetime | None = None
    reason: str | None = None
