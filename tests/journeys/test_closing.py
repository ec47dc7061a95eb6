"""Nobody who still writes is closed away."""

import pytest
from playwright.async_api import expect

from tests.journeys.staff import staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)


async def test_who_writes_meanwhile_is_shown_and_asked_about(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    anna = await staff.seat("Anna")
    chat = await small_stage.chat()
    await chat.open()
    await chat.write("Thank you, that is all")
    await anna.open("Thank you, that is all")
    await anna.sees("Thank you, that is all")
    await anna.page.get_by_role("button", name="Close", exact=True).click()
    await chat.write("Or no, one more thing")
    await anna.sees("Or no, one more thing")
    with small_stage.refused(409):
        dialog = anna.page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Answered", exact=True).click()
        await expect(anna.notice("has written since.")).to_be_visible()
    await expect(anna.field).to_be_enabled()
    await anna.page.get_by_role("button", name="Close anyway").click()
    await expect(anna.row("Or no, one more thing")).to_have_count(0)


async def test_what_was_written_to_a_conversation_that_is_closed_meanwhile_is_sent_on_asking(
    small_stage: Stage,
) -> None:
    staff = await staffed(small_stage)
    anna = await staff.seat("Anna")
    chat = await small_stage.chat()
    await chat.open()
    await chat.write("Which bulb does it take?")
    await anna.open("Which bulb does it take?")
    with small_stage.away(), small_stage.refused(409):
        await anna.page.context.set_offline(True)
        await anna.answer("An E27")
        await expect(anna.line("An E27")).to_be_visible()
        (row,) = (await staff.ask("GET", "/conversations?list=all"))["items"]
        await staff.ask("POST", f"/conversations/{row['id']}/close", {"reason": "Answered"})
        await anna.page.context.set_offline(False)
        await anna.line("An E27").get_by_role("button", name="Reopen and send").click()
    await chat.sees("An E27")
    await expect(anna.field).to_be_enabled()
