"""Who people are, as their provider says: `router.profiling`."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar
from uuid import UUID

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from router.abilities import Profile
from router.channel import Attachment, Capabilities, OutgoingMessage, Sent
from router.doors import Doors
from router.errors import NotFound, ProviderError, Throttled
from router.guard import open_session
from router.model import File, Identity, Inbox
from router.news import CustomerNews
from router.profiling import Profiling
from router.storage.profiles import _outdated
from router.vault import Vault
from router.wirelog import WireLog
from tests.desk import Desk
from tests.router.post import Nothing

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
ANNA = Profile("Anna Petrova", "anna_p", "ru", Attachment("face.png", data=PNG))


@dataclass
class Telling:
    """A provider that tells of people."""

    capabilities: ClassVar[Capabilities] = Capabilities(max_text_chars=100)
    account_type: ClassVar[type[BaseModel]] = Nothing
    secrets_type: ClassVar[type[BaseModel]] = Nothing

    known: dict[str, Profile] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    troubles: list[ProviderError] = field(default_factory=list)
    questions: int = 0
    dies: bool = False
    waits: asyncio.Event | None = None
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def profiles(self, addresses: Sequence[str]) -> Mapping[str, Profile]:
        self.asked += addresses
        self.questions += 1
        if self.waits is not None:
            self.is_asked.set()
            await self.waits.wait()
        if self.dies:
            raise asyncio.CancelledError
        if self.troubles:
            raise self.troubles.pop(0)
        return {one: self.known[one] for one in addresses if one in self.known}

    async def send(self, message: OutgoingMessage) -> Sent:
        return Sent(message.token)

    async def check(self) -> None:
        return None


class Office:
    """An inbox, and the process that asks who its customers are."""

    def __init__(self, desk: Desk, doors: Doors, inbox: Inbox, channel: Telling) -> None:
        self.desk, self.inbox, self.channel, self._doors = desk, inbox, channel, doors
        self.profiling = self.another()

    def another(self) -> Profiling:
        desk = self.desk
        return Profiling(desk.storage, desk.clock, desk.directory, self._doors, desk.blobs)

    async def writes(self, who: str = "anna", *, name: str = "") -> None:
        await self.desk.writes(inbox=self.inbox, who=who, name=name)

    async def identity(self, who: str = "anna") -> Identity:
        thread = await self.desk.thread(self.inbox, who)
        async with self.desk.storage.reading() as tx:
            found = await tx.identities.get(thread.identity_id)
        assert found is not None
        return found

    async def picture(self, who: str = "anna") -> File | None:
        identity = await self.identity(who)
        async with self.desk.storage.reading() as tx:
            held = await tx.profiles.pictures([identity.id])
            return await tx.files.get(held[identity.id]) if held else None


@pytest.fixture
async def office(either_desk: Desk) -> AsyncIterator[Office]:
    desk, channel = either_desk, Telling({"anna": ANNA})
    inbox = await desk.inbox(await desk.line())
    async with open_session() as session:
        doors = Doors(
            desk.storage,
            desk.clock,
            desk.directory,
            Vault(desk.storage, desk.sealing),
            WireLog(desk.storage, desk.clock),
            session,
            open_channel=lambda *_: channel,
        )
        yield Office(desk, doors, inbox, channel)


async def test_who_writes_is_asked_about_once(office: Office) -> None:
    await office.writes()
    assert [await office.profiling.ask() for _ in range(2)] == [1, 0]
    assert office.channel.asked == ["anna"]
    assert (await office.desk.customer(office.inbox, "anna")).name == "Anna Petrova"
    assert (await office.identity()).name == "anna_p"
    picture = await office.picture()
    assert picture is not None
    assert (picture.mime, picture.size_bytes) == ("image/png", len(PNG))
    told = [one for one in office.desk.news if isinstance(one, CustomerNews)]
    assert [one.customer.name for one in told] == ["Anna Petrova"]
    assert (await office.desk.conversation(office.inbox, "anna")).title == "Anna Petrova"


async def test_a_picture_outlives_unused_uploads(office: Office) -> None:
    await office.writes()
    await office.profiling.ask()
    office.desk.clock.move(3 * 86_400)
    assert await office.desk.filing.forget_unused() == 0
    assert await office.picture() is not None


async def test_what_is_known_already_stays(office: Office) -> None:
    await office.writes(name="Our Anna")
    await office.profiling.ask()
    assert (await office.desk.customer(office.inbox, "anna")).name == "Our Anna"


async def test_whom_the_provider_does_not_know_is_not_asked_about_again(office: Office) -> None:
    await office.writes("nobody")
    await office.profiling.ask()
    await office.profiling.ask()
    assert office.channel.asked == ["nobody"]
    assert await office.picture("nobody") is None


async def test_who_came_long_ago_is_left_alone(office: Office) -> None:
    await office.writes()
    office.desk.clock.move(30 * 365 * 86_400)
    assert await office.profiling.ask() == 0


async def test_trouble_is_waited_out(office: Office) -> None:
    office.channel.troubles = [Throttled()]
    await office.writes()
    assert [await office.profiling.ask() for _ in range(2)] == [0, 0]
    assert office.channel.asked == ["anna"]
    office.desk.clock.move(30)
    assert await office.profiling.ask() == 1


@pytest.mark.parametrize(
    "picture",
    [
        Attachment("face.png", data=b""),
        Attachment("face.svg", data=b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        Attachment("face.png", url="http://10.0.0.1/private.png"),
        Attachment("face.png", ref="nobody fetches it"),
    ],
)
async def test_without_a_good_picture_they_are_known_all_the_same(
    office: Office, picture: Attachment
) -> None:
    office.channel.known["anna"] = Profile("Anna Petrova", picture=picture)
    await office.writes()
    assert await office.profiling.ask() == 1
    assert await office.picture() is None
    assert (await office.desk.customer(office.inbox, "anna")).name == "Anna Petrova"


async def test_of_two_processes_one_asks(office: Office) -> None:
    await office.writes()
    await office.profiling.ask()
    await office.writes("boris")
    assert await office.another().ask() == 0
    assert await office.profiling.ask() == 1


# --- a week later --------------------------------------------------------------

WEEK_S = 7 * 86_400 + 60
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 40
MARRIED = Profile("Anna Sidorova", "anna_s", "ru", Attachment("face.jpg", data=JPEG))


async def week_later(office: Office, *, who: str = "anna", name: str = "") -> None:
    """They were asked about a week ago, and write again."""
    await office.writes(who, name=name)
    await office.profiling.ask()
    office.channel.asked.clear()
    office.desk.clock.move(WEEK_S)
    await office.writes(who, name=name)


async def test_who_writes_after_a_week_is_asked_about_again(office: Office) -> None:
    await week_later(office)
    first = await office.picture()
    assert first is not None
    assert first.blob_key is not None
    office.channel.known["anna"] = MARRIED
    assert [await office.profiling.ask() for _ in range(2)] == [1, 0]
    assert (await office.desk.customer(office.inbox, "anna")).name == "Anna Sidorova"
    assert (await office.identity()).name == "anna_s"
    assert (await office.desk.conversation(office.inbox, "anna")).title == "Anna Sidorova"
    picture = await office.picture()
    assert picture is not None
    assert picture.mime == "image/jpeg"
    async with office.desk.storage.reading() as tx:
        assert await tx.files.get(first.id) is None
    with pytest.raises(NotFound):
        await office.desk.blobs.read(first.blob_key)


async def test_who_is_silent_or_wrote_lately_is_not_asked_about_again(office: Office) -> None:
    await office.writes()
    await office.profiling.ask()
    office.desk.clock.move(6 * 86_400)
    await office.writes()
    await office.profiling.ask()
    office.desk.clock.move(2 * 86_400)
    await office.profiling.ask()
    assert office.channel.asked == ["anna"]


async def test_what_an_operator_corrected_stays_when_it_is_asked_again(office: Office) -> None:
    await office.writes()
    await office.profiling.ask()
    customer = await office.desk.customer(office.inbox, "anna")
    async with office.desk.storage.transaction() as tx:
        await tx.customers.save(replace(customer, name="Anna from the shop next door"))
    office.desk.clock.move(WEEK_S)
    await office.writes()
    office.channel.known["anna"] = MARRIED
    assert await office.profiling.ask() == 1
    assert (await office.desk.customer(office.inbox, "anna")).name == "Anna from the shop next door"
    assert (await office.identity()).name == "anna_s"


async def test_nothing_that_is_known_goes_when_the_provider_says_nothing(office: Office) -> None:
    await week_later(office)
    before = await office.picture()
    office.channel.known.clear()
    assert await office.profiling.ask() == 1
    assert (await office.desk.customer(office.inbox, "anna")).name == "Anna Petrova"
    assert ((await office.identity()).name, await office.picture()) == ("anna_p", before)
    office.desk.clock.move(WEEK_S)
    await office.writes()
    office.channel.known["anna"] = Profile("Anna Sidorova", picture=Attachment("a.png", data=b""))
    assert await office.profiling.ask() == 1
    assert (await office.desk.customer(office.inbox, "anna")).name == "Anna Sidorova"
    assert ((await office.identity()).name, await office.picture()) == ("anna_p", before)


async def test_the_same_picture_is_not_kept_twice(office: Office) -> None:
    await week_later(office)
    before = await office.picture()
    assert await office.profiling.ask() == 1
    assert await office.picture() == before
    assert [keys async for keys in office.desk.blobs.kept_before(older_than_s=-1)] == [
        [before.blob_key] if before else []
    ]


async def test_those_who_write_again_are_asked_about_in_one_question(office: Office) -> None:
    office.channel.known["boris"] = Profile("Boris")
    for who in ("anna", "boris"):
        await office.writes(who)
    await office.profiling.ask()
    office.desk.clock.move(WEEK_S)
    for who in ("anna", "boris"):
        await office.writes(who)
    office.channel.questions = 0
    assert await office.profiling.ask() == 2
    assert office.channel.questions == 1


async def test_trouble_with_asking_again_is_waited_out_and_nobody_is_missed(office: Office) -> None:
    await week_later(office)
    office.channel.troubles = [Throttled()]
    assert await office.profiling.ask() == 0
    office.desk.clock.move(30)
    assert await office.profiling.ask() == 1


async def test_who_is_asked_about_when_a_process_dies_is_asked_about_again(office: Office) -> None:
    await week_later(office)
    office.channel.known["anna"] = MARRIED
    office.channel.dies = True
    with pytest.raises(asyncio.CancelledError):
        await office.profiling.ask()
    assert (await office.desk.customer(office.inbox, "anna")).name == "Anna Petrova"
    office.channel.dies = False
    office.desk.clock.move(60)
    assert await office.another().ask() == 1
    assert (await office.desk.customer(office.inbox, "anna")).name == "Anna Sidorova"


async def test_of_two_that_ask_at_once_the_first_is_kept(office: Office) -> None:
    """The lease ran out while a slow provider was waited for."""
    await week_later(office)
    office.channel.known["anna"] = MARRIED
    slow = asyncio.Event()
    office.channel.waits = slow
    late = asyncio.create_task(office.profiling.ask())
    await office.channel.is_asked.wait()
    office.channel.waits = None
    office.desk.clock.move(60)
    assert await office.another().ask() == 1
    kept = await office.picture()
    slow.set()
    await late
    assert await office.picture() == kept
    assert [keys async for keys in office.desk.blobs.kept_before(older_than_s=-1)] == [
        [kept.blob_key] if kept else []
    ]


async def test_who_writes_is_found_without_reading_all_who_ever_wrote(desk: Desk) -> None:
    """SQLite walks what is active, by the index of the lists."""
    inbox = await desk.inbox(await desk.line())
    engine = sa.create_engine(desk.url)
    query = _outdated(inbox, desk.clock.now(), desk.clock.now()).limit(20)
    compiled = query.compile(engine, compile_kwargs={"render_postcompile": True})
    values = tuple(compiled.params[name] for name in compiled.positiontup or ())
    given = [one.bytes if isinstance(one, UUID) else 0 for one in values]
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(given)).fetchall()
    engine.dispose()
    told = " ".join(row[3] for row in plan)
    assert "ix_conversations_all (line_id=? AND last_activity_at>?)" in told
    assert "SCAN profiles" not in told
    assert "SCAN identities" not in told
