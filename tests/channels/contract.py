"""What the contract tests are made of: recordings, damaged requests, and a provider that we play.

A recording is data in wire/<kind>/. `<name>.http` is a request as the provider sent it, byte for
byte, and `<name>.json` beside it says what is expected of reading it. A `<name>.json` that stands
alone is a message to send: the request it must become, and what the provider answers.
"""

import asyncio
import base64
import copy
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import ClientSession, TCPConnector, web
from aiohttp.test_utils import unused_port

from channels import load
from channels._account import Settings, settle
from router.channel import Channel, Hook, OutgoingFile, OutgoingMessage
from router.clock import SystemClock
from router.http import Exchange, Http
from router.redaction import redacted
from tests.channels.accounts import ACCOUNTS, WORKING
from tests.checkout import ROOT

WIRE = ROOT / "tests/channels/wire"
HERE = "https://desk.example"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class TestSecrets:
    """An account's secrets in memory; a `repr` that tells them would be found."""

    __test__ = False

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)

    def get(self, name: str) -> str:
        return self.values.get(name, "")

    async def refresh(
        self, renew: Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]]
    ) -> None:
        self.values = dict(await renew(self.values))

    def __repr__(self) -> str:
        return f"TestSecrets({self.values})"


@dataclass
class Wire:
    """The wire log in memory."""

    exchanges: list[Exchange] = field(default_factory=list)

    def keep(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)


def open_test_channel(
    kind: str, *, http: Any = None, provider: str = HERE, secrets: Mapping[str, str] | None = None
) -> Any:
    """The channel of the test account. `secrets` in place of the account's own."""
    settings = settle(kind, _filled(ACCOUNTS[kind], provider))
    channel = load(kind)
    account = channel.account_type.model_validate(settings.account)
    return channel(account, http, TestSecrets(settings.secrets if secrets is None else secrets))


def settings_of(kind: str) -> Settings:
    return settle(kind, _filled(ACCOUNTS[kind], HERE))


def secrets_of(kind: str) -> Mapping[str, str]:
    return settings_of(kind).secrets


def _filled(account: Mapping[str, Any], provider: str) -> dict[str, Any]:
    filled: dict[str, Any] = json.loads(json.dumps(account).replace("{provider}", provider))
    return filled


# --- recordings --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came, and what is expected of reading it."""

    kind: str
    name: str
    hook: Hook
    expected: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message to send, the request it becomes, what the provider answers, what comes of it."""

    kind: str
    name: str
    message: OutgoingMessage
    request: Mapping[str, Any] | None
    answer: Mapping[str, Any]
    expected: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@cache
def received(kind: str) -> tuple[Received, ...]:
    """All recordings of what that provider sends."""
    return tuple(
        Received(kind, path.stem, hook_of(path.read_bytes()), _json(path.with_suffix(".json")))
        for path in sorted((WIRE / kind).glob("*.http"))
    )


@cache
def spoken(kind: str) -> tuple[Spoken, ...]:
    """All recordings of what that provider is sent."""
    return tuple(
        _spoken(kind, path.stem, _json(path))
        for path in sorted((WIRE / kind).glob("*.json"))
        if not path.with_suffix(".http").exists()
    )


def hook_of(raw: bytes) -> Hook:
    """A recorded request as the front door would hand it on."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    return Hook(
        method=method,
        url=HERE + path,
        remote="127.0.0.1",
        headers={name.lower(): value for name, value in headers.items()},
        query=dict(parse_qsl(urlsplit(path).query)),
        body=body,
    )


def shown(value: Any) -> Any:
    """A value as recordings write it: what it is, and what differs from its defaults."""
    if is_dataclass(value) and not isinstance(value, type):
        told = {one.name: getattr(value, one.name) for one in fields(value) if _differs(value, one)}
        return {"is": type(value).__name__, **{name: shown(one) for name, one in told.items()}}
    if isinstance(value, tuple | list):
        return [shown(one) for one in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _differs(value: Any, one: Any) -> bool:
    return one.default is MISSING or getattr(value, one.name) != one.default


def _json(path: Any) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _spoken(kind: str, name: str, told: Mapping[str, Any]) -> Spoken:
    said = dict(told["send"])
    given = [OutgoingFile(**{"read": _no_bytes, **one}) for one in said.pop("files", [])]
    message = OutgoingMessage(**said, files=tuple(given))
    answer = told.get("answer", {"status": 200})
    return Spoken(kind, name, message, told.get("request"), answer, told["expected"])


async def _no_bytes() -> bytes:
    return b"made-up bytes"


# --- damage ------------------------------------------------------------------

DEEP = "[" * 100_000 + "]" * 100_000
INSTEAD: tuple[Any, ...] = (
    None, "", " ", "\0", "\ud800", "x" * 100_000, "0" * 400, 0, -1, 10**400, 1e308, True, [], {},
    [None], {"": None}, "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
)  # fmt: skip


def damaged(hook: Hook) -> Iterator[Hook]:
    """The request with any field removed, null, huge, empty or of another kind."""
    yield from (replace(hook, body=body) for body in _broken(hook.body))
    if "json" in hook.headers.get("content-type", ""):
        for body in _damaged_json(json.loads(hook.body)):
            text = json.dumps(body).replace('"<deep>"', DEEP)
            yield replace(hook, body=text.encode(errors="surrogatepass"))
    elif "form" in hook.headers.get("content-type", ""):
        pairs = parse_qsl(hook.body.decode("latin-1"), keep_blank_values=True)
        for fewer in _damaged_pairs(pairs):
            yield replace(hook, body=urlencode(fewer).encode())


def _broken(body: bytes) -> Iterator[bytes]:
    yield from (b"", b"\xff\xfe", b"null", b"[]", b"{}", b"0", b'"', DEEP.encode(), body * 2)
    yield from (body[: len(body) * part // 7] for part in range(1, 7))


def _damaged_json(body: Any) -> Iterator[Any]:
    for path in _paths(body):
        for value in (*INSTEAD, "<deep>"):
            changed = copy.deepcopy(body)
            _at(changed, path[:-1])[path[-1]] = value
            yield changed
        removed = copy.deepcopy(body)
        del _at(removed, path[:-1])[path[-1]]
        yield removed


def _paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inside:
        yield (*at, key)
        if isinstance(one, dict | list):
            yield from _paths(one, (*at, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _damaged_pairs(pairs: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    for index, (name, _) in enumerate(pairs):
        yield pairs[:index] + pairs[index + 1 :]
        for value in ("", "\0", "x" * 100_000, "-1", "9" * 400):
            yield [*pairs[:index], (name, value), *pairs[index + 1 :]]


# --- the provider ------------------------------------------------------------


@dataclass
class Heard:
    """A request as our provider got it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def everything(self) -> str:
        return f"{self.path} {dict(self.headers)} {self.body.decode(errors='replace')}"

    def said(self) -> Any:
        """The body as the provider understands it: JSON, a form, or a text."""
        kind = self.headers.get("content-type", "")
        if "json" in kind:
            return json.loads(self.body)
        if "urlencoded" in kind:
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        return self.body.decode()


@dataclass
class Provider:
    """A provider on this machine, and the client that a channel is given for it."""

    url: str
    http: Http
    wire: Wire
    answer: Handler
    heard: list[Heard] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def playing_provider(secrets: Mapping[str, str]) -> AsyncIterator[Provider]:
    """Play a provider. Its `answer` may be changed; a call to any other host is an error."""

    async def handle(request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        told = Heard(request.method, request.path_qs, headers, await request.read())
        provider.heard.append(told)
        provider.called.set()
        return await provider.answer(request)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application, shutdown_timeout=0.01)
    await runner.setup()
    port = unused_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    wire = Wire()
    connector = TCPConnector(socket_factory=_socket_of_this_machine)
    async with ClientSession(connector=connector) as session:
        http = Http(
            session,
            wire=wire,
            hide=lambda text: redacted(text, secrets=list(secrets.values())),
            clock=SystemClock(),
        )
        provider = Provider(f"http://127.0.0.1:{port}", http, wire, says(200))
        yield provider
    await runner.cleanup()


def says(status: int, body: str = "", **headers: str) -> Handler:
    """Answer everything so. `_` in a header's name stands for `-`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=body, headers=named)

    return answer


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Cut the connection after the request."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def says_half(request: web.Request) -> web.StreamResponse:
    """Cut the connection in the middle of the answer."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"half')
    assert request.transport is not None
    request.transport.close()
    return response


async def hangs(request: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.sleep(3600)
    return web.Response()


def _socket_of_this_machine(address: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, _, place = address
    assert place[0] == "127.0.0.1", "a channel under test called another machine"
    return socket.socket(family=family, type=kind, proto=protocol)


def is_sending(kind: str) -> bool:
    """Whether sending takes a request to a provider."""
    return any(one.request for one in spoken(kind))


def sending(kind: str, provider: Provider) -> tuple[Channel, OutgoingMessage]:
    """A channel at our provider, and a message that it can send."""
    recorded = next(one for one in spoken(kind) if one.request and "is" not in one.expected)
    provider.answer = answering(recorded)
    return open_test_channel(kind, http=provider.http, provider=provider.url), recorded.message


def answering(said: Spoken) -> Handler:
    """Answer as recorded."""
    answer = dict(said.answer)
    return says(answer["status"], answer.get("body", ""), **answer.get("headers", {}))


def working(kind: str) -> Handler:
    """Answer as to an account that works."""
    return says(200, WORKING.get(kind, ""))
