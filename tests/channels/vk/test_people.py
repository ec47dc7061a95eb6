"""Who customers are, and who the community is."""

import pytest

from channels.vk import Account
from router.errors import BadCredentials, Rejected
from tests.channels.vk.conftest import Community


async def test_people_and_communities_are_asked_for_together(community: Community) -> None:
    world = community.vk.world
    for number in range(1001, 2201):
        world.joins(number, f"Имя{number}", "Фамилия")
    world.joins(7, "Вера", "Светлова", screen_name="vera", has_photo=1, photo_200="https://x/7.jpg")
    found = await community.channel().profiles(["7", *map(str, range(1001, 2201)), "999999", "-77"])
    assert len(found) == 1202
    vera = found["7"]
    assert (vera.name, vera.username) == ("Вера Светлова", "vera")
    assert vera.picture is not None
    assert vera.picture.url == "https://x/7.jpg"
    assert (found["1001"].name, found["1001"].username, found["1001"].picture) == (
        "Имя1001 Фамилия", "id1001", None,
    )  # fmt: skip
    assert found["-77"].name == "Made-up shop"
    assert len(community.vk.named("users.get")) == 2


async def test_who_deleted_their_page_has_no_profile(community: Community) -> None:
    community.vk.world.joins(8, "DELETED", deactivated="deleted")
    assert await community.channel().profiles(["8"]) == {}


async def test_community_tells_who_it_is(community: Community) -> None:
    community.vk.methods.long_poll_on = True
    told = await community.channel().introduce()
    assert (told.name, told.username, told.link) == (
        "Made-up shop", "made_up_shop", "https://vk.me/made_up_shop",
    )  # fmt: skip
    assert told.source_key == "ref"
    assert told.picture == community.vk.world.files["group.jpg"][0]
    assert told.warnings == ()


async def test_what_will_not_work_is_told_before_it_is_connected(community: Community) -> None:
    community.vk.world.group.update(can_message=0)
    community.vk.world.permissions = ["photos", "docs"]
    told = await community.channel().introduce()
    assert told.warnings == ("messages_off", "no_messages_permission", "long_poll_off")
    assert (await community.channel(by="webhook").introduce()).warnings == told.warnings[:2]


async def test_token_of_another_community_is_no_good(community: Community) -> None:
    await community.channel().check()
    for channel in (community.channel(group_id=78), community.channel(token="another-token")):
        with pytest.raises(BadCredentials):
            await channel.check()
        with pytest.raises(BadCredentials):
            await channel.introduce()


async def test_picture_that_is_away_is_no_reason_not_to_tell(community: Community) -> None:
    del community.vk.world.files["group.jpg"]
    told = await community.channel().introduce()
    assert (told.name, told.picture) == ("Made-up shop", None)


async def test_pressed_button_is_answered_once(community: Community) -> None:
    world = community.vk.world
    world.waiting_presses.add("0f5c6a8f1b2d")
    channel = community.channel()
    await channel.acknowledge('["0f5c6a8f1b2d",1,1]')
    assert world.waiting_presses == set()
    with pytest.raises(Rejected):
        await channel.acknowledge('["0f5c6a8f1b2d",1,1]')


async def test_a_chat_of_several_is_called_as_it_is(community: Community) -> None:
    world = community.vk.world
    world.joins(7, "Вера", "Светлова")
    world.chats[2_000_000_001] = "Опт"
    found = await community.channel().profiles(["7", "2000000001"])
    assert [found[one].name for one in ("7", "2000000001")] == ["Вера Светлова", "Опт"]


async def test_a_chat_that_we_may_not_read_hides_nobody_else(community: Community) -> None:
    community.vk.world.joins(7, "Вера", "Светлова")
    assert list(await community.channel().profiles(["7", "2000000001"])) == ["7"]


@pytest.mark.parametrize(
    "given", [77, "77", "club77", "public77", "vk.com/club77", " https://vk.com/club77/ "]
)
def test_a_community_is_known_by_its_number_or_by_the_address_that_holds_it(given: object) -> None:
    assert Account.model_validate({"group_id": given}).group_id == 77


@pytest.mark.parametrize("given", ["made_up_shop", "vk.com/wall-77_5", "club"])
def test_what_holds_no_number_is_no_community(given: str) -> None:
    with pytest.raises(ValueError, match="group_id"):
        Account.model_validate({"group_id": given})
