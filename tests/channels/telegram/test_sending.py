"""What customers get: `channels.telegram.sending`, seen in the fake Telegram."""

import json

import pytest

from channels.telegram.reading import arrivals_of
from router.buttons import Button
from router.channel import Action, IncomingMessage, OutgoingMessage
from router.errors import (
    BadCredentials,
    Moved,
    RecipientGone,
    Rejected,
    Throttled,
    Unconfirmed,
    Unreachable,
)
from tests.channels.telegram.bots import Bot, a_bot, a_file
from tests.fakes.telegram import (
    FakeTelegram,
    Trouble,
    hangs_up,
    refuses,
    says_429,
    says_502,
)

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
OGG = b"OggS" + b"\0" * 100


async def test_emphasis_and_every_character_arrive(telegram: FakeTelegram, bot: Bot) -> None:
    anna = telegram.person(7, "Anna")
    external_id = await bot.says(anna, "😀 **Now** <b>&amp; [x](https://a.example) _*`")
    (message,) = anna.said_by_bot()
    assert message["text"] == "😀 Now <b>&amp; x _*`"
    assert [one["type"] for one in message["entities"]] == ["bold", "text_link"]
    assert external_id == f"7:{message['message_id']}"


async def test_as_much_as_promised_is_taken(telegram: FakeTelegram, bot: Bot) -> None:
    anna, can = telegram.person(7, "Anna"), bot.channel.capabilities
    await bot.says(anna, "😀" * (can.max_text_chars // 2))
    await bot.says(
        anna, "Я" * (can.max_caption_chars or 0), files=(a_file("a.png", "image/png", PNG),)
    )
    files = tuple(a_file(f"{n}.pdf", "application/pdf", b"%PDF") for n in range(can.max_files))
    await bot.says(anna, files=files)
    buttons = tuple(Button(f"Choice {n}", value=f"{n}" * 64) for n in range(10))
    await bot.says(anna, "Choose", buttons=buttons)
    assert len(anna.said_by_bot()) == 13
    with pytest.raises(Rejected):
        await bot.says(anna, "x" * (can.max_text_chars + 1))


@pytest.mark.parametrize(
    ("name", "mime", "data", "kind"),
    [
        ("a.png", "image/png", PNG, "photo"),
        ("a.gif", "image/gif", b"GIF89a", "animation"),
        ("a.mp4", "video/mp4", b"mp4", "video"),
        ("a.ogg", "audio/ogg", OGG, "voice"),
        ("a.mp3", "audio/mpeg", b"mp3", "audio"),
        ("a.pdf", "application/pdf", b"%PDF", "document"),
        ("large.png", "image/png", PNG + b"\0" * 10_000_000, "document"),
        ("broken.png", "image/png", b"no picture", "document"),
    ],
)
async def test_file_is_shown_as_what_it_is(
    name: str, mime: str, data: bytes, kind: str, telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.person(7, "Anna")
    await bot.says(anna, "Here", files=(a_file(name, mime, data),))
    (message,) = anna.said_by_bot()
    assert kind in message
    assert message["caption"] == "Here"
    shown = message[kind][-1] if kind == "photo" else message[kind]
    assert telegram.world.files[shown["file_id"]].data == data


async def test_pictures_go_together_and_what_is_mixed_goes_as_documents(
    telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.person(7, "Anna")
    photo, paper = a_file("a.png", "image/png", PNG), a_file("b.pdf", "application/pdf", b"%PDF")
    await bot.says(anna, "Two", files=(photo, photo))
    await bot.says(anna, "Mixed", files=(photo, paper))
    first, second, third, fourth = anna.said_by_bot()
    assert first["media_group_id"] == second["media_group_id"] != third["media_group_id"]
    assert ("photo" in first, "photo" in second, first["caption"]) == (True, True, "Two")
    assert ("document" in third, fourth["caption"]) == (True, "Mixed")
    album = OutgoingMessage("t", "7", to="7", text="Words", files=(photo, paper))
    sent = await bot.channel.send(album)
    fifth, sixth = anna.said_by_bot()[4:]
    # The words stand under the last document: it is that which is edited.
    assert sent.external_id == f"7:{sixth['message_id']}"
    assert sent.also == (f"7:{fifth['message_id']}",)


async def test_buttons_answer_lead_somewhere_or_ask_for_a_number(
    telegram: FakeTelegram, bot: Bot
) -> None:
    anna, group = telegram.person(7, "Anna"), telegram.group(-5, "Delivery")
    yes, site = Button("Yes", value="yes"), Button("Site", url="https://shop.example")
    number = Button("My number", asks_phone=True)
    await bot.says(anna, "Well?", buttons=(yes, site))
    assert anna.said_by_bot()[0]["reply_markup"]["inline_keyboard"] == [
        [
            {"text": "Yes", "callback_data": "yes"},
            {"text": "Site", "url": "https://shop.example"},
        ]
    ]
    await bot.says(anna, "Your number?", buttons=(number,))
    asked = telegram.called("sendMessage")[-1].given.value("reply_markup")
    assert asked["keyboard"] == [[{"text": "My number", "request_contact": True}]]
    # In a group nobody can be asked for it.
    await bot.says(group, "Your number?", buttons=(number,))
    assert len(group.said_by_bot()) == 1


async def test_answer_shows_what_it_answers_while_that_is_there(
    telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.person(7, "Anna")
    asked = telegram.writes(anna, "Which one?")
    await bot.says(anna, "The blue one", in_reply_to=f"7:{asked['message_id']}")
    await bot.says(anna, "Or none", in_reply_to="7:4000")
    await bot.says(anna, "Pressed", in_reply_to="press:12345")
    first, second, third = anna.said_by_bot()
    assert first["reply_to_message"]["text"] == "Which one?"
    assert ("reply_to_message" in second, "reply_to_message" in third) == (False, False)


async def test_message_goes_into_its_topic(telegram: FakeTelegram, bot: Bot) -> None:
    forum = telegram.group(-100, "Delivery", topics=(44,))
    await bot.says(forum, "Here", thread_key="-100:44")
    assert forum.said_by_bot()[0]["message_thread_id"] == 44
    with pytest.raises(Rejected):
        await bot.says(forum, "There", thread_key="-100:45")


async def test_who_writes_to_a_channel_is_answered_alone(telegram: FakeTelegram, bot: Bot) -> None:
    channel, anna, boris = (
        telegram.direct(-100, "Lamps"), telegram.person(7, "Anna"), telegram.person(8, "Boris"),
    )  # fmt: skip
    arrivals = []
    for person, text in ((anna, "In white?"), (boris, "In black?")):
        message = telegram.writes(channel, text, by=person.person)
        body = json.dumps({"update_id": 1, "message": message}).encode()
        arrivals += list(arrivals_of(body))
    first, second = (one for one in arrivals if isinstance(one, IncomingMessage))
    assert (first.sender.address, second.sender.address) == ("7", "8")
    await bot.says(channel, "Yes", thread_key=second.thread_key, in_reply_to=second.external_id)
    await bot.channel.signal(second.thread_key, Action.TYPING)
    (said,) = channel.said_by_bot()
    assert said["direct_messages_topic"] == {"topic_id": 8}
    assert said["reply_to_message"]["text"] == "In black?"
    await bot.says(
        channel,
        "Look",
        thread_key=first.thread_key,
        files=(a_file("a.pdf", "application/pdf", b"%PDF"),),
    )
    assert channel.said_by_bot()[-1]["direct_messages_topic"] == {"topic_id": 7}
    with pytest.raises(Rejected):
        await bot.says(channel, "To nobody", thread_key="-100:to:9")


@pytest.mark.parametrize(
    "words", ["can't parse entities: it ends", "message to be replied not found"]
)
async def test_what_telegram_does_not_take_is_put_more_plainly(
    words: str, telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.person(7, "Anna")
    asked = telegram.writes(anna, "Which one?")
    telegram.next("sendMessage", refuses(400, f"Bad Request: {words}"))
    await bot.says(anna, "**This** one", in_reply_to=f"7:{asked['message_id']}")
    (message,) = anna.said_by_bot()
    assert ("entities" in message, "reply_to_message" in message) in {(True, False), (False, True)}
    telegram.next("sendMessage", *[refuses(400, f"Bad Request: {words}")] * 2)
    with pytest.raises(Rejected):
        await bot.says(anna, "**This** one", in_reply_to=f"7:{asked['message_id']}")
    assert len(anna.said_by_bot()) == 1


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (says_429(3), Throttled),
        (refuses(403, "Forbidden: user is deactivated"), RecipientGone),
        (refuses(403, "Forbidden: bot can't initiate conversation with a user"), RecipientGone),
        (refuses(400, "Bad Request: message is too long"), Rejected),
        (refuses(401, "Unauthorized"), BadCredentials),
        (refuses(404, "Not Found: method not found"), Rejected),
        (refuses(413, "Request Entity Too Large"), Rejected),
        (refuses(500, "Internal Server Error: restart"), Unconfirmed),
        (refuses(503, "Service Unavailable"), Unreachable),
        (says_502(), Unconfirmed),
        (says_502(done=True), Unconfirmed),
        (hangs_up(done=True), Unconfirmed),
    ],
)
async def test_trouble_has_a_name(
    trouble: Trouble, error: type[Exception], telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.person(7, "Anna")
    telegram.next("sendMessage", trouble)
    with pytest.raises(error) as caught:
        await bot.says(anna, "Hello")
    assert type(caught.value) is error
    if isinstance(caught.value, Throttled):
        assert caught.value.retry_after_s == 3
    assert len(telegram.called("sendMessage")) == 1


async def test_group_that_became_a_supergroup_says_where_it_is(
    telegram: FakeTelegram, bot: Bot
) -> None:
    group = telegram.group(-5, "Delivery")
    telegram.world.moves(group, -1005)
    with pytest.raises(Moved) as caught:
        await bot.says(group, "Hello")
    assert caught.value.new_key == "-1005"


async def test_who_blocked_us_is_gone_and_back_when_they_write(
    telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.person(7, "Anna")
    telegram.blocks(anna)
    with pytest.raises(RecipientGone):
        await bot.says(anna, "Hello")
    telegram.blocks(anna, blocked=False)
    await bot.says(anna, "Hello")


async def test_group_that_threw_us_out_takes_nobody_in_it_away(
    telegram: FakeTelegram, bot: Bot
) -> None:
    group = telegram.group(-4001, "Delivery")
    telegram.next("sendMessage", refuses(403, "Forbidden: bot was kicked from the group chat"))
    with pytest.raises(Rejected) as caught:
        await bot.says(group, "Hello")
    assert not isinstance(caught.value, RecipientGone)


async def test_wrong_token_is_told_as_such(telegram: FakeTelegram) -> None:
    async with a_bot(telegram, token="1234567890:AAE-another-token-of-nobody") as bot:
        with pytest.raises(BadCredentials):
            await bot.channel.check()


async def test_message_is_edited_and_withdrawn_and_again_is_harmless(
    telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.person(7, "Anna")
    said = await bot.says(anna, "149")
    better = OutgoingMessage("token-2", "7", to="7", text="**99**")
    for _ in range(2):
        await bot.channel.edit(said, better)
    assert anna.texts() == ["99"]
    picture = (a_file("a.png", "image/png", PNG),)
    shown = await bot.says(anna, "Old", files=picture)
    await bot.channel.edit(shown, OutgoingMessage("t", "7", to="7", text="New"))
    assert anna.texts() == ["99", "New"]
    for _ in range(2):
        await bot.channel.delete(said)
    assert anna.texts() == ["New"]
    with pytest.raises(Rejected):
        await bot.channel.edit(said, better)


async def test_nothing_secret_stands_in_the_wire_log(telegram: FakeTelegram, bot: Bot) -> None:
    anna = telegram.person(7, "Anna")
    await bot.says(anna, "Hello", files=(a_file("a.pdf", "application/pdf", b"%PDF"),))
    await bot.channel.subscribe("https://desk.example/hooks/1")
    secret = telegram.called("setWebhook")[0].given.text("secret_token")
    assert secret
    for exchange in bot.wire.exchanges:
        assert telegram.token not in repr(exchange)
        assert secret not in repr(exchange)
