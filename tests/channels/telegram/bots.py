"""A bot of ours in a fake Telegram, spoken to over real HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from channels._account import settle
from channels.telegram import Account, Telegram
from router.channel import OutgoingFile, OutgoingMessage
from router.clock import SystemClock
from router.guard import open_session
from router.http import Http
from router.redaction import redacted
from tests.channels.contract import TestSecrets, Wire
from tests.fakes.telegram import FakeTelegram


@dataclass
class Bot:
    """Our channel, and what it has said on the wire."""

    channel: Telegram
    wire: Wire

    async def says(self, chat: Any, text: str = "", **told: Any) -> str:
        """Sends; gives Telegram's id of it."""
        key = told.pop("thread_key", str(chat.id))
        message = OutgoingMessage("token-1", thread_key=key, to=key, text=text, **told)
        return (await self.channel.send(message)).external_id


@asynccontextmanager
async def a_bot(telegram: FakeTelegram, **given: Any) -> AsyncIterator[Bot]:
    """A bot at that Telegram, with settings as an administrator gives them."""
    settings = settle("telegram", {"token": telegram.token, "api_url": telegram.url, **given})
    wire, session = Wire(), open_session(["127.0.0.1"])
    http = Http(
        session,
        wire=wire,
        hide=lambda text: redacted(text, secrets=list(settings.secrets.values())),
        clock=SystemClock(),
    )
    account = Account.model_validate(settings.account)
    yield Bot(Telegram(account, http, TestSecrets(settings.secrets)), wire)
    await session.close()


def a_file(name: str, mime: str, data: bytes) -> OutgoingFile:
    async def read() -> bytes:
        return data

    return OutgoingFile(name, mime, len(data), f"https://desk.example/files/{name}", read)
