"""Telegram: a bot, by webhook or long polling.

Manual: https://core.telegram.org/bots/api, read 2026-11-28

- The webhook's secret comes in X-Telegram-Bot-Api-Secret-Token.
- sendMessage takes no idempotency key: a lost answer leaves the delivery unconfirmed.
- About 30 messages a second for each bot, one a second in one chat: https://core.telegram.org/
  bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this, read 2026-11-28.
- A bot can write only to whom wrote to it first.

    shapes      what Telegram sends, as values
    contents    what a message says
    business    accounts that the bot answers for
    places      chats and messages as keys of ours
    reading     what an update means: arrivals
    reactions   what people put under a message, and what we may
    formatting  emphasis as entities
    sending     a message of ours as a call
    calls       everything that we ask, by aiogram
    session     aiogram's calls over our own client; its errors named
"""

import asyncio
import re
import secrets as random_secrets
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, field_validator

from channels._proof import is_same
from channels.telegram.reactions import OFFERED
from channels.telegram.reading import arrivals_of
from router.abilities import Introduction, Polled, Profile, Subscription
from router.channel import (
    Action,
    Capabilities,
    Hook,
    OutgoingMessage,
    Pace,
    Parsed,
    Secrets,
    Sent,
)
from router.errors import Unauthenticated
from router.http import Http

if TYPE_CHECKING:
    from channels.telegram.calls import Calls

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105
TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,100}")
WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


class Account(BaseModel):
    """How the bot's messages come."""

    model_config = ConfigDict(title="Telegram", json_schema_extra={"title_ru": "Telegram"})

    by: Literal["polling", "webhook"] = Field(
        default="polling",
        title="How messages come",
        description="To be called, the desk needs a public https address.",
        json_schema_extra={
            "title_ru": "Как приходят сообщения",
            "description_ru": "Чтобы обращался провайдер, нужен публичный адрес https.",
        },
    )
    api_url: HttpUrl = Field(
        default=HttpUrl("https://api.telegram.org"),
        title="API address",
        json_schema_extra={"title_ru": "Адрес API", "advanced": True},
    )


class SecretSettings(BaseModel):
    """The bot's token, and what Telegram proves itself with."""

    model_config = ConfigDict(hide_input_in_errors=True)

    token: SecretStr = Field(
        title="Bot token (from @BotFather)",
        description="It looks like 123456789:AAE…",
        json_schema_extra={
            "title_ru": "Токен бота (от @BotFather)",
            "description_ru": "Выглядит так: 123456789:AAE…",
        },
    )
    webhook_secret: SecretStr = Field(
        default_factory=lambda: SecretStr(random_secrets.token_urlsafe(32)),
        title="Webhook secret",
        json_schema_extra={"title_ru": "Секрет webhook", "advanced": True},
    )

    @field_validator("token")
    @classmethod
    def _is_token(cls, given: SecretStr) -> SecretStr:
        token = given.get_secret_value().strip()
        if not TOKEN.fullmatch(token):
            raise ValueError("looks like 123456789:AAE…, as @BotFather shows it")
        return SecretStr(token)

    @field_validator("webhook_secret")
    @classmethod
    def _is_secret(cls, given: SecretStr) -> SecretStr:
        if not WEBHOOK_SECRET.fullmatch(given.get_secret_value()):
            raise ValueError("16 to 256 Latin letters, digits, _ and -")
        return given


class Telegram:
    """One bot."""

    capabilities: ClassVar = Capabilities(
        max_text_chars=4096,
        max_caption_chars=1024,
        max_file_bytes=50_000_000,
        max_files=10,
        max_buttons=20,
        can_ask_phone=True,
        edits=True,
        emphasis=True,
        reactions=OFFERED,
        typing=True,
        pace=Pace(per_second=30, thread_gap_s=1.0),
    )
    account_type: ClassVar[type[BaseModel]] = Account
    secrets_type: ClassVar[type[BaseModel]] = SecretSettings

    def __init__(self, account: Account, http: Http, secrets: Secrets) -> None:
        self._account = account
        self._http = http
        self._secrets = secrets
        self._made: Calls | None = None

    # --- in -----------------------------------------------------------------

    def authenticate(self, hook: Hook) -> None:
        given = hook.headers.get(SECRET_HEADER, "")
        if not is_same(given, self._secrets.get("webhook_secret")):
            raise Unauthenticated("the secret does not match")

    def parse(self, hook: Hook) -> Parsed:
        return Parsed(arrivals_of(hook.body))

    @property
    def polls(self) -> bool:
        return self._account.by == "polling"

    async def poll(self, cursor: str | None) -> Polled:
        return await (await self._calls()).poll(cursor)

    async def subscribe(self, url: str) -> None:
        await (await self._calls()).subscribe(url)

    async def subscription(self, url: str) -> Subscription:
        return await (await self._calls()).subscription(url)

    async def backlog(self) -> int | None:
        held = (await (await self._calls()).webhook()).get("pending_update_count")
        return held if isinstance(held, int) else None

    async def fetch(self, ref: str) -> bytes:
        return await (await self._calls()).fetch(ref)

    async def acknowledge(self, token: str) -> None:
        await (await self._calls()).acknowledge(token)

    # --- out ----------------------------------------------------------------

    async def prepare(self) -> None:
        await self._calls()

    async def send(self, message: OutgoingMessage) -> Sent:
        return await (await self._calls()).send(message)

    async def edit(self, external_id: str, message: OutgoingMessage) -> None:
        await (await self._calls()).edit(external_id, message)

    async def delete(self, external_id: str) -> None:
        await (await self._calls()).delete(external_id)

    async def react(self, external_id: str, emoji: str) -> None:
        await (await self._calls()).react(external_id, emoji)

    async def signal(self, to: str, action: Action) -> None:
        await (await self._calls()).show_typing(to)

    # --- who is who ---------------------------------------------------------

    async def profiles(self, addresses: Sequence[str]) -> Mapping[str, Profile]:
        return await (await self._calls()).profiles(addresses)

    async def introduce(self) -> Introduction:
        return await (await self._calls()).introduce()

    async def check(self) -> None:
        await (await self._calls()).check()

    async def _calls(self) -> "Calls":
        """What calls for us. To load aiogram takes seconds and 160 MB: not before somebody needs it,
        and not on the loop (aiogram 3.31.0 on CPython 3.11, measured 2026-11-28).
        """
        if self._made is None:
            module = await asyncio.to_thread(import_module, "channels.telegram.calls")
            api_url = str(self._account.api_url).rstrip("/")
            self._made = module.Calls(self._http, self._secrets, api_url)
        return self._made
