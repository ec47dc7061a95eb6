"""The Channel contract: what one messaging provider's code promises, and the values that cross it.

A channel is one public module in `channels/`, bound to one inbox at a time. It never stores, never
retries, never logs, never asks the time. It raises only the errors that `router.errors` draws. What
a provider cannot do, its channel does not have: the optional contracts of `router.abilities` are
asked for by type. A channel whose customers use a client of ours serves them by `router.visitor`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel

from router.buttons import Button
from router.delegations import Delegation
from router.emoji import Reacted
from router.ids import ThreadId
from router.limits import Limits
from router.model import Contact, DeliveryState, Visit

if TYPE_CHECKING:
    from router.http import Http

# --- in ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hook:
    """A provider's request as it came. `headers` have lower-case names; `body` is untouched."""

    method: str
    url: str
    remote: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote. What they say of themselves is a claim unless `proven`.

    `address` is the provider's id of the person, unique within (kind, scope); `scope` is empty
    where addresses are global to the provider, else what they are unique in. `fields` are those of
    the customer's card that a program of the company fills in, by key; None empties one.
    """

    address: str
    scope: str = ""
    name: str = ""
    username: str = ""
    language: str | None = None
    contacts: tuple[Contact, ...] = ()
    proven: bool = False
    fields: tuple[tuple[str, str | float | bool | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message: its bytes, a URL to fetch, a provider's reference, or the
    id of a file that the desk already stored for this sender.
    """

    name: str
    mime: str = "application/octet-stream"
    data: bytes | None = None
    url: str | None = None
    ref: str | None = None
    stored_id: str | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A customer's message. `external_id` is unique within the inbox for ever and never empty.

    `sent_at` is the provider's time, None where it gives none. `client_id` is the sender's own
    id for it, shown back to them. `automatic`: a robot wrote it; no automatic reply follows.
    `foreign`: somebody else's words or card; the contacts in it are not the sender's. `quoted`: what
    the message says that it answers, shown where the desk has not that message.
    Messages of one thread with the same `album` are one message, whatever order they come in.
    `writer`: who of a chat of several people said it; their `sender` is the chat.
    `public`: everybody may read it where it was said, and what is answered there: all of its thread.
    """

    external_id: str
    thread_key: str
    sender: Sender
    text: str = ""
    html: str | None = None
    subject: str | None = None
    sent_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str | None = None
    source: Visit | None = None
    client_id: str | None = None
    album: str | None = None
    writer: str = ""
    automatic: bool = False
    foreign: bool = False
    quoted: str = ""
    public: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """A message was edited where it was said; elsewhere its id means nothing. As `Deleted`.

    `text` None: its words stay. `attachments` are those that it has now: what it did not have
    before, by name and size, stands beside what operators have seen. `sent_at` is when it was said,
    from providers that may bring an edit before its message. `restored`: it had been deleted, and is
    there again. `quoted`: as of an `IncomingMessage`. `continual`: it changes by itself all the time,
    as a place does that moves.
    """

    external_id: str
    thread_key: str
    text: str | None
    quoted: str = ""
    at: datetime | None = None
    sent_at: datetime | None = None
    restored: bool = False
    continual: bool = False
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Deleted:
    """`thread_key` None: its provider does not say where it was said, and need not."""

    external_id: str
    thread_key: str | None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutsideReply:
    """Our side wrote in the provider's own app, outside the router.

    `to` is whom, so that somebody whom we wrote first gets a thread; without it what goes into an
    unknown thread is nobody's, and left out. `token` is that of our own `send`, where the provider
    says with which one the message was sent: then it is the echo of what stands in the thread.
    `public` as in `IncomingMessage`.
    """

    external_id: str
    thread_key: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    sent_at: datetime | None = None
    to: Sender | None = None
    token: str | None = None
    public: bool = False


@dataclass(frozen=True, slots=True)
class Readdressed:
    """The provider moved a thread to another key."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider's later word on what we sent: by `external_id`, and if it means the `earlier_too`
    on all before it; or on everything in the thread up to `up_to_seq`.
    """

    state: DeliveryState
    thread_key: str = ""
    external_id: str | None = None
    earlier_too: bool = False
    up_to_seq: int | None = None
    at: datetime | None = None
    reason: str | None = None


class Action(StrEnum):
    STARTED = "started"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    TYPING = "typing"
    PRESSED = "pressed"
    GAVE_CONTACT = "gave_contact"
    VISITED = "visited"


@dataclass(frozen=True, slots=True)
class CustomerAction:
    """Something a customer did that is no message. A `GAVE_CONTACT` carries the sender's contacts,
    a `VISITED` its page, a `STARTED` where they came from, as `visit`.

    A `PRESSED` has the provider's id of the press as `external_id`, the button's `value`, its label
    as `text`, and the message that it stood under as `in_reply_to`, if that is known. What has a
    `reply_token` is acknowledged with it once it is stored (`router.abilities.Acknowledging`).
    """

    sender: Sender
    thread_key: str
    action: Action
    external_id: str | None = None
    visit: Visit | None = None
    value: str | None = None
    text: str = ""
    in_reply_to: str | None = None
    at: datetime | None = None
    reply_token: str | None = None
    writer: str = ""


Amended = Edited | Deleted | Reacted
Rekeying = Readdressed | Delegation
Arrival = IncomingMessage | Amended | OutsideReply | Rekeying | Receipt | CustomerAction


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider wants to hear once everything is stored. With a body it is sent as it is."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a request brought, oldest first. `counts_answer`: answer with the numbers accepted and
    found again, as JSON, instead of `answer`. `fields_at` says where the fields of each arrival's
    sender stood, of a program that is told which are wrong.
    """

    arrivals: tuple[Arrival, ...] = ()
    answer: Answer = Answer()
    position: str | None = None
    counts_answer: bool = False
    fields_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of an arrival: `seq` and `message_id` of the message, new or found again."""

    new: bool
    thread_id: ThreadId | None = None
    message_id: str | None = None
    seq: int | None = None
    at: datetime | None = None


# --- out ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file to send: `read()` gives its bytes, `url` serves them publicly for a day."""

    name: str
    mime: str
    size_bytes: int
    url: str
    read: Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One piece to send. `token` is the same at every attempt: give it to the provider as its
    idempotency key where it takes one. In a public thread `in_reply_to` names what is answered, for
    all pieces: else nobody would know whom we mean.
    """

    token: str
    thread_key: str
    to: str
    text: str
    subject: str | None = None
    html: str | None = None
    cc: tuple[str, ...] = ()
    files: tuple[OutgoingFile, ...] = ()
    buttons: tuple[Button, ...] = ()
    in_reply_to: str | None = None
    author_name: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What the provider calls the message; `also`: further names, of what went out as several."""

    external_id: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `per_second` calls an account, and one per `thread_gap_s` seconds in one thread."""

    per_second: float = 1000.0
    thread_gap_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, as data: the hub cuts and degrades a message by it, the console greys
    out by it, the contract tests choose by it.

    `max_caption_chars`: of text that goes with files, if that is less. `reply_window`: seconds
    after the customer's last message in which we may write; None: always. `can_start`: whether we
    may write first. `max_buttons`: under one message; `can_ask_phone`: whether one of them may hand
    over the customer's own number. `emphasis`: `**bold**` and the like reach the customer as such;
    `tests/emphasis.json` says which. `reactions`: the emoji that we may put under a customer's
    message, the commonest first. `in_browser`: whoever uses that browser reads it, so a code that is
    sent there proves nothing. `in_public`: what it can do in public threads, if that is not the same;
    `aside`: in those, whether who wrote may be answered alone (`router.abilities.Approaching`).
    """

    max_text_chars: int
    max_caption_chars: int | None = None
    max_file_bytes: int = 20_000_000
    max_files: int = 10
    max_buttons: int = 0
    can_ask_phone: bool = False
    receipts: frozenset[DeliveryState] = frozenset()
    edits: bool = False
    emphasis: bool = False
    reactions: tuple[str, ...] = ()
    typing: bool = False
    pace: Pace = Pace()
    send_is_idempotent: bool = False
    reply_window: float | None = None
    can_start: bool = False
    in_browser: bool = False
    aside: bool = False
    in_public: "Capabilities | None" = None

    def where(self, *, public: bool) -> "Capabilities":
        """What it can do in a thread that is public, or not."""
        return self.in_public or self if public else self

    @property
    def limits(self) -> Limits:
        return Limits(**{one.name: getattr(self, one.name) for one in fields(Limits)})

    def cut_by(self, limits: Limits | None) -> "Capabilities":
        """The same, with those limits in the place of its own, if there are any."""
        return self if limits is None else replace(self, **asdict(limits))


class Secrets(Protocol):
    """An account's secrets. Their values never stand in a `repr`, an exception or a log."""

    def get(self, name: str) -> str:
        """The secret of that name; empty if there is none."""

    async def refresh(
        self, renew: Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]]
    ) -> None:
        """Replace the secrets by what `renew` makes of them, under a lock; committed on return."""


# --- the contract ------------------------------------------------------------


@runtime_checkable
class Channel(Protocol):
    """One messaging provider, bound to one inbox.

    `account_type` and `secrets_type` are what an administrator fills in, with titles for the form; the
    fields of the second are `SecretStr`s, one with a default is made if left out. `account` is valid.
    """

    capabilities: ClassVar[Capabilities]
    account_type: ClassVar[type[BaseModel]]
    secrets_type: ClassVar[type[BaseModel]]

    def __init__(self, account: Any, http: "Http", secrets: Secrets) -> None: ...

    async def send(self, message: OutgoingMessage) -> Sent:
        """Hand one message to the provider; return only once it was accepted."""

    async def check(self) -> None:
        """Raise a `ProviderError` unless the account works now."""


@runtime_checkable
class Hooked(Protocol):
    """Is called by its provider: webhooks."""

    def authenticate(self, hook: Hook) -> None:
        """Raise `Unauthenticated` unless `hook` comes from the provider. No I/O."""

    def parse(self, hook: Hook) -> Parsed:
        """Read an authenticated request; arrivals oldest first. No I/O, no clock.

        A kind of update we do not use gives no arrivals; anything else that is not in the
        provider's format raises `Malformed`.
        """
