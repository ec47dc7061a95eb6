"""Who people are, as their provider says: `router.profiling`."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from pydantic import BaseModel

from router.abilities import Profile
from router.channel import Attachment, Capabilities, OutgoingMessage, Sent
from router.doors import Doors
from router.errors import ProviderError, Throttled
from router.guard import open_session
from router.model import File, Identity, Inbox
from router.news import CustomerNews
from router.profiling import Profiling
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

    async def profiles(self, addresses: Sequence[str]) -> Mapping[str, Profile]:
        self.asked += addresses
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
