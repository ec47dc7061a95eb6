"""What the community writes, as VK's customers see it."""

import asyncio
import json
import time

import pytest

from router.buttons import Button
from router.channel import Action
from router.errors import (
    BadCredentials,
    ProviderError,
    RecipientGone,
    Rejected,
    Throttled,
    Unconfirmed,
    Unreachable,
    WindowClosed,
)
from router.guard import open_session
from tests.channels.vk.conftest import Community, a_file, answer
from tests.fakes.vk.world import Trouble

JPEG = b"\xff\xd8\xff made-up picture"
CODES: dict[int, type[ProviderError]] = {
    **dict.fromkeys((1, 10), Unreachable),
    **dict.fromkeys((5, 7, 14, 15, 27), BadCredentials),
    **dict.fromkeys((6, 9, 29), Throttled),
    **dict.fromkeys((100, 910, 911, 914, 921, 4242), Rejected),
    **dict.fromkeys((900, 901, 902, 917, 922, 932, 936, 945, 946, 985, 1012), RecipientGone),
    950: WindowClosed,
}


async def test_customer_gets_what_is_sent(community: Community) -> None:
    world = community.vk.world
    world.says(1, "Здравствуйте")
    sent = await community.channel().send(answer("Добрый день!"))
    (got,) = world.answers(1)
    assert (got["text"], sent.external_id) == ("Добрый день!", "1:2")


async def test_same_message_again_is_not_said_twice(community: Community) -> None:
    world = community.vk.world
    world.says(1, "Здравствуйте")
    first = await community.channel().send(answer("Добрый день!"))
    again = await community.channel().send(answer("Добрый день!"))
    other = await community.channel().send(answer("Добрый день!", token="token-2"))
    assert first == again != other
    assert len(world.answers(1)) == 2


async def test_answer_that_was_lost_is_found_by_sending_again(community: Community) -> None:
    world = community.vk.world
    world.says(1, "Здравствуйте")
    world.troubles.append(Trouble("messages.send", lost=True))
    channel = community.channel()
    with pytest.raises(Unconfirmed):
        await channel.send(answer("Добрый день!"))
    assert (await channel.send(answer("Добрый день!"))).external_id == "1:2"
    assert len(world.answers(1)) == 1


@pytest.mark.parametrize("code", CODES)
async def test_each_refusal_has_its_name(community: Community, code: int) -> None:
    community.vk.world.says(1, "Здравствуйте")
    community.vk.world.troubles.append(Trouble("messages.send", code=code))
    with pytest.raises(ProviderError) as caught:
        await community.channel().send(answer("Добрый день!"))
    assert (type(caught.value), caught.value.code) == (CODES[code], str(code))
    assert "Добрый" not in str(caught.value)
    # Asked once: repeating is for the router, also when it goes too fast.
    assert len(community.vk.named("messages.send")) == 1


async def test_waits_grow_with_what_vk_means() -> None:
    from channels.vk.refusals import refusal

    waits = [refusal(code) for code in (6, 9, 29)]
    assert all(isinstance(one, Throttled) for one in waits)
    assert [one.retry_after_s for one in waits if isinstance(one, Throttled)] == [1, 60, 3600]


async def test_who_allows_nothing_is_gone(community: Community) -> None:
    community.vk.world.says(1, "Здравствуйте")
    community.vk.world.denies(1)
    with pytest.raises(RecipientGone):
        await community.channel().send(answer("Добрый день!"))


async def test_chat_that_is_out_of_reach_says_nothing_of_its_people(community: Community) -> None:
    chat = 2_000_000_001
    community.vk.world.says(1, "Коллеги?", peer=chat)
    await community.channel().send(answer("Да", to=chat))
    assert len(community.vk.world.answers(chat)) == 1
    community.vk.world.denies(chat)
    with pytest.raises(Rejected) as caught:
        await community.channel().send(answer("И ещё", to=chat, token="token-2"))
    assert not isinstance(caught.value, RecipientGone)


async def test_pictures_and_documents_are_attached(community: Community) -> None:
    world = community.vk.world
    world.says(1, "Здравствуйте")
    files = (
        a_file("фото.jpg", "image/jpeg", JPEG),
        a_file("договор.pdf", "application/pdf", b"%PDF made-up"),
    )
    await community.channel().send(answer("Вот", files=files))
    (got,) = world.answers(1)
    photo, document = got["attachments"]
    url = photo["photo"]["sizes"][-1]["url"].rpartition("/")[2]
    assert world.files[url][0] == JPEG
    assert (document["type"], document["doc"]["title"]) == ("doc", "договор.pdf")


async def test_picture_that_vk_cannot_read_goes_as_a_document(community: Community) -> None:
    community.vk.world.says(1, "Здравствуйте")
    file = a_file("странное.png", "image/png", b"no picture at all")
    await community.channel().send(answer("", files=(file,)))
    (got,) = community.vk.world.answers(1)
    assert [one["type"] for one in got["attachments"]] == ["doc"]


async def test_file_that_vk_does_not_take_is_refused_in_plain_words(community: Community) -> None:
    community.vk.world.says(1, "Здравствуйте")
    file = a_file("setup.exe", "application/octet-stream", b"MZ")
    with pytest.raises(Rejected, match="does not take files of this kind"):
        await community.channel().send(answer("", files=(file,)))


async def test_buttons_stand_under_the_message_in_rows(community: Community) -> None:
    community.vk.world.says(1, "Здравствуйте")
    rates = tuple(Button(str(n), value=f"rate:{n}") for n in range(1, 6))
    site = Button("На сайт", url="https://shop.example/")
    menu = tuple(Button(f"Вопрос о доставке {n}", value=f"menu:{n}") for n in range(9))
    channel = community.channel()
    await channel.send(answer("Оцените", buttons=rates, token="a"))
    await channel.send(answer("О чём?", buttons=(*menu, site), token="b"))
    rating, asking = community.vk.world.answers(1)
    assert [len(row) for row in rating["keyboard"]["buttons"]] == [5]
    assert [len(row) for row in asking["keyboard"]["buttons"]] == [2, 2, 2, 2, 2]
    (first, *_), *_ = rating["keyboard"]["buttons"]
    assert first["action"]["type"] == "callback"
    assert json.loads(first["action"]["payload"]) == {"v": "rate:1", "l": "1"}
    assert asking["keyboard"]["buttons"][-1][-1]["action"]["type"] == "open_link"


async def test_buttons_may_write_into_the_chat(community: Community) -> None:
    world = community.vk.world
    world.says(1, "Здравствуйте")
    await community.channel(buttons="text").send(answer("О чём?", buttons=(Button("Цена", "p"),)))
    world.presses(1, world.answers(1)[0])
    assert world.peers[1][-1]["text"] == "Цена"
    assert json.loads(world.peers[1][-1]["payload"]) == {"v": "p"}


async def test_answer_quotes_what_it_answers(community: Community) -> None:
    world = community.vk.world
    world.says(1, "Есть размер 42?")
    await community.channel().send(answer("Есть", in_reply_to="1:1"))
    assert world.answers(1)[0]["reply_message"]["text"] == "Есть размер 42?"


async def test_answer_to_what_is_gone_is_sent_without_it(community: Community) -> None:
    world = community.vk.world
    world.says(1, "Есть размер 42?")["deleted"] = 1
    await community.channel().send(answer("Есть", in_reply_to="1:1"))
    (got,) = world.answers(1)
    assert (got["text"], "reply_message" in got) == ("Есть", False)


async def test_message_is_changed_and_withdrawn(community: Community) -> None:
    world, channel = community.vk.world, community.channel()
    world.says(1, "Здравствуйте")
    sent = await channel.send(answer("Добрый день"))
    await channel.edit(sent.external_id, answer("Добрый день!"))
    assert [one["text"] for one in world.answers(1)] == ["Добрый день!"]
    await channel.delete(sent.external_id)
    assert world.answers(1) == []
    with pytest.raises(Rejected):
        await channel.edit("1:99", answer("Чужое"))
    with pytest.raises(Rejected):
        await channel.delete("nonsense")


async def test_changed_words_keep_their_pictures(community: Community) -> None:
    world, channel = community.vk.world, community.channel()
    world.says(1, "Здравствуйте")
    file = a_file("фото.jpg", "image/jpeg", JPEG)
    sent = await channel.send(answer("Вот", files=(file,)))
    await channel.edit(sent.external_id, answer("Вот она"))
    (got,) = world.answers(1)
    got["attachments"].append({"type": "link", "link": {"url": "https://shop.example/"}})
    await channel.edit(sent.external_id, answer("Вот она!"))
    assert (got["text"], [one["type"] for one in got["attachments"]]) == ("Вот она!", ["photo"])


async def test_denial_of_one_change_is_no_reason_to_pause_the_account(community: Community) -> None:
    community.vk.world.troubles.append(Trouble("messages.edit", code=15))
    with pytest.raises(Rejected):
        await community.channel().edit("1:1", answer("Поздно"))


async def test_customer_sees_that_we_type_and_have_read(community: Community) -> None:
    await community.channel().signal("1", Action.TYPING)
    assert (community.vk.world.typing, community.vk.world.read) == ([1], [1])


async def test_many_messages_go_side_by_side_and_never_too_fast(community: Community) -> None:
    for customer in range(1, 31):
        community.vk.world.says(customer, "Здравствуйте")
    community.vk.slow_s = 0.2
    channel, began = community.channel(), time.monotonic()
    async with asyncio.TaskGroup() as group:
        for customer in range(1, 31):
            group.create_task(channel.send(answer("Да", to=customer, token=f"token-{customer}")))
    # One after the other they would take six seconds.
    assert time.monotonic() - began < 4
    assert community.vk.burst <= 21
    assert all(len(community.vk.world.answers(customer)) == 1 for customer in range(1, 31))


async def test_calls_that_were_given_up_leave_room_for_others(community: Community) -> None:
    community.vk.world.says(1, "Здравствуйте")
    community.vk.slow_s = 30
    channel = community.channel()
    calls = [asyncio.create_task(channel.check()) for _ in range(20)]
    await asyncio.sleep(0.5)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    community.vk.slow_s = 0
    async with asyncio.timeout(5):
        await channel.send(answer("Добрый день!"))


async def test_private_addresses_are_not_called(community: Community) -> None:
    async with open_session() as guarded:
        channel = Community(community.vk, guarded).channel()
        with pytest.raises(Rejected) as caught:
            await channel.check()
    assert caught.value.code == "private_address"
    assert community.vk.calls == []


async def test_hanging_vk_is_given_up(community: Community) -> None:
    community.vk.world.says(1, "Здравствуйте")
    community.vk.slow_s = 60
    began = time.monotonic()
    with pytest.raises(Unconfirmed):
        await community.channel().send(answer("Добрый день!"))
    assert time.monotonic() - began < 20


async def test_wire_log_shows_the_call_without_its_secrets(community: Community) -> None:
    community.vk.world.says(1, "Здравствуйте")
    community.vk.world.troubles.append(Trouble("messages.send", code=100))
    with pytest.raises(Rejected):
        await community.channel().send(answer("Добрый день!"))
    (exchange,) = community.wire.exchanges
    assert exchange.url.endswith("/method/messages.send")
    assert community.vk.world.token not in repr(exchange)
