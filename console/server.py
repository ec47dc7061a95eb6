"""The console's server side, whole: what `router/site.py` puts into its web application."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

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
from console.api.problems import Handler, problems
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


class Console:
    """`setup` puts all of it into an application: the API, the feed, the pages, the documents."""

    def __init__(self, desk: Desk, *, pages: Pages | None = None) -> None:
        self._desk = desk
        self._pages = pages or Pages()
        self.feed = Feed(desk)

    def setup(self, app: web.Application) -> None:
        app.add_routes(self._pages.routes())
        described = document(routes(), address=self._desk.address, version=VERSION)
        app.add_routes([web.get("/api/docs", _documents(page(described)))])
        api = web.Application(middlewares=[problems])
        api.add_routes([web.get("/openapi.json", _fixed(orjson.dumps(described)))])
        api.add_routes([web.get("/feed", self.feed.serve)])
        api.add_routes(
            [web.route(one.method, one.path, served(one, self._desk)) for one in routes()]
        )
        app.add_subapp(ROOT, api)
        app.cleanup_ctx.append(self._running)
        app.on_shutdown.append(self._close)

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


def _fixed(body: bytes) -> Handler:
    async def serve(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json")

    return serve


def _documents(text: str) -> Handler:
    async def serve(_: web.Request) -> web.StreamResponse:
        nonce = secrets.token_urlsafe(16)
        headers = SECURITY | {"Content-Security-Policy": policy(nonce)}
        shown = text.replace("<style>", f'<style nonce="{nonce}">')
        return web.Response(text=shown, content_type="text/html", headers=headers)

    return serve
