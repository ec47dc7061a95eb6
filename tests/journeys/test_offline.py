"""Without a network: what was said waits, survives a reload, arrives once and in its order."""

import pytest
from playwright.async_api import expect

from tests.journeys.staff import staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)


async def test_visitor_and_operator_lose_nothing_without_a_network(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    anna = await staff.seat("Anna")
    chat = await small_stage.chat()
    await chat.open()
    await chat.write("Before")
    await anna.open("Before")
    await anna.answer("Hello")
    await chat.sees("Hello")

    with small_stage.away():
        await chat.page.context.set_offline(True)
        await chat.write("First without a network")
        await chat.write("Second without a network")
        await anna.page.context.set_offline(True)
        await anna.answer("One answer")
        await anna.whisper("A note")
        await anna.answer("Another answer")
        await expect(anna.thread.get_by_text("Another answer")).to_be_visible()
        await anna.page.context.set_offline(False)
        await chat.page.context.set_offline(False)
        said = ["First without a network", "Second without a network"]
        answers = ["One answer", "Another answer"]
        # What the customer said meanwhile, an operator is told before their answer goes.
        await anna.sees(*said)
        await anna.insist(*answers)
        await anna.sees(*said, *answers, "A note")
        await chat.sees("Before", "Hello", *said, *answers)
    heard = [text for text in await chat.said() if text in (*said, *answers)]
    assert [text for text in heard if text in said] == said
    assert [text for text in heard if text in answers] == answers
    await anna.page.reload()
    await anna.sees("Before", "Hello", *said, *answers, "A note")
    await chat.page.reload()
    await chat.sees("Before", "Hello", *said, *answers)
