"""Authentic requests that we could not read: `router.unread`, on both databases."""

import pytest

from router.channel import Hook
from router.errors import Busy, Malformed, NotFound
from router.ids import InboxId, new_id
from router.sealing import Sealing, Unsealable
from router.storage import Storage
from router.unread import Unread
from tests.clock import FakeClock

INBOX, OTHER = InboxId(new_id()), InboxId(new_id())
HOOK = Hook(
    method="POST",
    url="https://desk.test/hooks/1?a=b",
    remote="192.0.2.1",
    headers={"content-type": "application/json", "x-signature": "сумма"},
    query={"a": "b"},
    body='{"text": "Где мой заказ?"}'.encode() + b"\x00\xff",
)


@pytest.fixture
def storage(either_storage: Storage) -> Storage:
    return either_storage


@pytest.fixture
def unread(storage: Storage) -> Unread:
    return Unread(storage, Sealing(["secret-key-" * 3]), FakeClock())


class Reader:
    """Understands a request, or not."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.trouble = trouble
        self.taken: list[tuple[InboxId, Hook]] = []

    async def take(self, inbox_id: InboxId, hook: Hook) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.taken.append((inbox_id, hook))


async def test_request_is_kept_byte_for_byte(unread: Unread) -> None:
    id_ = await unread.keep(INBOX, HOOK, "no field `text`")
    assert await unread.opened(id_) == HOOK


async def test_database_holds_nothing_that_a_customer_wrote(
    storage: Storage, unread: Unread
) -> None:
    id_ = await unread.keep(INBOX, HOOK, "no field `text`")
    async with storage.reading() as tx:
        kept = await tx.unread.get(id_)
    assert kept is not None
    assert "заказ".encode() not in kept.request
    assert b"desk.test" not in kept.request
    with pytest.raises(Unsealable):
        await Unread(storage, Sealing(["another-key" * 3]), FakeClock()).opened(id_)


async def test_requests_are_listed_by_inbox_in_the_order_they_came(unread: Unread) -> None:
    first = await unread.keep(INBOX, HOOK, "one")
    second = await unread.keep(INBOX, HOOK, "two")
    await unread.keep(OTHER, HOOK, "three")
    listed = await unread.listed(INBOX)
    assert [(one.id, one.reason, one.tries) for one in listed] == [
        (first, "one", 0),
        (second, "two", 0),
    ]


async def test_request_that_is_understood_now_is_forgotten(unread: Unread) -> None:
    id_, reader = await unread.keep(INBOX, HOOK, "no field `text`"), Reader()
    assert await unread.retry(id_, reader.take)
    assert reader.taken == [(INBOX, HOOK)]
    assert await unread.listed(INBOX) == []
    with pytest.raises(NotFound):
        await unread.retry(id_, reader.take)


async def test_request_that_is_still_not_understood_stays_and_says_why(unread: Unread) -> None:
    id_ = await unread.keep(INBOX, HOOK, "no field `text`")
    assert not await unread.retry(id_, Reader(Malformed("no field `from`")).take)
    (listed,) = await unread.listed(INBOX)
    assert (listed.tries, listed.reason) == (1, "no field `from`")


async def test_trouble_of_another_kind_changes_nothing(unread: Unread) -> None:
    id_ = await unread.keep(INBOX, HOOK, "no field `text`")
    with pytest.raises(Busy):
        await unread.retry(id_, Reader(Busy("locked")).take)
    (listed,) = await unread.listed(INBOX)
    assert (listed.tries, listed.reason) == (0, "no field `text`")


async def test_all_of_an_inbox_are_tried_again(unread: Unread) -> None:
    for body in (b"good", b"bad", b"good"):
        hook = Hook("POST", "https://desk.test", "", {}, {}, body)
        await unread.keep(INBOX, hook, "unknown")

    async def take(_: InboxId, hook: Hook) -> None:
        if hook.body == b"bad":
            raise Malformed("unknown")

    assert await unread.retry_all(INBOX, take) == (2, 1)
    assert len(await unread.listed(INBOX)) == 1


async def test_request_can_be_given_up(unread: Unread) -> None:
    id_ = await unread.keep(INBOX, HOOK, "unknown")
    assert await unread.forget(id_)
    assert not await unread.forget(id_)


async def test_each_inbox_has_a_count(storage: Storage, unread: Unread) -> None:
    for inbox_id in (INBOX, INBOX, OTHER):
        await unread.keep(inbox_id, HOOK, "unknown")
    async with storage.reading() as tx:
        assert await tx.unread.counts() == {INBOX: 2, OTHER: 1}
