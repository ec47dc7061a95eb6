"""Comments under the community's posts: what they are read as, and how they are answered."""

import pytest

from channels.vk.comments import comment_id, number_in, thread_key
from router.channel import Deleted, Edited, IncomingMessage, OutgoingMessage, OutsideReply
from router.errors import BadCredentials, ProviderError, RecipientGone, Rejected, Throttled
from router.model import Visit
from tests.channels.vk.conftest import Community, a_file, soon
from tests.fakes.vk.world import Json, Trouble

URL = "https://desk.example/hooks/0199a000-0000-7000-8000-00000000000a"
ON_THE_WALL = {"wall_reply_new", "wall_reply_edit", "wall_reply_delete", "wall_reply_restore"}


def asked(community: Community, text: str = "А доставка есть?") -> tuple[int, Json]:
    """A post, and what Анна writes under it."""
    world = community.vk.world
    world.permissions.append("wall")
    post = world.wall.posts_up("Новая коллекция уже в магазине")
    return post, world.wall.says(1, post, text)


def answering(
    post: int, comment: Json | None, text: str = "Есть", **more: object
) -> OutgoingMessage:
    said = {"token": "token-1", "in_reply_to": comment_id(comment["id"]) if comment else None}
    return OutgoingMessage(thread_key=thread_key(post, 1), to="1", text=text, **(said | more))  # type: ignore[arg-type]


async def test_what_is_said_and_changed_under_a_post_comes_in_its_order(
    community: Community,
) -> None:
    community.vk.methods.long_poll_on = True
    wall = community.vk.world.wall
    post, comment = asked(community)
    answer = wall.says(wall.owner, post, "Есть", to=comment)
    wall.says(1, post, "Спасибо", to=answer)
    wall.edits(comment, "А доставка в Уфу есть?")
    wall.deletes(comment, by=1)
    wall.restores(comment)
    wall.says(wall.owner, post, "Цены в описании")
    told = (await community.channel(comments=True).poll("0")).arrivals
    kinds = [type(one) for one in told]
    assert kinds == [IncomingMessage, OutsideReply, IncomingMessage, Edited, Deleted, Edited]
    assert {getattr(one, "thread_key", None) for one in told} == {thread_key(post, 1), None}
    thanks = told[2]
    assert isinstance(thanks, IncomingMessage)
    assert (thanks.public, thanks.in_reply_to) == (True, comment_id(answer["id"]))


async def test_manager_who_answers_as_themselves_is_of_our_side(community: Community) -> None:
    community.vk.methods.long_poll_on = True
    world = community.vk.world
    world.managers = {2, 3}
    post, comment = asked(community)
    answer = world.wall.says(2, post, "Есть, завтра", to=comment)
    world.wall.edits(answer, "Есть, сегодня")
    world.wall.says(3, post, "А мне?", to=answer)
    world.wall.says(2, post, "Проверка связи")
    world.wall.says(1, post, "Спасибо", to=answer)
    told = (await community.channel(comments=True).poll("0")).arrivals
    assert [(type(one), getattr(one, "thread_key", "")) for one in told] == [
        (IncomingMessage, thread_key(post, 1)),
        (OutsideReply, thread_key(post, 1)),
        (Edited, thread_key(post, 1)),
        # Who answers no customer tries it out.
        (IncomingMessage, thread_key(post, 3)),
        (IncomingMessage, thread_key(post, 2)),
        (IncomingMessage, thread_key(post, 1)),
    ]
    assert len(community.vk.named("groups.getMembers")) == 1


async def test_where_vk_does_not_name_the_managers_comments_come_all_the_same(
    community: Community,
) -> None:
    community.vk.methods.long_poll_on = True
    world = community.vk.world
    world.managers = {2}
    world.permissions.remove("manage")
    post, comment = asked(community)
    world.wall.says(2, post, "Есть, завтра", to=comment)
    told = (await community.channel(comments=True).poll("0")).arrivals
    assert [type(one) for one in told] == [IncomingMessage, IncomingMessage]


async def test_comments_are_left_alone_until_they_are_wished_for(community: Community) -> None:
    asked(community)
    channel = community.channel()
    await channel.poll(None)
    assert community.vk.methods.long_poll_events.isdisjoint(ON_THE_WALL)
    assert (await channel.poll("0")).arrivals == ()


async def test_wished_for_later_they_are_switched_on_and_messages_do_not_hang_on_it(
    community: Community,
) -> None:
    community.vk.methods.long_poll_on = True
    community.vk.world.troubles.append(Trouble("groups.setLongPollSettings", code=15))
    community.vk.world.says(1, "раз")
    assert len((await community.channel(comments=True).poll("0")).arrivals) == 1
    await community.channel(comments=True).poll("0")
    assert community.vk.methods.long_poll_events >= ON_THE_WALL


async def test_callbacks_are_asked_for_and_missed(community: Community) -> None:
    channel = community.channel(comments=True, by="webhook")
    await channel.subscribe(URL)
    (server,) = community.vk.callbacks.servers.values()
    await soon(lambda: server.status == "failed")
    server.status = "ok"
    assert server.events >= ON_THE_WALL
    assert (await channel.subscription(URL)).ok
    server.events -= {"wall_reply_new"}
    assert "wall_reply_new" in str((await channel.subscription(URL)).last_error)


async def test_what_comments_lack_is_told_before_they_are_switched_on(community: Community) -> None:
    community.vk.methods.long_poll_on = True
    told = await community.channel(comments=True).introduce()
    assert told.warnings == ("no_wall_permission", "comments_untold")
    community.vk.world.permissions.append("wall")
    community.vk.methods.long_poll_events |= ON_THE_WALL
    assert (await community.channel(comments=True).introduce()).warnings == ()
    key = community.vk.world.service_key
    assert (await community.channel(comments=True, posts_key=key).introduce()).warnings == ()
    wrong = community.channel(comments=True, posts_key="another-key")
    assert (await wrong.introduce()).warnings == ("posts_key_refused",)


async def test_post_is_shown_to_who_has_a_key_and_asked_for_once(community: Community) -> None:
    community.vk.methods.long_poll_on = True
    post, comment = asked(community)
    community.vk.world.wall.says(1, post, "И ещё вопрос")
    with_key = community.channel(comments=True, posts_key=community.vk.world.service_key)
    told = (await with_key.poll("0")).arrivals
    sources = [one.source for one in told if isinstance(one, IncomingMessage)]
    assert {one.title for one in sources if one} == {"Новая коллекция уже в магазине"}
    assert len(community.vk.named("wall.getById")) == 1
    (first, _) = (await community.channel(comments=True).poll("0")).arrivals
    assert isinstance(first, IncomingMessage)
    assert isinstance(first.source, Visit)
    assert first.source.title == ""
    assert first.source.url == f"https://vk.com/wall-77_{post}?reply={comment['id']}"


@pytest.mark.parametrize(
    "trouble", [Trouble("wall.getById", code=5), Trouble("wall.getById", status=502)]
)
async def test_comment_does_not_wait_for_its_post(community: Community, trouble: Trouble) -> None:
    community.vk.methods.long_poll_on = True
    asked(community)
    community.vk.world.troubles.append(trouble)
    channel = community.channel(comments=True, posts_key=community.vk.world.service_key)
    assert len((await channel.poll("0")).arrivals) == 1


async def test_answer_stands_under_the_comment_once(community: Community) -> None:
    post, comment = asked(community)
    community.vk.world.troubles.append(Trouble("wall.createComment", lost=True))
    channel, said = community.channel(), answering(post, comment)
    with pytest.raises(ProviderError):
        await channel.send(said)
    again = await channel.send(said)
    (written,) = community.vk.world.wall.answers(post)
    assert again.external_id == comment_id(written["id"])
    assert (written["text"], written["reply_to_comment"]) == ("Есть", comment["id"])


async def test_files_hang_on_the_comment(community: Community) -> None:
    post, comment = asked(community)
    picture = a_file("рост.png", "image/png", b"\x89PNG made-up")
    table = a_file("размеры.pdf", "application/pdf", b"%PDF made-up")
    await community.channel().send(answering(post, comment, "", files=(picture, table)))
    (written,) = community.vk.world.wall.answers(post)
    assert [one["doc"]["title"] for one in written["attachments"]] == ["рост.png", "размеры.pdf"]


@pytest.mark.parametrize(
    ("code", "named"),
    [
        (212, Rejected), (213, Rejected), (222, Rejected), (15, Rejected), (7, Rejected),
        (14, Rejected), (100, Rejected), (223, Throttled), (9, Throttled), (5, BadCredentials),
    ],
)  # fmt: skip
async def test_refusal_has_its_name_and_does_not_stop_the_messages(
    community: Community, code: int, named: type[ProviderError]
) -> None:
    post, comment = asked(community)
    community.vk.world.troubles.append(Trouble("wall.createComment", code=code))
    with pytest.raises(ProviderError) as caught:
        await community.channel().send(answering(post, comment))
    assert type(caught.value) is named


async def test_nobody_is_answered_under_a_post_without_being_named(community: Community) -> None:
    post, comment = asked(community)
    with pytest.raises(Rejected):
        await community.channel().send(answering(post, None))
    community.vk.world.wall.deletes(comment, by=1)
    with pytest.raises(Rejected):
        await community.channel().send(answering(post, comment))
    assert community.vk.world.wall.answers(post) == []


async def test_who_lets_us_may_be_written_to_alone(community: Community) -> None:
    channel = community.channel()
    for address in ("1", "-88"):
        with pytest.raises(RecipientGone):
            await channel.approach(address)
    community.vk.world.says(1, "Здравствуйте")
    assert await channel.approach("1") == "1"


@pytest.mark.parametrize("name", [None, "", "wall:", "wall:x", "wall:-1", "1:5", "wall:12:1"])
def test_only_a_comment_has_a_comments_number(name: str | None) -> None:
    assert number_in(name) is None
    assert number_in(comment_id(21)) == 21
