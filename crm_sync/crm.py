"""The CRM contract: what a CRM must be able to do, and the values that cross it.

An adapter is one file beside this one, and only translates. What a conversation becomes is
decided in `crm_sync/mapping.py`; order, repetition and what failed are `crm_sync/sync.py`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, Self, runtime_checkable
from uuid import UUID

from router.channel import Hook
from router.ids import ConversationId, CustomerId, LeadId, MessageId
from router.model import Contact, Identity
from router.storage import Transaction

POST_CHARS = 10_000
# The code with which an adapter rejects what concerns a deleted record.
GONE = "gone"


@dataclass(frozen=True, slots=True)
class CrmCapabilities:
    """What an adapter can promise, besides the contract.

    Attributes:
        repeats_are_harmless: Whether a call that is made again with the same key does nothing
            more. If not, the engine writes down each call before it makes it.
        lookup_lag_s: How long after a call what it made may be missing from `find_key`.
        max_post_chars: What one `append` may hold, as `timeline.joined` writes it.
    """

    repeats_are_harmless: bool = False
    lookup_lag_s: float = 0.0
    max_post_chars: int = POST_CHARS


@dataclass(frozen=True, slots=True)
class CrmRef:
    """A record as the CRM names it. `kind` is the adapter's own word, `id` the CRM's."""

    kind: str
    id: str

    def __post_init__(self) -> None:
        if not self.kind or not self.id or ":" in self.kind:
            raise ValueError("a reference has a kind without a colon, and an id")

    def text(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def of(cls, text: str) -> Self:
        kind, _, id_ = text.partition(":")
        return cls(kind, id_)


@dataclass(frozen=True, slots=True)
class CrmUser:
    """Somebody who can own a lead. Operators are recognised by `email`, in lower case."""

    id: str
    name: str
    email: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    id: str
    name: str
    stages: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class CrmChoices:
    """What an administrator can choose from."""

    users: tuple[CrmUser, ...]
    pipelines: tuple[Pipeline, ...] = ()
    fields: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Someone. Contacts that are not `proven` are what they say of themselves, no more."""

    id: CustomerId
    name: str
    contacts: tuple[Contact, ...] = ()
    identities: tuple[Identity, ...] = ()

    @property
    def key(self) -> str:
        return f"person:{self.id}"

    @property
    def proven(self) -> tuple[Contact, ...]:
        return tuple(one for one in self.contacts if one.proven)

    @property
    def said(self) -> tuple[Contact, ...]:
        return tuple(one for one in self.contacts if not one.proven)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a lead came from, as people read it: the inbox's name, the line's, the page without its
    query. `utm` has names without `utm_`.
    """

    inbox: str
    line: str
    page: str = ""
    utm: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        marks = [self.utm[name] for name in ("source", "medium", "campaign") if self.utm.get(name)]
        parts = (self.inbox, self.line, self.page, " / ".join(marks))
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Lead:
    """A possible sale. `owner` None: whom the CRM gives it to."""

    id: LeadId
    title: str
    source: Source
    customer_id: CustomerId
    person: CrmRef
    owner: CrmUser | None = None

    @property
    def key(self) -> str:
        return f"lead:{self.id}"


class EntryKind(StrEnum):
    MESSAGE = "message"
    EDIT = "edit"
    WITHDRAWAL = "withdrawal"
    NOTE = "note"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of history. `key` is the same whenever the same thing is said again.

    An edit or a withdrawal comes as an entry of its own: few CRMs let one change what stands there.
    `about` says in words that it is one and of what; `message_id` names the message, so that an
    adapter that can changes what stands there too. Of a withdrawn message no text is given.
    `turn` is a code for what happened, and `data` names who did it to what, for who would rather say
    it in another language than the line's.
    """

    key: str
    kind: EntryKind
    author: str
    text: str
    at: datetime
    conversation_id: ConversationId | None = None
    file_names: tuple[str, ...] = ()
    about: str = ""
    message_id: MessageId | None = None
    withdrawn_at: datetime | None = None
    turn: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A task for a person."""

    id: UUID
    title: str
    due_at: datetime
    owner: CrmUser | None = None

    @property
    def key(self) -> str:
        return f"task:{self.id}"


@dataclass(frozen=True, slots=True)
class CrmMatch:
    """Someone the CRM knows, and the lead of theirs that is not ended, the newest."""

    person: CrmRef
    lead: CrmRef | None = None


@dataclass(frozen=True, slots=True)
class CrmRecord:
    """A lead as it stands there. `open`: neither won nor lost nor thrown away.

    `owner` None: nobody, or only the account by which we speak to a CRM that always names one.
    `fields` are those of the lead and its person that rules may look at, by the CRM's own names:
    texts, numbers, yes or no, or lists of texts.
    """

    ref: CrmRef
    title: str
    stage: str
    open: bool
    owner: CrmUser | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


class Crm(Protocol):
    """One CRM account. A method acts once per call, raises only `ProviderError`s, never
    retries, never logs. After an unclear answer the engine asks `find_key`, then repeats.
    """

    capabilities: ClassVar[CrmCapabilities]

    async def find(
        self, contacts: Sequence[Contact], identities: Sequence[Identity]
    ) -> Sequence[CrmMatch]:
        """Who has one of these, the best match first.

        The engine asks with what is proven; so an adapter compares with what the CRM holds as
        a person's own, never with what somebody only said. It compares normalised values
        itself: every CRM's own search is wider or narrower.
        """

    async def find_key(self, key: str, near: CrmRef | None) -> CrmRef | None:
        """What was made under this key: of a person, a lead, a task, or a post's last entry.

        `near` is the lead on whose timeline an entry or a task would stand. What was made
        less than `lookup_lag_s` ago may be missing.
        """

    async def read(self, ref: CrmRef) -> CrmRecord:
        """A lead as it stands now; `Rejected` with the code `GONE` if it was deleted."""

    async def save_person(self, person: Person, ref: CrmRef | None) -> CrmRef:
        """Make a person, or (with `ref`) add to one what is missing there.

        Never overwrites or removes what stands there: people work in that CRM. What the person
        only said is written so that a reader sees that, and not where `find` looks.
        """

    async def save_lead(self, lead: Lead, ref: CrmRef | None) -> CrmRef:
        """Make a lead of its person, or write its title and source over (with `ref`)."""

    async def append(self, entries: Sequence[TimelineEntry], to: CrmRef) -> CrmRef:
        """Add these to a lead's timeline, in order, as one post where the CRM has posts.

        All are written or none. The post carries the last entry's key.
        """

    async def assign(self, ref: CrmRef, owner: CrmUser) -> None:
        """Give a lead to `owner`. Writes nothing if it is theirs."""

    async def add_task(self, task: FollowUp, to: CrmRef) -> CrmRef: ...

    async def choices(self) -> CrmChoices: ...

    def url(self, ref: CrmRef) -> str:
        """Where a person opens the record."""

    async def check(self) -> None:
        """Raise a `ProviderError` unless the account works now and may do all of the above."""


@runtime_checkable
class Inside(Protocol):
    """A CRM in the desk's own database: what is logged there and how far is one commit, so that
    nobody dies, or is overtaken, between the two.
    """

    async def append_in(
        self, tx: Transaction, entries: Sequence[TimelineEntry], to: CrmRef
    ) -> CrmRef:
        """As `append`; what is raised undoes the transaction."""


@runtime_checkable
class Observed(Protocol):
    """A CRM that tells of changes, so that an owner changed there changes here."""

    def changed(self, hook: Hook) -> Sequence[CrmRef]:
        """The leads that a request of the CRM is about; each is then read. No I/O.

        Raises:
            Unauthenticated: it does not come from the CRM.
            Malformed: it does, and cannot be read.
        """
