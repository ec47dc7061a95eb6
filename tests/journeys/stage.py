"""A running desk and the browsers in front of it, watched.

Whatever a page complains of, a refused Content-Security-Policy, a failed request, an error in its
console, is a failure of the journey. While a network or a desk is `away`, the browser's own lines
about it are no complaint.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Request,
    Response,
    ViewportSize,
    expect,
)

from tests.journeys.chat_screen import Chat
from tests.journeys.console_screen import Console
from tests.journeys.shapes import Shape

EXPECT_TIMEOUT_MS = 20_000
DESKTOP = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
# What Chromium itself says of a network that is gone.
AWAY = ("net::ERR_", "WebSocket connection to", "Failed to load resource")
# Whoever is not signed in is told so, and the browser notes it.
WHO_AM_I = "/api/v1/session"
# A request that its own page gave up, by leaving for instance.
ABORTED = "net::ERR_ABORTED"


@dataclass(eq=False)
class Stage:
    """Contexts are browsers of different people; pages of one context are tabs of one person."""

    browser: Browser
    shape: Shape
    complaints: list[str] = field(default_factory=list)
    _away: bool = False
    _allowed: set[str] = field(default_factory=set)

    async def context(
        self,
        *,
        language: str = "en-GB",
        dark: bool = False,
        phone: bool = False,
        timezone: str = "Europe/Berlin",
    ) -> BrowserContext:
        """A browser of somebody who has never been here."""
        context = await self.browser.new_context(
            base_url=self.shape.address,
            locale=language,
            timezone_id=timezone,
            color_scheme="dark" if dark else "light",
            viewport=PHONE if phone else DESKTOP,
            has_touch=phone,
            is_mobile=phone,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(EXPECT_TIMEOUT_MS)
        context.on("console", self._said)
        context.on("weberror", lambda error: self._complain(f"uncaught: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        return context

    async def console(self, context: BrowserContext | None = None) -> Console:
        """A tab with the console; in a browser of its own unless one is given."""
        page = await (context or await self.context()).new_page()
        await page.goto("/console/")
        return Console(page)

    async def chat(self, context: BrowserContext | None = None) -> Chat:
        """A tab with the demo shop; in a browser of its own unless one is given."""
        page = await (context or await self.context()).new_page()
        await page.goto("/demo?lang=en")
        return Chat(page)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Inside, somebody has no network or the desk is down."""
        self._away = True
        try:
            yield
        finally:
            self._away = False

    @contextmanager
    def refused(self, *statuses: int) -> Iterator[None]:
        """Inside, answers with these statuses belong to the story."""
        self._allowed |= {str(status) for status in statuses}
        try:
            yield
        finally:
            self._allowed -= {str(status) for status in statuses}

    # --- what pages complain of -----------------------------------------------

    def _complain(self, what: str) -> None:
        self.complaints.append(what)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        text, url = message.text, message.location["url"]
        if self._away and text.startswith(AWAY):
            return
        if url.endswith(WHO_AM_I) and "status of 401" in text:
            return
        if any(f"status of {status}" in text for status in self._allowed):
            return
        self._complain(f"{message.type}: {text} ({url})")

    def _failed(self, request: Request) -> None:
        if not self._away and request.failure != ABORTED:
            self._complain(f"{request.failure}: {request.method} {request.url}")

    def _answered(self, response: Response) -> None:
        fine = response.status < 400 or str(response.status) in self._allowed or self._away
        asked = response.status == 401 and response.url.endswith(WHO_AM_I)
        if not (fine or asked):
            self._complain(f"{response.status}: {response.request.method} {response.url}")


@asynccontextmanager
async def on_stage(browser: Browser, shape: Shape) -> AsyncIterator[Stage]:
    """A stage whose pages have complained of nothing when the story ends."""
    expect.set_options(timeout=EXPECT_TIMEOUT_MS)
    stage = Stage(browser, shape)
    yield stage
    for context in browser.contexts:
        await context.close()
    assert not stage.complaints, "\n".join(stage.complaints)
