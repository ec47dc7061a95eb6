"""aiogram's session over our own `Http`: its time-outs, pace, guard and wire log hold here too.

aiogram writes a call and knows what its refusal means. Of an answer we read ourselves the few
fields that we need: a message that was sent stays sent, however its answer looks.
"""

import re
from collections.abc import AsyncGenerator
from io import BytesIO
from typing import Any, cast

import msgspec
from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod
from aiogram.types import InputFile
from aiogram.utils.token import TokenValidationError
from aiohttp import FormData

from router.errors import (
    BadCredentials,
    Moved,
    ProviderError,
    RecipientGone,
    Rejected,
    Throttled,
    Unconfirmed,
    Unreachable,
)
from router.http import Http, Reply

TIMEOUT_S = 15
FILE_TIMEOUT_S = 120
# Telegram hands out no larger files: https://core.telegram.org/bots/api#getfile, read 2026-11-28.
MAX_FETCHED_BYTES = 20 * 1024 * 1024
WRONG_TOKEN = "Telegram does not accept the bot's token"  # noqa: S105
OTHER_READER = "another program reads this bot's updates: stop it, or take another bot"
# A name ends for Telegram at a semicolon, quoted or not, and a backslash is a part of it:
# td/tdnet/td/net/HttpReader.cpp, read 2026-11-29 in github.com/tdlib/td.
UNREADABLE = str.maketrans({'"': "'", ";": ",", "\\": "_"})
BREAKS = re.compile(r"[\x00-\x1f\x7f]+")
GONE = (
    "chat not found",
    "user not found",
    "user is deactivated",
    "PEER_ID_INVALID",
    "have no rights to send a message",
)


class Session(BaseSession):
    """What a `Bot` calls with."""

    def __init__(self, http: Http, api_url: str) -> None:
        super().__init__(api=TelegramAPIServer.from_base(api_url), timeout=TIMEOUT_S)
        self._http = http

    async def close(self) -> None:
        """The connections are the desk's."""

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[Any],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's contract
    ) -> Any:
        """The result as it came. Raises only `ProviderError`s."""
        url = self.api.api_url(token=bot.token, method=method.__api_method__)
        files: dict[str, InputFile] = {}
        fields = method.model_dump(warnings=False)
        body = self.prepare_value(fields, bot=bot, files=files, _dumps_json=False)
        if files:
            form, timeout = await _form(body, files, bot), timeout or FILE_TIMEOUT_S
            reply = await self._http.exchange("POST", url, data=form, timeout_s=timeout)
        else:
            timeout_s = timeout or self.timeout
            reply = await self._http.exchange("POST", url, json=body, timeout_s=timeout_s)
        answer = _read(reply)
        if 200 <= reply.status < 300 and answer.get("ok") is True:
            return answer.get("result")
        raise self._refusal(bot, method, reply)

    async def stream_content(
        self,
        url: str,
        headers: dict[str, Any] | None = None,
        timeout: int = FILE_TIMEOUT_S,  # noqa: ASYNC109 - aiogram's contract
        chunk_size: int = 65536,
        raise_for_status: bool = True,  # noqa: FBT001, FBT002 - aiogram's contract
    ) -> AsyncGenerator[bytes, None]:
        """A file's bytes, in one piece."""
        reply = await self._http.call(
            "GET", url, headers=headers, timeout_s=timeout, max_bytes=MAX_FETCHED_BYTES
        )
        if reply.status != 200:
            raise Rejected("the file is not there any more", code=str(reply.status))
        yield reply.body

    def _refusal(self, bot: Bot, method: TelegramMethod[Any], reply: Reply) -> ProviderError:
        text = reply.body.decode(errors="replace")
        try:
            self.check_response(bot, method, reply.status, text)
        except AiogramError as error:
            return named(error, reply)
        return Unconfirmed("the answer cannot be read", code=str(reply.status))


def bot_of(token: str, session: Session) -> Bot:
    """Raises `BadCredentials` for what cannot be a token."""
    try:
        return Bot(token, session=session)
    except TokenValidationError:
        pass
    raise BadCredentials(WRONG_TOKEN)


def named(error: AiogramError, reply: Reply) -> ProviderError:
    """What a refusal means to the desk."""
    code, reason = str(reply.status), str(getattr(error, "message", "")) or "refused"
    match error:
        case TelegramRetryAfter():
            return Throttled("too many messages", retry_after_s=error.retry_after, code=code)
        case TelegramMigrateToChat():
            return Moved(str(error.migrate_to_chat_id), code=code)
        case TelegramForbiddenError():
            return RecipientGone(reason, code=code)
        case TelegramUnauthorizedError():
            return BadCredentials(WRONG_TOKEN, code=code)
        case TelegramConflictError():
            return Unreachable(OTHER_READER, code=code)
        case TelegramNotFound() if "method" not in reason:
            # So Telegram answers what never was a bot.
            return BadCredentials(WRONG_TOKEN, code=code)
    if isinstance(error, ClientDecodeError):
        reason = "the answer cannot be read"
    return _by_status(reply, reason)


def _by_status(reply: Reply, reason: str) -> ProviderError:
    code = str(reply.status)
    match reply.status:
        case 401:
            return BadCredentials(WRONG_TOKEN, code=code)
        case 429:
            wait = reply.headers.get("retry-after", "")
            return Throttled(
                "too many messages", retry_after_s=int(wait) if wait.isdecimal() else 1, code=code
            )
        case 503:
            return Unreachable("Telegram is unavailable", code=code)
        case status if status >= 500:
            return Unconfirmed("Telegram failed", code=code)
        case status if status < 400 and reason == "the answer cannot be read":
            return Unconfirmed(reason, code=code)
    gone = any(words.lower() in reason.lower() for words in GONE)
    return (RecipientGone if gone else Rejected)(reason, code=code)


def _read(reply: Reply) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}


async def _form(body: dict[str, Any], files: dict[str, InputFile], bot: Bot) -> FormData:
    form = FormData(quote_fields=False)
    for name, value in body.items():
        given = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        form.add_field(name, given)
    for name, file in files.items():
        # aiohttp wants to read what is large, not to be given it.
        data = BytesIO(b"".join([part async for part in file.read(bot)]))
        form.add_field(name, data, filename=_header_safe(file.filename or name))
    return form


def _header_safe(name: str) -> str:
    return BREAKS.sub(" ", name).translate(UNREADABLE)
