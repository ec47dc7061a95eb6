"""The desk goes away in the middle of a dialogue: what was said on both sides is there once."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.journeys.chat_screen import Chat
from tests.journeys.console_screen import Console
from tests.journeys.shapes import Program
from tests.journeys.staff import staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)


async def terminated(program: Program) -> None:
    assert await asyncio.to_thread(program.terminate) == 0


async def killed(program: Program) -> None:
    await asyncio.to_thread(program.kill)


async def test_restarted_and_killed_desk_keeps_the_dialogue(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    anna, chat = await staff.seat("Anna"), await small_stage.chat()
    await chat.open()
    await chat.write("Hello there")
    await anna.open("Hello there")
    await anna.answer("Hello to you")
    await chat.sees("Hello to you")
    program = small_stage.shape.programs["all"]
    for end in (terminated, killed):
        await _goes_on(small_stage, chat, anna, program, end.__name__, end)
    said = [text for text in await chat.said() if "terminated" in text or "killed" in text]
    assert len(said) == len(set(said)) == 8
    await chat.page.reload()
    await chat.sees("Hello there", "Hello to you", *said)
    assert "Everything balances." in await asyncio.to_thread(small_stage.shape.router, "check")


async def _goes_on(
    stage: Stage, chat: Chat, anna: Console, program: Program, word: str, end: object
) -> None:
    said = [f"{word}: {what}" for what in ("asked", "asked again")]
    answers = [f"{word}: {what}" for what in ("answered", "answered again")]
    with stage.away():
        assert callable(end)
        await end(program)
        for question, answer in zip(said, answers, strict=True):
            await chat.write(question)
            await anna.answer(answer)
        await expect(chat.log.get_by_text(said[-1])).to_be_visible()
        await expect(anna.thread.get_by_text(answers[-1])).to_be_visible()
        await asyncio.to_thread(program.start)
        # The visitor does not wait for the widget's patience, and loads the page again.
        await chat.page.reload()
        await anna.sees(*said)
        await anna.insist(*answers)
        await anna.sees(*said, *answers)
        await chat.sees(*said, *answers)
