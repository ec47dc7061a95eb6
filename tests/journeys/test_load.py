"""A supervisor watches the load: who is here, what they have, where somebody waits."""

import pytest
from playwright.async_api import expect

from tests.journeys.staff import staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)


async def test_supervisor_sees_who_waits_and_who_has_what(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    chief = await staff.seat("Chief", role="supervisor")
    await chief.set_status("Busy")
    chat = await small_stage.chat()
    await chat.open()
    await chat.write("How much is delivery?")
    await chief.go("Load")
    main = chief.page.get_by_role("main")
    lines = main.get_by_role("row").filter(has_text="Shop")
    await expect(lines.get_by_role("cell").first).to_have_text("1")
    anna = await staff.seat("Anna")
    await expect(anna.row("How much is delivery?")).to_be_visible()
    await expect(lines.get_by_role("cell").first).to_have_text("0")
    await expect(
        main.get_by_role("listitem").filter(has_text="Anna").get_by_text("1 of 5")
    ).to_be_visible()
    await expect(main.get_by_text("Live")).to_be_visible()
    # Who only answers has no such page.
    await expect(anna.page.get_by_role("link", name="Load", exact=True)).to_have_count(0)
