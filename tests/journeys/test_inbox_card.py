"""What an administrator does on the card of an inbox that is connected."""

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.fakes.telegram import FakeTelegram, fake_telegram
from tests.fakes.telegram.world import Chat
from tests.journeys.console_screen import Console
from tests.journeys.messenger import until
from tests.journeys.staff import staffed
from tests.journeys.stage import Stage
from tests.journeys.test_connecting import at_work, fill
from tests.journeys.test_telegram import said

pytestmark = pytest.mark.timeout(240)
BOT = "https://t.me/liniya_test_bot"
SOURCE = "Where this address will stand"


async def test_an_address_says_where_customers_come_from_and_a_test_arrives(
    small_stage: Stage,
) -> None:
    async with at_work(small_stage) as (boss, anna, telegram):
        card = boss.page.locator("form")
        await card.get_by_role("button", name="Send a test message").click()
        panel = card.get_by_role("region", name="Send a test message")
        await expect(panel.get_by_text("nobody has lately")).to_be_visible()
        await _makes_an_address(card)
        vera = telegram.person(70_000_000_007, "Vera")
        telegram.writes(vera, "/start winter-sale")
        telegram.writes(vera, "Is the stork lamp in stock?")
        await anna.open("Is the stork lamp in stock?")
        await expect(anna.card.get_by_text("winter-sale", exact=True)).to_be_visible()
        await panel.get_by_role("button", name="Look again").click()
        await _is_told_what_became_of_it(panel, anna, telegram, vera)


async def _makes_an_address(card: Locator) -> None:
    """The link and its code follow the word; a wrong one stays out of them."""
    await card.get_by_role("button", name="As a QR code").click()
    field = card.get_by_label(SOURCE)
    for wrong, why in (("winter sale", "Only A–Z"), ("a" * 65, "At most 64")):
        await field.fill(wrong)
        await expect(card.get_by_text(why)).to_be_visible()
        await expect(card.get_by_role("link", name=BOT, exact=True)).to_be_visible()
    plain = await _drawn(card)
    await field.fill("winter-sale")
    # It is no form's field: nothing is saved.
    await field.press("Enter")
    await expect(card.get_by_role("link", name=f"{BOT}?start=winter-sale")).to_be_visible()
    await expect(
        card.get_by_role("img", name=f"QR code of {BOT}?start=winter-sale")
    ).to_be_visible()
    assert await _drawn(card) != plain


async def _drawn(card: Locator) -> Any:
    return await card.get_by_role("img", name="QR code of").locator("path").get_attribute("d")


async def _is_told_what_became_of_it(
    panel: Locator, anna: Console, telegram: FakeTelegram, vera: Chat
) -> None:
    await expect(panel.get_by_label("To whom").locator("option")).to_have_count(1)
    await panel.get_by_label("What it says").fill("Do you hear us?")
    await panel.get_by_label("What it says").press("Enter")
    await expect(panel.get_by_text("Sent to Vera")).to_be_visible()
    assert said(vera, "Do you hear us?")
    await anna.sees("Do you hear us?")
    telegram.blocks(vera)
    await panel.get_by_label("What it says").fill("And now?")
    await panel.get_by_role("button", name="Send it").click()
    await expect(panel.get_by_role("alert")).to_contain_text("It was not sent to Vera")
    assert not said(vera, "And now?")
    telegram.blocks(vera, blocked=False)
    await panel.get_by_role("button", name="Send it").click()
    await until(lambda: said(vera, "And now?"))
    await expect(panel.get_by_text("Sent to Vera")).to_be_visible()


async def test_a_revoked_token_is_told_when_the_card_is_opened(small_stage: Stage) -> None:
    async with at_work(small_stage) as (boss, _, telegram):
        # The desk asks, and waits for an answer: of the token it hears later.
        telegram.token = telegram.token.replace("0001", "0002")
        await boss.page.reload()
        card = boss.page.locator("form")
        await expect(card.get_by_role("alert").first).to_contain_text("does not accept this token")
        await card.get_by_role("button", name="Check", exact=True).click()
        await expect(card.get_by_text("Paste a new token below")).to_be_visible()
        await expect(card.get_by_text("Two programs may be asking")).to_be_hidden()
        await card.get_by_label("Bot token").fill(telegram.token)
        await card.get_by_role("button", name="Save").click()
        await expect(boss.page.get_by_text("Saved")).to_be_visible()
        await expect(card.get_by_text("@liniya_test_bot")).to_be_visible()


async def test_a_desk_that_nobody_can_call_asks_instead_at_a_click(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    boss = await staff.seat("Boss", role="administrator")
    async with fake_telegram() as telegram:
        page = boss.page
        await page.goto("/console/settings/inboxes")
        await page.get_by_role("button", name="Connect").first.click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Telegram").click()
        await _is_offered_to_ask(dialog, telegram)
        await dialog.get_by_role("button", name="Connect").click()
        card = page.locator("form")
        await expect(card.get_by_text("The provider does not bring messages")).to_be_visible()
        await expect(card.get_by_text("Telegram calls https addresses only").first).to_be_visible()
        await card.get_by_role("button", name="Let the desk ask instead").click()
        await expect(card.get_by_text("The desk asks for messages by itself")).to_be_visible()
        await expect(card.get_by_label("How messages come")).to_have_value("polling")
        await expect(card.get_by_role("button", name="Let the desk ask instead")).to_be_hidden()
        await expect(card.get_by_text("this desk has none yet")).to_be_hidden()
        await expect(page.get_by_text("Working").last).to_be_visible()
        telegram.writes(telegram.person(70_000_000_007, "Vera"), "Does anybody hear me?")
        await boss.go("Conversations")
        await boss.show("All")
        await boss.open("Does anybody hear me?")


async def _is_offered_to_ask(dialog: Locator, telegram: FakeTelegram) -> None:
    """It is told before anything is stored; a click mends it, and one may insist."""
    way = dialog.get_by_label("How messages come")
    await way.select_option("webhook")
    await fill(dialog, telegram, telegram.token)
    await expect(dialog.get_by_text("this desk has none yet")).to_be_visible()
    await dialog.get_by_role("button", name="Let the desk ask instead").click()
    await expect(way).to_have_value("polling")
    await expect(dialog.get_by_text("@liniya_test_bot")).to_be_visible()
    await expect(dialog.get_by_text("this desk has none yet")).to_be_hidden()
    await way.select_option("webhook")
    await dialog.get_by_role("button", name="Check whose it is").click()
    await expect(dialog.get_by_text("this desk has none yet")).to_be_visible()
