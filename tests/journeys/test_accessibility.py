"""Every main screen, light and dark, on a desk and in a hand, as axe sees it."""

import pytest
from playwright.async_api import Frame, Page, expect

from tests.checkout import ROOT
from tests.journeys.chat_screen import Chat
from tests.journeys.console_screen import Console
from tests.journeys.staff import Staff, staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)

AXE = ROOT / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (tags) => {
    const found = await axe.run({ runOnly: tags, iframes: false })
    if (found.passes.length === 0) throw new Error("axe looked at nothing")
    return found.violations
        .filter((one) => one.impact === "serious" || one.impact === "critical")
        .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`))
}"""
# What moves is judged where it comes to rest.
STILL = "document.getAnimations().forEach((one) => { try { one.finish() } catch { one.cancel() } })"
SETTINGS = (
    "profile",
    "operators",
    "departments",
    "lines",
    "lines?part=queue",
    "lines?part=replies",
    "lines?part=promises",
    "calendars",
    "inboxes",
)
# Dark or not, in a hand or not.
LOOKS = [
    pytest.param([(False, False), (True, True)], id="each once"),
    pytest.param([(True, False), (False, True)], id="crosswise", marks=pytest.mark.soak),
]


async def barriers(page: Page | Frame) -> list[str]:
    """What keeps people out of this page, at least seriously."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE.read_text() + ";0")
    await page.evaluate(STILL)
    found: list[str] = await page.evaluate(RUN, RULES)
    return found


class Walk:
    """The screens of one look, one after the other, and what was found on each."""

    def __init__(self) -> None:
        self.found: list[str] = []

    async def look(self, page: Page | Frame, name: str) -> None:
        self.found += [f"{name}: {what}" for what in await barriers(page)]


async def _a_dialogue(staff: Staff) -> None:
    """Something to see on every screen."""
    anna = await staff.seat("Anna")
    chat = await staff.stage.chat()
    await chat.open()
    await chat.write("Is the lamp in stock? See https://shop.example")
    await chat.leave_contact(name="Clara Schmidt", phone="+49 30 901820")
    await anna.open("Clara Schmidt")
    await anna.answer("It is")
    await anna.whisper("Our best customer")
    await chat.sees("It is")
    await anna.set_status("Away")


async def _console(walk: Walk, console: Console) -> None:
    page = console.page
    await console.show("All")
    await walk.look(page, "a list")
    await console.open("Clara Schmidt")
    await console.sees("It is")
    await walk.look(page, "a conversation")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await walk.look(page, "the keys")
    await page.goto("/console/leads")
    await page.get_by_role("link", name="Clara Schmidt").click()
    await expect(page.get_by_role("region", name="Timeline").get_by_text("It is")).to_be_visible()
    await walk.look(page, "a lead")
    await page.goto("/console/leads")
    await expect(page.get_by_role("link", name="Clara Schmidt")).to_be_visible()
    await walk.look(page, "leads")
    for name in SETTINGS:
        await page.goto(f"/console/settings/{name}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await walk.look(page, name)


async def _chat(walk: Walk, chat: Chat) -> None:
    await walk.look(chat.page, "the shop")
    await chat.open()
    await chat.write("Good morning")
    await expect(chat.form).to_be_visible()
    (frame,) = chat.page.frames[1:]
    await walk.look(frame, "the chat and its form")
    await chat.form.get_by_role("button", name="Save").click()
    await expect(chat.form.get_by_role("alert").first).to_be_visible()
    await walk.look(frame, "a form with a problem")


@pytest.mark.parametrize("looks", LOOKS)
async def test_no_screen_keeps_anybody_out(
    small_stage: Stage, looks: list[tuple[bool, bool]]
) -> None:
    staff = await staffed(small_stage)
    await _a_dialogue(staff)
    walk = Walk()
    first = await staff.seat("Vera", role="administrator")
    cookies = await first.page.context.cookies()
    await first.page.close()
    for dark, phone in looks:
        context = await small_stage.context(dark=dark, phone=phone)
        before = len(walk.found)
        signin = await small_stage.console(context)
        await expect(signin.page.get_by_role("button", name="Sign in")).to_be_visible()
        await walk.look(signin.page, "sign-in")
        url = small_stage.shape.address
        await context.add_cookies(
            [{"name": one["name"], "value": one["value"], "url": url} for one in cookies]
        )
        await signin.page.goto("/console/")
        await _console(walk, signin)
        await _chat(walk, await small_stage.chat(context))
        look = f"{'dark' if dark else 'light'}, {'phone' if phone else 'desk'}"
        walk.found[before:] = [f"{look}: {what}" for what in walk.found[before:]]
        await context.close()
    assert not walk.found, "\n".join(walk.found)
