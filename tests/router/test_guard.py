"""Which addresses may be called: `router.guard`."""

import ipaddress
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientConnectorError, ClientSession, web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import unused_port
from hypothesis import given
from hypothesis import strategies as st

from router.guard import Guard, PrivateAddress, is_public, open_session


class Names(AbstractResolver):
    """Names whose addresses change with every question, like those of an attacker."""

    def __init__(self, **answers: list[str]) -> None:
        self._answers = {name.replace("_", "."): list(found) for name, found in answers.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = self._answers[host]
        address = found.pop(0) if len(found) > 1 else found[0]
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """The port of a private service on this machine, which redirects to itself."""

    async def secret(request: web.Request) -> web.Response:
        if request.path == "/redirect":
            raise web.HTTPFound(f"http://127.0.0.1:{request.url.port}/secret")
        return web.Response(text="secret")

    application = web.Application()
    application.router.add_get("/{path:.*}", secret)
    runner = web.AppRunner(application, shutdown_timeout=0.01)
    await runner.setup()
    number = unused_port()
    await web.TCPSite(runner, "127.0.0.1", number).start()
    yield number
    await runner.cleanup()


async def fetched(session: ClientSession, url: str) -> str:
    async with session, session.get(url) as response:
        return await response.text()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200",
        "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.0.192", "192.0.0.9", "64:ff9b:1::7f00:1", "198.18.0.1", "168.63.129.16",
        "::1", "::", "fe80::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:0:0:0:0:0:1",
    ],
)  # fmt: skip
def test_private_addresses_are_known_in_every_disguise(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "149.154.167.220", "2a00:1450:4001::1", "64:ff9b::808:808"]
)
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_disguise_changes_nothing(address: ipaddress.IPv4Address) -> None:
    for disguise in (
        f"::ffff:{address}",
        f"64:ff9b::{int(address) >> 16:x}:{int(address) & 65535:x}",
    ):
        assert is_public(ipaddress.ip_address(disguise)) == is_public(address)


async def test_private_address_is_not_called(port: int) -> None:
    with pytest.raises(ClientConnectorError) as refused:
        await fetched(open_session(), f"http://127.0.0.1:{port}/")
    assert isinstance(refused.value.os_error, PrivateAddress)


@pytest.mark.parametrize("allowed", ["127.0.0.1", "127.0.0.0/8", "LOCALHOST."])
async def test_private_host_is_called_if_the_settings_name_it(port: int, allowed: str) -> None:
    host = "127.0.0.1" if allowed[0].isdigit() else "localhost"
    assert await fetched(open_session([allowed]), f"http://{host}:{port}/") == "secret"


async def test_name_with_a_private_address_is_not_called(port: int) -> None:
    session = open_session(resolver=Names(evil_test=["127.0.0.1"]))
    with pytest.raises(ClientConnectorError) as refused:
        await fetched(session, f"http://evil.test:{port}/")
    assert isinstance(refused.value.os_error, PrivateAddress)


async def test_allowed_name_does_not_let_another_in(port: int) -> None:
    names = Names(crm_test=["127.0.0.1"], evil_test=["127.0.0.1"])
    session = open_session(["crm.test"], resolver=names)
    async with session:
        async with session.get(f"http://crm.test:{port}/") as response:
            assert await response.text() == "secret"
        with pytest.raises(ClientConnectorError):
            await session.get(f"http://evil.test:{port}/")


async def test_name_that_changes_its_mind_is_not_called(port: int) -> None:
    guard = Guard()
    names = Names(evil_test=["8.8.8.8", "127.0.0.1"])
    first = guard.resolved("evil.test", await names.resolve("evil.test", port))
    assert [one["host"] for one in first] == ["8.8.8.8"]
    with pytest.raises(PrivateAddress):
        guard.resolved("evil.test", await names.resolve("evil.test", port))


async def test_redirect_to_a_private_address_is_not_followed(port: int) -> None:
    session = open_session(["shop.test"], resolver=Names(shop_test=["127.0.0.2"]))
    with pytest.raises(ClientConnectorError) as refused:
        await fetched(session, f"http://shop.test:{port}/redirect")
    assert isinstance(refused.value.os_error, (PrivateAddress, ConnectionRefusedError))


def test_socket_is_the_last_line() -> None:
    place = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))
    with pytest.raises(PrivateAddress):
        Guard().socket(place)


async def test_addresses_that_may_be_called_remain_of_a_mixed_answer() -> None:
    found = [
        ResolveResult(hostname="x", host=host, port=1, family=socket.AF_INET, proto=0, flags=0)
        for host in ("10.0.0.1", "8.8.8.8")
    ]
    assert [one["host"] for one in Guard().resolved("x", found)] == ["8.8.8.8"]
