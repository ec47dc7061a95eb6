"""A batch of customers' messages: what came, what is stored of it, what is to be written. Values."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from router import events
from router.channel import IncomingMessage, Stored
from router.errors import Invalid
from router.ids import (
    ConversationId,
    CustomerId,
    FileId,
    IdentityId,
    InboxId,
    LineId,
    OperatorId,
    ThreadId,
)
from router.model import (
    Contact,
    Conversation,
    Customer,
    File,
    Identity,
    Inbox,
    Line,
    Message,
    Thread,
    Visit,
)
from router.ratings import Rating

Address = tuple[str, str, str]
Ref = tuple[InboxId, str]
Place = tuple[InboxId, str]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message at the border: cleaned, its bytes stored, its contacts recognised.

    `files` are new, `claimed` the ids of uploads that it says are its sender's. `pressed` is the
    value of the button that was pressed, if it is not written.
    """

    inbox: Inbox
    line: Line
    message: IncomingMessage
    files: tuple[File, ...] = ()
    claimed: tuple[FileId, ...] = ()
    contacts: tuple[Contact, ...] = ()
    pressed: str | None = None

    @property
    def ref(self) -> Ref:
        return self.inbox.id, self.message.external_id

    @property
    def place(self) -> Place:
        return self.inbox.id, self.message.thread_key

    @property
    def address(self) -> Address:
        sender = self.message.sender
        return self.inbox.kind, sender.scope, sender.address

    @property
    def album(self) -> Ref | None:
        """What all parts of the album are known by; no provider calls a message so."""
        said = self.message
        return (self.inbox.id, f"\talbum/{said.thread_key}/{said.album}") if said.album else None

    @property
    def uploader(self) -> str:
        return f"{self.inbox.id}/{self.message.thread_key}"


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored of everything that a batch names. Threads and conversations are locked.

    `conversations` has each thread's open one, else its last closed one; `lines` those of them
    that are not handled on their inbox's line; `ratings` what customers were asked of closed ones;
    `survivors` in which open one a merged one goes on.
    """

    refs: Mapping[Ref, Stored] = field(default_factory=dict)
    identities: Mapping[Address, Identity] = field(default_factory=dict)
    customers: Mapping[CustomerId, Customer] = field(default_factory=dict)
    threads: Mapping[tuple[InboxId, str], Thread] = field(default_factory=dict)
    conversations: Mapping[ThreadId, Conversation] = field(default_factory=dict)
    lines: Mapping[LineId, Line] = field(default_factory=dict)
    ratings: Mapping[ConversationId, Rating] = field(default_factory=dict)
    survivors: Mapping[ConversationId, ConversationId] = field(default_factory=dict)
    uploads: Mapping[FileId, tuple[File, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Ahead:
    """What a batch turned out to change besides its own threads, noted when it is too late to lock it
    in the order of all: the repeat locks it first.
    """

    places: set[Place] = field(default_factory=set)
    operators: set[OperatorId] = field(default_factory=set)


@dataclass(slots=True)
class Plan:
    """What to write. `told` pairs each changed conversation with what it was; None for a new one.

    `joined` are parts of messages that stand already; `heard` what was said beside a conversation,
    in the thread of one that was merged into it. `woken_weights` is what silent conversations, where
    somebody spoke, take of their owners again. `fields` are of customers' cards.
    """

    results: list[Stored | Invalid] = field(default_factory=list)
    new_customers: dict[CustomerId, Customer] = field(default_factory=dict)
    changed_customers: dict[CustomerId, Customer] = field(default_factory=dict)
    contacts: dict[CustomerId, list[Contact]] = field(default_factory=lambda: defaultdict(list))
    new_identities: list[Identity] = field(default_factory=list)
    revived: list[IdentityId] = field(default_factory=list)
    new_threads: dict[ThreadId, Thread] = field(default_factory=dict)
    changed_threads: dict[ThreadId, Thread] = field(default_factory=dict)
    told: dict[ConversationId, tuple[Conversation | None, Conversation]] = field(
        default_factory=dict
    )
    messages: list[tuple[Message, Incoming]] = field(default_factory=list)
    joined: list[tuple[Incoming, Stored]] = field(default_factory=list)
    heard: dict[ConversationId, list[Message]] = field(default_factory=lambda: defaultdict(list))
    happened: dict[ConversationId, list[events.OfConversation]] = field(
        default_factory=lambda: defaultdict(list)
    )
    visits: dict[ThreadId, Visit] = field(default_factory=dict)
    scores: dict[ConversationId, int] = field(default_factory=dict)
    woken_weights: Counter[OperatorId] = field(default_factory=Counter)
    fields: dict[CustomerId, dict[str, Any]] = field(default_factory=dict)
