"""A community at the VK that we play, and its channel over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientSession

from channels._account import settle
from channels.vk import Account, Vk
from channels.vk.api import Api
from router.channel import OutgoingFile, OutgoingMessage, Secrets
from router.clock import SystemClock
from router.http import Http
from router.pacing import Pacer
from router.redaction import redacted
from tests.channels.accounts import SECRET
from tests.channels.contract import TestSecrets, Wire
from tests.fakes.vk.server import FakeVk, playing_vk


@dataclass
class Community:
    """The fake, and what a channel of its community is made of."""

    vk: FakeVk
    session: ClientSession
    wire: Wire = field(default_factory=Wire)

    def channel(self, *, token: str | None = None, **given: Any) -> Vk:
        """A channel with the settings of an administrator."""
        account, http, secrets = self._opened(token=token, **given)
        return Vk(account, http, secrets)

    def api(self) -> Api:
        """What the channel calls VK's methods by."""
        _, http, secrets = self._opened()
        return Api(http, secrets, base=self.vk.url)

    def _opened(self, *, token: str | None = None, **given: Any) -> tuple[Account, Http, Secrets]:
        world = self.vk.world
        settings = settle(
            "vk",
            {
                "group_id": world.group_id,
                "token": token or world.token,
                "secret": SECRET,
                "api_url": self.vk.url,
                **given,
            },
        )
        clock = SystemClock()
        http = Http(
            self.session,
            wire=self.wire,
            hide=lambda text: redacted(text, secrets=list(settings.secrets.values())),
            clock=clock,
            turn=Pacer(Vk.capabilities.pace, clock=clock).call_turn,
        )
        return Account.model_validate(settings.account), http, TestSecrets(settings.secrets)


def answer(text: str, *, to: int = 1, token: str = "token-1", **more: Any) -> OutgoingMessage:
    """A message to a customer."""
    return OutgoingMessage(token, thread_key=str(to), to=str(to), text=text, **more)


def a_file(name: str, mime: str, data: bytes) -> OutgoingFile:
    async def read() -> bytes:
        return data

    return OutgoingFile(name, mime, len(data), url=f"https://desk.example/{name}", read=read)


@pytest.fixture
async def community() -> AsyncIterator[Community]:
    async with playing_vk() as vk, ClientSession() as session:
        vk.world.joins(1, "Анна", "Иванова")
        yield Community(vk, session)


def texts(said: list[Mapping[str, Any]]) -> list[str]:
    return [one["text"] for one in said]


async def soon(holds: Callable[[], bool]) -> None:
    """Wait until it holds; an error if it does not within five seconds."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")
