"""Conversations as time finds them, for the pure tests of what falls due."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from router.ids import ConversationId, CustomerId, InboxId, LineId, OperatorId, ThreadId
from router.model import Conversation, State

# In Moscow it is noon, and a working day.
MONDAY_NOON = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)
ANNA = OperatorId(UUID(int=6))


def conversation(state: State = State.WAITING, **facts: Any) -> Conversation:
    """One that was opened at noon; it waits since then, and for an answer, unless told otherwise."""
    waits = state in (State.WAITING, State.OFFERED)
    given = {
        "opened_at": MONDAY_NOON,
        "waiting_since": MONDAY_NOON if waits else None,
        "unanswered_since": None if state is State.CLOSED else MONDAY_NOON,
        "channel": "webchat",
        "owner_id": ANNA if state in (State.OPEN, State.SNOOZED) else None,
    } | facts
    return Conversation(
        id=ConversationId(UUID(int=1)),
        thread_id=ThreadId(UUID(int=2)),
        line_id=LineId(UUID(int=3)),
        inbox_id=InboxId(UUID(int=4)),
        customer_id=CustomerId(UUID(int=5)),
        title="",
        state=state,
        version=1,
        rank_at=MONDAY_NOON,
        last_activity_at=MONDAY_NOON,
        first_seq=1,
        last_seq=1,
        **given,
    )
