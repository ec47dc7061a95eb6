"""Small signs to customers: `router.signalling`, and who waits for our word on a press."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from pydantic import BaseModel

from router.attempting import Door
from router.channel import Action, Capabilities, CustomerAction, OutgoingMessage, Sender, Sent
from router.errors import Throttled
from router.guard import open_session
from router.ids import InboxId
from router.inbound import Inbound
from router.model import Inbox, Thread
from router.pacing import Pacer
from router.signalling import MOST_AT_ONCE, TYPING_EVERY_S, Signals
from tests.desk import Desk
from tests.router.post import NoSecrets, Nothing, http_of

SHORT_S = 0.05


@dataclass
class Chatty:
    """A provider that shows signs."""

    capabilities: ClassVar[Capabilities] = Capabilities(max_text_chars=100, typing=True)
    account_type: ClassVar[type[BaseModel]] = Nothing
    secrets_type: ClassVar[type[BaseModel]] = Nothing

    shown: list[str] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)
    hangs: bool = False

    async def signal(self, to: str, action: Action) -> None:
        await self._show(f"{action} to {to}")

    async def acknowledge(self, token: str) -> None:
        await self._show(f"heard {token}")

    async def _show(self, sign: str) -> None:
        if self.hangs:
            await asyncio.sleep(3600)
        if self.troubles:
            raise self.troubles.pop(0)
        self.shown.append(sign)

    async def send(self, message: OutgoingMessage) -> Sent:
        return Sent(message.token)

    async def check(self) -> None:
        return None


class Stage:
    """A thread, and the signs that are shown in it."""

    def __init__(self, desk: Desk, inbox: Inbox, thread: Thread, door: Door) -> None:
        self.desk, self.inbox, self.thread, self._door = desk, inbox, thread, door
        self.signals = Signals(desk.storage, desk.clock, self._open)
        self.ready = asyncio.Event()
        self.ready.set()

    def hurries(self) -> None:
        """From now on a provider has hardly any time."""
        self.signals = Signals(self.desk.storage, self.desk.clock, self._open, timeout_s=SHORT_S)

    async def _open(self, inbox_id: InboxId) -> Door | None:
        await self.ready.wait()
        return self._door if inbox_id == self.inbox.id else None

    def types(self) -> None:
        self.signals.typing(self.inbox.id, self.thread.id)

    async def settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0.002)


@pytest.fixture
def channel() -> Chatty:
    return Chatty()


@pytest.fixture
async def stage(desk: Desk, channel: Chatty) -> AsyncIterator[Stage]:
    inbox = await desk.inbox(await desk.line())
    await desk.writes(inbox=inbox)
    async with open_session() as session:
        pacer = Pacer(channel.capabilities.pace, clock=desk.clock)
        door = Door(inbox, channel, http_of(desk, session), NoSecrets(), pacer)
        stage = Stage(desk, inbox, await desk.thread(inbox), door)
        yield stage
        await stage.signals.close()


async def test_the_customer_sees_that_we_type_now_and_then(stage: Stage, channel: Chatty) -> None:
    for _ in range(5):
        stage.types()
    await stage.settle()
    assert channel.shown == ["typing to visitor-1"]
    stage.desk.clock.move(TYPING_EVERY_S)
    stage.types()
    await stage.settle()
    assert channel.shown == ["typing to visitor-1"] * 2


async def test_trouble_with_a_sign_is_nobodys(stage: Stage, channel: Chatty) -> None:
    channel.troubles = [Throttled(), ValueError("a bug")]
    for token in "abc":
        stage.signals.acknowledge(stage.inbox.id, token)
    await stage.settle()
    assert channel.shown == ["heard c"]


async def test_a_channel_that_gets_ready_slowly_shows_the_first_sign_too(
    stage: Stage, channel: Chatty
) -> None:
    stage.hurries()
    stage.ready.clear()
    stage.types()
    await stage.settle()
    stage.ready.set()
    await stage.settle()
    assert channel.shown == ["typing to visitor-1"]


async def test_a_provider_that_answers_too_late_is_given_up(stage: Stage, channel: Chatty) -> None:
    stage.hurries()
    channel.hangs = True
    for number in range(MOST_AT_ONCE):
        stage.signals.acknowledge(stage.inbox.id, str(number))
    await stage.settle()
    channel.hangs = False
    stage.signals.acknowledge(stage.inbox.id, "the next one")
    await stage.settle()
    assert channel.shown == ["heard the next one"]


async def test_a_provider_that_hangs_is_left_alone(stage: Stage, channel: Chatty) -> None:
    channel.hangs = True
    for number in range(MOST_AT_ONCE + 10):
        stage.signals.acknowledge(stage.inbox.id, str(number))
    await stage.settle()
    channel.hangs = False
    stage.signals.acknowledge(stage.inbox.id, "one too many")
    await stage.settle()
    assert channel.shown == []


async def test_who_pressed_hears_of_it_once_it_is_stored_also_again(
    stage: Stage, channel: Chatty
) -> None:
    desk, scope = stage.desk, str(stage.inbox.id)
    inbound = Inbound(
        desk.storage,
        desk.clock,
        desk.directory,
        desk.blobs,
        writers=1,
        acknowledge=stage.signals.acknowledge,
    )
    writing = asyncio.create_task(inbound.run())
    press = CustomerAction(
        Sender("visitor-1", scope=scope),
        "visitor-1",
        Action.PRESSED,
        "press-1",
        value="choose:1",
        text="Delivery",
        reply_token="spinner",
    )
    for _ in range(2):
        await inbound.receive(stage.inbox, [press])
    await stage.settle()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    assert channel.shown == ["heard spinner"] * 2
    assert (await desk.thread(stage.inbox)).last_seq == 2
