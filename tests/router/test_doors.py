"""The inboxes with their channels: `router.doors`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from channels._account import open_channel
from channels.simulator import Account, Simulator
from router.channel import Hook
from router.doors import Doors, Reception
from router.errors import Busy
from router.guard import open_session
from router.ids import InboxId, new_id
from router.model import Inbox
from router.polling import PollRounds
from router.unread import Unread
from router.vault import Vault
from router.wirelog import WireLog
from tests.desk import Desk


@dataclass
class Hall:
    """All doors of a desk, and who stands at them."""

    desk: Desk
    doors: Doors
    reception: Reception
    rounds: PollRounds
    wirelog: WireLog
    works: Inbox
    broken: Inbox


@pytest.fixture
async def hall(desk: Desk) -> AsyncIterator[Hall]:
    """One inbox that works, and one whose settings no channel takes any more."""
    line = await desk.line()
    broken = await desk.inbox(line, "simulator", account={"customers": "of another time"})
    works = await desk.inbox(line, "simulator")
    unread, session = Unread(desk.storage, desk.sealing, desk.clock), open_session()
    vault, wirelog = Vault(desk.storage, desk.sealing), WireLog(desk.storage, desk.clock)
    doors = Doors(
        desk.storage, desk.clock, desk.directory, vault, wirelog, session, open_channel=open_channel
    )
    reception = Reception(doors, desk.inbound, unread, desk.directory)
    rounds = PollRounds(desk.storage, desk.clock, doors, desk.inbound, unread)
    yield Hall(desk, doors, reception, rounds, wirelog, works, broken)
    await session.close()


async def test_an_inbox_that_cannot_be_opened_does_not_stop_the_others(hall: Hall) -> None:
    polling = await hall.rounds.polling([hall.broken, hall.works])
    assert [inbox.id for inbox, _ in polling] == [hall.works.id]


async def test_who_calls_an_inbox_that_cannot_be_opened_is_asked_to_come_again(hall: Hall) -> None:
    with pytest.raises(Busy):
        await hall.reception.open(hall.broken.id)


async def test_who_calls_an_inbox_that_is_not_there_is_told_so(hall: Hall) -> None:
    assert await hall.reception.open(InboxId(new_id())) is None


async def test_refusals_stand_in_the_wire_log_without_what_was_said(hall: Hall) -> None:
    hook = Hook("POST", "http://desk.example/hooks/1?secret=x", "", {}, {}, b"what was said")
    for _ in range(3):
        hall.reception.refused(hall.works, hook, status=401, reason="the secret does not match")
    hall.desk.clock.move(1)
    hall.reception.refused(hall.works, hook, status=400, reason="no JSON")
    await hall.wirelog.flush()
    async with hall.desk.storage.reading() as tx:
        found = (await tx.exchanges.of_inbox(hall.works.id)).items
    assert [(one.direction, one.status, one.sent, one.received) for one in found] == [
        ("in", 400, "no JSON", "(13 bytes)"),
        ("in", 401, "the secret does not match", "(13 bytes)"),
    ]
    assert {one.url for one in found} == {"http://desk.example/hooks/1"}


async def test_channel_is_prepared_for_who_sends_and_not_for_who_receives(hall: Hall) -> None:
    class Slow(Simulator):
        prepared = 0

        async def prepare(self) -> None:
            self.prepared += 1

    hall.doors._open_channel = lambda _, http, secrets: Slow(Account(), http, secrets)
    heard = await hall.doors.any_door(hall.works.id)
    assert heard is not None
    assert isinstance(heard.channel, Slow)
    assert heard.channel.prepared == 0
    sent = await hall.doors.door(hall.works.id)
    assert sent is heard
    assert heard.channel.prepared == 1
