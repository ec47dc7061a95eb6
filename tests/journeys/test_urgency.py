"""A long list by urgency: the server's order, which follows what happens."""

from collections.abc import Sequence

import pytest
from playwright.async_api import expect

from tests.journeys.console_screen import Console
from tests.journeys.staff import Staff, staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)

# More than a page: in the usual order the first comes last, and is not on it.
MANY = 60
SECRET = "a secret of the journeys"
FIRE = {
    "name": "fire", "words": ["fire"], "channels": [], "tiers": [], "languages": [], "sources": [],
    "crm": [], "hours": "any", "to_line": None, "head_start_s": 3_600, "language": None,
    "skills": [], "active": True,
}  # fmt: skip


async def test_most_urgent_of_a_long_list_stand_first_and_move_as_they_are_answered(
    small_stage: Stage,
) -> None:
    staff = await staffed(small_stage)
    anna = await staff.seat("Anna")
    await anna.set_status("Away")
    await expect(anna.my_status).to_have_accessible_name("My status: Away 0/5")
    await staff.set_line(rules=[FIRE])
    settings = {"callback_url": small_stage.shape.address, "secret": SECRET}
    inbox = {"line_id": staff.line_id, "kind": "rest", "name": "Shop", "settings": settings}
    hook = (await staff.ask("POST", "/inboxes", inbox))["hook_url"]
    for number in range(1, MANY + 1):
        await writes(staff, hook, number, "Hello")
    await anna.show("All")
    await top_is(anna, [f"Nr {MANY}.", f"Nr {MANY - 1}."])
    await anna.page.get_by_role("button", name="Most urgent first").click()
    await top_is(anna, ["Nr 1.", "Nr 2.", "Nr 3."])

    await anna.open("Nr 1.")
    await anna.page.get_by_role("button", name="Take", exact=True).click()
    await anna.answer("Here you are")
    # Its customer waits no more.
    await anna.show("All")
    await top_is(anna, ["Nr 2.", "Nr 3.", "Nr 4."])
    await writes(staff, hook, MANY + 1, "There is a fire!")
    await top_is(anna, [f"Nr {MANY + 1}.", "Nr 2.", "Nr 3."])
    # Who asks again waits from now on, behind everybody.
    await writes(staff, hook, 1, "And where is the other?")
    await top_is(anna, [f"Nr {MANY + 1}.", "Nr 2.", "Nr 3."])
    await anna.page.reload()
    await top_is(anna, [f"Nr {MANY + 1}.", "Nr 2.", "Nr 3."])


async def writes(staff: Staff, hook: str, number: int, text: str) -> None:
    person = {"address": f"customer-{number}", "name": f"Nr {number}."}
    message = {"external_id": f"{number} {text}", "from": person, "text": text}
    answer = await staff.request.post(
        hook, data={"messages": [message]}, headers={"Authorization": f"Bearer {SECRET}"}
    )
    assert answer.ok, await answer.text()


async def top_is(console: Console, names: Sequence[str]) -> None:
    rows = console.list.get_by_role("navigation", name="Conversations", exact=True)
    for place, name in enumerate(names):
        await expect(rows.get_by_role("link").nth(place)).to_contain_text(name)
