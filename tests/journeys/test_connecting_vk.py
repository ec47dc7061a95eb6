"""An administrator connects a VK community by the form; what customers write there comes."""

import pytest
from playwright.async_api import Locator, expect

from tests.fakes.vk.server import FakeVk, playing_vk
from tests.journeys.console_screen import Console
from tests.journeys.messenger import until
from tests.journeys.staff import staffed
from tests.journeys.stage import Stage
from tests.journeys.test_vk import got

pytestmark = pytest.mark.timeout(240)
VERA = 7
STANDS = {
    "The desk asks": "The desk asks for messages by itself",
    "The provider calls the desk": "The provider brings messages to the desk",
}


@pytest.mark.parametrize("comes", STANDS)
async def test_a_community_is_connected_by_the_form(small_stage: Stage, comes: str) -> None:
    staff = await staffed(small_stage)
    await staff.set_line(auto_accept=True)
    boss = await staff.seat("Boss", role="administrator")
    await staff.ask("PATCH", f"/lines/{staff.line_id}", {"operator_ids": []})
    anna = await staff.seat("Anna")
    async with playing_vk() as vk:
        vk.world.joins(VERA, "Vera", "Svetlova")
        vk.methods.long_poll_on = True
        await connected(boss, vk, comes)
        card = boss.page.locator("form")
        await expect(card.get_by_text("@made_up_shop")).to_be_visible()
        await expect(card.get_by_text(STANDS[comes])).to_be_visible()
        called = comes == "The provider calls the desk"
        assert [one.status for one in vk.callbacks.servers.values()] == ["ok"] * called
        await card.get_by_label("Where this address will stand").fill("card-2")
        address = "https://vk.me/made_up_shop?ref=card-2"
        await expect(card.get_by_role("link", name=address)).to_be_visible()
        if not called:
            # What came before the first question is not VK's to tell.
            await until(lambda: vk.asked_from >= 0)
        vk.world.says(VERA, "Is the stork lamp in stock?", ref="card-2")
        await anna.open("Is the stork lamp in stock?")
        await expect(anna.card.get_by_text("card-2", exact=True)).to_be_visible()
        await anna.answer("Yes, it is")
        await until(lambda: got(vk, "Yes, it is"))


async def connected(boss: Console, vk: FakeVk, comes: str) -> None:
    """Connect the community, first with the number of another one."""
    page = boss.page
    await page.goto("/console/settings/inboxes")
    await page.get_by_role("button", name="Connect").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="VK").click()
    await fill(dialog, vk, comes, group_id=str(vk.world.group_id + 1))
    refused = dialog.get_by_role("alert")
    await expect(refused).to_contain_text("belongs to another community")
    await fill(dialog, vk, comes, group_id=f"vk.com/club{vk.world.group_id}")
    await expect(dialog.get_by_text("@made_up_shop")).to_be_visible()
    await expect(dialog.get_by_label("Name", exact=True)).to_have_value("Made-up shop")
    await dialog.get_by_role("button", name="Connect").click()
    await expect(dialog).to_be_hidden()
    # Nobody has to copy what the desk tells VK itself.
    await expect(page.get_by_text("Secret key of the callback server")).to_be_hidden()


async def fill(dialog: Locator, vk: FakeVk, comes: str, *, group_id: str) -> None:
    """The form of a community, up to the question whose it is."""
    await dialog.get_by_label("Number of the community").fill(group_id)
    await dialog.get_by_label("How messages come").select_option(comes)
    await dialog.get_by_label("Access token of the community").fill(vk.world.token)
    if await dialog.get_by_label("Address of the API").is_hidden():
        await dialog.get_by_text("More settings").click()
    await dialog.get_by_label("Address of the API").fill(vk.url)
    await dialog.get_by_role("button", name="Check whose it is").click()
