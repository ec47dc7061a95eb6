"""Inboxes as an administrator fills them in: the console's view of channels, which it never asks."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from channels import kinds, load
from channels._account import form, settle
from router.abilities import Approaching
from router.channel import Capabilities
from router.doors import Doors
from router.errors import Invalid, ProviderError, RecipientGone
from router.ids import InboxId, LineId
from router.model import Inbox
from router.retry import in_words
from router.standings import Standings
from router.trials import Trial, Trials
from router.vault import Vault


class ChannelAccounts:
    """`Accounts` of the console, over the channels folder. `address` is where the world reaches us."""

    def __init__(
        self, vault: Vault, doors: Doors, trials: Trials, standings: Standings, *, address: str
    ) -> None:
        self._vault = vault
        self._doors = doors
        self._trials = trials
        self._standings = standings
        self._address = address

    def forms(self) -> Sequence[Mapping[str, Any]]:
        return [form(kind) for kind in kinds()]

    def settled(
        self,
        inbox_id: InboxId,
        kind: str,
        given: Mapping[str, Any],
        *,
        account: Mapping[str, Any] | None = None,
        sealed: bytes | None = None,
    ) -> tuple[Mapping[str, Any], bytes]:
        before = self._vault.opened(inbox_id, sealed) if sealed else {}
        settings = settle(kind, {**(account or {}), **before, **given})
        return settings.account, self._vault.sealed(inbox_id, settings.secrets)

    def made(
        self, inbox_id: InboxId, sealed: bytes, *, given: Collection[str]
    ) -> Mapping[str, str]:
        secrets = self._vault.opened(inbox_id, sealed)
        return {name: value for name, value in secrets.items() if value and name not in given}

    def capabilities(self, kind: str) -> Capabilities:
        return load(kind).capabilities

    def hook_url(self, inbox: Inbox) -> str | None:
        # Asked of the class: whether it is called by its provider is no matter of its account.
        hooked = all(hasattr(load(inbox.kind), name) for name in ("authenticate", "parse"))
        return f"{self._address}/hooks/{inbox.id}" if hooked else None

    async def tried(
        self,
        inbox_id: InboxId,
        kind: str,
        given: Mapping[str, Any],
        *,
        account: Mapping[str, Any] | None = None,
        sealed: bytes | None = None,
    ) -> Trial:
        before = self._vault.opened(inbox_id, sealed) if sealed else {}
        settings = settle(kind, {**(account or {}), **before, **given})
        nowhere = LineId(inbox_id)
        inbox = Inbox(inbox_id, nowhere, kind, kind, settings.account)
        return await self._trials.of(inbox, settings.secrets)

    async def check(self, inbox_id: InboxId) -> None:
        await self._doors.check(inbox_id)
        await self._look(inbox_id, anew=False)

    async def approach(self, inbox_id: InboxId, address: str) -> str:
        door = await self._doors.door(inbox_id)
        if door is None or not isinstance(door.channel, Approaching):
            raise Invalid("nothing can be sent to this customer here")
        try:
            return await door.channel.approach(address)
        except RecipientGone as error:
            # Here it is news why: they have not let us write yet.
            reason = error.reason
        except ProviderError as error:
            reason = in_words(error)
        raise Invalid(reason)

    async def register(self, inbox_id: InboxId) -> None:
        await self._look(inbox_id, anew=True)

    async def _look(self, inbox_id: InboxId, *, anew: bool) -> None:
        door = await self._doors.any_door(inbox_id)
        if door is not None and door.inbox.active:
            await self._standings.look(door.inbox, anew=anew)
