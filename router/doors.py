"""The inboxes with their channels: opened when first needed, closed when the desk changes.

The hub never imports a channel: `open_channel` is handed in by the wiring.
"""

from collections.abc import Callable, Sequence
from functools import partial

import structlog
from aiohttp import ClientSession

from router.abilities import Preparing
from router.attempting import Door
from router.channel import Arrival, Channel, Hook, Hooked, Pace, Secrets, Stored
from router.clock import Clock
from router.directory import Directory
from router.errors import BadCredentials, Busy, Malformed, ProviderError
from router.events import InboxChanged
from router.filling import check
from router.http import KEPT_BYTES, Exchange, Http
from router.ids import InboxId
from router.inbound import Inbound
from router.model import Health, Inbox
from router.news import DeskNews, News, StandingNews
from router.pacing import Pacer
from router.sealing import Unsealable
from router.storage import Storage, Transaction
from router.turns import SharedTurns
from router.unread import Unread, arrival_of
from router.vault import Vault
from router.wirelog import WireLog

OpenChannel = Callable[[Inbox, Http, Secrets], Channel]

UNPACED = Pace().per_second
REFUSAL_EVERY_S = 1.0

log = structlog.get_logger(__name__)


class Doors:
    """One open door per inbox, until somebody changes the desk."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        directory: Directory,
        vault: Vault,
        wirelog: WireLog,
        session: ClientSession,
        *,
        open_channel: OpenChannel,
        turns: SharedTurns | None = None,
    ) -> None:
        self._turns = turns
        self._storage = storage
        self._clock = clock
        self._directory = directory
        self._vault = vault
        self._wirelog = wirelog
        self._session = session
        self._open_channel = open_channel
        self._doors: dict[InboxId, Door] = {}
        self._noted_s: dict[InboxId, float] = {}
        self._generation = 0

    def hear(self, news: News) -> None:
        """A listener of the bus, after the directory."""
        if isinstance(news, DeskNews):
            self.forget()

    def forget(self) -> None:
        self._doors.clear()
        self._generation += 1

    async def door(self, inbox_id: InboxId) -> Door | None:
        """The door of an active inbox whose account is not paused, ready to send."""
        found = await self.any_door(inbox_id)
        if found is None or not found.inbox.active or found.inbox.health is Health.PAUSED:
            return None
        if isinstance(found.channel, Preparing):
            await found.channel.prepare()
        return found

    async def any_door(self, inbox_id: InboxId) -> Door | None:
        """The door of an inbox, in whatever state it is; None if it cannot be opened."""
        known = self._doors.get(inbox_id)
        if known is not None:
            return known
        generation = self._generation
        inbox = await self._directory.inbox(inbox_id)
        if inbox is None:
            return None
        try:
            secrets = await self._vault.load(inbox_id)
        except Unsealable:
            log.error("secrets_unsealable", inbox_id=str(inbox_id))
            return None
        pacer: Pacer | None = None

        async def turn() -> None:
            if pacer is not None:
                await pacer.call_turn()

        http = Http(
            self._session,
            wire=self._wirelog.of(inbox_id),
            hide=secrets.hide,
            clock=self._clock,
            turn=turn,
        )
        try:
            channel = self._open_channel(inbox, http, secrets)
        except Exception as error:  # noqa: BLE001 - one inbox's old settings must not stop the others
            name = type(error).__name__
            log.error("channel_not_opened", inbox_id=str(inbox_id), channel=inbox.kind, error=name)
            return None
        pacer = self._pacer(inbox_id, channel.capabilities.pace)
        door = Door(inbox, channel, http, secrets, pacer)
        if generation == self._generation:
            self._doors[inbox_id] = door
        return door

    def _pacer(self, inbox_id: InboxId, pace: Pace) -> Pacer:
        """One that heeds the other processes, where the provider has a pace."""
        shared = None
        if self._turns is not None and pace.per_second < UNPACED:
            shared = partial(self._turns.wait_s, str(inbox_id))
        return Pacer(pace, clock=self._clock, shared_wait_s=shared)

    async def is_in_use(self, inbox_id: InboxId) -> bool:
        """Whether there is such an inbox, and it is switched on."""
        inbox = await self._directory.inbox(inbox_id)
        return inbox is not None and inbox.active

    def refused(self, inbox_id: InboxId, hook: Hook, *, status: int, reason: str) -> None:
        """Note in the wire log, at most once a second for each inbox: anybody may call."""
        now_s = self._clock.monotonic()
        if now_s - self._noted_s.get(inbox_id, -REFUSAL_EVERY_S) < REFUSAL_EVERY_S:
            return
        self._noted_s[inbox_id] = now_s
        # Neither the query nor the body: the one may hold the secret, the other what was said.
        exchange = Exchange(
            method=hook.method,
            url=hook.url.partition("?")[0][:KEPT_BYTES],
            status=status,
            sent=reason[:KEPT_BYTES],
            received=f"({len(hook.body)} bytes)",
            took_ms=0,
        )
        self._wirelog.of(inbox_id).heard(exchange)

    async def check(self, inbox_id: InboxId) -> None:
        """Ask the provider whether the account works. Raises a `ProviderError`."""
        door = await self.any_door(inbox_id)
        if door is None:
            raise BadCredentials("the settings or the secrets of this inbox cannot be read")
        try:
            await door.channel.check()
        except ProviderError as error:
            paused = isinstance(error, BadCredentials)
            health = Health.PAUSED if paused else Health.FAILING
            await self.set_health(inbox_id, health, error.reason)
            raise
        await self.set_health(inbox_id, Health.WORKING, None)

    async def pause(self, inbox_id: InboxId, reason: str) -> None:
        """The provider refuses the account: nothing is sent until somebody mends it."""
        await self.set_health(inbox_id, Health.PAUSED, reason)

    async def set_health(self, inbox_id: InboxId, health: Health, reason: str | None) -> None:
        inbox = await self._directory.inbox(inbox_id)
        if inbox is None or (inbox.health, inbox.last_error) == (health, reason):
            return

        async def write(tx: Transaction) -> None:
            before = await tx.inboxes.get(inbox_id)
            if await tx.inboxes.set_health(inbox_id, health, reason):
                now = self._clock.now()
                tx.record.emit(InboxChanged(at=now, inbox_id=inbox_id, line_id=inbox.line_id))
                # Of other words for the same trouble the desk need not be read anew, nor doors opened:
                # whoever looks at what is new would look each second, at errors that name the time.
                tx.record.tell(StandingNews() if before and before.health is health else DeskNews())

        await self._storage.run(write)


class Reception:
    """What the front door of webhooks needs of the hub."""

    def __init__(
        self, doors: Doors, inbound: Inbound, unread: Unread, directory: Directory
    ) -> None:
        self._directory = directory
        self._doors = doors
        self._inbound = inbound
        self._unread = unread

    async def open(self, inbox_id: InboxId) -> tuple[Inbox, Channel] | None:
        """Raises `Busy` for an inbox that is there and cannot be opened: its provider comes back."""
        door = await self._doors.any_door(inbox_id)
        if door is None and await self._doors.is_in_use(inbox_id):
            raise Busy("the inbox cannot be opened")
        # A paused account cannot send; what its provider still brings is taken in.
        return (door.inbox, door.channel) if door and door.inbox.active else None

    async def check_fields(self, arrivals: Sequence[Arrival], places: Sequence[str]) -> None:
        check(await self._directory.card_fields(), arrivals, places)

    async def receive(self, inbox: Inbox, arrivals: Sequence[Arrival]) -> Sequence[Stored]:
        return await self._inbound.receive(inbox, arrivals)

    async def read_again(self, inbox_id: InboxId, hook: Hook) -> None:
        """Take in what could not be read before. Raises `Malformed` if it still cannot."""
        found = await self.open(inbox_id)
        if found is None:
            raise Malformed("its inbox is switched off")
        inbox, channel = found
        polled = arrival_of(hook)
        if polled is not None:
            await self._inbound.receive(inbox, [polled])
        elif isinstance(channel, Hooked):
            await self._inbound.receive(inbox, channel.parse(hook).arrivals)
        else:
            raise Malformed("its channel takes no requests any more")

    async def keep_unread(self, inbox: Inbox, hook: Hook, reason: str) -> None:
        await self._unread.keep(inbox.id, hook, reason)

    def refused(self, inbox: Inbox, hook: Hook, *, status: int, reason: str) -> None:
        self._doors.refused(inbox.id, hook, status=status, reason=reason)
