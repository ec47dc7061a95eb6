"""What an operator wants of a message at the customer's: that it is changed, withdrawn, or has their
reaction under it. Values.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from router.ids import OperatorId


class ChangeKind(StrEnum):
    EDIT = "edit"
    WITHDRAWAL = "withdrawal"
    REACTION = "reaction"


class ChangeState(StrEnum):
    """What was done is no change any more."""

    QUEUED = "queued"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of a message at the customer's. Until that has happened the message is as
    it was; `reason` says why it will not. Of a reaction `text` is the emoji, empty to take ours back,
    and `operator_id` who wants it.
    """

    kind: ChangeKind
    made_at: datetime
    text: str = ""
    state: ChangeState = ChangeState.QUEUED
    attempts: int = 0
    due_at: datetime | None = None
    reason: str | None = None
    operator_id: OperatorId | None = None
