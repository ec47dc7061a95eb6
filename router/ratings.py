"""How a conversation was, said afterwards."""

from dataclasses import dataclass
from datetime import datetime

from router.ids import ConversationId, OperatorId
from router.queueing import Scale


@dataclass(frozen=True, slots=True)
class Rating:
    """How it was: by the customer, if they were asked and answered, and by a supervisor."""

    conversation_id: ConversationId
    scale: Scale | None = None
    asked_at: datetime | None = None
    score: int | None = None
    comment: str = ""
    rated_at: datetime | None = None
    supervisor_id: OperatorId | None = None
    supervisor_score: int | None = None
    supervisor_comment: str = ""
