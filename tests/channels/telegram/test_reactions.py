"""Reactions at the fake Telegram: ours are put there, theirs come."""

import inspect
import re

import pytest
from aiogram.types import ReactionTypeEmoji

from channels.telegram.reactions import OFFERED
from router.emoji import OWN_PICTURE, Reacted
from router.errors import RecipientGone, Rejected
from tests.channels.telegram.bots import Bot
from tests.fakes.telegram import FakeTelegram, refuses
from tests.fakes.telegram.reactions import EMOJI

BOT_ID = 1234567890
PUT = {"type": "emoji", "emoji": "👍"}


def test_offered_are_of_those_that_telegram_has_and_so_has_the_fake() -> None:
    listed = inspect.getsource(ReactionTypeEmoji).split("one of")[1]
    told = set(re.findall(r'"([^\w\s"]{1,6})"', listed))
    assert told == EMOJI
    assert set(OFFERED) < told
    assert len(set(OFFERED)) == len(OFFERED)


async def test_a_reaction_is_put_changed_and_taken_back(telegram: FakeTelegram, bot: Bot) -> None:
    anna = telegram.person(7, "Anna")
    asked = telegram.writes(anna, "Hello")
    place = (asked["message_id"], BOT_ID)
    await bot.channel.react(f"7:{place[0]}", "👍")
    await bot.channel.react(f"7:{place[0]}", "👍")
    assert anna.reacted[place] == [PUT]
    await bot.channel.react(f"7:{place[0]}", "❤")
    assert anna.reacted[place] == [{"type": "emoji", "emoji": "❤"}]
    await bot.channel.react(f"7:{place[0]}", "")
    assert anna.reacted[place] == []


async def test_every_emoji_that_is_offered_is_taken(telegram: FakeTelegram, bot: Bot) -> None:
    anna = telegram.person(7, "Anna")
    asked = telegram.writes(anna, "Hello")
    for emoji in OFFERED:
        await bot.channel.react(f"7:{asked['message_id']}", emoji)
    assert anna.reacted[asked["message_id"], BOT_ID] == [{"type": "emoji", "emoji": OFFERED[-1]}]


async def test_why_not_is_said_in_words(telegram: FakeTelegram, bot: Bot) -> None:
    group = telegram.group(-5, "Club")
    group.reactions = frozenset("❤")
    said = telegram.writes(group, "Hello", by=telegram.person(7, "Anna").person)
    for external_id, words in {
        f"-5:{said['message_id']}": "this reaction is not allowed in this chat",
        "-5:77": "the message is not there any more",
        "press:1": "this is no message of Telegram's",
    }.items():
        with pytest.raises(Rejected) as refused:
            await bot.channel.react(external_id, "👍")
        assert refused.value.reason == words
    telegram.next("setMessageReaction", refuses(400, "Bad Request: message is not modified"))
    await bot.channel.react(f"-5:{said['message_id']}", "❤")
    anna = telegram.person(7, "Anna")
    telegram.blocks(anna)
    with pytest.raises(RecipientGone):
        await bot.channel.react("7:1", "👍")


async def test_theirs_come_whole_and_in_order_to_who_asks_for_them(
    telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.person(7, "Anna")
    telegram.writes(anna, "When?")
    first = await bot.channel.poll(None)
    said = await bot.says(anna, "At noon")
    message = anna.messages[int(said.partition(":")[2])]
    for emoji in (["👍"], ["👍", "a picture of her own"], []):
        telegram.reacts(anna, message, *emoji)
    polled = await bot.channel.poll(first.cursor or None)
    told = [one for one in polled.arrivals if isinstance(one, Reacted)]
    assert [one.emoji for one in told] == [("👍",), ("👍", OWN_PICTURE), ()]
    assert {(one.external_id, one.by) for one in told} == {(said, "7")}
    assert [one.order for one in told] == sorted({one.order for one in told})


async def test_who_does_not_ask_hears_of_none(telegram: FakeTelegram, bot: Bot) -> None:
    anna = telegram.person(7, "Anna")
    telegram.queue.allowed = ["message"]
    telegram.reacts(anna, telegram.writes(anna, "Hello"), "👍")
    assert [one.kind for one in telegram.queue.waiting] == ["message"]
