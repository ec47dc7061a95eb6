"""Messages that come by the long poll."""

import pytest

from channels.vk.asking import LOST
from router.channel import IncomingMessage
from router.errors import BadCredentials, Unreachable
from tests.channels.vk.conftest import Community
from tests.fakes.vk.world import Trouble


async def test_brings_what_was_said_since_the_cursor(community: Community) -> None:
    world, channel = community.vk.world, community.channel()
    assert channel.polls
    assert not community.channel(by="webhook").polls
    world.says(1, "раньше")
    community.vk.methods.long_poll_on = True
    world.events.clear()
    start = "0"
    world.says(1, "раз")
    world.says(1, "два")
    polled = await channel.poll(start)
    assert [one.text for one in polled.arrivals if isinstance(one, IncomingMessage)] == [
        "раз", "два",
    ]  # fmt: skip
    assert polled.cursor.partition("@")[0] == "2"
    assert await channel.poll(start) == polled


async def test_switches_the_long_poll_on_and_begins_now(community: Community) -> None:
    community.vk.world.says(1, "до нас")
    channel = community.channel(by="polling")
    community.vk.broken_updates = [{"type": "group_join", "group_id": 77, "object": {}}]
    polled = await channel.poll(None)
    assert (polled.arrivals, polled.unread, polled.cursor) == ((), (), "1")
    assert community.vk.methods.long_poll_on
    # Where it began is stored before anything is waited for: a kill loses nothing.
    assert community.vk.asked_from == -1


@pytest.mark.parametrize("number_ts", [True, False])
async def test_lost_history_is_told_and_left_behind(community: Community, number_ts: bool) -> None:
    community.vk.methods.long_poll_on = True
    community.vk.number_ts = number_ts
    channel = community.channel(by="polling")
    for text in ("раз", "два", "три"):
        community.vk.world.says(1, text)
    community.vk.forget_before = 2
    polled = await channel.poll("0")
    assert (polled.arrivals, polled.cursor) == ((), "3")
    assert [reason for _, reason in polled.unread] == [LOST]


async def test_new_key_goes_on_from_where_it_was(community: Community) -> None:
    community.vk.methods.long_poll_on = True
    channel = community.channel(by="polling")
    community.vk.world.says(1, "раз")
    first = await channel.poll("0")
    community.vk.methods.long_poll_key = "key-2"
    community.vk.world.says(1, "два")
    assert await channel.poll(first.cursor) == type(first)((), first.cursor)
    again = await channel.poll(first.cursor)
    assert [one.text for one in again.arrivals if isinstance(one, IncomingMessage)] == ["два"]


async def test_ts_that_vk_does_not_know_begins_anew_and_is_told(community: Community) -> None:
    community.vk.methods.long_poll_on = True
    channel = community.channel(by="polling")
    community.vk.world.says(1, "раз")
    polled = await channel.poll("999")
    assert (polled.cursor, [reason for _, reason in polled.unread]) == ("1", [LOST])


async def test_what_cannot_be_read_stops_nothing(community: Community) -> None:
    community.vk.methods.long_poll_on = True
    channel = community.channel(by="polling")
    community.vk.broken_updates = [
        7, {"type": "message_new", "group_id": 77, "object": {"message": 7}},
    ]  # fmt: skip
    community.vk.world.says(1, "раз")
    polled = await channel.poll("0")
    assert [one.text for one in polled.arrivals if isinstance(one, IncomingMessage)] == ["раз"]
    assert len(polled.unread) == 2


async def test_message_that_vk_cut_is_fetched_whole(community: Community) -> None:
    community.vk.methods.long_poll_on = True
    whole = "Очень длинное письмо. " * 40
    community.vk.world.says(1, whole, is_cropped=True)
    polled = await community.channel(by="polling").poll("0")
    (said,) = polled.arrivals
    assert isinstance(said, IncomingMessage)
    assert said.text == whole.strip()


async def test_trouble_has_its_name_and_passes(community: Community) -> None:
    community.vk.methods.long_poll_on = True
    channel = community.channel(by="polling")
    community.vk.world.says(1, "раз")
    community.vk.world.troubles.append(Trouble("groups.getLongPollServer", code=10))
    with pytest.raises(Unreachable):
        await channel.poll("0")
    assert len((await channel.poll("0")).arrivals) == 1
    with pytest.raises(BadCredentials):
        await community.channel(by="polling", token="another-token").poll("0")
