"""A newcomer's first day: from the one-time password to a conversation that was closed and came back."""

import re
import zlib
from pathlib import Path
from struct import pack

import pytest
from playwright.async_api import expect

from tests.journeys.chat_screen import Chat
from tests.journeys.console_screen import Console
from tests.journeys.shapes import ADMINISTRATOR
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)


def picture(path: Path, *, width: int = 320, height: int = 200) -> Path:
    """A small PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + b"\xd9\x8a\x2b" * width) * height
    header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    return path


async def opened_desk(stage: Stage) -> tuple[Console, Console]:
    """The administrator makes Anna in the console, and goes; Boris is made by the command."""
    boss = await stage.console()
    await boss.sign_in(ADMINISTRATOR, stage.shape.password)
    await boss.choose_password(stage.shape.password)
    await boss.go("Settings")
    if stage.shape.postgresql is not None:
        await boss.page.get_by_role("link", name="Lines").click()
        await boss.add_line("Shop", "shop")
    await boss.page.get_by_role("link", name="Operators").click()
    one_time = await boss.add_operator("Anna", "anna@example.com")
    await boss.sign_out()
    anna = await stage.console()
    await anna.begin("anna@example.com", one_time)
    boris = await stage.console()
    await boris.begin(*stage.shape.operator("Boris"))
    return anna, boris


async def test_conversation_lives_from_the_first_word_to_the_return(
    stage: Stage, tmp_path: Path
) -> None:
    anna, boris = await opened_desk(stage)
    first, second = await stage.chat(), await stage.chat()
    await first.open()
    await first.write("Do you have the stork lamp?")
    await expect(first.bubble("stork lamp").get_by_text("Sent")).to_be_visible()
    await expect(anna.row("Do you have the stork lamp?")).to_be_visible()
    await expect(anna.page).to_have_title("(1) Liniya")
    await second.open()
    await second.write("My lamp came broken")
    await expect(boris.row("My lamp came broken")).to_be_visible()
    await expect(anna.row("My lamp came broken")).to_have_count(0)

    await _shows_what_is_known(anna, first)
    await _answers(anna, first, tmp_path)
    await _whispers_and_gives_away(anna, boris, first)
    await _closes_and_comes_back(boris, first)


async def _shows_what_is_known(anna: Console, chat: Chat) -> None:
    await anna.open("Do you have the stork lamp?")
    await anna.sees("Do you have the stork lamp?")
    await expect(chat.bubble("stork lamp").get_by_text("Read")).to_be_visible()
    await expect(anna.card.get_by_text("Quiet Light: lamps for the home")).to_be_visible()
    await expect(anna.card.get_by_text("Writes for the first time.")).to_be_visible()
    await anna.card.get_by_text("Why me?").click()
    await expect(anna.card.get_by_text("given to You: it was their turn")).to_be_visible()


async def _answers(anna: Console, chat: Chat, folder: Path) -> None:
    lamp, price = picture(folder / "lamp.png"), folder / "prices.txt"
    price.write_text("stork 149\n" * 200)
    await chat.attach(lamp)
    await chat.write("This one")
    await expect(anna.line("This one").get_by_role("img", name="lamp.png")).to_be_visible()
    await anna.field.press_sequentially("Yes, 149", delay=20)
    await expect(chat.log.get_by_text("Anna is typing…")).to_be_visible()
    await anna.field.press("Enter")
    await chat.sees("Yes, 149")
    await expect(anna.page).to_have_title("Liniya")
    await anna.attach(price)
    await anna.answer("The whole list")
    await chat.sees("The whole list")
    await expect(chat.log.get_by_role("link", name="Download prices.txt")).to_be_visible()
    await expect(anna.line("The whole list").get_by_text("Read")).to_be_visible()
    async with chat.page.expect_download() as download:
        await chat.log.get_by_role("link", name="Download prices.txt").click()
    assert (await (await download.value).path()).read_bytes() == price.read_bytes()


async def _whispers_and_gives_away(anna: Console, boris: Console, chat: Chat) -> None:
    await anna.whisper("He has asked before")
    await anna.sees("He has asked before")
    await anna.transfer("Boris", "You know the lamps better")
    await expect(boris.row("The whole list")).to_be_visible()
    await expect(anna.row("The whole list")).to_have_count(0)
    await boris.open("The whole list")
    await boris.sees("He has asked before")
    await expect(boris.thread.get_by_text("You know the lamps better")).to_be_visible()
    await boris.card.get_by_text("Whom was it given before, and why?").click()
    await expect(boris.card.get_by_text("given to Anna: it was their turn")).to_be_visible()
    await boris.answer("Boris here")
    await chat.sees("Boris here")
    await expect(chat.frame.get_by_text("Boris").first).to_be_visible()
    said = await chat.said()
    assert not {text for text in said if "asked before" in text or "know the lamps" in text}


async def _closes_and_comes_back(boris: Console, chat: Chat) -> None:
    await boris.close("Answered")
    await expect(chat.log.get_by_text("This conversation has ended")).to_be_visible()
    await expect(boris.row("Boris here")).to_have_count(0)
    await boris.show("Closed")
    await expect(boris.row("Boris here")).to_be_visible()
    await chat.write("One more thing")
    # It would be Anna's turn, but the customer knows Boris.
    await boris.show("Mine")
    await boris.open("One more thing")
    await boris.sees("Boris here", "One more thing", "He has asked before")
    await expect(boris.thread.get_by_text("The customer wrote again")).to_be_visible()
    await boris.card.get_by_text("Why me?").click()
    await expect(boris.card.get_by_text("the customer knows")).to_be_visible()
    await boris.card.get_by_text(re.compile("decisions? before")).click()
    await expect(boris.card.get_by_text("it was their turn")).to_be_visible()
    await boris.answer("Go ahead")
    await chat.sees("Go ahead", "One more thing", "Boris here", "Yes, 149", "This one")


async def test_first_visitor_reaches_the_only_administrator(small_stage: Stage) -> None:
    """Nothing but the first start: one password, one click in the demo shop."""
    boss, chat = await small_stage.console(), await small_stage.chat()
    await boss.begin(ADMINISTRATOR, small_stage.shape.password)
    await chat.open()
    await chat.write("Does it work?")
    await boss.open("Does it work?")
    await boss.answer("It does")
    await chat.sees("It does")
