"""The one client for providers; trouble becomes a named error.

Redirects are not followed, answers have a limit, and every exchange is told to the wire log
without its headers and secrets.
"""

import json as json_codec
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    FormData,
    InvalidURL,
    NonHttpUrlClientError,
)

from router.clock import Clock
from router.errors import (
    BadCredentials,
    ProviderError,
    Rejected,
    Throttled,
    Unconfirmed,
    Unreachable,
)
from router.guard import PrivateAddress

MAX_ANSWER_BYTES = 10_000_000
# An answer that takes the whole time leaves open whether the request went out; a connection that
# is not made in half of it does not.
CONNECTING_SHARE = 0.5
KEPT_BYTES = 4096
READABLE = ("json", "text/", "xml", "urlencoded", "javascript")

Body = bytes | str | Mapping[str, str] | FormData | AsyncIterator[bytes] | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answered. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body read as JSON.

        Raises:
            Unconfirmed: it is none, so nobody knows what was done.
        """
        try:
            return json_codec.loads(self.body)
        except (ValueError, RecursionError):
            pass
        raise Unconfirmed("the answer is not JSON", code=str(self.status))

    def raise_trouble(self, *, now: datetime) -> None:
        """Raise what `Http.call` promises for this status."""
        code = str(self.status)
        match self.status:
            case 401:
                raise BadCredentials("the provider refused our credentials", code=code)
            case 429:
                wait_s = retry_after_s(self.headers.get("retry-after"), now=now)
                raise Throttled(
                    "the provider asks us to slow down", retry_after_s=wait_s, code=code
                )
            case 503:
                raise Unreachable("the provider is unavailable", code=code)
            case status if status >= 500:
                raise Unconfirmed("the provider failed", code=code)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What we said to a provider and heard, redacted. No status: no answer came, and `received`
    says why.
    """

    method: str
    url: str
    status: int | None
    sent: str
    received: str
    took_ms: int


class Wire(Protocol):
    """Where exchanges of one account are kept."""

    def keep(self, exchange: Exchange) -> None:
        """Take it, or drop it; never waits, never raises."""


async def at_once() -> None:
    """The turn of an account without a pace."""


class Http:
    """The client of one account.

    Args:
        session: From `router.guard.open_session`.
        wire: Takes every exchange.
        hide: Takes the account's secrets out of a text.
        turn: Returns when the account may make its next call.
        clock: Tells the time.
    """

    def __init__(
        self,
        session: ClientSession,
        *,
        wire: Wire,
        hide: Callable[[str], str],
        clock: Clock,
        turn: Callable[[], Awaitable[None]] = at_once,
    ) -> None:
        self._session = session
        self._wire = wire
        self._hide = hide
        self._clock = clock
        self._turn = turn

    async def call(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        data: Body = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 10.0,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Reply:
        """Make one request. Any other status is returned for the channel to name, redirects too.

        Raises:
            Unreachable: no connection, or status 503.
            Unconfirmed: no answer within `timeout_s` seconds, the connection was cut after the
                request, more than `max_bytes` came back, or another 5xx.
            Throttled: status 429; `Retry-After` in seconds, 1 if absent.
            BadCredentials: status 401.
            Rejected: the URL is none (code `bad_url`) or leads to a private network (code
                `private_address`).
        """
        reply = await self.exchange(
            method,
            url,
            json=json,
            data=data,
            headers=headers,
            timeout_s=timeout_s,
            max_bytes=max_bytes,
        )
        reply.raise_trouble(now=self._clock.now())
        return reply

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        data: Body = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 10.0,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Reply:
        """As `call`, but every status is returned: for providers whose error is in the body."""
        if json is not None:
            data = json_codec.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
            headers = {"Content-Type": "application/json", **(headers or {})}
        await self._turn()
        began = self._clock.monotonic()
        heard: Reply | ProviderError = Unconfirmed("the call was given up")
        try:
            heard = await self._exchange(method, url, data, headers, timeout_s, max_bytes)
        finally:
            took_ms = round((self._clock.monotonic() - began) * 1000)
            self._wire.keep(self._kept(method, url, data, heard, took_ms))
        if isinstance(heard, ProviderError):
            raise heard
        return heard

    async def _exchange(
        self, method: str, url: str, data: Body, headers: Mapping[str, str] | None,
        timeout_s: float, max_bytes: int,
    ) -> Reply | ProviderError:  # fmt: skip
        if self._session.closed:
            return Unreachable("we are closing")
        timeout = ClientTimeout(total=timeout_s, connect=timeout_s * CONNECTING_SHARE)
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                body = await _read(response, max_bytes)
        except (ClientError, OSError, ValueError) as error:
            # Given back, not raised: these errors hold the URL, and it may hold a token.
            return _trouble(error)
        if body is None:
            return Unconfirmed("the answer is too large", code=str(response.status))
        names = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, names, body)

    def _kept(
        self, method: str, url: str, data: Body, heard: Reply | ProviderError, took_ms: int
    ) -> Exchange:
        if isinstance(heard, Reply):
            status, kind = heard.status, heard.headers.get("content-type", "")
            received = _readable(heard.body, kind)
        else:
            status, received = None, f"{type(heard).__name__}: {heard.reason}"
        return Exchange(
            method=method,
            url=self._hide(url)[:KEPT_BYTES],
            status=status,
            sent=self._hide(_said(data))[:KEPT_BYTES],
            received=self._hide(received)[:KEPT_BYTES],
            took_ms=took_ms,
        )


def retry_after_s(value: str | None, *, now: datetime) -> float:
    """The seconds that a `Retry-After` header asks for: a number or a date; 1 if unreadable."""
    if value is None:
        return 1.0
    try:
        if value.strip().replace(".", "", 1).isdecimal():
            return float(value)
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return 1.0
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


async def _read(response: ClientResponse, max_bytes: int) -> bytes | None:
    """The body; None if it is longer than `max_bytes`."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            response.close()
            return None
    return bytes(body)


def _trouble(error: Exception) -> ProviderError:
    match error:
        case ClientConnectorError(os_error=PrivateAddress()):
            return Rejected("the address is private", code="private_address")
        case ClientConnectorError() | ConnectionTimeoutError():
            return Unreachable("no connection")
        case InvalidURL() | NonHttpUrlClientError():
            return Rejected("this is not an address", code="bad_url")
        case TimeoutError():
            return Unconfirmed("no answer in time")
        case ClientError() | OSError():
            return Unconfirmed("the connection was cut")
        case _:
            return Rejected("this request cannot be sent", code="bad_request")


def _said(data: Body) -> str:
    match data:
        case None:
            return ""
        case bytes():
            return _readable(data, "text/")
        case str():
            return data
        case Mapping():
            return "&".join(f"{name}={value}" for name, value in data.items())
        case _:
            return "(a form or a file)"


def _readable(body: bytes, content_type: str) -> str:
    if not any(kind in content_type for kind in READABLE):
        return f"({len(body)} bytes)" if body else ""
    # Cut after the secrets are hidden, else half of one could stay; but not all of a huge body.
    try:
        return body[: KEPT_BYTES * 4].decode(
            errors="ignore" if len(body) > KEPT_BYTES * 4 else "strict"
        )
    except UnicodeDecodeError:
        return f"({len(body)} bytes)"
