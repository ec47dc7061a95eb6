"""The desk as customers' clients use it: `router.visitors`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from queues.hours import hours_at
from router import handling, outbound
from router.calendars import Calendar, Interval
from router.channel import IncomingMessage, Sender
from router.errors import Busy
from router.ids import CalendarId, MessageId, NoteId, new_id
from router.model import Author, Message, State, Visit
from router.news import DeskNews, TypingNews, VisitNews
from router.staff import Operator, Status
from router.visitor import Heard
from router.visitors import Followers, InboxDesk
from tests.clock import NOON
from tests.desk import Desk
from tests.router.post import ONCE


class Shop:
    """A line's front door, and Anna behind it."""

    def __init__(self, desk: Desk, front: InboxDesk, followers: Followers, anna: Operator) -> None:
        self.desk = desk
        self.front = front
        self.followers = followers
        self.anna = anna
        self.heard: list[Heard] = []

    async def says(self, text: str, who: str = "v1", number: int | None = None) -> None:
        message = IncomingMessage(f"m{number or new_id()}", who, Sender(who), text=text)
        await self.front.receive(message)

    async def reply(self, text: str, who: str = "v1") -> Message:
        thread_id = (await self.front.standing(who)).thread_id
        assert thread_id is not None
        async with self.desk.storage.transaction() as tx:
            latest = await tx.conversations.latest(thread_id)
            assert latest is not None
            return await outbound.reply(
                tx,
                latest.id,
                message_id=MessageId(new_id()),
                text=text,
                author=self.anna,
                capabilities=ONCE,
                now=self.desk.clock.now(),
            )

    @property
    def texts(self) -> list[str]:
        return [one.said.message.text for one in self.heard if one.said]


@pytest.fixture
async def shop(desk: Desk) -> AsyncIterator[Shop]:
    line = await desk.line()
    inbox, anna = await desk.inbox(line), await desk.operator("Anna", line)
    followers = Followers(desk.storage, desk.directory, desk.filing, desk.bus)
    front = InboxDesk(
        inbox,
        storage=desk.storage,
        clock=desk.clock,
        inbound=desk.inbound,
        directory=desk.directory,
        filing=desk.filing,
        followers=followers,
        bus=desk.bus,
        max_file_bytes=100,
        hours_at=hours_at,
    )
    await desk.directory.lines()
    yield Shop(desk, front, followers, anna)
    await followers.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - there is nobody to set an event
            await asyncio.sleep(0.005)


async def test_who_never_wrote_stands_nowhere(shop: Shop) -> None:
    standing = await shop.front.standing("v1")
    assert (standing.thread_id, standing.state, standing.last_seq) == (None, None, 0)
    assert list(await shop.front.history("v1")) == []


async def test_a_visitor_hears_their_thread_and_no_other(shop: Shop) -> None:
    await shop.says("hello")
    await shop.says("hello", "v2")
    shop.front.follow("v1", shop.heard.append)
    await shop.front.standing("v1")
    await shop.reply("for you")
    await shop.reply("for somebody else", "v2")
    assert shop.texts == ["for you"]
    (said,) = (one.said for one in shop.heard if one.said)
    assert said.face is not None
    assert (said.face.name, said.message.author) == ("Anna", Author.OPERATOR)


async def test_what_was_said_is_read_page_by_page(shop: Shop) -> None:
    for number in range(5):
        await shop.says(str(number))
    newest = await shop.front.history("v1", limit=2)
    assert [one.message.text for one in newest] == ["3", "4"]
    before = await shop.front.history("v1", before_seq=4, limit=2)
    assert [one.message.text for one in before] == ["1", "2"]
    after = await shop.front.history("v1", after_seq=3)
    assert [one.message.text for one in after] == ["3", "4"]


async def test_following_begins_before_there_is_a_thread(shop: Shop) -> None:
    shop.front.follow("v1", shop.heard.append)
    await shop.says("hello")
    await until(lambda: any(one.lost for one in shop.heard) or bool(shop.texts))
    await shop.reply("welcome")
    assert shop.texts[-1] == "welcome"


async def test_a_thread_that_another_process_made_is_found(shop: Shop) -> None:
    shop.front.follow("v1", shop.heard.append)
    (inbox,) = await shop.desk.directory.inboxes()
    await shop.desk.writes("hello", inbox=inbox, who="v1")
    await until(lambda: any(one.lost for one in shop.heard))
    await shop.reply("welcome")
    assert "welcome" in shop.texts


async def test_who_stopped_hears_no_more_whoever_found_the_thread(shop: Shop) -> None:
    stop = shop.front.follow("v1", shop.heard.append)
    (inbox,) = await shop.desk.directory.inboxes()
    await shop.desk.writes("hello", inbox=inbox, who="v1")
    await until(lambda: any(one.lost for one in shop.heard))
    stop()
    shop.heard.clear()
    await shop.reply("anybody?")
    shop.desk.bus.missed()
    assert shop.heard == []
    stop()


async def test_a_second_window_hears_at_once_what_the_first_one_does(shop: Shop) -> None:
    first: list[Heard] = []
    stop = shop.front.follow("v1", first.append)
    await shop.says("hello")
    shop.front.follow("v1", shop.heard.append)
    await shop.reply("one")
    stop()
    await shop.reply("two")
    assert shop.texts == ["one", "two"]


async def test_notes_and_typing_customers_are_never_heard(shop: Shop) -> None:
    await shop.says("hello")
    shop.front.follow("v1", shop.heard.append)
    standing = await shop.front.standing("v1")
    assert standing.thread_id is not None
    async with shop.desk.storage.transaction() as tx:
        latest = await tx.conversations.latest(standing.thread_id)
        assert latest is not None
        now = shop.desk.clock.now()
        await handling.note(
            tx, latest.id, shop.anna.id, note_id=NoteId(new_id()), text="odd", now=now
        )
    await shop.front.typing("v1")
    assert shop.heard == []
    line_id = latest.line_id
    shop.desk.bus.publish([TypingNews(standing.thread_id, line_id, shop.anna.id, "Anna")])
    assert shop.heard == [Heard(typing="Anna")]


async def test_who_took_it_changes_the_standing(shop: Shop) -> None:
    await shop.says("hello")
    shop.front.follow("v1", shop.heard.append)
    standing = await shop.front.standing("v1")
    assert standing.thread_id is not None
    async with shop.desk.storage.transaction() as tx:
        latest = await tx.conversations.latest(standing.thread_id)
        assert latest is not None
        await handling.take(tx, latest.id, shop.anna, now=shop.desk.clock.now())
    assert shop.heard == [Heard(status_changed=True)]
    standing = await shop.front.standing("v1")
    assert standing.face is not None
    assert (standing.state, standing.face.name) == (State.OPEN, "Anna")


async def test_a_gap_is_told_to_every_follower(shop: Shop) -> None:
    await shop.says("hello")
    shop.front.follow("v1", shop.heard.append)
    await shop.front.standing("v1")
    shop.desk.bus.missed()
    assert shop.heard == [Heard(lost=True)]


async def test_somebody_is_there_while_an_available_operator_can_be_reached(shop: Shop) -> None:
    assert (await shop.front.outlook()).online
    async with shop.desk.storage.transaction() as tx:
        await tx.presence.set_status(shop.anna.id, Status.AWAY, at=shop.desk.clock.now())
    assert (await shop.front.outlook()).online
    shop.desk.clock.move(3)
    assert not (await shop.front.outlook()).online


async def test_visitors_are_told_when_the_line_opens(shop: Shop) -> None:
    day = (Interval(9 * 60, 18 * 60),)
    office = Calendar(
        CalendarId(new_id()), "office", "Europe/Moscow", (day, day, day, day, day, (), ())
    )
    async with shop.desk.storage.transaction() as tx:
        await tx.calendars.insert(office)
        (line,) = await tx.lines.all()
        await tx.lines.save(replace(line, calendar_id=office.id))
        tx.record.tell(DeskNews())
    outlook = await shop.front.outlook()
    # Noon of a Saturday, in UTC.
    assert (outlook.open, outlook.opens_at) == (False, datetime(2026, 8, 3, 6, tzinfo=UTC))


async def test_a_visit_is_kept_for_who_has_written(shop: Shop) -> None:
    visit = Visit("https://shop.example/a", "A", "", NOON)
    await shop.front.visited("v1", visit)
    await shop.says("hello")
    await shop.front.visited("v1", visit)
    thread_id = (await shop.front.standing("v1")).thread_id
    assert thread_id is not None
    async with shop.desk.storage.reading() as tx:
        assert await tx.visits.get(thread_id) == visit


async def test_what_a_visitor_does_is_told_to_the_line_that_has_them_now(shop: Shop) -> None:
    await shop.says("hello")
    shop.front.follow("v1", shop.heard.append)
    thread_id = (await shop.front.standing("v1")).thread_id
    assert thread_id is not None
    other, now = await shop.desk.line("repairs"), shop.desk.clock.now()
    async with shop.desk.storage.transaction() as tx:
        latest = await tx.conversations.latest(thread_id)
        assert latest is not None
        await handling.transfer(
            tx, latest.id, shop.anna.id, to_operator=None, to_line=other.id, comment="", now=now
        )
    shop.desk.news.clear()
    await shop.front.typing("v1")
    await shop.front.visited("v1", Visit("https://shop.example/a", "A", "", NOON))
    told = [one for one in shop.desk.news if isinstance(one, TypingNews | VisitNews)]
    assert [(type(one), one.line_id) for one in told] == [
        (TypingNews, other.id),
        (VisitNews, other.id),
    ]


async def test_an_inbox_that_is_switched_off_takes_nothing_from_open_sockets(shop: Shop) -> None:
    await shop.says("hello")
    (inbox,) = await shop.desk.directory.inboxes()
    async with shop.desk.storage.transaction() as tx:
        await tx.inboxes.save(replace(inbox, active=False))
        tx.record.tell(DeskNews())
    with pytest.raises(Busy):
        await shop.says("are you there?")
    assert (await shop.front.standing("v1")).last_seq == 1


async def test_an_upload_is_its_visitors_alone(shop: Shop) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"seen"

    file = await shop.front.keep_file("v1", "../a.txt", body())
    assert (file.name, file.size_bytes) == ("a.txt", 4)
    assert shop.front.file_url(file).startswith("/files/")
