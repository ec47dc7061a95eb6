"""Customers at VK, operators in the console: what both see."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.channels.accounts import SECRET
from tests.fakes.vk.server import FakeVk, playing_vk
from tests.fakes.vk.world import Json, Trouble
from tests.journeys.console_screen import Console
from tests.journeys.messenger import everything_dies, opened, until
from tests.journeys.stage import Stage
from tests.journeys.telegram import Desk
from tests.journeys.test_dialogue import picture

pytestmark = pytest.mark.timeout(180)
VERA = 7


def got(vk: FakeVk, text: str) -> list[Json]:
    """What Vera sees from the community with exactly these words."""
    return [one for one in vk.world.answers(VERA) if one["text"] == text]


async def connected(desk: Desk, vk: FakeVk) -> None:
    """The community on the line `shop`; the desk asks."""
    settings = {
        "group_id": vk.world.group_id, "token": vk.world.token, "secret": SECRET,
        "api_url": vk.url, "by": "polling", "comments": True,
    }  # fmt: skip
    line = await desk.line()
    await desk.ask("POST", "/inboxes", line_id=line, kind="vk", name="Community", settings=settings)
    await until(lambda: vk.asked_from >= 0)


async def test_customer_at_vk_is_served_in_the_console(small_stage: Stage, tmp_path: Path) -> None:
    async with playing_vk() as vk, opened(small_stage) as (anna, desk):
        world = vk.world
        world.joins(VERA, "Vera", "Svetlova")
        await connected(desk, vk)
        first = world.says(VERA, "Is the stork lamp in stock?")
        await anna.open("Is the stork lamp in stock?")
        await expect(anna.card.get_by_text("Vera Svetlova").first).to_be_visible()
        await anna.answer("Yes, which colour?")
        (answer,) = await until(lambda: got(vk, "Yes, which colour?"))
        world.reads(VERA, answer)
        await expect(anna.line("Yes, which colour?").get_by_text("Read")).to_be_visible()
        world.edits(first, "Is the heron lamp in stock?")
        await anna.sees("Is the heron lamp in stock?")
        world.writes_outside(VERA, "We answer from VK as well")
        await anna.sees("We answer from VK as well")
        await _pictures_go_both_ways(vk, anna, tmp_path)
        await _storm_loses_and_doubles_nothing(vk, anna, small_stage)
        await _words_are_changed_and_withdrawn(vk, anna)
        await _comments_are_answered_where_all_read_and_alone(vk, anna, small_stage)
        await _is_rated(vk, anna)
        await anna.open("One more thing")
        await anna.sees("One more thing", "Green comes on Monday")


async def _pictures_go_both_ways(vk: FakeVk, anna: Console, folder: Path) -> None:
    lamp = picture(folder / "lamp.png")
    both = [vk.world.photo(lamp.read_bytes(), "image/png") for _ in range(2)]
    vk.world.says(VERA, "Like these two", attachments=both)
    await expect(anna.line("Like these two").get_by_role("img")).to_have_count(2)
    await anna.attach(lamp)
    await anna.answer("This one?")
    (sent,) = await until(lambda: got(vk, "This one?"))
    url = sent["attachments"][0]["photo"]["sizes"][-1]["url"]
    assert vk.world.files[url.rpartition("/")[2]][0] == lamp.read_bytes()


async def _words_are_changed_and_withdrawn(vk: FakeVk, anna: Console) -> None:
    vk.world.says(VERA, "In green, please")
    await anna.line("In green, please").hover()
    await anna.line("In green, please").get_by_role("button", name="Answer this message").click()
    await anna.answer("Green is gone")
    (sent,) = await until(lambda: got(vk, "Green is gone"))
    assert sent["reply_message"]["text"] == "In green, please"
    await anna.line("Green is gone").hover()
    await anna.line("Green is gone").get_by_role("button", name="Change").click()
    await anna.answer("Green comes on Monday")
    await until(lambda: got(vk, "Green comes on Monday"))
    await anna.answer("Sorry, wrong chat")
    await until(lambda: got(vk, "Sorry, wrong chat"))
    line = anna.line("Sorry, wrong chat")
    await line.hover()
    await line.get_by_role("button", name="Withdraw").click()
    await line.get_by_role("button", name="Withdraw").click()
    await until(lambda: not got(vk, "Sorry, wrong chat"))


async def _comments_are_answered_where_all_read_and_alone(
    vk: FakeVk, anna: Console, stage: Stage
) -> None:
    vk.world.permissions.append("wall")
    wall = vk.world.wall
    post = wall.posts_up("The lamps are back")
    wall.says(VERA, post, "Is the ibis back too?")
    await anna.open("Is the ibis back too?")
    public = anna.page.get_by_text("Everybody sees your answer.")
    await expect(public).to_be_visible()
    field = anna.page.get_by_role("textbox", name="Write a public answer…")
    await field.fill("It is, since Monday")
    await field.press("Enter")
    (written,) = await until(lambda: wall.answers(post))
    assert (written["text"], written["reply_to_user"]) == ("It is, since Monday", VERA)
    thanks = wall.says(VERA, post, "I take it", to=written)
    await anna.sees("I take it")
    wall.deletes(thanks, by=VERA)
    await expect(anna.thread.get_by_text("I take it", exact=True)).to_have_count(0)
    await anna.sees("It is, since Monday")
    aside = anna.page.get_by_role("button", name="Answer in private")
    vk.world.denied.add(VERA)
    with stage.refused(400):
        await aside.click()
        await expect(anna.notice("Ask them in public to write first")).to_be_visible()
    notices = anna.page.get_by_role("list", name="Notices")
    await notices.get_by_role("button", name="Close").click()
    vk.world.denied.discard(VERA)
    await aside.click()
    await expect(public).to_be_hidden()
    await anna.answer("Which colour shall we keep for you?")
    await until(lambda: got(vk, "Which colour shall we keep for you?"))


async def _is_rated(vk: FakeVk, anna: Console) -> None:
    await anna.close()
    (asked,) = await until(lambda: got(vk, "Как это было?"))
    vk.world.presses(VERA, asked, 4)
    vk.world.presses(VERA, asked, 4)
    await until(lambda: got(vk, "Спасибо"))
    await until(lambda: not vk.world.waiting_presses)
    vk.world.says(VERA, "One more thing")
    await expect(anna.row("One more thing")).to_be_visible()
    assert len(got(vk, "Спасибо")) == 1


async def _storm_loses_and_doubles_nothing(vk: FakeVk, anna: Console, stage: Stage) -> None:
    """Too fast, VK's own error, an answer that was lost; then all die, and events come again."""
    vk.world.troubles += [Trouble("messages.send", code=6), Trouble("messages.send", status=502)]
    vk.world.troubles.append(Trouble("messages.send", lost=True))
    await anna.answer("It costs 149")
    await until(lambda: got(vk, "It costs 149"))
    with stage.away():
        vk.world.says(VERA, "Two of them, then")
        again = vk.world.events[-1]

        def meanwhile() -> None:
            vk.world.events.append(again)
            vk.world.edits(vk.world.says(VERA, "By Sunday"), "By Monday")
            vk.world.events.append(again)

        await everything_dies(stage, meanwhile)
        await anna.sees("Two of them, then", "By Monday")
    await anna.answer("Two are packed")
    await until(lambda: got(vk, "Two are packed"))
    for text in ("It costs 149", "Two are packed"):
        await expect(anna.line(text).get_by_text("Sent")).to_be_visible()
        assert len(got(vk, text)) == 1
