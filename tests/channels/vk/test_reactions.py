"""Reactions at the VK that we play: ours are put there, theirs come."""

import pytest

from channels.vk.reactions import OFFERED
from router.emoji import OWN_PICTURE, Reacted
from router.errors import BadCredentials, Rejected, Throttled
from tests.channels.vk.conftest import Community
from tests.fakes.vk.world import Trouble


async def test_a_reaction_is_put_changed_and_taken_back(community: Community) -> None:
    world, channel = community.vk.world, community.channel()
    world.says(1, "Спасибо")
    place = (1, 1, -world.group_id)
    for emoji, number in (("👍", 4), ("👍", 4), ("❤", 1)):
        await channel.react("1:1", emoji)
        assert world.reacted[place] == number
    for _ in range(2):
        await channel.react("1:1", "")
        assert place not in world.reacted


async def test_every_emoji_that_is_offered_is_taken(community: Community) -> None:
    world, channel = community.vk.world, community.channel()
    world.says(1, "Спасибо")
    assert channel.capabilities.reactions == OFFERED
    for emoji in OFFERED:
        await channel.react("1:1", emoji)
    assert len(community.vk.named("messages.sendReaction")) == len(OFFERED)


@pytest.mark.parametrize(
    ("place", "emoji"), [("1:2", "👍"), ("1:1", "🦄"), ("wall:5", "👍"), ("press:1", "")]
)
async def test_what_cannot_be_is_refused(place: str, emoji: str, community: Community) -> None:
    community.vk.world.says(1, "Спасибо")
    with pytest.raises(Rejected):
        await community.channel().react(place, emoji)


@pytest.mark.parametrize(
    ("code", "error"), [(15, Rejected), (1010, Rejected), (6, Throttled), (5, BadCredentials)]
)
async def test_trouble_has_a_name(code: int, error: type[Exception], community: Community) -> None:
    community.vk.world.says(1, "Спасибо")
    community.vk.world.troubles.append(Trouble("messages.sendReaction", code=code))
    with pytest.raises(error):
        await community.channel().react("1:1", "👍")


async def test_what_customers_put_there_comes_and_ours_does_not_come_back(
    community: Community,
) -> None:
    world, channel = community.vk.world, community.channel()
    world.says(1, "Спасибо")
    begins = await channel.poll(None)
    for number in (1, 64, None):
        world.reacts(1, 1, 1, number)
    await channel.react("1:1", "👍")
    arrivals = (await channel.poll(begins.cursor)).arrivals
    told = [one for one in arrivals if isinstance(one, Reacted)]
    assert [(one.external_id, one.by) for one in told] == [("1:1", "1")] * 3
    assert [one.emoji for one in told] == [("❤",), (OWN_PICTURE,), ()]


async def test_a_desk_that_asked_before_is_told_of_them_too(community: Community) -> None:
    channel = community.channel()
    begins = await channel.poll(None)
    community.vk.methods.long_poll_events.discard("message_reaction_event")
    community.vk.world.says(1, "Спасибо")
    await community.channel().poll(begins.cursor)
    assert "message_reaction_event" in community.vk.methods.long_poll_events
