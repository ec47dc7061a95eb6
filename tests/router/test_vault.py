"""The secrets of accounts: `router.vault`, on both databases."""

import asyncio
from collections.abc import Mapping

import pytest

from router.channel import Secrets
from router.errors import Unreachable
from router.ids import InboxId, LineId, new_id
from router.model import Inbox, Line
from router.sealing import Sealing, Unsealable
from router.storage import Storage
from router.vault import Vault
from tests.clock import eventually

SEALING = Sealing(["secret-key-" * 3])
Values = Mapping[str, str]


@pytest.fixture
def storage(either_storage: Storage) -> Storage:
    return either_storage


@pytest.fixture
def vault(storage: Storage) -> Vault:
    return Vault(storage, SEALING)


async def an_inbox(storage: Storage, vault: Vault, secrets: Values | None) -> InboxId:
    line = Line(id=LineId(new_id()), key="sales", name="Sales")
    inbox = Inbox(id=InboxId(new_id()), line_id=line.id, kind="telegram", name="Bot")
    async with storage.transaction() as tx:
        await tx.lines.insert(line)
        sealed = vault.sealed(inbox.id, secrets) if secrets is not None else None
        await tx.inboxes.insert(inbox, secrets=sealed)
    return inbox.id


async def test_secrets_come_back_as_they_were_given(storage: Storage, vault: Vault) -> None:
    inbox_id = await an_inbox(storage, vault, {"token": "12:Ab", "хук": "я"})
    secrets: Secrets = await vault.load(inbox_id)
    assert (secrets.get("token"), secrets.get("хук"), secrets.get("none")) == ("12:Ab", "я", "")


async def test_inbox_without_secrets_has_none(storage: Storage, vault: Vault) -> None:
    inbox_id = await an_inbox(storage, vault, None)
    assert (await vault.load(inbox_id)).get("token") == ""


async def test_database_holds_no_readable_secret(storage: Storage, vault: Vault) -> None:
    inbox_id = await an_inbox(storage, vault, {"token": "readable"})
    async with storage.reading() as tx:
        sealed = await tx.inboxes.secrets(inbox_id)
    assert sealed is not None
    assert b"readable" not in sealed
    with pytest.raises(Unsealable):
        await Vault(storage, Sealing(["another-key" * 3])).load(inbox_id)


async def test_secrets_of_one_inbox_do_not_open_for_another(storage: Storage, vault: Vault) -> None:
    inbox_id = await an_inbox(storage, vault, None)
    async with storage.transaction() as tx:
        await tx.inboxes.set_secrets(inbox_id, vault.sealed(new_id(), {"token": "of another"}))
    with pytest.raises(Unsealable):
        await vault.load(inbox_id)


async def test_neither_repr_nor_log_shows_a_value(storage: Storage, vault: Vault) -> None:
    secrets = await vault.load(await an_inbox(storage, vault, {"token": "12:Ab", "app": "xyz1"}))
    assert repr(secrets) == "AccountSecrets(app=•••, token=•••)"
    assert secrets.hide("GET /bot12:Ab/send?x=xyz1") == "GET /bot•••/send?x=•••"


async def test_renewed_secrets_are_stored_before_they_are_used(
    storage: Storage, vault: Vault
) -> None:
    inbox_id = await an_inbox(storage, vault, {"refresh": "1"})
    secrets = await vault.load(inbox_id)

    async def renew(old: Values) -> Values:
        assert old == {"refresh": "1"}
        return {"refresh": "2", "access": "a"}

    await secrets.refresh(renew)
    assert secrets.get("access") == "a"
    assert secrets.hide("first 1, then 2") == "first •••, then •••"
    assert (await vault.load(inbox_id)).get("refresh") == "2"


async def test_rotating_token_is_renewed_once_however_many_need_it(
    storage: Storage, vault: Vault, either_url: str
) -> None:
    """Each process has a vault of its own; with SQLite there is one process."""
    inbox_id = await an_inbox(storage, vault, {"refresh": "1", "access": "old"})
    vaults = (
        [vault] * 4
        if either_url.startswith("sqlite")
        else [Vault(storage, SEALING) for _ in "1234"]
    )
    calls = []

    async def renew(current: Values) -> Values:
        if current["access"] != "old":
            return current
        calls.append(current["refresh"])
        await asyncio.sleep(0.05)
        return {"refresh": "2", "access": "new"}

    async def needs(vault: Vault) -> str:
        secrets = await vault.load(inbox_id)
        await secrets.refresh(renew)
        return secrets.get("access")

    assert await asyncio.gather(*(needs(one) for one in vaults)) == ["new"] * 4
    assert calls == ["1"]


async def test_failed_renewal_changes_nothing(storage: Storage, vault: Vault) -> None:
    inbox_id = await an_inbox(storage, vault, {"refresh": "1"})
    secrets = await vault.load(inbox_id)

    async def fails(_: Values) -> Values:
        raise Unreachable("no connection")

    with pytest.raises(Unreachable):
        await secrets.refresh(fails)
    assert secrets.get("refresh") == (await vault.load(inbox_id)).get("refresh") == "1"


async def test_renewed_secrets_are_stored_even_if_nobody_waits_any_more(
    storage: Storage, vault: Vault
) -> None:
    inbox_id = await an_inbox(storage, vault, {"refresh": "1"})
    secrets = await vault.load(inbox_id)
    answered = asyncio.Event()

    async def renew(_: Values) -> Values:
        await asyncio.sleep(0.05)
        answered.set()
        return {"refresh": "2"}

    asking = asyncio.create_task(secrets.refresh(renew))
    await asyncio.sleep(0.02)
    asking.cancel()
    await asyncio.wait({asking})
    await answered.wait()

    async def stored() -> bool:
        return (await vault.load(inbox_id)).get("refresh") == "2"

    await eventually(stored)
