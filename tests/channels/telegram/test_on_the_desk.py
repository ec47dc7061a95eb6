"""What comes of Telegram's updates on a desk: real storage, the corpus, in any order."""

import json
from itertools import permutations
from typing import Any

from channels.telegram.reading import arrivals_of
from router.model import Author, ContactKind, FileState, Inbox, Message
from tests.channels.telegram.test_reading import CORPUS
from tests.desk import Desk

UPDATES = {one["name"]: one["update"] for one in CORPUS}
ANNA, GROUP, TOPIC = "7000000007", "-4001", "-1001234567890:44"
DIRECT = "-1002222222222:to:7000000007"


async def comes(desk: Desk, inbox: Inbox, *names: str) -> None:
    """These updates come one after the other, each in a request of its own."""
    for name in names:
        arrivals = arrivals_of(json.dumps(UPDATES[name]).encode())
        await desk.inbound.receive(inbox, arrivals)


async def said(desk: Desk, inbox: Inbox, key: str = ANNA) -> list[Message]:
    thread = await desk.thread(inbox, key)
    async with desk.storage.reading() as tx:
        return list(await tx.messages.of_thread(thread.id, limit=100))


async def bots(desk: Desk, count: int = 1) -> list[Inbox]:
    """So many bots on one line."""
    line = await desk.line()
    return [await desk.inbox(line, "telegram") for _ in range(count)]


async def test_whole_corpus_is_stored_and_again_is_found(either_desk: Desk) -> None:
    (bot,) = await bots(either_desk)
    for _ in range(2):
        await comes(either_desk, bot, *UPDATES)
    messages = await said(either_desk, bot)
    told = [one for update in CORPUS for one in update["arrivals"] if one.get("thread_key") == ANNA]
    alone = [one for one in told if one["is"] == "IncomingMessage" and "album" not in one]
    pressed = [one for one in told if one.get("action") == "pressed"]
    # And an album.
    assert len(messages) == len(alone) + len(pressed) + 1
    assert [one.seq for one in messages] == list(range(1, len(messages) + 1))


async def test_album_is_one_message_whatever_order_it_comes_in(desk: Desk) -> None:
    for order in permutations(("album-1", "album-2", "album-video")):
        (bot,) = await bots_of(desk, order)
        await comes(desk, bot, *order, *order)
        (message,) = await said(desk, bot)
        assert (message.text, len(message.files)) == ("Две фотографии", 3)


async def bots_of(desk: Desk, order: Any) -> list[Inbox]:
    line = await desk.line("-".join(order))
    return [await desk.inbox(line, "telegram")]


async def test_one_person_at_two_bots_of_a_line_is_one_customer_in_two_threads(
    desk: Desk,
) -> None:
    first, second = await bots(desk, 2)
    await comes(desk, first, "text")
    await comes(desk, second, "text")
    one, other = await desk.thread(first, ANNA), await desk.thread(second, ANNA)
    assert one.id != other.id
    assert one.customer_id == other.customer_id
    assert [len(await said(desk, bot)) for bot in (first, second)] == [1, 1]


async def test_topics_of_a_group_are_threads_of_their_own(desk: Desk) -> None:
    (bot,) = await bots(desk)
    await comes(desk, bot, "topic", "topic-reply", "group-thread-of-answers")
    assert [one.text for one in await said(desk, bot, TOPIC)] == [
        "Вопрос по теме", "> Кто тут?\nОтвет в теме",
    ]  # fmt: skip
    assert len(await said(desk, bot, TOPIC.partition(":")[0])) == 1


async def test_group_that_moves_keeps_its_thread(desk: Desk) -> None:
    (bot,) = await bots(desk)
    await comes(desk, bot, "group", "group-moved", "group-moved-here", "group-thread-of-answers")
    assert len(await said(desk, bot, "-1001234567890")) == 2


async def test_own_number_is_the_customers_and_what_is_anothers_is_not(desk: Desk) -> None:
    (bot,) = await bots(desk)
    await comes(
        desk, bot, "text", "contact-own", "contact-of-another", "forward-of-somebody-hidden"
    )
    (contact,) = (await desk.customer(bot, ANNA)).contacts
    assert (contact.kind, contact.value, contact.proven) == (
        ContactKind.PHONE,
        "+79123456789",
        True,
    )


async def test_edit_changes_what_was_said(desk: Desk) -> None:
    (bot,) = await bots(desk)
    update = {**UPDATES["edited"]["edited_message"], "message_id": 100}
    await comes(desk, bot, "text")
    told = json.dumps({"update_id": 1, "edited_message": update}).encode()
    await desk.inbound.receive(bot, arrivals_of(told))
    (message,) = await said(desk, bot)
    assert (message.text, message.edited_at is not None) == ("Где мой заказ №5?", True)


async def test_picture_that_took_anothers_place_stands_beside_it(desk: Desk) -> None:
    (bot,) = await bots(desk)
    await comes(desk, bot, "photo", "edited-photo", "edited-photo")
    (message,) = await said(desk, bot)
    assert [(one.source, one.size_bytes) for one in message.files] == [
        ("AgACAgIAAxph2", 90000), ("AgACAgIAAxph8", 70000),
    ]  # fmt: skip
    assert all(one.state is FileState.PENDING for one in message.files)


async def test_edit_of_one_part_of_an_album_leaves_its_words(desk: Desk) -> None:
    (bot,) = await bots(desk)
    await comes(desk, bot, "album-1", "album-2", "album-video", "edited-album-part")
    (message,) = await said(desk, bot)
    assert (message.text, len(message.files)) == ("Две фотографии", 4)


async def test_edit_that_brings_nothing_new_has_changed_no_file(desk: Desk) -> None:
    (bot,) = await bots(desk)
    photo = UPDATES["photo"]["message"] | {"edit_date": 1785585700, "caption": "Иначе"}
    await comes(desk, bot, "photo")
    told = json.dumps({"update_id": 1, "edited_message": photo}).encode()
    await desk.inbound.receive(bot, arrivals_of(told))
    (message,) = await said(desk, bot)
    assert (message.text, len(message.files)) == ("Иначе", 1)


async def test_what_the_desk_has_not_is_shown_above_the_answer_to_it(desk: Desk) -> None:
    (bot,) = await bots(desk)
    replied = UPDATES["reply"]["message"]["reply_to_message"]
    await comes(desk, bot, "reply")
    (alone,) = await said(desk, bot)
    assert (alone.text, alone.in_reply_to) == ("> Заказ 5 или 6?\nДа, этот", None)
    (other,) = await bots_of(desk, ("other",))
    first = json.dumps({"update_id": 1, "message": replied | {"from": replied["chat"]}}).encode()
    await desk.inbound.receive(other, arrivals_of(first))
    await comes(desk, other, "reply")
    question, answer = await said(desk, other)
    assert (answer.text, answer.in_reply_to) == ("Да, этот", question.id)


async def test_what_is_quoted_may_hold_what_no_database_does(desk: Desk) -> None:
    (bot,) = await bots(desk)
    reply = json.loads(json.dumps(UPDATES["reply"]))
    reply["message"]["reply_to_message"]["text"] = "Заказ\0 5"
    await desk.inbound.receive(bot, arrivals_of(json.dumps(reply).encode()))
    (message,) = await said(desk, bot)
    assert message.text == "> Заказ 5\nДа, этот"


async def test_a_group_is_one_customer_and_each_message_says_who_wrote_it(
    either_desk: Desk,
) -> None:
    (bot,) = await bots(either_desk)
    await comes(either_desk, bot, "group", "text")
    thread = await either_desk.thread(bot, "-4001")
    async with either_desk.storage.reading() as tx:
        group = await tx.customers.get(thread.customer_id)
        identity = await tx.identities.get(thread.identity_id)
    assert group is not None
    assert identity is not None
    conversation = await either_desk.conversation(bot, "-4001")
    assert (group.name, identity.address, conversation.title) == ("Доставка", "-4001", "Доставка")
    assert conversation.last is not None
    assert conversation.last.preview == "Boris: @liniya_test_bot когда доставка?"
    assert [one.writer for one in await said(either_desk, bot, "-4001")] == ["Boris"]
    # In a chat of two nobody needs to be named.
    assert [one.writer for one in await said(either_desk, bot)] == [""]


async def test_who_blocks_the_bot_is_still_answered_in_their_group(desk: Desk) -> None:
    (bot,) = await bots(desk)
    await comes(desk, bot, "group", "text", "blocked")
    alone, group = await desk.thread(bot, ANNA), await desk.thread(bot, "-4001")
    async with desk.storage.reading() as tx:
        found = [await tx.identities.get(one.identity_id) for one in (alone, group)]
    assert [one.active for one in found if one] == [False, True]


async def test_a_group_that_moved_stays_the_customer_it_was(either_desk: Desk) -> None:
    (bot,) = await bots(either_desk)
    await comes(either_desk, bot, "group")
    before = await either_desk.thread(bot, "-4001")
    await comes(either_desk, bot, "group-moved", "group-thread-of-answers")
    after = await either_desk.thread(bot, TOPIC.partition(":")[0])
    async with either_desk.storage.reading() as tx:
        identity = await tx.identities.get(after.identity_id)
    assert identity is not None
    assert (after.id, identity.id) == (before.id, before.identity_id)
    assert identity.address == TOPIC.partition(":")[0]


async def test_what_was_quoted_stays_above_what_is_edited(either_desk: Desk) -> None:
    (bot,) = await bots(either_desk)
    await comes(either_desk, bot, "group-thread-of-answers", "edited-below-a-quote")
    (message,) = await said(either_desk, bot, TOPIC.partition(":")[0])
    assert message.text == "> Жду\nИ я всё ещё жду"


async def test_a_group_that_threw_us_out_is_out_of_reach_until_we_are_back(
    either_desk: Desk,
) -> None:
    (bot,) = await bots(either_desk)

    async def reachable() -> bool:
        thread = await either_desk.thread(bot, "-4001")
        async with either_desk.storage.reading() as tx:
            identity = await tx.identities.get(thread.identity_id)
        assert identity is not None
        return identity.active

    await comes(either_desk, bot, "group", "thrown-out-of-a-group")
    assert not await reachable()
    await comes(either_desk, bot, "added-to-a-group")
    assert await reachable()


async def test_who_writes_to_a_channel_is_a_customer_whom_its_owner_may_answer(desk: Desk) -> None:
    (bot,) = await bots(desk)
    await comes(desk, bot, "direct-to-a-channel", "direct-answered-by-the-channel", "text")
    asked, answered = await said(desk, bot, DIRECT)
    assert (asked.author, answered.author) == (Author.CUSTOMER, Author.OPERATOR)
    written, alone = await desk.thread(bot, DIRECT), await desk.thread(bot, ANNA)
    assert written.customer_id == alone.customer_id


async def test_place_that_moves_is_shown_once_a_minute_and_where_it_ends(desk: Desk) -> None:
    (bot,) = await bots(desk)
    await comes(desk, bot, "location-live")
    began = UPDATES["location-live"]["message"]["date"]
    shown = []
    for after_s, is_live in ((20, True), (70, True), (90, True), (100, False)):
        moved = json.loads(json.dumps(UPDATES["location-live-moves"]))
        moved["edited_message"]["edit_date"] = began + after_s
        moved["edited_message"]["location"]["latitude"] = 50 + after_s / 100
        if not is_live:
            del moved["edited_message"]["location"]["live_period"]
        await desk.inbound.receive(bot, arrivals_of(json.dumps(moved).encode()))
        (message,) = await said(desk, bot)
        shown.append(next((n for n in (20, 70, 90, 100) if f"{50 + n / 100}" in message.text), 0))
    assert shown == [0, 70, 70, 100]


async def test_topics_of_a_forum_are_told_apart_by_what_they_are_called(either_desk: Desk) -> None:
    (bot,) = await bots(either_desk)
    other = json.loads(json.dumps(UPDATES["topic"]))
    other["message"] |= {"message_id": 900, "message_thread_id": 45}
    other["message"]["reply_to_message"]["forum_topic_created"]["name"] = "x" * 500
    await comes(either_desk, bot, "topic")
    await either_desk.inbound.receive(bot, arrivals_of(json.dumps(other).encode()))
    await comes(either_desk, bot, "topic-reply")
    first = await either_desk.conversation(bot, TOPIC)
    second = await either_desk.conversation(bot, TOPIC.replace(":44", ":45"))
    assert (first.title, first.subject, first.last_seq) == ("Доставка", "Возвраты", 2)
    assert (second.title, second.subject) == ("Доставка", "x" * 200)
