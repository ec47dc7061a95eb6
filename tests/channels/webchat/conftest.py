"""The web chat on a real server, its desk in memory."""

from ipaddress import ip_network

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from channels.webchat.doors import Doors
from router.proxies import believing
from router.visitor import Front
from tests.channels.webchat.chat import Browser, Client, MemoryDesk, doors_of, front_of
from tests.clock import FakeClock


@pytest.fixture
def memory() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def front(memory: MemoryDesk) -> Front:
    return front_of(memory, allowed_sites=("https://shop.example",))


@pytest.fixture
def doors(front: Front, clock: FakeClock) -> Doors:
    return doors_of(front, clock)


@pytest.fixture
async def client(doors: Doors, aiohttp_client: AiohttpClient) -> Client:
    application = web.Application(middlewares=[believing((ip_network("127.0.0.1"),))])
    application.add_routes(doors.routes())
    return await aiohttp_client(application)


@pytest.fixture
def browser(client: Client) -> Browser:
    return Browser(client)
