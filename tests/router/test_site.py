"""The web server's application as a whole: `router.site`."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from router.errors import Busy
from router.site import say_when_busy
from router.storage import Conflict


@pytest.mark.parametrize("trouble", [Busy("the database went away"), Conflict("40P01")])
async def test_every_door_says_when_to_come_back_while_the_database_is_away(
    trouble: Exception,
) -> None:
    async def door(_: web.Request) -> web.Response:
        raise trouble

    site = web.Application(middlewares=[say_when_busy])
    site.add_routes([web.get("/chat/shop", door)])
    async with TestClient(TestServer(site)) as client:
        answer = await client.get("/chat/shop")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
