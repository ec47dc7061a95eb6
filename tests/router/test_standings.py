"""How providers reach us: `router.standings`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import ClassVar

import pytest
from pydantic import BaseModel

from router.abilities import Standing, Subscription
from router.channel import Capabilities, OutgoingMessage, Sent
from router.doors import Doors
from router.errors import BadCredentials, ProviderError, Unreachable
from router.guard import open_session
from router.ledger import balance
from router.model import Health, Inbox
from router.news import DeskNews, StandingNews
from router.standings import LOOK_EVERY_S, NOT_TAKEN, Standings
from router.vault import Vault
from router.wirelog import WireLog
from tests.desk import Desk
from tests.router.post import Nothing

ADDRESS = "https://desk.example"


@dataclass
class Provider:
    """Where it calls, and what it makes of being told."""

    url: str = ""
    pending: int = 0
    forgets: bool = False
    troubles: list[ProviderError] = field(default_factory=list)
    looks: int = 0
    told: list[str] = field(default_factory=list)


class Called:
    """A channel whose provider wants to be told our address."""

    capabilities: ClassVar[Capabilities] = Capabilities(max_text_chars=100)
    account_type: ClassVar[type[BaseModel]] = Nothing
    secrets_type: ClassVar[type[BaseModel]] = Nothing

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def subscribe(self, url: str) -> None:
        self._provider.told.append(url)
        if not self._provider.forgets:
            self._provider.url = url

    async def subscription(self, url: str) -> Subscription:
        self._provider.looks += 1
        if self._provider.troubles:
            raise self._provider.troubles.pop(0)
        known = self._provider.url
        return Subscription(ok=known == url, url=known, pending=self._provider.pending)

    async def send(self, message: OutgoingMessage) -> Sent:
        return Sent(message.token)

    async def check(self) -> None:
        return None


class Office:
    """An inbox, its provider, and the process that looks."""

    def __init__(self, desk: Desk, doors: Doors, inbox: Inbox, provider: Provider) -> None:
        self.desk, self.doors, self.inbox, self.provider = desk, doors, inbox, provider
        self.url = f"{ADDRESS}/hooks/{inbox.id}"
        self.standings = self.another()

    def another(self) -> Standings:
        """Another process that looks."""
        desk = self.desk
        return Standings(desk.storage, desk.clock, desk.directory, self.doors, address=ADDRESS)

    async def look(self, *, anew: bool = False) -> Standing:
        found = await self.standings.look(await self.now(), anew=anew)
        assert found is not None
        return found

    async def now(self) -> Inbox:
        found = await self.desk.directory.inbox(self.inbox.id)
        assert found is not None
        return found

    @asynccontextmanager
    async def running(self, *more: Standings) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(one.run()) for one in (self.standings, *more)]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def passes(self, seconds: float) -> None:
        for _ in range(3):
            await asyncio.sleep(0.03)
        await self.desk.clock.advance(seconds)
        for _ in range(3):
            await asyncio.sleep(0.03)


@pytest.fixture
async def office(desk: Desk) -> AsyncIterator[Office]:
    provider = Provider()
    inbox = await desk.inbox(await desk.line())
    async with open_session() as session:
        doors = Doors(
            desk.storage,
            desk.clock,
            desk.directory,
            Vault(desk.storage, desk.sealing),
            WireLog(desk.storage, desk.clock),
            session,
            open_channel=lambda *_: Called(provider),
        )
        desk.bus.listen(doors.hear)
        yield Office(desk, doors, inbox, provider)


# --- one look ------------------------------------------------------------------


async def test_who_looks_is_told_when_it_stands_otherwise(office: Office) -> None:
    def told() -> int:
        return sum(isinstance(one, StandingNews) for one in office.desk.news)

    await office.look()
    assert told() == 1
    office.provider.pending = 3
    await office.look()
    assert told() == 1
    office.provider.forgets, office.provider.url = True, "https://elsewhere.example"
    await office.look()
    assert told() == 2


async def test_a_provider_that_does_not_know_us_is_told(office: Office) -> None:
    found = await office.look()
    assert (found.ok, found.by, found.url) == (True, "webhook", office.url)
    assert office.provider.told == [office.url]
    async with office.desk.storage.reading() as tx:
        assert (await tx.inboxes.standings())[office.inbox.id] == found


async def test_a_provider_that_knows_us_is_left_alone_unless_asked_to(office: Office) -> None:
    await office.look()
    await office.look()
    assert len(office.provider.told) == 1
    await office.look(anew=True)
    assert len(office.provider.told) == 2


async def test_a_provider_that_does_not_keep_our_address_is_shown(office: Office) -> None:
    office.provider.forgets = True
    found = await office.look()
    assert (found.ok, found.last_error) == (False, NOT_TAKEN)
    assert (await office.now()).health is Health.FAILING
    office.provider.forgets = False
    assert (await office.look()).ok
    assert (await office.now()).health is Health.WORKING


@pytest.mark.parametrize(
    ("trouble", "health"),
    [(Unreachable("down"), Health.FAILING), (BadCredentials("revoked"), Health.PAUSED)],
)
async def test_trouble_is_kept_with_its_reason(
    office: Office, trouble: ProviderError, health: Health
) -> None:
    office.provider.troubles = [trouble]
    found = await office.look()
    assert (found.ok, found.last_error) == (False, trouble.reason)
    assert (await office.now()).health is health


async def test_what_waits_at_the_provider_stands_in_the_ledger(office: Office) -> None:
    office.provider.pending = 7
    await office.look()
    async with office.desk.storage.reading() as tx:
        (entry,) = await balance(tx, crm_account="local", now=office.desk.clock.now())
    assert entry.held == 7


# --- again and again -------------------------------------------------------------


async def test_a_registration_that_is_lost_is_mended(office: Office) -> None:
    async with office.running():
        await office.passes(1)
        assert office.provider.url == office.url
        office.provider.url = "https://elsewhere.example"
        await office.passes(LOOK_EVERY_S + 1)
        await office.passes(1)
        assert office.provider.url == office.url


async def test_an_inbox_that_is_changed_is_looked_at_at_once(office: Office) -> None:
    async with office.running():
        await office.passes(1)
        looks = office.provider.looks
        await office.passes(1)
        assert office.provider.looks == looks
        async with office.desk.storage.transaction() as tx:
            await tx.inboxes.save(replace(office.inbox, name="another"))
            tx.record.tell(DeskNews())
        await office.passes(1)
        await office.passes(1)
        assert office.provider.looks > looks


async def test_error_that_reads_otherwise_each_time_is_shown_and_not_chased(office: Office) -> None:
    office.provider.troubles = [Unreachable(f"no answer since {n} s") for n in range(9)]
    async with office.running():
        for _ in range(8):
            await office.passes(1)
    # Once, and once more since it began to fail.
    assert 1 <= office.provider.looks <= 2
    office.provider.troubles = [Unreachable("no answer since noon")]
    await office.look()
    async with office.desk.storage.reading() as tx:
        shown = await tx.inboxes.get(office.inbox.id)
    assert shown is not None
    assert (shown.health, shown.last_error) == (Health.FAILING, "no answer since noon")


async def test_an_inbox_that_is_switched_off_is_not_looked_at(office: Office) -> None:
    async with office.desk.storage.transaction() as tx:
        await tx.inboxes.save(replace(office.inbox, active=False))
        tx.record.tell(DeskNews())
    async with office.running():
        await office.passes(1)
    assert office.provider.looks == 0


async def test_of_two_processes_one_looks(office: Office) -> None:
    async with office.running(office.another()):
        for _ in range(3):
            await office.passes(1)
    assert office.provider.told == [office.url]
    assert office.provider.looks == 2
