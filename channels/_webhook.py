"""The front door of every channel that is called by its provider: `POST /hooks/{inbox_id}`.

A provider hears 200 only after the commit. What is authentic and cannot be read is kept, so
that nothing is lost by a format that changed, or by our own mistake.
"""

import asyncio
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Protocol, cast
from uuid import UUID

import msgspec
import structlog
from aiohttp import web

from router.abilities import Completing, Particular
from router.channel import (
    Answer,
    Arrival,
    Channel,
    Hook,
    Hooked,
    IncomingMessage,
    Parsed,
    Stored,
)
from router.errors import ActError, Busy, Malformed, ProviderError, Unauthenticated
from router.ids import InboxId
from router.model import Inbox

MAX_BODY_BYTES = 16 * 1024 * 1024
READ_TIMEOUT_S = 20.0
BUSY_RETRY_AFTER_S = 2

log = structlog.get_logger(__name__)


class Reception(Protocol):
    """What the front door needs of the hub."""

    async def open(self, inbox_id: InboxId) -> tuple[Inbox, Channel] | None:
        """The active inbox of that id with its channel; None if it is missing or switched off."""

    async def check_fields(self, arrivals: Sequence[Arrival], places: Sequence[str]) -> None:
        """Raise `Malformed` if a field of a sender's card, each at its place, cannot be kept."""

    async def receive(self, inbox: Inbox, arrivals: Sequence[Arrival]) -> Sequence[Stored]:
        """Store them; returns after the commit, in their order. Raises `Busy`."""

    async def keep_unread(self, inbox: Inbox, hook: Hook, reason: str) -> None:
        """Keep an authentic request that could not be read. Raises `Busy`."""

    def refused(self, inbox: Inbox, hook: Hook, *, status: int, reason: str) -> None:
        """Note for who mends the inbox that a request was not taken in. Never waits or raises."""


def hook_routes(
    reception: Reception, *, origin: str, read_timeout_s: float = READ_TIMEOUT_S
) -> Sequence[web.RouteDef]:
    """The door's routes. `origin` is where providers reach us: some sign the whole URL."""

    async def hook(request: web.Request) -> web.Response:
        try:
            return await answer(reception, request, origin, read_timeout_s)
        except Busy:
            return _refusal(503, "busy", "come back soon", retry_after_s=BUSY_RETRY_AFTER_S)

    return (web.post("/hooks/{inbox_id}", hook),)


async def answer(
    reception: Reception, request: web.Request, origin: str, read_timeout_s: float
) -> web.Response:
    """Let one request in, or say why not."""
    inbox_id = _inbox_id(request.match_info["inbox_id"])
    found = await reception.open(inbox_id) if inbox_id else None
    if found is None or not _is_hooked(type(found[1])):
        return _refusal(404, "not_found", "there is no such inbox")
    inbox, channel = found[0], cast("Hooked", found[1])
    try:
        body = await _body(request, read_timeout_s)
    except TimeoutError:
        return _refusal(408, "too_slow", "the request did not arrive in time", close=True)
    if body is None:
        return _refusal(413, "too_large", f"at most {MAX_BODY_BYTES} bytes", close=True)
    hook = _hook(request, origin, body)
    try:
        channel.authenticate(hook)
        return await _taken_in(reception, inbox, channel, hook)
    except Unauthenticated as error:
        reception.refused(inbox, hook, status=401, reason=str(error))
        return _refusal(401, "unauthenticated", "the secret or the signature does not match")
    except Malformed as error:
        status = 400 if error.refuse else 200
        reception.refused(inbox, hook, status=status, reason=error.reason)
        if error.refuse:
            return _refusal(400, "malformed", error.reason, fields=error.problems)
        await reception.keep_unread(inbox, hook, error.reason)
        log.warning("hook_unread", inbox_id=str(inbox.id), channel=inbox.kind)
        return _said(channel.taken() if isinstance(channel, Particular) else Answer())


async def _taken_in(
    reception: Reception, inbox: Inbox, channel: Hooked, hook: Hook
) -> web.Response:
    if _is_completing(type(channel)):
        completed = await _completed(cast("Completing", channel), hook)
        if isinstance(completed, Answer):
            return _said(completed)
        hook = completed
    try:
        parsed = channel.parse(hook)
    except Malformed:
        raise
    except Exception as error:
        # A provider would repeat a 500 for a while and then forget the message.
        # Its text may be the customer's, so only its name is told.
        name = type(error).__name__
        log.error("hook_not_understood", inbox_id=str(inbox.id), channel=inbox.kind, error=name)
        raise Malformed(f"our mistake: {name}") from error
    if parsed.fields_at:
        await reception.check_fields(parsed.arrivals, parsed.fields_at)
    try:
        stored = await reception.receive(inbox, parsed.arrivals) if parsed.arrivals else ()
    except ActError as error:
        # What can be stored is; the rest is kept for people, not repeated by the provider.
        raise Malformed(f"cannot be stored: {error.code}") from error
    if parsed.counts_answer:
        return web.Response(body=_counts(parsed, stored), content_type="application/json")
    return _said(parsed.answer)


async def _completed(channel: Completing, hook: Hook) -> Hook | Answer:
    try:
        return await channel.complete(hook)
    except ProviderError as error:
        raise Busy("the provider does not say what is missing") from error


def _said(said: Answer) -> web.Response:
    return web.Response(status=said.status, body=said.body, content_type=said.content_type)


def _counts(parsed: Parsed, stored: Sequence[Stored]) -> bytes:
    """How many of the messages were new, and how many were here before."""
    new = [
        one.new
        for arrival, one in zip(parsed.arrivals, stored, strict=True)
        if isinstance(arrival, IncomingMessage)
    ]
    return msgspec.json.encode({"accepted": new.count(True), "duplicates": new.count(False)})


async def _body(request: web.Request, timeout_s: float) -> bytes | None:
    """The whole body; None if it is too large. Raises `TimeoutError`."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return None
    if request.content.is_eof():
        # A small request comes in one piece: no reason to set a timer.
        body = request.content.read_nowait()
        return body if len(body) <= MAX_BODY_BYTES else None
    parts, size_bytes = [], 0
    # Counted as it comes: a length may be missing, and a compressed body grows.
    async with asyncio.timeout(timeout_s):
        async for part in request.content.iter_any():
            parts.append(part)
            size_bytes += len(part)
            if size_bytes > MAX_BODY_BYTES:
                return None
    return b"".join(parts)


def _hook(request: web.Request, origin: str, body: bytes) -> Hook:
    path = request.raw_path
    return Hook(
        method=request.method,
        url=origin + path,
        remote=request.remote or "",
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.query) if "?" in path else {},
        body=body,
    )


@cache
def _is_hooked(channel: type[Channel]) -> bool:
    # Asked once of the class: a runtime protocol is slow to ask, and this is the hot path.
    return issubclass(channel, Hooked)


@cache
def _is_completing(channel: type[Channel]) -> bool:
    return issubclass(channel, Completing)


@lru_cache(maxsize=1024)
def _inbox_id(text: str) -> InboxId | None:
    try:
        found = InboxId(UUID(text))
    except ValueError:
        return None
    # Channels may read the id out of the URL that was signed: it has one spelling.
    return found if str(found) == text else None


def _refusal(
    status: int,
    code: str,
    detail: str,
    *,
    fields: dict[str, str] | None = None,
    retry_after_s: int | None = None,
    close: bool = False,
) -> web.Response:
    body = msgspec.json.encode({"code": code, "detail": detail, "fields": fields or {}})
    response = web.Response(status=status, body=body, content_type="application/json")
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    if close:
        # What is left of the body is not worth reading.
        response.force_close()
    return response
