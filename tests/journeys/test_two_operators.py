"""Several screens on one conversation: tabs in step, one winner."""

import asyncio
import time

import pytest
from playwright.async_api import expect

from tests.journeys.staff import staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)

# Both hands at the same moment, whatever time their browsers take to be told.
CLICK_AT = (
    "(button, at) => new Promise((done) => setTimeout(() => done(button.click()), at - Date.now()))"
)


async def test_two_tabs_of_one_operator_stay_in_step(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    here = await staff.seat("Anna")
    there = await small_stage.console(here.page.context)
    chat = await small_stage.chat()
    await chat.open()
    await chat.write("One conversation, two tabs")
    for tab in (here, there):
        await tab.open("One conversation, two tabs")
    await here.answer("From the left")
    await there.sees("From the left")
    await there.answer("From the right")
    await here.sees("From the right", "From the left")
    await chat.sees("From the left", "From the right")
    await there.set_status("Busy")
    await expect(here.my_status).to_have_accessible_name("My status: Busy 1/5")
    await here.close()
    await expect(there.row("From the right")).to_have_count(0)
    await there.sign_out()
    await expect(here.page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_last_waiting_conversation_has_one_taker(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    both = await staff.seat("Anna"), await staff.seat("Boris")
    for console in both:
        await console.set_status("Away")
        await expect(console.my_status).to_have_accessible_name("My status: Away 0/5")
    chat = await small_stage.chat()
    await chat.open()
    await chat.write("Who takes me?")
    takes = []
    for console in both:
        await console.show("Waiting")
        await console.open("Who takes me?")
        takes.append(console.page.get_by_role("button", name="Take", exact=True))
        await expect(takes[-1]).to_be_enabled()
    with small_stage.refused(409):
        at_ms = (time.time() + 1) * 1000
        await asyncio.gather(*(take.evaluate(CLICK_AT, at_ms) for take in takes))
        await asyncio.gather(*(expect(take).to_have_count(0) for take in takes))
        won = [await console.row("Who takes me?").count() for console in both]
        assert sorted(won) == [0, 1]
        loser, winner = both if won[1] else reversed(both)
        await expect(loser.notice("was faster")).to_be_visible()
    await winner.answer("I do")
    await chat.sees("I do")
