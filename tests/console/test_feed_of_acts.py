"""Handing over, taking over, pinning and blocking reach open screens as a fresh one shows them."""

from dataclasses import replace
from uuid import uuid4

import pytest

from router.news import DeskNews
from router.queueing import Queueing, Strategy
from tests.console.stage import Stage, Story, agree

stories: dict[str, Story] = {}


def story(tell: Story) -> Story:
    stories[tell.__name__] = tell
    return tell


async def works_by(stage: Stage, queueing: Queueing) -> None:
    async with stage.office.desk.storage.transaction() as tx:
        await tx.lines.save(replace(stage.line, queueing=queueing))
        tx.record.tell(DeskNews())


@story
async def several_are_asked_and_one_is_first(stage: Stage) -> None:
    await works_by(stage, Queueing(strategy=Strategy.BROADCAST, auto_accept=False))
    await stage.office.desk.works()
    assert len((await stage.office.desk.conversation(stage.inbox, "waiting")).asked) == 2
    await stage.acts(stage.chief, "waiting", "accept")


@story
async def several_are_asked_and_one_declines(stage: Stage) -> None:
    await works_by(stage, Queueing(strategy=Strategy.BROADCAST, auto_accept=False))
    await stage.office.desk.works()
    await stage.acts(stage.anna, "waiting", "decline", {"reason": "lunch"})


@story
async def a_colleague_of_another_line_is_asked(stage: Stage) -> None:
    await works_by(stage, Queueing(transfer_needs_accept=True))
    to = {"operator_id": stage.id_of(stage.boris), "comment": "Yours?"}
    await stage.acts(stage.anna, "open", "transfer", to)


@story
async def a_colleague_declines_and_it_returns(stage: Stage) -> None:
    await a_colleague_of_another_line_is_asked(stage)
    await stage.acts(stage.boris, "open", "decline", {})


@story
async def a_supervisor_takes_over(stage: Stage) -> None:
    await stage.acts(stage.chief, "open", "intercept")


@story
async def it_is_pinned(stage: Stage) -> None:
    path = f"/conversations/{await stage.id('open')}/pin"
    await stage.anna.does("PUT", path, {"pinned": True})


@story
async def a_customer_is_blocked_as_spam(stage: Stage) -> None:
    await stage.acts(stage.anna, "open", "spam", {"block": True})


@story
async def one_is_merged_and_taken_back(stage: Stage) -> None:
    desk = stage.office.desk
    await desk.writes("Also", inbox=stage.inbox, who="open", thread_key="beside")
    beside = await desk.conversation(stage.inbox, "beside")
    into = await desk.conversation(stage.inbox, "open")
    path = f"/conversations/{beside.id}"
    await stage.chief.does("POST", f"{path}/merge", {"into_id": str(into.id)})
    await desk.writes("And?", inbox=stage.inbox, who="open", thread_key="beside")
    await stage.anna.does(
        "POST", f"{path}/messages", {"id": str(uuid4()), "text": "Yes"}, status=202
    )
    await stage.chief.does("POST", f"{path}/unmerge")


@story
async def one_goes_on_in_another(stage: Stage) -> None:
    desk = stage.office.desk
    await desk.writes("Also", inbox=stage.inbox, who="open", thread_key="beside")
    beside = await desk.conversation(stage.inbox, "beside")
    into = await desk.conversation(stage.inbox, "open")
    await stage.anna.does("POST", f"/conversations/{beside.id}/merge", {"into_id": str(into.id)})
    await desk.writes("And?", inbox=stage.inbox, who="open", thread_key="beside")


@story
async def we_write_first(stage: Stage) -> None:
    thread = await stage.office.desk.thread(stage.inbox, "closed")
    await stage.anna.does("POST", f"/threads/{thread.id}/start")


@pytest.mark.parametrize("name", sorted(stories))
async def test_a_stale_screen_hears_of_the_act(stage: Stage, name: str) -> None:
    await agree(stage, stories[name])
