"""An administrator connects a bot by the form; an operator uses what the messenger can do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.fakes.telegram.world import Chat
from tests.journeys.console_screen import Console
from tests.journeys.messenger import until
from tests.journeys.staff import staffed
from tests.journeys.stage import Stage
from tests.journeys.test_telegram import said

pytestmark = pytest.mark.timeout(240)
WRONG = "1234567890:AAE-made-up-token-of-somebody-else-0002"


async def fill(dialog: Locator, telegram: FakeTelegram, token: str) -> None:
    """The form of a bot, up to the question whose it is."""
    if await dialog.get_by_label("API address").is_hidden():
        await dialog.get_by_text("More settings").click()
    await dialog.get_by_label("API address").fill(telegram.url)
    await dialog.get_by_label("Bot token").fill(token)
    await dialog.get_by_role("button", name="Check whose it is").click()


async def connected(boss: Console, telegram: FakeTelegram) -> None:
    """Connect a bot in the settings, first with a token that nobody has."""
    page = boss.page
    await page.goto("/console/settings/inboxes")
    await page.get_by_role("button", name="Connect").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Telegram").click()
    await fill(dialog, telegram, WRONG)
    refused = dialog.get_by_role("alert")
    # The first call waits for its library to be loaded, which a busy machine takes long for.
    await expect(refused).to_contain_text("It does not work yet", timeout=40_000)
    assert WRONG not in await dialog.inner_text()
    await fill(dialog, telegram, telegram.token)
    await expect(dialog.get_by_text("@liniya_test_bot")).to_be_visible()
    await expect(dialog.get_by_label("Name", exact=True)).to_have_value("Liniya")
    await dialog.get_by_role("button", name="Connect").click()
    await expect(dialog).to_be_hidden()


async def test_a_bot_is_connected_by_the_form_and_its_token_replaced(small_stage: Stage) -> None:
    async with at_work(small_stage) as (boss, _, telegram):
        page, form = boss.page, boss.page.locator("form")
        await expect(form.get_by_text("@liniya_test_bot")).to_be_visible()
        await expect(form.get_by_role("link", name="https://t.me/liniya_test_bot")).to_be_visible()
        await form.get_by_role("button", name="As a QR code").click()
        await expect(form.get_by_role("img", name="QR code of")).to_be_visible()
        await form.get_by_label("Bot token").fill(WRONG)
        async with page.expect_response(lambda answer: answer.url.endswith("/check")):
            await form.get_by_role("button", name="Check").click()
        await expect(form.get_by_label("Bot token")).to_have_value(WRONG)
        await form.get_by_role("button", name="Save").click()
        await expect(form.get_by_role("alert").last).to_contain_text("Nothing was saved.")
        telegram.world.bot = {**telegram.world.bot, "username": "another_bot"}
        await form.get_by_label("Bot token").fill(telegram.token)
        await form.get_by_role("button", name="Save").click()
        await expect(form.get_by_text("This is another account")).to_be_visible()
        await form.get_by_role("button", name="Replace it all the same").click()
        await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        await expect(form.get_by_text("@another_bot")).to_be_visible()
        await expect(form.get_by_text("The desk asks for messages by itself")).to_be_visible()


async def test_an_operator_quotes_changes_withdraws_and_asks(small_stage: Stage) -> None:
    async with at_work(small_stage) as (_, anna, telegram):
        vera = telegram.person(70_000_000_007, "Vera")
        question = telegram.writes(vera, "Which lamps are there?")
        await anna.open("Which lamps are there?")
        await _quotes(anna, vera, question)
        await _changes(anna, telegram, vera)
        await _withdraws(anna, telegram, vera)
        await _gives_choices(anna, telegram, vera)
        await _asks_for_a_phone(anna, telegram, vera)


async def _quotes(anna: Console, vera: Chat, question: dict[str, Any]) -> None:
    await tool(anna, "Which lamps are there?", "Answer this message").click()
    await expect(anna.field).to_be_focused()
    await anna.answer("Herons and storks")
    answer = await until(lambda: said(vera, "Herons and storks"))
    assert answer["reply_to_message"]["message_id"] == question["message_id"]
    await expect(anna.line("Herons and storks").get_by_text("Which lamps")).to_be_visible()


async def _changes(anna: Console, telegram: FakeTelegram, vera: Chat) -> None:
    await anna.field.fill("a draft that must stay")
    await expect(anna.line("Herons and storks").get_by_text("Sent")).to_be_visible()
    await tool(anna, "Herons and storks", "Change").click()
    await expect(anna.field).to_have_value("Herons and storks")
    await anna.field.press("Escape")
    await expect(anna.field).to_have_value("a draft that must stay")
    await anna.field.fill("")
    await anna.field.press("ArrowUp")
    await anna.answer("Herons, storks and cranes")
    await until(lambda: said(vera, "Herons, storks and cranes"))
    await expect(anna.line("Herons, storks and cranes").get_by_text("edited")).to_be_visible()
    assert len(telegram.called("editMessageText")) == 1


async def _withdraws(anna: Console, telegram: FakeTelegram, vera: Chat) -> None:
    await anna.answer("Sent to the wrong person")
    await until(lambda: said(vera, "Sent to the wrong person"))
    await expect(
        anna.line("Sent to the wrong person").get_by_text("Sent", exact=True)
    ).to_be_visible()
    await tool(anna, "Sent to the wrong person", "Withdraw").click()
    line = anna.line("Sent to the wrong person")
    await line.get_by_role("button", name="Withdraw", exact=True).click()
    await expect(anna.thread.get_by_text("This message was withdrawn.")).to_be_visible()
    await telegram.until_called("deleteMessage")
    assert said(vera, "Sent to the wrong person") is None


async def _gives_choices(anna: Console, telegram: FakeTelegram, vera: Chat) -> None:
    page = anna.page
    await page.get_by_role("button", name="Choices to press").click()
    for number, label in ((1, "Oak"), (2, "Pine")):
        await page.get_by_label(f"Choice {number}", exact=True).fill(label)
        if number == 1:
            await page.get_by_label("Choice 1", exact=True).press("Enter")
    await anna.answer("Which legs?")
    asked = await until(lambda: said(vera, "Which legs?"))
    telegram.presses(vera, asked, "Pine")
    await expect(anna.line("Which legs?").get_by_role("img", name="Pressed")).to_be_visible()
    await expect(page.get_by_label("Choice 1", exact=True)).to_be_hidden()


async def _asks_for_a_phone(anna: Console, telegram: FakeTelegram, vera: Chat) -> None:
    await anna.page.get_by_role("button", name="Ask for a phone number").click()
    await anna.answer("May we call you?")
    await until(lambda: said(vera, "May we call you?"))
    (button,) = telegram.called("sendMessage")[-1].given.value("reply_markup")["keyboard"][0]
    assert (button["text"], button["request_contact"]) == ("Share my phone number", True)


def tool(console: Console, text: str, name: str) -> Locator:
    """A message's tool; the pointer goes there first."""
    return console.line(text).get_by_role("button", name=name).first


@asynccontextmanager
async def at_work(stage: Stage) -> AsyncIterator[tuple[Console, Console, FakeTelegram]]:
    """An administrator who has connected a bot, an operator, and the bot's Telegram."""
    staff = await staffed(stage)
    await staff.set_line(auto_accept=True)
    boss = await staff.seat("Boss", role="administrator")
    await staff.ask("PATCH", f"/lines/{staff.line_id}", {"operator_ids": []})
    anna = await staff.seat("Anna")
    async with fake_telegram() as telegram:
        await connected(boss, telegram)
        yield boss, anna, telegram
