"""Customers in Telegram, operators in the console: what both see, and what nobody may notice."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.fakes.telegram import FakeTelegram, fake_telegram, says_429, says_502
from tests.fakes.telegram.world import Chat
from tests.journeys.messenger import everything_dies, is_asked_about, opened, until
from tests.journeys.stage import Stage
from tests.journeys.telegram import SECRET
from tests.journeys.test_dialogue import picture

pytestmark = pytest.mark.timeout(180)


def said(chat: Chat, text: str) -> Any:
    """The bot's message with these words in a customer's chat."""
    return next((one for one in chat.said_by_bot() if text in str(one)), None)


async def test_customer_in_telegram_is_served_in_the_console(
    small_stage: Stage, tmp_path: Path
) -> None:
    async with fake_telegram(proxied=True) as telegram, opened(small_stage) as (console, desk):
        hook = await desk.connect(telegram, await desk.line(), by="webhook")
        # The first call waits for its library to be loaded.
        await telegram.until_called("setWebhook")
        telegram.queue.call(hook, SECRET)
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
        await _reactions_go_both_ways(telegram, vera, console, answer)
        await _words_are_quoted_changed_and_taken_back(vera, console)
        await _storm_loses_and_doubles_nothing(telegram, vera, console, small_stage)

        await console.close()
        asked = await until(lambda: said(vera, "Как это было?"))
        best = asked["reply_markup"]["inline_keyboard"][-1][-1]["text"]
        presses = [telegram.presses(vera, asked, best) for _ in range(2)]
        await until(lambda: said(vera, "Спасибо"))
        telegram.writes(vera, "One more thing")
        await console.open("One more thing")
        await console.sees("One more thing", "Two are packed", "By Monday")
        assert len(set(vera.texts())) == len(vera.texts())
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


async def _reactions_go_both_ways(
    telegram: FakeTelegram, vera: Chat, console: Any, answer: Any
) -> None:
    telegram.reacts(vera, answer, "👍")
    under_ours = console.line("Yes, which colour?").first.get_by_role("list", name="Reactions")
    await expect(under_ours.get_by_role("img", name="👍 Vera")).to_be_visible()
    telegram.reacts(vera, answer)
    await expect(under_ours).to_be_hidden()

    def ours() -> list[str]:
        put = [all_ for (_, who), all_ in vera.reacted.items() if who == telegram.world.bot["id"]]
        return [one["emoji"] for all_ in put for one in all_]

    await console.page.keyboard.press("Escape")
    await console.page.keyboard.press("l")
    await console.page.keyboard.press("ArrowRight")
    await console.page.keyboard.press("Enter")
    await until(lambda: ours() == ["❤"])
    mine = console.line("That one").get_by_role("button", name="❤️ You", exact=True)
    await expect(mine).to_have_attribute("aria-pressed", "true")
    await mine.click()
    await until(lambda: ours() == [])
    await expect(mine).to_be_hidden()


async def _words_are_quoted_changed_and_taken_back(vera: Chat, console: Any) -> None:
    # What has not arrived yet cannot be changed.
    await expect(console.line("This one?").get_by_text("Sent")).to_be_visible()
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


async def _storm_loses_and_doubles_nothing(
    telegram: FakeTelegram, vera: Chat, console: Any, stage: Stage
) -> None:
    """Too fast, an error without a word, one whose word was lost; then all die, and repeats come."""
    telegram.next("sendMessage", says_429(1), says_502())
    await console.answer("It costs 149")
    await is_asked_about(console, "It costs 149", arrived=False)
    await until(lambda: said(vera, "It costs 149"))
    telegram.next("sendMessage", says_502(done=True))
    await console.answer("Without the bulb")
    await is_asked_about(console, "Without the bulb", arrived=True)
    with stage.away():
        again = telegram.writes(vera, "Two of them, then")

        def meanwhile() -> None:
            for _ in range(3):
                telegram.repeats(vera, again)
            telegram.edits(vera, telegram.writes(vera, "By Sunday"), "By Monday")

        await everything_dies(stage, meanwhile)
        await console.sees("Two of them, then", "By Monday")
    await console.answer("Two are packed")
    await until(lambda: said(vera, "Two are packed"))
    for text in ("It costs 149", "Without the bulb", "Two are packed"):
        assert vera.texts().count(text) == 1
