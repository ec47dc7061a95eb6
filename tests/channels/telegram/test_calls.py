"""What we ask of Telegram beside sending: `channels.telegram.calls`, against the fake one."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from router.abilities import (
    Acknowledging,
    Backlogged,
    Editing,
    Fetching,
    Introduced,
    Polling,
    Preparing,
    Profiled,
    Reacting,
    Signalling,
    Subscribed,
)
from router.channel import (
    Action,
    Arrival,
    CustomerAction,
    Edited,
    Hook,
    Hooked,
    IncomingMessage,
)
from router.errors import Rejected, Throttled, Unauthenticated, Unconfirmed, Unreachable
from tests.channels.telegram.bots import Bot, a_bot
from tests.fakes.telegram import FakeTelegram, says_429, says_502

JPEG = b"\xff\xd8\xff" + b"\0" * 200
HOOK = "https://desk.example/hooks/1"


def texts(arrivals: Sequence[Arrival]) -> list[str]:
    return [one.text or "" for one in arrivals if isinstance(one, IncomingMessage | Edited)]


def test_bot_can_what_a_messenger_can(bot: Bot) -> None:
    for ability in (
        Hooked, Polling, Preparing, Subscribed, Backlogged, Fetching, Signalling, Acknowledging, Editing,
        Profiled, Introduced, Reacting,
    ):  # fmt: skip
        assert isinstance(bot.channel, ability)
    assert bot.channel.polls


# --- polling -----------------------------------------------------------------


async def test_poll_brings_what_was_said_once_its_cursor_was_stored(
    telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.person(7, "Anna")
    first = telegram.writes(anna, "One")
    telegram.writes(anna, "Two")
    telegram.edits(anna, first, "One!")
    polled = await bot.channel.poll(None)
    assert texts(polled.arrivals) == ["One", "Two", "One!"]
    # A crash before the cursor was stored: the same again.
    assert await bot.channel.poll(None) == polled
    telegram.writes(anna, "Three")
    assert texts((await bot.channel.poll(polled.cursor)).arrivals) == ["Three"]
    assert await bot.channel.backlog() == 1


async def test_poll_waits_for_what_comes(telegram: FakeTelegram, bot: Bot) -> None:
    anna = telegram.person(7, "Anna")
    waiting = asyncio.create_task(bot.channel.poll(None))
    await telegram.until_called("getUpdates")
    telegram.writes(anna, "At last")
    assert texts((await asyncio.wait_for(waiting, 5)).arrivals) == ["At last"]


async def test_poll_keeps_what_it_cannot_read_and_goes_on(telegram: FakeTelegram, bot: Bot) -> None:
    anna = telegram.person(7, "Anna")
    telegram.writes(anna, "One")
    telegram.queue.put_raw({"message": {"text": 5}})
    telegram.queue.put_raw({"hologram": {"x": 1}})
    telegram.writes(anna, "Two")
    polled = await bot.channel.poll(None)
    assert texts(polled.arrivals) == ["One", "Two"]
    ((hook, reason),) = polled.unread
    assert json.loads(hook.body)["message"] == {"text": 5}
    assert reason == "not an update of Telegram"


async def test_webhook_that_is_in_the_way_of_polling_is_taken_away(
    telegram: FakeTelegram, bot: Bot
) -> None:
    telegram.queue.call("http://127.0.0.1:1/gone", "")
    assert (await bot.channel.poll("5")).cursor == "5"
    telegram.writes(telegram.person(7, "Anna"), "Hello")
    assert texts((await bot.channel.poll("5")).arrivals) == ["Hello"]


async def test_another_program_that_polls_is_told_in_plain_words(
    telegram: FakeTelegram, bot: Bot
) -> None:
    ours = asyncio.create_task(bot.channel.poll(None))
    await telegram.until_called("getUpdates")
    async with a_bot(telegram) as other:
        theirs = asyncio.create_task(other.channel.poll(None))
        with pytest.raises(Unreachable) as caught:
            await asyncio.wait_for(ours, 5)
        assert "another program" in caught.value.reason
        theirs.cancel()


async def test_trouble_in_polling_has_a_name(telegram: FakeTelegram, bot: Bot) -> None:
    telegram.next("getUpdates", says_502(), says_429(4))
    with pytest.raises(Unconfirmed):
        await bot.channel.poll(None)
    with pytest.raises(Throttled):
        await bot.channel.poll(None)


# --- the webhook -------------------------------------------------------------


async def test_subscription_is_made_seen_and_told_when_lost(
    telegram: FakeTelegram, bot: Bot
) -> None:
    assert not (await bot.channel.subscription(HOOK)).ok
    await bot.channel.subscribe(HOOK)
    assert (await bot.channel.subscription(HOOK)).ok
    assert not (await bot.channel.subscription(HOOK + "2")).ok
    telegram.queue.call("", "")
    assert not (await bot.channel.subscription(HOOK)).ok


async def test_subscription_tells_what_went_wrong(telegram: FakeTelegram, bot: Bot) -> None:
    telegram.queue.proxied = True
    await bot.channel.subscribe("http://127.0.0.1:1/hooks/1")
    telegram.writes(telegram.person(7, "Anna"), "Hello")
    await telegram.queue.until_pushed(3)
    told = await bot.channel.subscription("http://127.0.0.1:1/hooks/1")
    assert (told.ok, told.pending, told.last_error) == (True, 1, "Connection refused")
    assert told.last_error_at is not None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://desk.example/hooks/1", "An HTTPS URL must be provided"),
        ("https://desk.example:8080/hooks/1", "only on ports 80, 88, 443 or 8443"),
        ("https://10.0.0.5/hooks/1", "is reserved"),
    ],
)
async def test_address_that_telegram_does_not_call_is_told_and_the_bot_can_still_be_asked(
    url: str, why: str, telegram: FakeTelegram, bot: Bot
) -> None:
    with pytest.raises(Rejected) as refused:
        await bot.channel.subscribe(url)
    assert why in refused.value.reason
    assert not (await bot.channel.subscription(url)).ok
    telegram.writes(telegram.person(7, "Anna"), "Hello")
    assert len((await bot.channel.poll(None)).arrivals) == 1


@pytest.mark.parametrize("port", ["", ":443", ":80", ":88", ":8443"])
async def test_address_at_each_port_that_telegram_calls_is_taken(
    port: str, telegram: FakeTelegram, bot: Bot
) -> None:
    await bot.channel.subscribe(f"https://desk.example{port}/hooks/1")
    assert (await bot.channel.subscription(f"https://desk.example{port}/hooks/1")).ok


async def test_secret_that_was_given_is_the_one_that_is_asked_for(
    telegram: FakeTelegram, bot: Bot
) -> None:
    await bot.channel.subscribe(HOOK)
    secret = telegram.called("setWebhook")[0].given.text("secret_token")
    name = "x-telegram-bot-api-secret-token"
    hook = Hook("POST", HOOK, "127.0.0.1", headers={name: secret}, query={}, body=b"{}")
    bot.channel.authenticate(hook)
    for wrong in ({}, {name: secret + "x"}, {name: ""}):
        with pytest.raises(Unauthenticated):
            bot.channel.authenticate(replace(hook, headers=wrong))


# --- and the rest ------------------------------------------------------------


async def test_file_is_fetched_up_to_what_telegram_hands_out(
    telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.person(7, "Anna")
    telegram.sends_photo(anna, JPEG)
    telegram.sends_document(anna, "film.mkv", b"\0" * (20 * 1024 * 1024 + 1))
    photo, film = (
        one.attachments[0]
        for one in (await bot.channel.poll(None)).arrivals
        if isinstance(one, IncomingMessage)
    )
    assert photo.ref
    assert film.ref
    assert await bot.channel.fetch(photo.ref) == JPEG
    with pytest.raises(Rejected):
        await bot.channel.fetch(film.ref)
    with pytest.raises(Rejected):
        await bot.channel.fetch("nobody-knows")


async def test_press_is_heard_and_acknowledged(telegram: FakeTelegram, bot: Bot) -> None:
    from router.buttons import Button

    anna = telegram.person(7, "Anna")
    said = await bot.says(anna, "Well?", buttons=(Button("Yes", value="answer:1"),))
    telegram.presses(anna, anna.said_by_bot()[0], "Yes")
    (press,) = (await bot.channel.poll(None)).arrivals
    assert isinstance(press, CustomerAction)
    assert (press.action, press.value, press.text) == (Action.PRESSED, "answer:1", "Yes")
    assert press.in_reply_to == said
    assert press.reply_token
    await bot.channel.acknowledge(press.reply_token)
    assert telegram.methods.answered == [press.reply_token]


async def test_typing_is_shown_where_we_answer(telegram: FakeTelegram, bot: Bot) -> None:
    anna, forum = telegram.person(7, "Anna"), telegram.group(-100, "Shop", topics=(44,))
    await bot.channel.signal("7", Action.TYPING)
    await bot.channel.signal("-100:44", Action.TYPING)
    assert (anna.actions, forum.actions) == (["typing"], ["typing"])


async def test_bot_introduces_itself_with_what_will_not_work(
    telegram: FakeTelegram, bot: Bot
) -> None:
    told = await bot.channel.introduce()
    assert (told.name, told.username) == ("Liniya", "liniya_test_bot")
    assert (told.link, told.source_key) == ("https://t.me/liniya_test_bot", "start")
    assert (told.picture, told.warnings) == (None, ("group_privacy",))
    telegram.world.bot = {**telegram.world.bot, "picture": telegram.world.kept(JPEG)["file_id"]}
    telegram.queue.call("http://127.0.0.1:1/elsewhere", "")
    told = await bot.channel.introduce()
    assert (told.picture, told.warnings) == (JPEG, ("group_privacy", "used_elsewhere"))


async def test_profiles_tell_who_people_are(telegram: FakeTelegram, bot: Bot) -> None:
    picture = telegram.world.kept(JPEG)["file_id"]
    telegram.person(7, "Anna", username="anna", picture=picture)
    telegram.person(8, "Boris")
    told = await bot.channel.profiles(["7", "8", "9"])
    assert told.keys() == {"7", "8"}
    assert (told["7"].name, told["7"].username) == ("Anna", "anna")
    assert told["7"].picture
    assert told["7"].picture.ref == picture
    assert told["8"].picture is None
