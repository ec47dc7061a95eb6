"""What open sockets hear after a commit: the event's name and the nouns as they are now.

News is for now, never for keeping: it may be lost, and nothing durable hangs on it.
"""

from datetime import datetime

import msgspec

from router.ids import ConversationId, CustomerId, LineId, OperatorId, ThreadId
from router.model import Conversation, Customer, Message, Note, State, Visit


class Mark(msgspec.Struct, frozen=True):
    """An event of a conversation as its thread shows it; `id` is the event's."""

    id: int
    conversation_id: ConversationId
    after_seq: int
    event: str
    at: datetime
    operator_id: OperatorId | None = None
    to_operator_id: OperatorId | None = None
    to_line_id: LineId | None = None
    reason: str | None = None
    merged_id: ConversationId | None = None


class Place(msgspec.Struct, frozen=True):
    """Where a conversation stood: enough to say who could see it."""

    line_id: LineId
    state: State
    owner_id: OperatorId | None
    offered_to: OperatorId | None
    asked: tuple[OperatorId, ...] = ()


class News(msgspec.Struct, frozen=True, tag=True):
    """One of the kinds below."""


class ConversationNews(News, frozen=True, tag=True):
    """A conversation changed. `before` is None for a new one."""

    event: str
    conversation: Conversation
    before: Place | None = None
    messages: tuple[Message, ...] = ()
    notes: tuple[Note, ...] = ()
    marks: tuple[Mark, ...] = ()


class CustomerNews(News, frozen=True, tag=True):
    customer: Customer


class OperatorNews(News, frozen=True, tag=True):
    """An operator's card, status, reachability or load changed."""

    operator_id: OperatorId


class DeskNews(News, frozen=True, tag=True):
    """Lines, inboxes, queues or who the operators are changed: drop caches of them."""


class StandingNews(News, frozen=True, tag=True):
    """An inbox stands otherwise with its provider: for who looks at it. Nothing about it changed."""


class LeadNews(News, frozen=True, tag=True):
    """A lead, or how far the CRM's log has come, changed for a customer."""

    customer_id: CustomerId
    line_id: LineId


class TypingNews(News, frozen=True, tag=True):
    """`operator_id` None: the customer types."""

    thread_id: ThreadId
    line_id: LineId
    operator_id: OperatorId | None
    name: str = ""


class VisitNews(News, frozen=True, tag=True):
    thread_id: ThreadId
    line_id: LineId
    visit: Visit


class WorkNews(News, frozen=True, tag=True):
    """Lanes of these kinds are due."""

    kinds: frozenset[str]


AnyNews = (
    ConversationNews
    | CustomerNews
    | OperatorNews
    | DeskNews
    | StandingNews
    | LeadNews
    | TypingNews
    | VisitNews
    | WorkNews
)


def place(conversation: Conversation) -> Place:
    return Place(
        line_id=conversation.line_id,
        state=conversation.state,
        owner_id=conversation.owner_id,
        offered_to=conversation.offered_to,
        asked=conversation.asked,
    )
