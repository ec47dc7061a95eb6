"""What the long poll has forgotten, read from the conversations."""

from collections.abc import Iterable

import pytest

from channels.vk.asking import LOST, PARTLY, READ_AGAIN
from channels.vk.missed import missed
from router.channel import Arrival, IncomingMessage, OutsideReply
from router.errors import Unreachable
from tests.channels.vk.conftest import Community, answer
from tests.desk import Desk
from tests.fakes.vk.world import CHAT_FROM, Trouble

NOON = 1_785_585_600


def said(arrivals: Iterable[Arrival]) -> list[str]:
    return [one.text for one in arrivals if isinstance(one, IncomingMessage | OutsideReply)]


@pytest.fixture
def forgetful(community: Community) -> Community:
    """Something has come; then VK forgets all that happens until `forgets`."""
    community.vk.methods.long_poll_on = True
    community.vk.world.joins(2, "Борис")
    community.vk.world.says(1, "раньше", date=NOON - 500)
    community.vk.world.says(1, "раз", date=NOON)
    return community


def forgets(community: Community, *, key: bool = False) -> None:
    """All that has happened until now; with `key` it knows not even our place."""
    community.vk.forget_before = len(community.vk.world.events)
    if key:
        community.vk.forget_before = 0
        community.vk.world.events.clear()


@pytest.mark.parametrize("key", [False, True])
async def test_what_vk_forgot_is_read_from_the_conversations(
    forgetful: Community, key: bool
) -> None:
    channel, world = forgetful.channel(), forgetful.vk.world
    first = await channel.poll("0")
    assert first.cursor == f"2@{NOON}"
    world.says(2, "два", date=NOON + 60)
    world.writes_outside(1, "из ВК", date=NOON + 90)
    world.says(1, "три", date=NOON + 120)
    forgets(forgetful, key=key)
    polled = await channel.poll(first.cursor)
    # What was said in the last second that we know of may have come, or not.
    assert said(polled.arrivals) == ["раз", "два", "из ВК", "три"]
    assert [one.external_id for one in polled.arrivals if isinstance(one, IncomingMessage)] == [
        "1:2", "2:1", "1:4",
    ]  # fmt: skip
    assert [reason for _, reason in polled.unread] == [READ_AGAIN.format(n=4)]
    assert polled.cursor == f"{len(world.events)}@{NOON + 120}"
    world.says(2, "дальше", date=NOON + 180)
    assert said((await channel.poll(polled.cursor)).arrivals) == ["дальше"]


async def test_what_we_sent_is_known_for_ours(forgetful: Community) -> None:
    channel = forgetful.channel()
    first = await channel.poll("0")
    sent = await channel.send(answer("от нас", token="token-7"))
    forgets(forgetful)
    (ours,) = [
        one for one in (await channel.poll(first.cursor)).arrivals if isinstance(one, OutsideReply)
    ]
    assert (ours.external_id, ours.token) == (sent.external_id, "token-7")


async def test_long_histories_are_read_to_their_beginning(forgetful: Community) -> None:
    channel, world = forgetful.channel(), forgetful.vk.world
    first = await channel.poll("0")
    many = [f"письмо {number}" for number in range(450)]
    for number, text in enumerate(many):
        world.says(2, text, date=NOON + 1 + number // 10)
    forgets(forgetful)
    polled = await channel.poll(first.cursor)
    assert said(polled.arrivals) == ["раз", *many]


async def test_more_conversations_than_a_poll_can_read_are_not_all(forgetful: Community) -> None:
    world = forgetful.vk.world
    world.says(1, "два", date=NOON + 60)
    world.says(2, "три", date=NOON + 120)
    api = forgetful.api()
    found = await missed(api, group_id=world.group_id, since=NOON, most=1)
    assert (len(found.updates), found.whole) == (1, False)
    assert (await missed(api, group_id=world.group_id, since=NOON, most=2)).whole


async def test_chats_that_we_may_read_are_read_too(forgetful: Community) -> None:
    channel, world = forgetful.channel(), forgetful.vk.world
    first = await channel.poll("0")
    world.chats[CHAT_FROM + 5] = "Доставка"
    world.says(1, "в беседе", peer=CHAT_FROM + 5, date=NOON + 60)
    world.says(2, "и я", peer=CHAT_FROM + 5, date=NOON + 70)
    forgets(forgetful)
    polled = await channel.poll(first.cursor)
    assert said(polled.arrivals) == ["раз", "в беседе", "и я"]
    assert [one.writer for one in polled.arrivals if isinstance(one, IncomingMessage)] == [
        "", "Анна Иванова", "Борис",
    ]  # fmt: skip
    assert [reason for _, reason in polled.unread] == [READ_AGAIN.format(n=3)]


@pytest.mark.parametrize("code", [15, 917])
async def test_chats_that_are_closed_to_us_keep_nothing_else_back(
    code: int, forgetful: Community
) -> None:
    channel, world = forgetful.channel(), forgetful.vk.world
    first = await channel.poll("0")
    world.says(2, "два", date=NOON + 50)
    world.chats[CHAT_FROM + 5] = "Доставка"
    world.says(1, "в беседе", peer=CHAT_FROM + 5, date=NOON + 60)
    forgets(forgetful)
    world.troubles.append(Trouble("messages.getHistory", code=code))
    polled = await channel.poll(first.cursor)
    assert said(polled.arrivals) == ["раз", "два"]
    assert [reason for _, reason in polled.unread] == [PARTLY.format(n=2)]


async def test_chats_are_closed_to_us_and_that_is_told(forgetful: Community) -> None:
    channel, world = forgetful.channel(), forgetful.vk.world
    first = await channel.poll("0")
    world.says(1, "в беседе", peer=CHAT_FROM + 5, date=NOON + 60)
    forgets(forgetful)
    polled = await channel.poll(first.cursor)
    assert said(polled.arrivals) == ["раз"]
    assert [reason for _, reason in polled.unread] == [PARTLY.format(n=1)]


async def test_before_anything_has_come_nothing_can_be_read_again(forgetful: Community) -> None:
    channel = forgetful.channel()
    forgets(forgetful)
    polled = await channel.poll("0")
    assert (polled.arrivals, polled.cursor) == ((), "2")
    assert [reason for _, reason in polled.unread] == [LOST]


async def test_trouble_while_reading_again_loses_nothing(forgetful: Community) -> None:
    channel, world = forgetful.channel(), forgetful.vk.world
    first = await channel.poll("0")
    world.says(2, "два", date=NOON + 60)
    forgets(forgetful)
    world.troubles.append(Trouble("messages.getHistory", code=10))
    with pytest.raises(Unreachable):
        await channel.poll(first.cursor)
    assert said((await channel.poll(first.cursor)).arrivals) == ["раз", "два"]


async def test_on_the_desk_it_stands_once_and_in_order(forgetful: Community, desk: Desk) -> None:
    channel, world = forgetful.channel(), forgetful.vk.world
    inbox = await desk.inbox(await desk.line(), "vk")
    first = await channel.poll("0")
    await desk.inbound.receive(inbox, first.arrivals)
    for number in range(3):
        world.says(1, f"пропущено {number}", date=NOON + number)
    forgets(forgetful)
    # Killed before the cursor was stored: it is read again.
    polled = first
    for _ in range(2):
        polled = await channel.poll(first.cursor)
        await desk.inbound.receive(inbox, polled.arrivals)
    world.says(1, "потом", date=NOON + 60)
    await desk.inbound.receive(inbox, (await channel.poll(polled.cursor)).arrivals)
    thread = await desk.thread(inbox, "1")
    async with desk.storage.reading() as tx:
        stored = await tx.messages.of_thread(thread.id)
    assert [one.text for one in stored] == [
        "раньше", "раз", "пропущено 0", "пропущено 1", "пропущено 2", "потом",
    ]  # fmt: skip
