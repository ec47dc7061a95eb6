"""A contact becomes a lead: on the card, on its page, with its story; and it follows its operator."""

import pytest
from playwright.async_api import expect

from tests.journeys.staff import staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)


async def test_contact_becomes_a_lead_that_follows_its_operator(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    await staff.set_line(reopen_window_s=0)
    anna, boris = await staff.seat("Anna"), await staff.seat("Boris")
    await boris.set_status("Busy")
    chat = await small_stage.chat()
    await chat.open()
    await chat.write("How much is delivery?")
    await anna.open("How much is delivery?")
    await expect(anna.card.get_by_text("No lead yet")).to_be_visible()
    await chat.leave_contact(name="Clara Schmidt", phone="+49 30 901820")

    await expect(anna.card.get_by_role("link", name="+4930901820", exact=True)).to_be_visible()
    lead = anna.card.get_by_role("link", name="Clara Schmidt").first
    await expect(lead).to_be_visible()
    await expect(anna.row("Clara Schmidt")).to_be_visible()
    await anna.answer("Free from 100")
    await anna.transfer("Boris", "Please call her")
    await boris.open("Clara Schmidt")
    await boris.card.get_by_role("link", name="Clara Schmidt").first.click()
    page = boris.page.get_by_role("main")
    await expect(page.get_by_label("Responsible")).to_have_value(staff.people["Boris"])
    story = page.get_by_role("region", name="Timeline")
    for words in ("How much is delivery?", "Free from 100", "Anna → Boris"):
        await expect(story.get_by_text(words)).to_be_visible()
    await page.get_by_label("Stage").select_option(label="In progress")
    await boris.go("Leads")
    row = boris.page.get_by_role("row").filter(has_text="Clara Schmidt")
    await expect(row.get_by_text("In progress")).to_be_visible()
    await expect(row.get_by_text("Boris")).to_be_visible()

    await boris.go("Conversations")
    await boris.open("Clara Schmidt")
    await boris.close()
    await boris.set_status("Available")
    await anna.set_status("Away")
    await chat.write("It is me again")
    await boris.open("It is me again")
    await expect(boris.card.get_by_role("link", name="Free from 100")).to_be_visible()


async def test_phone_in_the_words_is_noticed(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    anna, chat = await staff.seat("Anna"), await small_stage.chat()
    await chat.open()
    await chat.write("Call me: +7 (916) 123-45-67, or write to me@shop.example")
    await anna.open("Call me")
    await expect(anna.card.get_by_role("link", name="+79161234567", exact=True)).to_be_visible()
    await expect(anna.card.get_by_role("link", name="me@shop.example", exact=True)).to_be_visible()
    await expect(anna.card.get_by_role("link", name="+79161234567 · Shop")).to_be_visible()
    await expect(chat.form).to_be_hidden()


async def test_emphasis_by_keyboard_is_seen_by_the_customer(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    anna, chat = await staff.seat("Anna"), await small_stage.chat()
    await chat.open()
    await chat.write("When do you open?")
    await anna.open("When do you open?")
    await anna.field.press_sequentially("Today at ")
    await anna.field.press("Control+b")
    await anna.field.press_sequentially("nine")
    await expect(anna.field).to_have_value("Today at **nine**")
    await anna.field.press("Enter")
    await expect(anna.thread.locator("b", has_text="nine")).to_be_visible()
    await expect(chat.log.locator("b", has_text="nine")).to_be_visible()
    await chat.button.first.click()
    await expect(chat.field).to_be_hidden()
    await chat.page.reload()
    await chat.open()
    await expect(chat.log.locator("b", has_text="nine")).to_be_visible()
    box = await chat.field.bounding_box()
    assert box is not None
    assert box["height"] >= 40, "a field that was measured while hidden is cut off"
