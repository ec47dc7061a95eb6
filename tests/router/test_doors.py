"""The inboxes with their channels: `router.doors`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from channels._account import open_channel
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

    doors: Doors
    reception: Reception
    rounds: PollRounds
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
    reception = Reception(doors, desk.inbound, unread)
    rounds = PollRounds(desk.storage, desk.clock, doors, desk.inbound, unread)
    yield Hall(doors, reception, rounds, works, broken)
    await session.close()


async def test_an_inbox_that_cannot_be_opened_does_not_stop_the_others(hall: Hall) -> None:
    polling = await hall.rounds.polling([hall.broken, hall.works])
    assert [inbox.id for inbox, _ in polling] == [hall.works.id]


async def test_who_calls_an_inbox_that_cannot_be_opened_is_asked_to_come_again(hall: Hall) -> None:
    with pytest.raises(Busy):
        await hall.reception.open(hall.broken.id)


async def test_who_calls_an_inbox_that_is_not_there_is_told_so(hall: Hall) -> None:
    assert await hall.reception.open(InboxId(new_id())) is None
