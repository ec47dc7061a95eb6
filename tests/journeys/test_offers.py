"""A line that asks first: offers are accepted, declined, missed."""

import pytest
from playwright.async_api import expect

from tests.journeys.staff import staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)


async def test_offer_goes_round_until_somebody_accepts(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    await staff.set_line(auto_accept=False, offer_timeout_s=5, missed_offers_until_away=1)
    anna, boris = await staff.seat("Anna"), await staff.seat("Boris")
    first, second = await small_stage.chat(), await small_stage.chat()

    await first.open()
    await first.write("Is anybody there?")
    await expect(anna.offer.get_by_text("Is anybody there?")).to_be_visible()
    await expect(anna.page).to_have_title("(1) Liniya")
    await anna.offer.get_by_role("button", name="Accept").click()
    await expect(anna.field).to_be_editable()
    await anna.answer("I am")
    await first.sees("I am")

    await second.open()
    await second.write("And for me?")
    await boris.decline("At lunch")
    await expect(boris.offer).to_have_count(0)
    # Nobody but Anna has not declined; she looks away, and is set away.
    await expect(anna.offer.get_by_text("And for me?")).to_be_visible()
    await expect(anna.offer).to_have_count(0)
    await expect(anna.my_status).to_have_accessible_name("My status: Away 1/5")
    # Everybody has passed it on, so it waits, and says why.
    await boris.show("Waiting")
    await boris.open("And for me?")
    await boris.card.get_by_text("Why does it wait?").click()
    await expect(boris.card.get_by_text("everybody refused or missed it")).to_be_visible()
    await boris.page.get_by_role("button", name="Take", exact=True).click()
    await boris.answer("For you too")
    await second.sees("For you too")
    # A strip tells her so, wherever she looks, and brings her back.
    strip = anna.page.get_by_role("status").filter(has_text="You are away")
    await anna.go("Settings")
    await strip.get_by_role("button", name="I am here").click()
    await expect(strip).to_have_count(0)
    await expect(anna.my_status).to_have_accessible_name("My status: Available 1/5")
