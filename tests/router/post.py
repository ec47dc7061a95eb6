"""A provider that does as a script says, and a post office of the desk that sends through it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import inf
from typing import ClassVar
from uuid import uuid4

from aiohttp import ClientSession
from pydantic import BaseModel

from router import outbound
from router.attempting import Door
from router.buttons import Button
from router.channel import Capabilities, OutgoingMessage, Pace, Sent
from router.delivery import Outbound
from router.errors import Unconfirmed
from router.guard import open_session
from router.http import Exchange, Http
from router.ids import FileId, InboxId, MessageId
from router.model import Delivery, Health, Inbox, Message
from router.news import DeskNews
from router.pacing import Pacer, Turn
from router.reactions import DELIVER
from router.staff import Operator
from router.storage import Lane, Transaction
from tests.desk import Desk

LEASE = timedelta(seconds=10)
# The clock stands still: who has a pace waits until it is told to move.
AT_ONCE = Pace(per_second=inf)
ONCE = Capabilities(max_text_chars=20, max_file_bytes=100, max_buttons=3, pace=AT_ONCE)
REPEATABLE = replace(ONCE, send_is_idempotent=True)


class Nothing(BaseModel):
    """What an account of the script needs."""


@dataclass
class Provider:
    """What a provider has, and what it does next: `script` holds what each call raises or calls."""

    script: list[Exception | Callable[[], Awaitable[None]] | None] = field(default_factory=list)
    got: list[OutgoingMessage] = field(default_factory=list)
    answer_lost: bool = False
    _known: dict[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.got]

    async def take(self, message: OutgoingMessage, *, repeatable: bool) -> Sent:
        await asyncio.sleep(0)
        said = self.script.pop(0) if self.script else None
        if isinstance(said, Exception):
            raise said
        if said is not None:
            await said()
        if not (repeatable and message.token in self._known):
            self.got.append(message)
            self._known[message.token] = f"p{len(self.got)}"
        await asyncio.sleep(0)
        if self.answer_lost:
            self.answer_lost = False
            raise Unconfirmed("cut")
        return Sent(self._known[message.token])


class Scripted:
    """A `Channel` of that provider."""

    capabilities: ClassVar[Capabilities] = ONCE
    account_type: ClassVar[type[BaseModel]] = Nothing
    secrets_type: ClassVar[type[BaseModel]] = Nothing

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def send(self, message: OutgoingMessage) -> Sent:
        return await self._provider.take(message, repeatable=self.capabilities.send_is_idempotent)

    async def check(self) -> None:
        return None


class Repeatable(Scripted):
    capabilities: ClassVar[Capabilities] = REPEATABLE


class Revised(Scripted):
    """A provider that lets us change what it has."""

    capabilities: ClassVar[Capabilities] = replace(ONCE, edits=True)

    def __init__(self, provider: Provider) -> None:
        super().__init__(provider)
        self.edited: list[tuple[str, str]] = []
        self.deleted: list[str] = []
        self.script: list[Exception | Callable[[], Awaitable[None]]] = []

    async def edit(self, external_id: str, message: OutgoingMessage) -> None:
        await self._as_scripted()
        self.edited.append((external_id, message.text))

    async def delete(self, external_id: str) -> None:
        await self._as_scripted()
        self.deleted.append(external_id)

    async def _as_scripted(self) -> None:
        said = self.script.pop(0) if self.script else None
        if isinstance(said, Exception):
            raise said
        if said is not None:
            await said()


class WatchedPacer(Pacer):
    """Says how many wait for their turn."""

    waiting = 0

    async def take_turn(self) -> Turn:
        self.waiting += 1
        try:
            return await super().take_turn()
        finally:
            self.waiting -= 1


class NoSecrets:
    def get(self, name: str) -> str:
        return ""

    async def refresh(
        self, renew: Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]]
    ) -> None:
        await renew({})


class Post:
    """The way out of one inbox."""

    def __init__(self, desk: Desk, inbox: Inbox, channel: Scripted, http: Http) -> None:
        self.desk = desk
        self.inbox = inbox
        self.channel = channel
        self.open = True
        self.paused: list[str] = []
        self.pacer = WatchedPacer(channel.capabilities.pace, clock=desk.clock)
        self._door = Door(inbox, channel, http, NoSecrets(), self.pacer)
        self.outbound = Outbound(
            desk.storage,
            desk.clock,
            open_door=self._open,
            outgoing=desk.filing.outgoing,
            pause_inbox=self._pause,
        )
        desk.steps[DELIVER] = self.outbound.deliver

    async def _open(self, inbox_id: InboxId) -> Door | None:
        assert inbox_id == self.inbox.id
        found = await self.desk.directory.inbox(inbox_id)
        paused = found is None or found.health is Health.PAUSED
        return self._door if self.open and not paused else None

    async def _pause(self, inbox_id: InboxId, reason: str) -> None:
        self.paused.append(reason)
        await self.set_health(Health.PAUSED)

    async def set_health(self, health: Health) -> None:
        async with self.desk.storage.transaction() as tx:
            await tx.inboxes.set_health(self.inbox.id, health, None)
            tx.record.tell(DeskNews())

    async def reply(
        self,
        text: str = "Hello",
        *,
        who: str = "visitor-1",
        author: Operator | None = None,
        message_id: MessageId | None = None,
        file_ids: Sequence[FileId] = (),
        seen_seq: int | None = None,
        buttons: Sequence[Button] = (),
        in_reply_to: MessageId | None = None,
    ) -> Message:
        """The desk answers a customer."""
        conversation = await self.desk.conversation(self.inbox, who)
        id_ = message_id or MessageId(uuid4())

        async def step(tx: Transaction) -> Message:
            return await outbound.reply(
                tx,
                conversation.id,
                message_id=id_,
                text=text,
                file_ids=file_ids,
                author=author,
                seen_seq=seen_seq,
                buttons=buttons,
                in_reply_to=in_reply_to,
                capabilities=self.channel.capabilities,
                now=self.desk.clock.now(),
            )

        return await self.desk.storage.run(step)

    async def retry(self, delivery: Delivery) -> Message:
        now = self.desk.clock.now()
        return await self.desk.storage.run(lambda tx: outbound.retry(tx, delivery.id, now=now))

    async def settle(self, delivery: Delivery, *, arrived: bool) -> Message:
        now = self.desk.clock.now()
        return await self.desk.storage.run(
            lambda tx: outbound.settle(tx, delivery.id, arrived=arrived, now=now)
        )

    async def take(self) -> Lane:
        """The one lane that is due."""
        now = self.desk.clock.now()
        async with self.desk.storage.transaction() as tx:
            (lane,) = await tx.lanes.take(DELIVER, now=now, lease_until=now + LEASE, limit=1)
        return lane

    async def deliveries(self, message: Message) -> list[Delivery]:
        async with self.desk.storage.reading() as tx:
            found = await tx.messages.get(message.id)
        assert found is not None
        return list(found.deliveries)

    async def states(self, *messages: Message) -> list[str]:
        return [one.state.value for said in messages for one in await self.deliveries(said)]


class Unlogged:
    def keep(self, exchange: Exchange) -> None:
        return None


def http_of(desk: Desk, session: ClientSession) -> Http:
    return Http(session, wire=Unlogged(), hide=str, clock=desk.clock)


@asynccontextmanager
async def a_post(
    desk: Desk, provider: Provider, kind: type[Scripted] = Scripted
) -> AsyncIterator[Post]:
    """A post office with one customer who has written."""
    # What is said here by itself is worth saying for long.
    inbox = await desk.inbox(await desk.line(stale_after_s=30 * 86_400))
    await desk.writes("help!", inbox=inbox)
    async with open_session() as session:
        yield Post(desk, inbox, kind(provider), http_of(desk, session))
