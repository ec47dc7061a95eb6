"""The one client for providers: `router.http`, against a real server that misbehaves."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import unused_port

from router.clock import SystemClock
from router.errors import (
    BadCredentials,
    ProviderError,
    Rejected,
    Throttled,
    Unconfirmed,
    Unreachable,
)
from router.guard import open_session
from router.http import Exchange, Http, retry_after_s
from router.redaction import redacted
from tests.clock import NOON, FakeClock

TOKEN = "123456:AA/bb+cc=="
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Kept:
    """A wire log in memory."""

    exchanges: list[Exchange] = field(default_factory=list)

    def keep(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)


@dataclass
class Provider:
    """A provider on this machine, and our client of it."""

    url: str
    http: Http
    wire: Kept
    answer: Handler

    async def call(self, path: str = "/send", method: str = "POST", **more: object) -> object:
        return await self.http.call(method, self.url + path, **more)  # type: ignore[arg-type]

    @property
    def last(self) -> Exchange:
        return self.wire.exchanges[-1]


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await known.answer(request)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application, shutdown_timeout=0.01)
    await runner.setup()
    port = unused_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    session = open_session(["127.0.0.1"])
    wire = Kept()
    client = Http(
        session,
        wire=wire,
        hide=lambda text: redacted(text, secrets=[TOKEN]),
        clock=SystemClock(),
    )
    known = Provider(f"http://127.0.0.1:{port}", client, wire, says(200))
    yield known
    await session.close()
    await runner.cleanup()


def says(status: int, body: str = "{}", **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(
            status=status, text=body, content_type="application/json", headers=named
        )

    return answer


async def hangs(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    raise AssertionError("nobody waits that long")


async def cuts(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cuts_within_the_body(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"{")
    assert request.transport is not None
    request.transport.close()
    return response


async def floods(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65_536)


async def echo(request: web.Request) -> web.StreamResponse:
    return web.Response(body=await request.read(), content_type=request.content_type)


async def test_answer_is_given_with_its_status_headers_and_body(provider: Provider) -> None:
    provider.answer = says(200, '{"ok": true}', X_Request_Id="7")
    reply = await provider.http.call("POST", provider.url + "/send", json={"text": "Привет"})
    assert (reply.status, reply.headers["x-request-id"], reply.json()) == (200, "7", {"ok": True})


async def test_json_and_forms_are_sent_as_such(provider: Provider) -> None:
    provider.answer = echo
    sent = await provider.http.call("POST", provider.url, json={"a": ["я", None]})
    assert sent.json() == {"a": ["я", None]}
    assert sent.headers["content-type"].startswith("application/json")
    form = await provider.http.call("POST", provider.url, data={"phone": "+7 9", "text": "я"})
    assert form.body == b"phone=%2B7+9&text=%D1%8F"


@pytest.mark.parametrize("status", [400, 403, 404, 409, 302])
async def test_what_the_channel_must_name_is_returned(provider: Provider, status: int) -> None:
    provider.answer = says(status, Location="http://127.0.0.1:1/elsewhere")
    assert (await provider.http.call("POST", provider.url)).status == status


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(401, BadCredentials), (429, Throttled), (500, Unconfirmed), (502, Unconfirmed),
     (503, Unreachable), (504, Unconfirmed)],
)  # fmt: skip
async def test_trouble_has_a_name(
    provider: Provider, status: int, trouble: type[ProviderError]
) -> None:
    provider.answer = says(status)
    with pytest.raises(ProviderError) as raised:
        await provider.call()
    assert type(raised.value) is trouble
    assert raised.value.code == str(status)


async def test_every_status_is_returned_to_who_reads_errors_in_the_body(provider: Provider) -> None:
    provider.answer = says(429, '{"parameters": {"retry_after": 3}}')
    reply = await provider.http.exchange("POST", provider.url)
    assert (reply.status, reply.json()["parameters"]["retry_after"]) == (429, 3)


async def test_provider_says_how_long_to_wait(provider: Provider) -> None:
    provider.answer = says(429, Retry_After="17")
    with pytest.raises(Throttled) as raised:
        await provider.call()
    assert raised.value.retry_after_s == 17


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 1),
        ("2.5", 2.5),
        ("soon", 1),
        ("-5", 1),
        ("nan", 1),
        ("Sat, 01 Aug 2026 12:01:30 GMT", 90),
        ("Sat, 01 Aug 2026 11:00:00 GMT", 0),
        ("Sat, 99 Aug 2026 11:00:00 GMT", 1),
    ],
)
def test_wait_is_read_from_seconds_or_a_date(header: str | None, seconds: float) -> None:
    assert retry_after_s(header, now=NOON) == seconds


async def test_nobody_listening_is_unreachable(provider: Provider) -> None:
    with pytest.raises(Unreachable):
        await provider.http.call("POST", f"http://127.0.0.1:{unused_port()}/")


async def test_name_that_does_not_exist_is_unreachable(provider: Provider) -> None:
    with pytest.raises(Unreachable):
        await provider.http.call("POST", "http://no-such-host.invalid/")


async def test_connection_that_is_not_made_in_time_is_unreachable(provider: Provider) -> None:
    with socket.socket() as listener, ExitStack() as waiting:
        # Nobody accepts, and the queue of one is full.
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(Unreachable):
            await provider.http.call("POST", url, timeout_s=0.4)


@pytest.mark.parametrize("misbehaviour", [hangs, cuts, cuts_within_the_body])
async def test_lost_answer_is_unconfirmed(provider: Provider, misbehaviour: Handler) -> None:
    provider.answer = misbehaviour
    with pytest.raises(Unconfirmed):
        await provider.call(timeout_s=0.3)


async def test_endless_answer_is_cut_off(provider: Provider) -> None:
    provider.answer = floods
    with pytest.raises(Unconfirmed, match="too large"):
        await provider.call(max_bytes=1_000_000)


async def test_answer_that_unpacks_to_too_much_is_cut_off(provider: Provider) -> None:
    async def bomb(_: web.Request) -> web.Response:
        packed = gzip.compress(b"\0" * 20_000_000)
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    provider.answer = bomb
    with pytest.raises(Unconfirmed, match="too large"):
        await provider.call(max_bytes=1_000_000)


async def test_success_that_cannot_be_read_is_unconfirmed(provider: Provider) -> None:
    provider.answer = says(200, "<html>")
    reply = await provider.http.call("POST", provider.url)
    with pytest.raises(Unconfirmed):
        reply.json()


@pytest.mark.parametrize(
    "url", ["", "/path", "ftp://host/", "http://", "http://[::1", "http://2130706433/"]
)
async def test_what_is_no_address_is_rejected(provider: Provider, url: str) -> None:
    with pytest.raises(Rejected):
        await provider.http.call("POST", url)


async def test_cancelled_call_ends_at_once_and_is_logged(provider: Provider) -> None:
    provider.answer = hangs
    call = asyncio.create_task(provider.call())
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert provider.last.received == "Unconfirmed: the call was given up"


async def test_cookies_of_one_account_do_not_reach_another(provider: Provider) -> None:
    provider.answer = says(200, Set_Cookie="session=1")
    await provider.call()

    async def cookies(request: web.Request) -> web.Response:
        return web.json_response(dict(request.cookies))

    provider.answer = cookies
    assert (await provider.http.call("GET", provider.url)).json() == {}


async def test_wire_log_holds_both_sides(provider: Provider) -> None:
    provider.answer = says(200, '{"id": 5}')
    await provider.call(json={"text": "Привет"})
    kept = provider.last
    assert (kept.method, kept.status, kept.sent, kept.received) == (
        "POST",
        200,
        '{"text":"Привет"}',
        '{"id": 5}',
    )
    assert 0 <= kept.took_ms < 5000


async def test_wire_log_says_why_no_answer_came(provider: Provider) -> None:
    provider.answer = cuts
    with pytest.raises(Unconfirmed):
        await provider.call()
    assert (provider.last.status, provider.last.received) == (
        None,
        "Unconfirmed: the connection was cut",
    )


async def test_wire_log_holds_the_beginning_of_long_bodies(provider: Provider) -> None:
    provider.answer = echo
    await provider.call(data=b"x" * 100_000, headers={"Content-Type": "text/plain"})
    assert (len(provider.last.sent), len(provider.last.received)) == (4096, 4096)


async def test_wire_log_holds_no_files(provider: Provider) -> None:
    provider.answer = echo
    form = FormData()
    form.add_field("file", b"\x89PNG" * 10, filename="passport.png")
    await provider.call(data=form)
    assert provider.last.sent == "(a form or a file)"
    await provider.call(data=b"\xff\xd8\xff" * 9, headers={"Content-Type": "image/jpeg"})
    assert (provider.last.sent, provider.last.received) == ("(27 bytes)", "(27 bytes)")


async def test_secrets_stand_in_no_log_no_error_and_no_repr(provider: Provider) -> None:
    provider.answer = echo
    reply = await provider.http.call(
        "POST",
        f"{provider.url}/bot{TOKEN}/send?access_token=of-another",
        json={"token": TOKEN, "again": f"Bearer {TOKEN}"},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    provider.answer = cuts
    with pytest.raises(Unconfirmed) as cut:
        await provider.call(f"/bot{TOKEN}/send")
    with pytest.raises(Rejected) as bad:
        await provider.http.call("POST", f"http://{TOKEN}@:-1/")
    seen = repr([provider.wire.exchanges, reply, cut.value, bad.value])
    assert TOKEN not in seen
    assert "AA" not in seen
    assert "of-another" not in seen
    assert cut.value.__context__ is None
    assert bad.value.__context__ is None


async def test_call_while_we_are_closing_is_unreachable(provider: Provider) -> None:
    session = open_session(["127.0.0.1"])
    closing = Http(session, wire=provider.wire, hide=str, clock=SystemClock())
    await session.close()
    with pytest.raises(Unreachable):
        await closing.call("POST", provider.url)


async def test_calls_wait_for_their_turn(provider: Provider) -> None:
    clock, turns = FakeClock(), []

    async def turn() -> None:
        turns.append(len(provider.wire.exchanges))

    session = open_session(["127.0.0.1"])
    paced = Http(session, wire=provider.wire, hide=str, clock=clock, turn=turn)
    await paced.call("GET", provider.url)
    await paced.call("GET", provider.url)
    await session.close()
    assert turns == [0, 1]
