"""A secret key is replaced: `router.resealing`, on both databases and by the command."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from router.__main__ import main
from router.calendars import ALWAYS
from router.channel import Hook
from router.feeds import PURPOSE as FEED
from router.feeds import Feed
from router.ids import CalendarId, InboxId, LineId, new_id
from router.model import Inbox, Line
from router.resealing import Resealed, reseal
from router.sealing import Sealing, Unsealable
from router.storage import Storage
from router.unread import Unread
from router.vault import Vault
from tests.clock import FakeClock

OLD, NEW, LOST = "old-" * 8, "new-" * 8, "lost-" * 8
HOOK = Hook(method="POST", url="/", remote="", headers={}, query={}, body=b"what was said")


@pytest.fixture
def storage(either_storage: Storage) -> Storage:
    return either_storage


async def an_inbox(storage: Storage, key: str) -> InboxId:
    """An inbox whose secrets were sealed with that key."""
    line = Line(id=LineId(new_id()), key=f"line-{new_id()}", name="Sales")
    inbox = Inbox(id=InboxId(new_id()), line_id=line.id, kind="telegram", name="Bot")
    sealed = Vault(storage, Sealing([key])).sealed(inbox.id, {"token": "12:Ab"})
    async with storage.transaction() as tx:
        await tx.lines.insert(line)
        await tx.inboxes.insert(inbox, secrets=sealed)
    return inbox.id


async def test_everything_opens_without_the_former_key(storage: Storage) -> None:
    inbox_id, newer = await an_inbox(storage, OLD), await an_inbox(storage, NEW)
    unread_id = await Unread(storage, Sealing([OLD]), FakeClock()).keep(inbox_id, HOOK, "strange")
    assert await reseal(storage, Sealing([NEW, OLD])) == Resealed(renewed=2)
    for one in (inbox_id, newer):
        assert (await Vault(storage, Sealing([NEW])).load(one)).get("token") == "12:Ab"
    assert await Unread(storage, Sealing([NEW]), FakeClock()).opened(unread_id) == HOOK
    with pytest.raises(Unsealable):
        await Vault(storage, Sealing([OLD])).load(inbox_id)
    assert await reseal(storage, Sealing([NEW, OLD])) == Resealed()


async def test_addresses_of_feeds_open_without_the_former_key(storage: Storage) -> None:
    calendar = replace(ALWAYS, id=CalendarId(new_id()), name="office")
    place = str(calendar.id)
    sealed = Sealing([OLD]).seal(b"https://calendar.example", purpose=FEED, place=place)
    async with storage.transaction() as tx:
        await tx.calendars.insert(calendar)
        await tx.feeds.put(Feed(calendar.id, sealed, "calendar.example"))
    assert await reseal(storage, Sealing([NEW, OLD])) == Resealed(renewed=1)
    async with storage.reading() as tx:
        feed = await tx.feeds.get(calendar.id)
    assert feed is not None
    assert Sealing([NEW]).open(feed.sealed, purpose=FEED, place=place).startswith(b"https")


async def test_what_no_key_opens_stays_and_stops_nothing(storage: Storage) -> None:
    lost, found = await an_inbox(storage, LOST), await an_inbox(storage, OLD)
    assert await reseal(storage, Sealing([NEW, OLD])) == Resealed(renewed=1, unsealable=1)
    assert (await Vault(storage, Sealing([LOST])).load(lost)).get("token") == "12:Ab"
    assert (await Vault(storage, Sealing([NEW])).load(found)).get("token") == "12:Ab"


def test_migrate_says_what_it_sealed_anew(tmp_path: Path) -> None:
    environment = {
        "ROUTER_DATA_DIR": str(tmp_path),
        "ROUTER_DATABASE_URL": "",
        "ROUTER_SECRET_KEY": NEW,
        "ROUTER_OLD_SECRET_KEYS": OLD,
    }
    done = CliRunner().invoke(main, ["migrate"], env=environment)
    assert (done.exit_code, done.output) == (0, "0 sealed anew, 0 that no key opens\n")
    quiet = CliRunner().invoke(main, ["migrate"], env=environment | {"ROUTER_OLD_SECRET_KEYS": ""})
    assert (quiet.exit_code, quiet.output) == (0, "")


def test_nothing_is_sealed_anew_with_a_key_that_nobody_gave(tmp_path: Path) -> None:
    environment = {
        "ROUTER_DATA_DIR": str(tmp_path),
        "ROUTER_DATABASE_URL": "",
        "ROUTER_SECRET_KEY": "",
        "ROUTER_OLD_SECRET_KEYS": OLD,
    }
    done = CliRunner().invoke(main, ["migrate"], env=environment)
    assert (done.exit_code, "ROUTER_SECRET_KEY" in done.output) == (1, True)
    assert not (tmp_path / "secret-key").exists()
