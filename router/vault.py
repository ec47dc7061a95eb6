"""The secrets of accounts: sealed in the database, open only in the hands of a channel."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

import orjson

from router.errors import Busy
from router.redaction import HIDDEN, redacted
from router.sealing import Sealing
from router.storage import Conflict, Storage, Transaction

INBOX = "inbox"

Values = Mapping[str, str]
Renew = Callable[[Values], Awaitable[Values]]


class Shelf(Protocol):
    """A table whose rows have sealed secrets."""

    async def secrets(self, id_: Any, /, *, lock: bool = False) -> bytes | None: ...

    async def set_secrets(self, id_: Any, secrets: bytes, /) -> None: ...


def inboxes(tx: Transaction) -> Shelf:
    """Where the secrets of inboxes lie."""
    return tx.inboxes


class AccountSecrets:
    """One account's `Secrets`. No `repr` shows a value."""

    def __init__(self, values: Values, *, replace: Callable[[Renew], Awaitable[Values]]) -> None:
        self._values = dict(values)
        self._former: set[str] = set()
        self._replace = replace

    def get(self, name: str) -> str:
        return self._values.get(name, "")

    async def refresh(self, renew: Renew) -> None:
        renewed = await self._replace(renew)
        self._former.update(self._values.values())
        self._values = dict(renewed)

    def hide(self, text: str) -> str:
        """`text` without any of the values, former ones too, for logs."""
        return redacted(text, secrets=self._former.union(self._values.values()))

    def __repr__(self) -> str:
        return f"AccountSecrets({', '.join(f'{name}={HIDDEN}' for name in sorted(self._values))})"


class Vault:
    """Keeps the secrets of one kind of account.

    Args:
        storage: Where they lie.
        sealing: Seals and opens them.
        shelf: The table.
        purpose: Whose they are; a secret of one kind cannot be opened as one of another.
    """

    def __init__(
        self,
        storage: Storage,
        sealing: Sealing,
        *,
        shelf: Callable[[Transaction], Shelf] = inboxes,
        purpose: str = INBOX,
    ) -> None:
        self._storage = storage
        self._sealing = sealing
        self._shelf = shelf
        self._purpose = purpose
        self._locks: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)

    def sealed(self, account_id: UUID, values: Values) -> bytes:
        """The secrets as they are stored for this account."""
        plain = orjson.dumps(dict(values), option=orjson.OPT_SORT_KEYS)
        return self._sealing.seal(plain, purpose=self._purpose, place=str(account_id))

    async def load(self, account_id: UUID) -> AccountSecrets:
        """The account's secrets; empty if it has none.

        Raises:
            Unsealable: they were sealed with a key that we do not have.
        """
        values = await self._read(account_id)
        return AccountSecrets(values, replace=lambda renew: self._replace(account_id, renew))

    async def _replace(self, account_id: UUID, renew: Renew) -> Values:
        # A provider that rotates its tokens has forgotten the old ones once it answered: whoever
        # asked may be cancelled, storing the new ones may not.
        return await asyncio.shield(asyncio.create_task(self._replaced(account_id, renew)))

    async def _replaced(self, account_id: UUID, renew: Renew) -> Values:
        async with self._locks[account_id]:
            if self._storage.engine.dialect == "sqlite":
                # One process writes: our lock is enough, and its only writer waits for nobody.
                renewed = await renew(await self._read(account_id))
                await self._write(account_id, renewed)
                return renewed
            return await self._replaced_under_row_lock(account_id, renew)

    async def _replaced_under_row_lock(self, account_id: UUID, renew: Renew) -> Values:
        renewed: Values | None = None
        try:
            async with self._storage.transaction() as tx:
                shelf = self._shelf(tx)
                held = await shelf.secrets(account_id, lock=True)
                renewed = await renew(self.opened(account_id, held))
                await shelf.set_secrets(account_id, self.sealed(account_id, renewed))
        except (Busy, Conflict):
            if renewed is None:
                raise
            await self._write(account_id, renewed)
        return renewed

    async def _read(self, account_id: UUID) -> Values:
        async with self._storage.reading() as tx:
            return self.opened(account_id, await self._shelf(tx).secrets(account_id))

    async def _write(self, account_id: UUID, values: Values) -> None:
        async def write(tx: Transaction) -> None:
            await self._shelf(tx).set_secrets(account_id, self.sealed(account_id, values))

        await self._storage.run(write)

    def opened(self, account_id: UUID, sealed: bytes | None) -> Values:
        """What `sealed` was given. Raises `Unsealable`."""
        if sealed is None:
            return {}
        plain = self._sealing.open(sealed, purpose=self._purpose, place=str(account_id))
        values: dict[str, str] = orjson.loads(plain)
        return values
