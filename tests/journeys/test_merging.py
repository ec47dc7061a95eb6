"""One customer by two channels, handled as one: merged, answered by each, taken apart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession, web
from playwright.async_api import Locator, expect

from tests.journeys.chat_screen import Chat
from tests.journeys.console_screen import Console
from tests.journeys.messenger import until
from tests.journeys.staff import Staff, staffed
from tests.journeys.stage import Stage
from tests.journeys.test_accessibility import Walk

pytestmark = pytest.mark.timeout(180)

SECRET = "of the partner"
LOOKS = [pytest.param(False, False, id="light"), pytest.param(True, True, id="dark, in a hand")]


@dataclass(eq=False)
class App:
    """The company's own app: the customer writes in it, and what we answer there."""

    hook: str = ""
    url: str = ""
    answers: list[str] = field(default_factory=list)
    said: int = 0

    async def take(self, request: web.Request) -> web.Response:
        self.answers.append(orjson.loads(await request.read())["text"])
        return web.json_response({})

    async def writes(self, text: str) -> None:
        self.said += 1
        message = {"external_id": f"m{self.said}", "from": {"address": "vera", "name": "Vera"}}
        async with ClientSession() as session:
            body = {"messages": [message | {"text": text}]}
            headers = {"Authorization": f"Bearer {SECRET}"}
            async with session.post(self.hook, json=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()


@asynccontextmanager
async def an_app(staff: Staff) -> AsyncIterator[App]:
    app = App()
    server = web.Application()
    server.router.add_post("/take", app.take)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.url = f"http://127.0.0.1:{runner.addresses[0][1]}/take"
    settings = {"callback_url": app.url, "secret": SECRET}
    inbox = {"line_id": staff.line_id, "kind": "rest", "name": "Our app", "settings": settings}
    made = await staff.ask("POST", "/inboxes", inbox)
    app.hook = f"{staff.stage.shape.address}/hooks/{made['id']}"
    try:
        yield app
    finally:
        await runner.cleanup()


@dataclass(eq=False)
class Both:
    """Anna, who supervises, has what Vera wrote on the website; Boris what she wrote in the app."""

    staff: Staff
    app: App
    chat: Chat
    anna: Console
    boris: Console

    async def merge(self) -> None:
        await self.anna.page.keyboard.press("m")
        await expect(self.dialog.get_by_text("Our app").first).to_be_visible()
        await self.anna.page.keyboard.press("Enter")
        await expect(self.dialog).to_be_hidden()

    @property
    def dialog(self) -> Locator:
        return self.anna.page.get_by_role("dialog")

    def by(self, place: str) -> Locator:
        """Anna's answer goes out there."""
        name = f"The answer goes out by {place}"
        return self.anna.page.get_by_role("button", name=name, exact=True)


@asynccontextmanager
async def both(stage: Stage, *, dark: bool = False, phone: bool = False) -> AsyncIterator[Both]:
    staff = await staffed(stage)
    context = await stage.context(dark=dark, phone=phone)
    anna = await staff.seat("Anna", role="supervisor", context=context)
    async with an_app(staff) as app:
        chat = await stage.chat()
        await chat.open()
        await chat.write("Where is my lamp?")
        await expect(anna.row("Where is my lamp?")).to_be_visible()
        await anna.set_status("Away")
        boris = await staff.seat("Boris")
        await app.writes("No answer on your site?")
        await expect(boris.row("No answer on your site?")).to_be_visible()
        await anna.open("Where is my lamp?")
        await _are_one_person(staff)
        yield Both(staff, app, chat, anna, boris)


async def _are_one_person(staff: Staff) -> None:
    rows: list[Any] = (await staff.ask("GET", "/conversations?list=all"))["items"]
    by = {row["channel"]: row["customer_id"] for row in rows}
    await staff.ask("POST", f"/customers/{by['webchat']}/link", {"other_id": by["rest"]})


async def test_one_customer_by_two_channels_is_answered_by_the_right_one(
    small_stage: Stage,
) -> None:
    async with both(small_stage) as desk:
        await desk.boris.open("No answer on your site?")
        await desk.merge()
        await _read_both_in_order(desk)
        await _is_answered_where_they_wrote_last(desk)
        await _is_answered_where_somebody_chose(desk)
        await _is_taken_apart(desk)


async def _read_both_in_order(desk: Both) -> None:
    """Who had the merged one takes part still."""
    for console in (desk.anna, desk.boris):
        await console.sees("Where is my lamp?", "No answer on your site?")
        said = [text.splitlines()[-1] for text in await console.said()]
        assert said.index("Where is my lamp?") < said.index("No answer on your site?")
        await expect(console.thread.get_by_text("Anna merged Our app")).to_be_visible()
        await expect(console.row("No answer on your site?")).to_have_count(1)


async def _is_answered_where_they_wrote_last(desk: Both) -> None:
    await expect(desk.by("Our app")).to_be_visible()
    await desk.anna.answer("On its way")
    await until(lambda: desk.app.answers == ["On its way"])
    await desk.chat.write("And the bulb?")
    await expect(desk.by("Website chat")).to_be_visible()
    await desk.anna.answer("In the box")
    await desk.chat.sees("In the box")


async def _is_answered_where_somebody_chose(desk: Both) -> None:
    """What was begun goes along, and stays there when the customer writes elsewhere."""
    anna, app = desk.anna, desk.app
    await app.writes("Thanks!")
    await expect(desk.by("Our app")).to_be_visible()
    await anna.field.fill("Begun here")
    await desk.by("Our app").click()
    await anna.page.get_by_role("menuitemradio", name="Website chat").click()
    await expect(anna.field).to_have_value("Begun here")
    await app.writes("Are you there?")
    await anna.sees("Are you there?")
    await expect(desk.by("Website chat")).to_be_visible()
    await anna.answer("Begun here, and ended")
    await desk.chat.sees("Begun here, and ended")
    assert app.answers == ["On its way"]
    await desk.boris.answer("Boris here")
    await until(lambda: app.answers == ["On its way", "Boris here"])


async def _is_taken_apart(desk: Both) -> None:
    """Who had it has it again."""
    anna, boris = desk.anna, desk.boris
    await anna.thread.get_by_role("button", name="Take apart").click()
    await expect(anna.notice("Our app is by itself again, with Boris")).to_be_visible()
    await boris.show("Mine")
    await boris.open("Boris here")
    await boris.sees("No answer on your site?", "Boris here")
    await expect(boris.line("Where is my lamp?")).to_have_count(0)
    await expect(anna.line("No answer on your site?")).to_have_count(0)


async def test_a_merge_is_taken_back_at_once_and_its_address_leads_to_both(
    small_stage: Stage,
) -> None:
    async with both(small_stage) as desk:
        anna, boris = desk.anna, desk.boris
        await boris.open("No answer on your site?")
        old = boris.page.url
        await anna.page.keyboard.press("Control+k")
        await anna.page.get_by_role("option", name="Merge with…").click()
        await expect(desk.dialog.get_by_text("Boris takes part still")).to_be_visible()
        await desk.dialog.get_by_role("button", name="Swap").click()
        await expect(desk.dialog.get_by_text("Anna takes part still")).to_be_visible()
        await desk.dialog.get_by_role("button", name="Swap").click()
        await desk.dialog.get_by_role("button", name="Merge", exact=True).click()
        await anna.sees("Where is my lamp?", "No answer on your site?")

        page = await boris.page.context.new_page()
        await page.goto(old)
        again = Console(page)
        await again.sees("Where is my lamp?", "No answer on your site?")
        assert page.url != old
        await again.whisper("I know her")
        await anna.sees("I know her")

        await anna.page.get_by_role("button", name="Undo").click()
        await expect(boris.row("No answer on your site?")).to_have_count(1)
        await anna.page.keyboard.press("Escape")
        await anna.page.keyboard.press("e")
        await desk.dialog.get_by_role("button", name="Answered").click()
        await boris.show("Mine")
        await boris.open("No answer on your site?")
        await boris.page.get_by_role("button", name="More").click()
        await boris.page.get_by_role("menuitem", name="Merge with…").click()
        nothing = boris.page.get_by_role("dialog").get_by_text("Nothing to merge with")
        await expect(nothing).to_be_visible()


@pytest.mark.parametrize(("dark", "phone"), LOOKS)
async def test_merging_keeps_nobody_out(small_stage: Stage, dark: bool, phone: bool) -> None:
    walk = Walk()
    async with both(small_stage, dark=dark, phone=phone) as desk:
        page = desk.anna.page
        await page.keyboard.press("m")
        await expect(desk.dialog.get_by_text("Boris takes part still")).to_be_visible()
        await walk.look(page, "the dialog")
        await page.keyboard.press("Enter")
        await desk.anna.sees("Where is my lamp?", "No answer on your site?")
        await walk.look(page, "a merged thread")
        await desk.by("Our app").click()
        await expect(page.get_by_role("menuitemradio", name="Website chat")).to_be_visible()
        await walk.look(page, "where an answer goes out")
    assert not walk.found, "\n".join(walk.found)
