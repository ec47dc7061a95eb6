"""What stories of messengers have in common: how they open, and what befalls their desk midway."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from playwright.async_api import expect

from tests.journeys.blows import complaints
from tests.journeys.console_screen import Console
from tests.journeys.load import Clients, browser
from tests.journeys.staff import staffed
from tests.journeys.stage import Stage
from tests.journeys.telegram import Desk

WAIT_S = 30.0
RATING = {
    "ask": True, "scale": "five", "after_s": 0, "window_s": 3600,
    "texts": {"en": "How was it?", "ru": "Как это было?"}, "thanks": {"en": "Thank you", "ru": "Спасибо"},
    "questions": [],
}  # fmt: skip


async def until(what: Callable[[], Any]) -> Any:
    """What it gives, once it gives something."""
    deadline = time.monotonic() + WAIT_S
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.05)
    return found


@asynccontextmanager
async def opened(stage: Stage) -> AsyncIterator[tuple[Console, Desk]]:
    """Anna before her console, and a program of the administrator's; the line asks for a rating.

    In the end everything balances, and no process has complained.
    """
    staff = await staffed(stage)
    anna = await staff.seat("Anna")
    async with browser() as session:
        clients = Clients(stage.shape.address, Random(1))
        desk = Desk(stage.shape, clients, session, token=staff.token)
        await desk.line(rating=RATING)
        yield anna, desk
        assert "Everything balances." in await asyncio.to_thread(stage.shape.router, "check")
        assert complaints(stage.shape) == []


async def everything_dies(stage: Stage, meanwhile: Callable[[], Any]) -> None:
    """Every process is killed as `kill -9` does; something happens; all start again."""
    programs = stage.shape.programs.values()
    for one in programs:
        await asyncio.to_thread(one.kill)
    meanwhile()
    for one in programs:
        await asyncio.to_thread(one.start)
    await asyncio.to_thread(stage.shape.wait_until_ready)


async def is_asked_about(anna: Console, text: str, *, arrived: bool) -> None:
    """The console asks whether an answer came that nobody knows of, and Anna has looked."""
    line = anna.line(text)
    await expect(line.get_by_text("Did it arrive?")).to_be_visible()
    name = "It arrived" if arrived else "It did not, send again"
    await line.get_by_role("button", name=name).click()
    await expect(line.get_by_text("Did it arrive?")).to_be_hidden()
