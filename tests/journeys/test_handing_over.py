"""Colleagues give conversations on with consent, and are asked together: the first has it."""

import pytest
from playwright.async_api import Route, expect

from tests.journeys.console_screen import Console
from tests.journeys.staff import Staff, staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)


async def works_by(staff: Staff, **settings: object) -> None:
    """The line's queue works by these."""
    line = await staff.ask("GET", f"/lines/{staff.line_id}")
    await staff.set_line(queueing=line["queueing"] | settings)


async def transfer(sender: Console, *, to: str, comment: str) -> None:
    await sender.page.get_by_role("button", name="Transfer").click()
    dialog = sender.page.get_by_role("dialog")
    await dialog.get_by_role("option", name=to).click()
    await dialog.get_by_label("Comment").fill(comment)
    await dialog.get_by_role("button", name="Transfer").click()


async def test_what_a_colleague_declines_is_mine_again(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    await works_by(staff, transfer_needs_accept=True)
    await staff.set_line(auto_accept=True)
    anna = await staff.seat("Anna")
    chat = await small_stage.chat()
    await chat.open()
    await chat.write("Do you know lamps?")
    await anna.open("Do you know lamps?")
    boris = await staff.seat("Boris")

    await transfer(anna, to="Boris", comment="Yours, I think")
    await expect(boris.offer.get_by_text("Anna wants to give you this")).to_be_visible()
    await expect(boris.offer.get_by_text("Yours, I think")).to_be_visible()
    await expect(anna.page.get_by_text("Waiting for Boris", exact=True)).to_be_visible()
    await boris.decline("At lunch")
    await expect(anna.page.get_by_text("Boris did not accept it: back with Anna")).to_be_visible()
    await anna.answer("I know them a little")
    await chat.sees("I know them a little")
    # Her day is over: whoever comes next shall have it, and nobody is here yet.
    await boris.set_status("Away")
    await transfer(anna, to="back to the queue", comment="I have to go")
    await expect(anna.page.get_by_role("button", name="Take", exact=True)).to_be_visible()
    await boris.set_status("Available")
    await boris.open("I know them a little")
    await boris.sees("I have to go")


async def test_of_several_who_are_asked_the_first_has_it(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    await works_by(staff, strategy="broadcast")
    await staff.set_line(auto_accept=False)
    anna, boris = await staff.seat("Anna"), await staff.seat("Boris")
    chat = await small_stage.chat()
    await chat.open()
    await chat.write("Is anybody there?")
    for console in (anna, boris):
        await expect(console.offer.get_by_text("Offered to 2 at once")).to_be_visible()

    # His click is on its way when hers arrives.
    async def late(route: Route) -> None:
        await anna.offer.get_by_role("button", name="Accept").click()
        await expect(anna.field).to_be_editable()
        await route.continue_()

    await boris.page.route("**/accept", late)
    with small_stage.refused(409):
        await boris.offer.get_by_role("button", name="Accept").click()
        await expect(boris.page.get_by_text("Anna was faster.")).to_be_visible()
    await anna.answer("I am")
    await chat.sees("I am")
