"""A customer comes to another matter: their conversation is split, seen by both, and put together."""

import pytest
from playwright.async_api import expect

from tests.journeys.staff import Staff, staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)
SECRET = "a secret of the journeys"


async def vera_writes_of_two_matters(stage: Stage, staff: Staff) -> None:
    settings = {"callback_url": stage.shape.address, "secret": SECRET}
    inbox = {"line_id": staff.line_id, "kind": "rest", "name": "Shop", "settings": settings}
    hook = (await staff.ask("POST", "/inboxes", inbox))["hook_url"]
    person = {"address": "vera", "name": "Vera"}
    for number, text in enumerate(("Where is my order?", "And my bill is wrong", "By ten roubles")):
        message = {"external_id": str(number), "from": person, "text": text}
        headers = {"Authorization": f"Bearer {SECRET}"}
        answer = await staff.request.post(hook, data={"messages": [message]}, headers=headers)
        assert answer.ok


async def test_an_operator_splits_a_chat_by_keyboard_and_takes_it_back(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    anna = await staff.seat("Anna")
    await anna.set_status("Away")
    await vera_writes_of_two_matters(small_stage, staff)
    await anna.show("All")
    await anna.open("Vera")
    await anna.page.get_by_role("button", name="Take", exact=True).click()
    said = anna.thread.get_by_role("article").filter(has_text="And my bill")
    tool = said.get_by_role("button", name="Split from here…")
    await tool.focus()
    await anna.page.keyboard.press("Enter")
    dialog = anna.page.get_by_role("dialog")
    await expect(dialog.get_by_text("2 messages go")).to_be_visible()
    await expect(dialog.get_by_text("has no answer")).to_be_visible()
    await expect(dialog.get_by_label("Subject")).to_be_focused()
    await anna.page.keyboard.type("The bill")
    await anna.page.keyboard.press("Enter")
    begins = anna.thread.get_by_role("separator").filter(has_text="Split by Anna")
    await expect(begins).to_contain_text("The bill")
    await expect(anna.thread.get_by_text("The conversation began")).to_have_count(1)
    await anna.page.get_by_role("button", name="Undo").click()
    await expect(begins).to_have_count(0)
    together = anna.thread.get_by_text("put the split conversation together")
    await expect(together).to_have_count(1)
    await anna.page.keyboard.press("ControlOrMeta+k")
    await anna.page.keyboard.type("Split from")
    await anna.page.keyboard.press("Enter")
    await expect(dialog.get_by_text("1 message goes")).to_be_visible()
    await anna.page.keyboard.press("Enter")
    await expect(begins).to_have_count(1)
    await begins.get_by_role("button", name="Put together again").click()
    await expect(begins).to_have_count(0)
    await expect(together).to_have_count(2)
