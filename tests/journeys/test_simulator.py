"""A supervisor tries settings out before they are switched on, and takes them over."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.journeys.staff import staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(240)
DONE_MS = 60_000


async def test_settings_are_tried_on_a_day_that_may_come_and_applied(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    boss = await staff.seat("Vera", role="administrator")
    page = boss.page
    await page.goto("/console/settings/simulator")
    main = page.get_by_role("main")
    await expect(main.get_by_role("heading", name="Simulator")).to_be_visible()
    await main.get_by_label("Who is next").select_option("least_busy")
    await main.get_by_label("More or fewer operators").fill("2")
    await main.get_by_label("Live through").select_option("drawn")
    await main.get_by_label("Customers an hour").fill("30")
    await main.get_by_role("button", name="Simulate").click()

    result = page.get_by_role("region", name="What came of it")
    table = result.get_by_role("table", name="What came of it")
    await expect(table).to_be_visible(timeout=DONE_MS)
    waits = table.get_by_role("row", name=re.compile("Waiting, 9 of 10"))
    await expect(waits.get_by_text("better")).to_be_attached()
    await expect(result.locator("canvas").first).to_be_visible()
    async with page.expect_download() as started:
        await result.get_by_role("button", name="Download as CSV").click()
    download = await started.value
    assert download.suggested_filename.startswith("shop-")
    assert "Before,After" in Path(await download.path()).read_text(encoding="utf-8-sig")

    await result.get_by_role("button", name="Apply these settings").click()
    await expect(main.get_by_label("Who is next")).to_have_value("least_busy")
    await expect(main.get_by_text("1 change is not saved")).to_be_visible()
    await main.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved").first).to_be_visible()
    await page.goto("/console/settings/simulator")
    await expect(main.get_by_label("Who is next")).to_have_value("least_busy")
    await expect(main.get_by_role("link", name=re.compile("Done"))).to_be_visible()


async def test_unsaved_settings_of_a_line_come_along(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    boss = await staff.seat("Vera", role="administrator")
    page = boss.page
    await page.goto("/console/settings/lines?part=capacity")
    main = page.get_by_role("main")
    await main.get_by_label("Most for one operator").fill("2")
    await main.get_by_role("button", name="Try it in the simulator").click()
    await expect(main.get_by_text("Changed: Capacity")).to_be_visible()
    await expect(main.get_by_text("Nothing has been recorded", exact=False)).to_have_count(0)
    # On a new desk there is no day to live through again.
    await main.get_by_label("Live through").select_option("recorded")
    await expect(main.get_by_text("Nothing has been recorded", exact=False)).to_be_visible()
    await expect(main.get_by_role("button", name="Simulate")).to_be_disabled()
