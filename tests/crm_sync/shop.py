"""A desk whose conversations are logged to a CRM."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from crm_sync.crm import Crm, CrmRef
from crm_sync.local import LocalCrm
from crm_sync.progress import Progress
from crm_sync.sync import Sync
from router import handling
from router.channel import Capabilities, Deleted, Edited
from router.errors import ProviderError
from router.ids import MessageId, new_id
from router.model import Contact, ContactKind, Conversation, Inbox, Line
from router.outbound import reply
from router.staff import Operator
from router.storage import Lane, Transaction
from router.storage.leads import LeadCard
from router.work import SetAside
from tests.crm_sync.strict import StrictCrm
from tests.desk import Desk

PHONE = Contact(ContactKind.PHONE, "+79001234567")
PLAIN = Capabilities(max_text_chars=4_000)


class Died(BaseException):
    """The process was killed."""


@dataclass
class Shop:
    """A desk with one line, Anna and Boris, and a CRM that its conversations are logged to."""

    desk: Desk
    line: Line
    inbox: Inbox
    anna: Operator
    boris: Operator
    sync: Sync

    async def writes(
        self, text: str = "Hello", *, who: str = "vera", phone: bool = True, name: str | None = None
    ) -> Conversation:
        """A customer writes, and has left their phone unless told otherwise."""
        contacts = (PHONE,) if phone else ()
        await self.desk.writes(text, inbox=self.inbox, who=who, contacts=contacts, external_id=name)
        return await self.desk.conversation(self.inbox, who)

    async def edits(self, name: str, text: str) -> None:
        """The customer edits what the provider calls `name`."""
        await self.desk.inbound.receive(self.inbox, [Edited(name, "vera", text)])

    async def withdraws(self, name: str) -> None:
        await self.desk.inbound.receive(self.inbox, [Deleted(name, "vera")])

    async def answers(self, text: str, *, who: str = "vera") -> None:
        conversation = await self.desk.conversation(self.inbox, who)

        async def act(tx: Transaction) -> None:
            await reply(
                tx,
                conversation.id,
                message_id=MessageId(new_id()),
                text=text,
                author=self.anna,
                capabilities=PLAIN,
                now=self.desk.clock.now(),
            )

        await self.desk.storage.run(act)

    async def takes(self, operator: Operator, *, who: str = "vera") -> Conversation:
        conversation, now = await self.desk.conversation(self.inbox, who), self.desk.clock.now()
        return await self.desk.storage.run(
            lambda tx: handling.take(tx, conversation.id, operator, now=now)
        )

    async def gives(self, operator: Operator, *, who: str = "vera") -> Conversation:
        """Anna transfers the conversation."""
        conversation, now = await self.desk.conversation(self.inbox, who), self.desk.clock.now()
        return await self.desk.storage.run(
            lambda tx: handling.transfer(
                tx,
                conversation.id,
                self.anna.id,
                to_operator=operator,
                to_line=None,
                comment="",
                now=now,
            )
        )

    async def closes(self, *, who: str = "vera") -> Conversation:
        conversation, now = await self.desk.conversation(self.inbox, who), self.desk.clock.now()
        return await self.desk.storage.run(
            lambda tx: handling.close(tx, conversation.id, self.anna.id, reason="done", now=now)
        )

    async def progress(self, *, who: str = "vera") -> Progress:
        conversation = await self.desk.conversation(self.inbox, who)
        async with self.desk.storage.reading() as tx:
            return await self.sync.progress(tx, conversation)

    async def lane(self, *, failures: int = 0) -> Lane:
        """Take the customer's lane, as a worker does whose last steps failed."""
        now = self.desk.clock.now()
        async with self.desk.storage.transaction() as tx:
            (lane,) = await tx.lanes.take(
                "crm", now=now, lease_until=now + timedelta(seconds=10), limit=10
            )
        return replace(lane, failures=failures)

    async def tries(self, expected: type[Exception], *, failures: int = 0) -> Exception:
        """One step that fails; then the lane is due again, as after a backoff."""
        lane = await self.lane(failures=failures)
        with pytest.raises(expected) as failed:
            await self.sync.step(lane)
        now = self.desk.clock.now()
        async with self.desk.storage.transaction() as tx:
            await tx.lanes.put_back(lane, due_at=now, reason="")
        return failed.value

    async def stumbles(self) -> None:
        """One step, whatever comes of it; then half a minute passes."""
        now = self.desk.clock.now()
        async with self.desk.storage.transaction() as tx:
            until = now + timedelta(seconds=10)
            lanes = await tx.lanes.take("crm", now=now, lease_until=until, limit=10)
        for lane in lanes:
            try:
                await self.sync.step(lane)
            except (ProviderError, SetAside, Died):
                async with self.desk.storage.transaction() as tx:
                    await tx.lanes.put_back(lane, due_at=now, reason="")
        self.desk.clock.move(30)


async def a_shop(desk: Desk, crm: StrictCrm | LocalCrm, *, account: str) -> Shop:
    line = await desk.line(language="en")
    inbox = await desk.inbox(line)
    anna, boris = await desk.operator("Anna", line), await desk.operator("Boris", line)
    sync = Sync(desk.storage, desk.clock, crm, account=account)
    desk.steps["crm"] = sync.step
    return Shop(desk, line, inbox, anna, boris, sync)


async def leads(local: LocalCrm) -> list[LeadCard]:
    return list((await local.leads()).items)


async def log_of(local: LocalCrm, lead: LeadCard) -> list[tuple[str, str]]:
    """Author and text, oldest first."""
    page = await local.timeline(lead.id)
    return [(one.author, one.text) for one in reversed(page.items)]


class Dying:
    """An adapter whose process dies after one of its calls was answered."""

    def __init__(self, crm: LocalCrm, method: str) -> None:
        self._crm = crm
        self._method = method

    def __getattr__(self, name: str) -> object:
        found = getattr(self._crm, name)
        if name != self._method:
            return found

        async def call(*arguments: object) -> None:
            await found(*arguments)
            raise Died

        return call

    # A protocol that is checked while the program runs is not looked for in `__getattr__`.
    async def append_in(self, *arguments: Any) -> CrmRef:
        ref = await self._crm.append_in(*arguments)
        if self._method == "append_in":
            raise Died
        return ref


def dying(crm: LocalCrm, method: str) -> Crm:
    return cast("Crm", Dying(crm, method))
