"""What a channel may be able to do beside its contract: one small protocol each, asked for by type.

Like the contract, they raise only `ProviderError`s, do not retry and do not log. What a provider
lacks, its channel does not have: no method that only raises.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from router.channel import Action, Answer, Arrival, Attachment, Hook, OutgoingMessage


@runtime_checkable
class Completing(Protocol):
    """Has to ask its provider before some requests can be read or answered."""

    async def complete(self, hook: Hook) -> Hook | Answer:
        """An authentic request made whole, or the answer to one that brings nothing. What needs no
        asking is given back as it is, at once. A `ProviderError` has the provider come again.
        """


@runtime_checkable
class Particular(Protocol):
    """Its provider takes not every 200 for a yes."""

    def taken(self) -> Answer:
        """What the provider wants to hear when a request was kept although it cannot be read."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll brought, and the cursor, stored after it: a crash between asks again.

    `unread` is what cannot be read, as if it had come as a request, or stands for what the provider
    has lost; each with its reason. It is kept for people and stops nothing.
    """

    arrivals: tuple[Arrival, ...]
    cursor: str
    unread: tuple[tuple[Hook, str], ...] = ()


@runtime_checkable
class Preparing(Protocol):
    """Needs a while before its first call, to load a library for instance."""

    async def prepare(self) -> None:
        """Be able to call at once. Again is harmless, and quick.

        Awaited before a message counts as under way: whoever dies meanwhile has sent nothing.
        """


@runtime_checkable
class Polling(Protocol):
    """Can ask: IMAP, long polling."""

    @property
    def polls(self) -> bool:
        """Whether this account is to be asked; no I/O. Otherwise its provider calls our hook."""

    async def poll(self, cursor: str | None) -> Polled:
        """Ask once, for at most a minute. Arrivals are stored before the next call."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the provider knows of our hook. `ok`: it calls the right address with what we need.

    `url` is where it calls, empty if nowhere. `pending` is how many requests wait for us;
    `last_error` what was wrong when it last called, and when.
    """

    ok: bool
    url: str = ""
    pending: int | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an inbox stands with its provider, as it was when we looked `at`. `by`: we ask (`polling`)
    or are called (`webhook`).
    """

    by: str
    at: datetime
    ok: bool
    url: str = ""
    pending: int | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None


@runtime_checkable
class Subscribed(Protocol):
    """Wants to be told where our hook is."""

    async def subscribe(self, url: str) -> None:
        """Have the provider call `url`. Again is harmless; another address replaces the first."""

    async def subscription(self, url: str) -> Subscription:
        """Whether it calls `url` now."""


@runtime_checkable
class Backlogged(Protocol):
    """Says how much it still holds for us."""

    async def backlog(self) -> int | None:
        """How many updates wait at the provider; None if it does not say now."""


@runtime_checkable
class Fetching(Protocol):
    """Sends files as references."""

    async def fetch(self, ref: str) -> bytes:
        """The bytes of an attachment that came as a reference."""


@runtime_checkable
class Signalling(Protocol):
    """Shows that we type."""

    async def signal(self, to: str, action: Action) -> None:
        """Show in the thread with the key `to` that we type. Best effort: trouble is ignored."""


@runtime_checkable
class Acknowledging(Protocol):
    """Lets the customer wait until a press is answered."""

    async def acknowledge(self, token: str) -> None:
        """Tell the provider that we have heard a `CustomerAction` with that `reply_token`.

        Called after the commit, once, off the request's path: trouble is ignored.
        """


@runtime_checkable
class Editing(Protocol):
    """Lets us change what was sent; `capabilities.edits` says the same."""

    async def edit(self, external_id: str, message: OutgoingMessage) -> None:
        """Put `message` in the place of what was sent. Again is harmless."""

    async def delete(self, external_id: str) -> None:
        """Withdraw what was sent. Again is harmless."""


@runtime_checkable
class Reacting(Protocol):
    """Lets us react to a customer's message; `capabilities.reactions` says with what."""

    async def react(self, external_id: str, emoji: str) -> None:
        """Have this under it, in the place of what we had there; empty: nothing. Again is harmless."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the provider says of a person. Empty: it does not say."""

    name: str = ""
    username: str = ""
    language: str | None = None
    picture: Attachment | None = None


@runtime_checkable
class Profiled(Protocol):
    """Knows more of people than comes with their messages."""

    async def profiles(self, addresses: Sequence[str]) -> Mapping[str, Profile]:
        """Who they are, by address, in as few requests as the provider allows; whom it does not
        know is left out.
        """


@runtime_checkable
class Approaching(Protocol):
    """Lets us write alone to whom we know from a public thread; `capabilities.aside` says the same."""

    async def approach(self, address: str) -> str:
        """The key of the thread that is theirs alone. Raises `RecipientGone` if they do not let us
        write there.
        """


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who an account is: shown before it is saved.

    `link` is where customers find it; `source_key`, if any, the name of a parameter there whose value
    comes back with the first message: where they come from. `warnings` are codes of what will not work as it stands,
    whose words are the console's.
    """

    name: str
    username: str = ""
    link: str = ""
    source_key: str = ""
    picture: bytes | None = None
    warnings: tuple[str, ...] = ()


@runtime_checkable
class Introduced(Protocol):
    """Tells who the account is."""

    async def introduce(self) -> Introduction:
        """Who we are there. Raises `BadCredentials` for a wrong token, as `check` does."""
