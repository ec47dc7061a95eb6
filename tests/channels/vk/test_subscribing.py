"""VK is told where to call, makes sure of us, and comes again until it hears ok."""

import json
from dataclasses import replace

import pytest

from router.channel import Answer, CustomerAction, Hook, IncomingMessage
from router.errors import Rejected, Unreachable
from tests.channels.accounts import SECRET
from tests.channels.contract import received
from tests.channels.vk.conftest import Community
from tests.fakes.vk.callbacks import Server
from tests.fakes.vk.world import Trouble

URL = "https://desk.example/hooks/0199a000-0000-7000-8000-00000000000a"


async def settle_as(community: Community, status: str) -> Server:
    """The one server, as if VK had called it with that outcome."""
    await community.vk.callbacks.close()
    (server,) = community.vk.callbacks.servers.values()
    server.status = status
    return server


async def test_vk_is_told_where_to_call_and_of_what(community: Community) -> None:
    channel = community.channel()
    assert not (await channel.subscription(URL)).ok
    await channel.subscribe(URL)
    server = await settle_as(community, "ok")
    assert (server.url, server.secret_key, server.title) == (URL, SECRET, "Liniya")
    assert {"message_new", "message_reply", "message_edit", "message_event"} <= server.events
    told = await channel.subscription(URL)
    assert (told.ok, told.url, told.last_error) == (True, URL, None)


async def test_again_changes_nothing(community: Community) -> None:
    channel = community.channel()
    await channel.subscribe(URL)
    await settle_as(community, "ok")
    await channel.subscribe(URL)
    assert len(community.vk.callbacks.servers) == 1
    assert community.vk.named("groups.editCallbackServer") == []


async def test_another_address_replaces_the_first(community: Community) -> None:
    community.vk.callbacks.add("https://elsewhere.example/vk", "another", "")
    channel = community.channel()
    await channel.subscribe(URL)
    elsewhere = URL.replace("desk.example", "new.example")
    assert (await channel.subscription(elsewhere)).ok is False
    await channel.subscribe(elsewhere)
    urls = [server.url for server in community.vk.callbacks.servers.values()]
    assert urls == ["https://elsewhere.example/vk", elsewhere]


async def test_what_is_wrong_is_told_in_words_and_mended(community: Community) -> None:
    channel = community.channel()
    await channel.subscribe(URL)
    server = await settle_as(community, "failed")
    told = await channel.subscription(URL)
    assert (told.ok, told.last_error) == (
        False, "VK called us and did not get the right answer",
    )  # fmt: skip
    server.status = "ok"
    server.events = {"message_new"}
    assert "message_reply" in str((await channel.subscription(URL)).last_error)
    await channel.subscribe(URL)
    assert (await channel.subscription(URL)).ok


async def test_no_room_for_another_server_is_told(community: Community) -> None:
    for number in range(10):
        community.vk.callbacks.add(f"https://elsewhere.example/{number}", "another", "")
    with pytest.raises(Rejected):
        await community.channel().subscribe(URL)


# VK is asked for what it cut, and for the names of who writes in a chat or is forwarded.
ASKED = {
    "confirmation", "cropped", "chat", "community-writes-in-a-chat", "forwarded",
    "forwarded-in-forwarded",
}  # fmt: skip


def hook(name: str) -> Hook:
    return next(one.hook for one in received("vk") if one.name == name)


async def test_the_string_that_vk_wants_to_hear_is_asked_for(community: Community) -> None:
    channel = community.channel()
    assert await channel.complete(hook("confirmation")) == Answer(body=b"c0nf1rm")
    community.vk.world.confirmation = "an0ther"
    assert await channel.complete(hook("confirmation")) == Answer(body=b"an0ther")


async def test_what_needs_no_asking_is_read_at_once(community: Community) -> None:
    for one in received("vk"):
        if one.name not in ASKED:
            assert await community.channel().complete(one.hook) == one.hook
    assert community.vk.calls == []


async def test_message_that_vk_cut_is_read_whole(community: Community) -> None:
    world, channel = community.vk.world, community.channel()
    whole = world.says(1, "Очень длинное письмо. " * 40, is_cropped=True)
    cut = {**world.events[-1], "secret": SECRET}
    came = replace(hook("cropped"), body=json.dumps(cut).encode())
    completed = await channel.complete(came)
    assert isinstance(completed, Hook)
    channel.authenticate(completed)
    (said,) = channel.parse(completed).arrivals
    assert isinstance(said, IncomingMessage)
    assert (said.text, said.external_id) == (whole["text"].strip(), "1:1")


async def test_whole_message_is_waited_for_but_not_for_ever(community: Community) -> None:
    community.vk.world.troubles.append(Trouble(code=10, times=9))
    channel, came = community.channel(), hook("cropped")
    with pytest.raises(Unreachable):
        await channel.complete(came)
    late = replace(came, headers={**came.headers, "x-retry-counter": "3"})
    assert await channel.complete(late) == late


async def test_who_writes_in_a_chat_is_named_and_asked_for_once(community: Community) -> None:
    world, channel = community.vk.world, community.channel()
    world.joins(7, "Вера", "Светлова")
    written = []
    for person in (7, 7, 8):
        world.says(person, "Кто ответит?", peer=2_000_000_001)
        body = json.dumps({**world.events[-1], "secret": SECRET}).encode()
        completed = await channel.complete(replace(hook("chat"), body=body))
        assert isinstance(completed, Hook)
        (said,) = channel.parse(completed).arrivals
        assert isinstance(said, IncomingMessage)
        assert (said.sender.address, said.text) == ("2000000001", "Кто ответит?")
        written.append(said.writer)
    # Whom VK does not tell of is known by their number.
    assert written == ["Вера Светлова", "Вера Светлова", "id8"]
    assert len(community.vk.named("users.get")) == 2


async def test_who_presses_a_button_in_a_chat_is_named(community: Community) -> None:
    world, channel = community.vk.world, community.channel()
    world.joins(7, "Вера", "Светлова")
    action = {"type": "callback", "label": "Да", "payload": '{"v": "yes", "l": "Да"}'}
    asked = {
        "peer_id": 2_000_000_001,
        "conversation_message_id": 4,
        "keyboard": {"buttons": [[{"action": action}]]},
    }
    world.presses(7, asked)
    body = json.dumps({**world.events[-1], "secret": SECRET}).encode()
    completed = await channel.complete(replace(hook("chat"), body=body))
    assert isinstance(completed, Hook)
    (pressed,) = channel.parse(completed).arrivals
    assert isinstance(pressed, CustomerAction)
    assert (pressed.sender.address, pressed.writer, pressed.text) == (
        "2000000001", "Вера Светлова", "Да",
    )  # fmt: skip


async def test_who_is_forwarded_is_named_and_all_are_asked_for_at_once(
    community: Community,
) -> None:
    world, channel = community.vk.world, community.channel()
    world.joins(7, "Вера", "Светлова")
    inner = {"from_id": 7, "text": "Жду с марта", "date": 1785585600}
    answered = {"from_id": 9, "text": "Когда привезут?", "date": 1785585601}
    carried = {**inner, "text": "В среду", "from_id": 8, "fwd_messages": [inner]}
    world.says(5, "Вот", fwd_messages=[carried, {**inner, "reply_message": answered}])
    body = json.dumps({**world.events[-1], "secret": SECRET}).encode()
    completed = await channel.complete(replace(hook("chat"), body=body))
    assert isinstance(completed, Hook)
    (said,) = channel.parse(completed).arrivals
    assert isinstance(said, IncomingMessage)
    assert (said.writer, said.text.split("\n")) == ("", [
        "Вот",
        "> id8:", "> В среду", "> > Вера Светлова:", "> > Жду с марта",
        "> Вера Светлова:", "> Жду с марта", "> > id9:", "> > Когда привезут?",
    ])  # fmt: skip
    assert len(community.vk.named("users.get")) == 1


async def test_a_chat_is_read_though_nobody_says_who_writes(community: Community) -> None:
    world, channel = community.vk.world, community.channel()
    world.says(7, "Есть кто?", peer=2_000_000_001)
    world.troubles.append(Trouble(code=15, times=1))
    body = json.dumps({**world.events[-1], "secret": SECRET}).encode()
    completed = await channel.complete(replace(hook("chat"), body=body))
    assert isinstance(completed, Hook)
    (said,) = channel.parse(completed).arrivals
    assert isinstance(said, IncomingMessage)
    assert (said.text, said.writer) == ("Есть кто?", "id7")
