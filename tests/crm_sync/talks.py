"""A conversation of Vera with Anna, as the CRM's log reads it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from crm_sync.mapping import Talk
from router.ids import (
    ConversationId,
    CustomerId,
    InboxId,
    LineId,
    MessageId,
    OperatorId,
    ThreadId,
)
from router.model import (
    Author,
    Contact,
    ContactKind,
    Conversation,
    Customer,
    Line,
    Message,
    State,
)
from router.news import Mark
from router.storage.crm import Rewording
from tests.clock import NOON

SHOP = Line(LineId(UUID(int=1)), "shop", "Shop", language="en")
SUPPORT = LineId(UUID(int=2))
ANNA, BORIS = OperatorId(UUID(int=3)), OperatorId(UUID(int=4))
VERA = Customer(CustomerId(UUID(int=5)), NOON, name="Vera")
PHONE = Contact(ContactKind.PHONE, "+79001234567")
EMAIL = Contact(ContactKind.EMAIL, "vera@example.com", proven=True)
CONVERSATION = Conversation(
    id=ConversationId(UUID(int=6)),
    thread_id=ThreadId(UUID(int=7)),
    line_id=SHOP.id,
    inbox_id=InboxId(UUID(int=8)),
    customer_id=VERA.id,
    channel="webchat",
    title="Vera",
    state=State.OPEN,
    version=1,
    opened_at=NOON,
    rank_at=NOON,
    last_activity_at=NOON,
    first_seq=1,
    last_seq=9,
)


def said(
    seq: int, text: str = "Hello", *, author: Author = Author.CUSTOMER, **more: object
) -> Message:
    at = NOON + timedelta(minutes=seq)
    message = Message(
        id=MessageId(UUID(int=100 + seq)),
        thread_id=CONVERSATION.thread_id,
        conversation_id=CONVERSATION.id,
        seq=seq,
        author=author,
        text=text,
        sent_at=at,
        stored_at=at,
        operator_id=ANNA if author is Author.OPERATOR else None,
    )
    return replace(message, **more)  # type: ignore[arg-type]


def turn(id_: int, event: str, *, after: int = 0, **more: object) -> Mark:
    fields = {"operator_id": ANNA, **more}
    return Mark(id_, CONVERSATION.id, after, event, NOON, **fields)  # type: ignore[arg-type]


def reworded(id_: int, message: Message, *, after: int, withdrawn: bool = False) -> Rewording:
    return Rewording(id_, message.id, after, NOON, withdrawn)


def talk(*items: Message | Mark | Rewording, customer: Customer = VERA, line: Line = SHOP) -> Talk:
    return Talk(
        conversation=CONVERSATION,
        line=line,
        customer=customer,
        messages=[one for one in items if isinstance(one, Message)],
        marks=[one for one in items if isinstance(one, Mark)],
        operators={ANNA: "Anna", BORIS: "Boris"},
        lines={SHOP.id: "Shop", SUPPORT: "Support"},
        rewordings=[one for one in items if isinstance(one, Rewording)],
        reworded={one.id: one for one in items if isinstance(one, Message)},
    )
