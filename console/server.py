"""The console's server side, whole: what `router/site.py` puts into its web application."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import orjson
from aiohttp import web

from console.api import (
    attendance,
    calendars,
    cards,
    codes,
    conversations,
    customers,
    departments,
    files,
    inboxes,
    leads,
    lines,
    lists,
    load,
    merging,
    notices,
    operations,
    operators,
    replies,
    rewording,
    session,
    simulations,
    splitting,
    steering,
    trying,
)
from console.api.openapi import ROOT, document, page
from console.api.problems import problems
from console.api.route import Route, served
from console.desk import Desk
from console.feed import Feed
from console.pages import SECURITY, Pages, policy

VERSION = "1"
NOUNS = (
    session,
    attendance,
    conversations,
    codes,
    steering,
    merging,
    splitting,
    replies,
    rewording,
    files,
    customers,
    cards,
    leads,
    operators,
    departments,
    lines,
    trying,
    calendars,
    lists,
    inboxes,
    load,
    notices,
    operations,
    simulations,
)


def routes() -> Sequence[Route]:
    """Every route of the API."""
    return [route for noun in NOUNS for route in noun.ROUTES]


@cache
def described(address: str) -> dict[str, Any]:
    """The API's description. It takes a tenth of a second, which no start waits for."""
    return document(routes(), address=address, version=VERSION)


class Console:
    """`setup` puts all of it into an application: the API, the feed, the pages, the documents."""

    def __init__(self, desk: Desk, *, pages: Pages | None = None) -> None:
        self._desk = desk
        self._pages = pages or Pages()
        self.feed = Feed(desk)

    def setup(self, app: web.Application) -> None:
        app.add_routes(self._pages.routes())
        app.add_routes([web.get("/api/docs", self._documents)])
        api = web.Application(middlewares=[problems])
        api.add_routes([web.get("/openapi.json", self._description)])
        api.add_routes([web.get("/feed", self.feed.serve)])
        api.add_routes(
            [web.route(one.method, one.path, served(one, self._desk)) for one in routes()]
        )
        app.add_subapp(ROOT, api)
        app.cleanup_ctx.append(self._running)
        app.on_shutdown.append(self._close)

    async def _description(self, _: web.Request) -> web.StreamResponse:
        body = orjson.dumps(await asyncio.to_thread(described, self._desk.address))
        return web.Response(body=body, content_type="application/json")

    async def _documents(self, _: web.Request) -> web.StreamResponse:
        nonce = secrets.token_urlsafe(16)
        headers = SECURITY | {"Content-Security-Policy": policy(nonce)}
        text = page(await asyncio.to_thread(described, self._desk.address))
        shown = text.replace("<style>", f'<style nonce="{nonce}">')
        return web.Response(text=shown, content_type="text/html", headers=headers)

    async def _running(self, _: web.Application) -> AsyncIterator[None]:
        stop = self._desk.sessions.listen(self._desk.bus)
        self.feed.listen()
        tasks = [
            asyncio.create_task(self.feed.run()),
            asyncio.create_task(self._desk.reachability.run()),
        ]
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        stop()

    async def _close(self, _: web.Application) -> None:
        """Sockets are told before the server waits for them."""
        self.feed.close()
