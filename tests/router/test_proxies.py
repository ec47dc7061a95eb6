"""Who calls, through proxies that we believe and past strangers that we do not: `router.proxies`."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from router.proxies import address_in, believing, client_of, counted

OURS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
HERE = (ip_network("127.0.0.0/8"),)
CLIENT = "203.0.113.9"
FORGED = "198.51.100.1"
Headers = Sequence[tuple[str, str]]


@pytest.mark.parametrize(
    ("peer", "noted", "client"),
    [
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [CLIENT], CLIENT),
        ("10.0.0.1", [FORGED, CLIENT], CLIENT),
        ("10.0.0.1", [FORGED, CLIENT, "10.0.0.2"], CLIENT),
        ("10.0.0.1", ["10.0.0.3", "10.0.0.2"], "10.0.0.3"),
        ("fd00::1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1", [f"{CLIENT}:1234"], CLIENT),
        ("10.0.0.1", [FORGED, "unknown"], "10.0.0.1"),
        ("10.0.0.1", [FORGED, "_hidden", "10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [FORGED, ""], "10.0.0.1"),
        (CLIENT, [FORGED], CLIENT),
        (CLIENT, ["10.0.0.2"], CLIENT),
    ],
)
def test_the_last_hop_that_is_no_proxy_of_ours_is_the_client(
    peer: str, noted: list[str], client: str
) -> None:
    assert client_of(ip_address(peer), noted, OURS) == ip_address(client)


@given(st.lists(st.ip_addresses().map(str) | st.text()))
def test_nothing_that_a_client_writes_before_what_our_proxy_noted_matters(
    forged: list[str],
) -> None:
    noted = [*forged, CLIENT, "10.0.0.2"]
    assert client_of(ip_address("10.0.0.1"), noted, OURS) == ip_address(CLIENT)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" 192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1:80", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("192.0.2.256", None),
        ("desk.example", None),
        ("[", None),
        ("", None),
    ],
)
def test_an_address_is_read_as_proxies_write_it(text: str, address: str | None) -> None:
    assert address_in(text) == (ip_address(address) if address else None)


@given(st.text())
def test_whatever_a_header_holds_it_breaks_nothing(text: str) -> None:
    address_in(text)
    counted(text)


def test_all_of_an_ipv6_home_is_counted_as_one() -> None:
    assert counted("2001:db8::1") == counted("2001:db8::ffff:0:0:2")
    assert counted("2001:db8::1") != counted("2001:db8:0:1::1")
    assert counted("::ffff:192.0.2.1") == counted("192.0.2.1") != counted("192.0.2.2")


async def _asked(headers: Headers, *, trusted: bool = True) -> tuple[str, str]:
    """Whom a handler sees, and by which scheme."""

    async def door(request: web.Request) -> web.Response:
        return web.json_response([request.remote, request.scheme, await request.text()])

    site = web.Application(middlewares=[believing(HERE if trusted else OURS)])
    site.add_routes([web.post("/door", door)])
    async with TestClient(TestServer(site)) as client:
        answer = await client.post("/door", data="what was said", headers=headers)
        remote, scheme, text = await answer.json()
    assert text == "what was said"
    return remote, scheme


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ([], ("127.0.0.1", "http")),
        ([("X-Forwarded-For", CLIENT), ("X-Forwarded-Proto", "https")], (CLIENT, "https")),
        ([("X-Forwarded-For", FORGED), ("X-Forwarded-For", CLIENT)], (CLIENT, "http")),
        ([("X-Forwarded-For", f"{FORGED}, {CLIENT}")], (CLIENT, "http")),
        ([("Forwarded", f"for={FORGED}, for={CLIENT};proto=https")], (CLIENT, "https")),
        ([("Forwarded", 'for="[2001:db8::7]:4711"')], ("2001:db8::7", "http")),
        ([("Forwarded", f"for={CLIENT}"), ("X-Forwarded-For", CLIENT)], (CLIENT, "http")),
        ([("X-Forwarded-Proto", "gopher")], ("127.0.0.1", "http")),
        ([("X-Forwarded-Proto", "https, http")], ("127.0.0.1", "http")),
    ],
)
async def test_a_proxy_of_ours_is_believed(headers: Headers, seen: tuple[str, str]) -> None:
    assert await _asked(headers) == seen


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Forwarded-For", CLIENT), ("Forwarded", f"for={FORGED}")],
        [("X-Forwarded-For", FORGED), ("Forwarded", f"for={CLIENT}")],
    ],
)
async def test_where_two_headers_disagree_the_proxy_itself_counts(headers: Headers) -> None:
    assert await _asked(headers) == ("127.0.0.1", "http")


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Forwarded-For", FORGED), ("X-Forwarded-Proto", "https")],
        [("Forwarded", f"for={FORGED};proto=https")],
        [("X-Forwarded-For", "10.0.0.1")],
    ],
)
async def test_a_stranger_is_not_believed(headers: Headers) -> None:
    assert await _asked(headers, trusted=False) == ("127.0.0.1", "http")


async def test_a_socket_through_a_proxy_knows_its_client() -> None:
    async def door(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"{request.remote} {message.data}")
        return socket

    site = web.Application(middlewares=[believing(HERE)])
    site.add_routes([web.get("/socket", door)])
    async with TestClient(TestServer(site)) as client:
        socket = await client.ws_connect("/socket", headers={"X-Forwarded-For": CLIENT})
        await socket.send_str("hello")
        assert await socket.receive_str(timeout=2) == f"{CLIENT} hello"
        await socket.close()
        assert (await socket.receive()).type is WSMsgType.CLOSED
