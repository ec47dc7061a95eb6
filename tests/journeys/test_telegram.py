"""Customers in Telegram, operators in the console: what both see, and what nobody may notice."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.async_api import expect

from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.fakes.telegram.world import Chat
from tests.journeys.load import Clients, browser
from tests.journeys.staff import staffed
from tests.journeys.stage import Stage
from tests.journeys.telegram import Desk
from tests.journeys.test_dialogue import picture

pytestmark = pytest.mark.timeout(180)
WAIT_S = 20.0
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


def said(chat: Chat, text: str) -> Any:
    """The bot's message with these words in a customer's chat."""
    return next((one for one in chat.said_by_bot() if text in str(one)), None)


async def test_customer_in_telegram_is_served_in_the_console(
    small_stage: Stage, tmp_path: Path
) -> None:
    staff = await staffed(small_stage)
    console = await staff.seat("Anna")
    async with fake_telegram() as telegram, browser() as session:
        desk = Desk(small_stage.shape, Clients(small_stage.shape.address, Random(1)), session)
        await desk.connect(telegram, await desk.line(rating=RATING), by="polling")
        # The first call waits for its library to be loaded.
        await telegram.until_called("getUpdates")
        vera = telegram.person(70_000_000_007, "Vera")
        first = telegram.writes(vera, "Is the stork lamp in stock?")
        await console.open("Is the stork lamp in stock?")
        await expect(console.card.get_by_text("Vera").first).to_be_visible()
        await console.field.press_sequentially("**Yes**, which colour?", delay=20)
        await until(lambda: vera.actions)
        await console.field.press("Enter")
        answer = await until(lambda: said(vera, "Yes, which colour?"))
        assert answer["entities"][0]["type"] == "bold"

        telegram.edits(vera, first, "Is the heron lamp in stock?")
        await console.sees("Is the heron lamp in stock?")
        await _pictures_go_both_ways(telegram, vera, console, tmp_path)
        telegram.writes(vera, "That one", reply_to_message=answer)
        await console.sees("That one")
        await _words_are_quoted_changed_and_taken_back(vera, console)

        await console.close()
        asked = await until(lambda: said(vera, "Как это было?"))
        best = asked["reply_markup"]["inline_keyboard"][-1][-1]["text"]
        presses = [telegram.presses(vera, asked, best) for _ in range(2)]
        await until(lambda: said(vera, "Спасибо"))
        telegram.writes(vera, "One more thing")
        await console.open("One more thing")
        await console.sees("One more thing", "That one", "This one, 149?")
        assert len([text for text in vera.texts() if text == "Спасибо"]) == 1
        # No button of hers is left spinning, and she saw that somebody wrote.
        await until(lambda: set(presses) <= set(telegram.methods.answered))
        assert "typing" in vera.actions


async def _pictures_go_both_ways(
    telegram: FakeTelegram, vera: Chat, console: Any, folder: Path
) -> None:
    lamp = picture(folder / "lamp.png")
    for caption in ("Like these two", ""):
        told = {"caption": caption} if caption else {}
        telegram.sends_photo(vera, lamp.read_bytes(), media_group_id="album-1", **told)
    both = console.line("Like these two")
    await expect(both.get_by_role("img")).to_have_count(2)
    await console.attach(lamp)
    await console.answer("This one?")
    sent = await until(lambda: said(vera, "This one?"))
    assert telegram.world.files[sent["photo"][-1]["file_id"]].data == lamp.read_bytes()


async def _words_are_quoted_changed_and_taken_back(vera: Chat, console: Any) -> None:
    await console.field.press("ArrowUp")
    field = console.page.locator("textarea:focus")
    await expect(field).to_have_value("This one?")
    await field.fill("This one, 149?")
    await field.press("Enter")
    await until(lambda: said(vera, "This one, 149?"))
    assert not said(vera, "This one?")
    asked = console.line("That one")
    await asked.hover()
    await asked.get_by_role("button", name="Answer this message").click()
    await console.page.locator("textarea:focus").fill("Wrapped?")
    await console.page.keyboard.press("Enter")
    quoting = await until(lambda: said(vera, "Wrapped?"))
    assert quoting["reply_to_message"]["text"] == "That one"
    ours = console.line("Wrapped?")
    await ours.hover()
    for _ in range(2):
        await ours.get_by_role("button", name="Withdraw").click()
    await until(lambda: not said(vera, "Wrapped?"))
