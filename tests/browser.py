"""The browser that journeys and pictures are made with: the machine's own Chromium."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

from tests.servers import ServerMissing

ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
)


def chromium() -> str:
    """Its path: `CHROMIUM` from the environment, else the first found on PATH."""
    named = os.environ.get("CHROMIUM")
    for name in (named,) if named else ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise ServerMissing("Chromium is not installed; `.ci/servers chromium` says what to do.")


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """A headless browser without a profile, closed afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()
