"""An owner connects the bot to their account; operators answer there in the owner's name."""

import pytest
from playwright.async_api import expect

from tests.fakes.telegram.world import Chat
from tests.journeys.messenger import until
from tests.journeys.stage import Stage
from tests.journeys.test_connecting import at_work

pytestmark = pytest.mark.timeout(240)


def spoken(chat: Chat) -> list[tuple[str, int]]:
    """What stands in a chat of the account, and in whose name."""
    return [(one["text"], one["from"]["id"]) for one in chat.messages.values()]


async def test_what_is_written_to_an_account_is_answered_in_its_owners_name(
    small_stage: Stage,
) -> None:
    async with at_work(small_stage) as (boss, anna, telegram):
        account = telegram.business(55, "Olga")
        account.tells()
        settings = boss.page.get_by_role("region", name="Answers for these accounts")
        await expect(settings.get_by_role("listitem")).to_contain_text("may answer")
        vera = account.chat(70_000_000_007, "Vera")
        account.hears(vera, "Is the lamp still there?")
        await anna.open("Is the lamp still there?")
        await anna.answer("It is")
        await until(lambda: ("It is", 55) in spoken(vera))
        account.answers(vera, "I bring it myself")
        await anna.sees("Is the lamp still there?", "It is", "I bring it myself")

        account.tells(can_reply=False)
        await expect(settings).to_contain_text("may only read")
        await anna.answer("At six?")
        await expect(anna.line("At six?")).to_contain_text("does not let the bot do this")
        account.tells(enabled=False)
        await expect(settings).to_contain_text("disconnected")

        again = telegram.business(55, "Olga", "bc2")
        again.world = account.world
        again.tells()
        await expect(settings.get_by_role("listitem")).to_contain_text("may answer")
        again.hears(vera, "Hello again")
        await anna.sees("Is the lamp still there?", "It is", "I bring it myself", "Hello again")
