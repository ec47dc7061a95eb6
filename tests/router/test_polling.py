"""Inboxes that have to ask: `router.polling`."""

from collections.abc import AsyncIterator

import pytest

from channels._account import open_channel
from router.abilities import Polled
from router.channel import Arrival, Hook, IncomingMessage, Sender
from router.doors import Doors, Reception
from router.errors import Malformed
from router.guard import open_session
from router.model import Inbox
from router.polling import LeaseLost, PollRounds
from router.unread import Unread, arrival_of, kept
from router.vault import Vault
from router.wirelog import WireLog
from tests.desk import Desk


def message(number: int, *, address: str = "visitor-1") -> IncomingMessage:
    return IncomingMessage(f"m{number}", "visitor-1", Sender(address), text=f"number {number}")


class Asking:
    """Two processes that ask for one inbox."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.unread = Unread(desk.storage, desk.sealing, desk.clock)
        self.session = open_session()
        self.doors = Doors(
            desk.storage,
            desk.clock,
            desk.directory,
            Vault(desk.storage, desk.sealing),
            WireLog(desk.storage, desk.clock),
            self.session,
            open_channel=open_channel,
        )
        self.first, self.second = self._rounds(), self._rounds()

    def _rounds(self) -> PollRounds:
        return PollRounds(
            self.desk.storage, self.desk.clock, self.doors, self.desk.inbound, self.unread
        )

    async def inbox(self) -> Inbox:
        return await self.desk.inbox(await self.desk.line(), "simulator", account={})

    async def texts(self, inbox: Inbox) -> list[str]:
        thread = await self.desk.thread(inbox)
        async with self.desk.storage.reading() as tx:
            return [one.text for one in await tx.messages.of_thread(thread.id)]


@pytest.fixture
async def asking(desk: Desk) -> AsyncIterator[Asking]:
    asking = Asking(desk)
    yield asking
    await asking.session.close()


async def test_one_process_at_a_time_asks(asking: Asking) -> None:
    inbox = await asking.inbox()
    assert await asking.first.take(inbox, lease_s=60)
    assert await asking.second.take(inbox, lease_s=60) is None
    asking.desk.clock.move(61)
    assert await asking.second.take(inbox, lease_s=60)


async def test_who_ends_lets_others_ask_at_once(asking: Asking) -> None:
    inbox = await asking.inbox()
    mine = await asking.first.take(inbox, lease_s=60)
    assert mine is not None
    await asking.first.leave()
    theirs = await asking.second.take(inbox, lease_s=60)
    assert theirs is not None
    assert theirs.fence > mine.fence
    await asking.first.leave()
    assert await asking.first.take(inbox, lease_s=60) is None


async def test_who_starts_alone_waits_for_nobody_who_was_killed(asking: Asking) -> None:
    inbox = await asking.inbox()
    assert await asking.first.take(inbox, lease_s=60)
    await asking.second.begin()
    assert await asking.second.take(inbox, lease_s=60)


async def test_who_lost_the_lease_leaves_the_cursor_alone(asking: Asking) -> None:
    inbox = await asking.inbox()
    mine = await asking.first.take(inbox, lease_s=60)
    assert mine is not None
    asking.desk.clock.move(61)
    theirs = await asking.second.take(inbox, lease_s=60)
    assert theirs is not None
    with pytest.raises(LeaseLost):
        await asking.first.store(inbox, mine, Polled((message(1),), "1"))
    await asking.second.store(inbox, theirs, Polled((message(1), message(2)), "2"))
    again = await asking.second.take(inbox, lease_s=60)
    assert again is not None
    assert again.cursor == "2"
    assert await asking.texts(inbox) == ["number 1", "number 2"]


async def test_an_arrival_that_can_never_be_stored_does_not_stop_the_others(
    asking: Asking,
) -> None:
    inbox = await asking.inbox()
    lease = await asking.first.take(inbox, lease_s=60)
    assert lease is not None
    brought: list[Arrival] = [message(1), message(2, address=""), message(3)]
    await asking.first.store(inbox, lease, Polled(tuple(brought), "3"))
    assert await asking.texts(inbox) == ["number 1", "number 3"]
    (waiting,) = await asking.unread.listed(inbox.id)
    assert arrival_of(await asking.unread.opened(waiting.id)) == brought[1]
    again = await asking.first.take(inbox, lease_s=60)
    assert again is not None
    assert again.cursor == "3"


async def test_a_kept_arrival_is_taken_in_again_without_its_channel(asking: Asking) -> None:
    inbox = await asking.inbox()
    reception = Reception(asking.doors, asking.desk.inbound, asking.unread, asking.desk.directory)
    await reception.read_again(inbox.id, kept(message(1)))
    assert await asking.texts(inbox) == ["number 1"]
    with pytest.raises(Malformed):
        await reception.read_again(inbox.id, kept(message(2, address="")))


async def test_what_a_poll_cannot_read_is_kept_and_stops_nothing(asking: Asking) -> None:
    inbox = await asking.inbox()
    lease = await asking.first.take(inbox, lease_s=60)
    assert lease is not None
    hook = Hook("POLL", "", remote="", headers={}, query={}, body=b'{"type": 7}')
    await asking.first.store(inbox, lease, Polled((message(1),), "1", ((hook, "no such kind"),)))
    assert await asking.texts(inbox) == ["number 1"]
    (waiting,) = await asking.unread.listed(inbox.id)
    assert (waiting.reason, await asking.unread.opened(waiting.id)) == ("no such kind", hook)
    again = await asking.first.take(inbox, lease_s=60)
    assert again is not None
    assert again.cursor == "1"
