"""What the console works with: everything it is handed at the start."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from console.sessions import Sessions
from crm_sync.local import LocalCrm
from queues.notifying import Notices
from queues.presence import Reachability
from router.bus import Bus
from router.channel import Capabilities
from router.clock import Clock
from router.filing import Filing
from router.ids import InboxId
from router.model import Conversation, File, Inbox
from router.news import TypingNews
from router.sealing import Sealing
from router.signalling import Signals
from router.staff import Operator
from router.storage import Storage
from router.trials import Trial
from router.unread import Take, Unread


class Accounts(Protocol):
    """Channels as an administrator meets them; the console never asks a channel itself."""

    def forms(self) -> Sequence[Mapping[str, Any]]:
        """What an inbox of each kind has to be told."""

    def settled(
        self,
        inbox_id: InboxId,
        kind: str,
        given: Mapping[str, Any],
        *,
        account: Mapping[str, Any] | None = None,
        sealed: bytes | None = None,
    ) -> tuple[Mapping[str, Any], bytes]:
        """The account and the sealed secrets; what is not given stays as `account` and `sealed` say.

        Raises:
            NotFound: there is no such kind.
            Invalid: names each setting that is missing, wrong or unknown.
        """

    def made(
        self, inbox_id: InboxId, sealed: bytes, *, given: Collection[str]
    ) -> Mapping[str, str]:
        """The secrets that were made because nobody gave them: the only time to show them."""

    def capabilities(self, kind: str) -> Capabilities: ...

    def hook_url(self, inbox: Inbox) -> str | None:
        """Where its provider calls us, if it does."""

    async def tried(
        self,
        inbox_id: InboxId,
        kind: str,
        given: Mapping[str, Any],
        *,
        account: Mapping[str, Any] | None = None,
        sealed: bytes | None = None,
    ) -> Trial:
        """Ask the provider about settings that are not stored. Raises as `settled` does."""

    async def check(self, inbox_id: InboxId) -> None:
        """Raise a `ProviderError` unless the account works now; either way its health is kept."""

    async def approach(self, inbox_id: InboxId, address: str) -> str:
        """The key of the thread in which its provider lets us write to somebody alone. Raises
        `Invalid` in the provider's words.
        """

    async def register(self, inbox_id: InboxId) -> None:
        """Have its provider call our hook, whatever stands there now; how it stands is kept."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts, each built once in `router/app.py`.

    Attributes:
        address: Where the world reaches the desk, without a slash at its end.
        build: What tells one release of the front end from another.
        read_again: Takes a request in that could not be read before.
        crm_account: The CRM whose log a conversation's `sync` is about.
    """

    storage: Storage
    clock: Clock
    bus: Bus
    sessions: Sessions
    reachability: Reachability
    crm: LocalCrm
    crm_account: str
    accounts: Accounts
    filing: Filing
    unread: Unread
    read_again: Take
    address: str
    build: str
    sealing: Sealing
    signals: Signals
    notices: Notices

    def show_typing(self, head: Conversation, who: Operator) -> None:
        """Tell those who look at a conversation that somebody types, its customer too."""
        self.bus.publish([TypingNews(head.thread_id, head.line_id, who.id, who.name)])
        self.signals.typing(head.inbox_id, head.thread_id)

    @property
    def secure(self) -> bool:
        return self.address.startswith("https://")

    def file_url(self, file: File) -> str:
        """Where a browser fetches a file; it stays the same for a day."""
        return self.filing.path(file)
