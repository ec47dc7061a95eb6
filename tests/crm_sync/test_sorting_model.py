"""Whatever is merged, split and taken back, in whatever order, and whoever dies meanwhile: each
message stays in its place and in one conversation, and stands on one timeline.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    rule,
)

from crm_sync.local import LocalCrm
from crm_sync.sync import Sync
from queues.auditor import Breach, audit
from router import handling, merging, splitting
from router.errors import ActError
from router.ids import ConversationId
from router.model import Conversation
from router.splitting import Matter
from tests.crm_sync.shop import PHONE, Shop, a_shop, dying, leads
from tests.lives import Life, lives
from tests.router.scene import Scene
from tests.router.splits import answers, in_its_place, said

T = TypeVar("T")
CHATS = ("orders", "bills", "taxes")
CALLS = ("save_person", "save_lead", "append_in")

chats = st.sampled_from(CHATS)
number = st.integers(0, 99)


class Sorting(Life):
    """One customer with three threads. `there` is where each message of a thread stands."""

    def __init__(self) -> None:
        super().__init__()
        self._texts = 0
        self.there: dict[str, list[ConversationId]] = {}
        self.texts: dict[str, list[str]] = {}

    @initialize()
    def begins(self) -> None:
        self._run(self._begin())

    async def _begin(self) -> None:
        desk = await self._new_desk()
        self.local = LocalCrm(desk.storage, desk.clock, console_url="")
        self.shop: Shop = await a_shop(desk, self.local, account="local")
        shop = self.shop
        self.scene = Scene(desk, shop.line, shop.inbox, shop.anna, shop.boris)
        for chat in CHATS:
            self.there[chat], self.texts[chat] = [], []
            await self._write(chat)

    # --- what happens -------------------------------------------------------------

    @rule(chat=chats, many=st.integers(1, 3))
    def customer_writes(self, chat: str, many: int) -> None:
        for _ in range(many):
            self._run(self._write(chat))

    async def _write(self, chat: str) -> None:
        text, desk = self._text(), self.shop.desk
        desk.clock.move(1)
        await desk.writes(
            text, inbox=self.shop.inbox, who="vera", thread_key=chat, contacts=(PHONE,)
        )
        self._stands(chat, text, (await self._latest(chat)).id)

    @rule(chat=chats)
    def operator_answers(self, chat: str) -> None:
        async def answer() -> None:
            text, to = self._text(), (await self._latest(chat)).id
            await answers(self.scene, to, self.shop.anna, text)
            self._stands(chat, text, to)

        self._tries(answer())

    @rule(chat=chats, boris=st.booleans())
    def operator_takes(self, chat: str, boris: bool) -> None:
        self._acts(chat, handling.take, self.shop.boris if boris else self.shop.anna)

    @rule(chat=chats)
    def operator_closes(self, chat: str) -> None:
        self._acts(chat, handling.close, self.shop.anna.id, reason="done")

    @rule(chat=chats, into=chats)
    def operator_merges(self, chat: str, into: str) -> None:
        survivor = self._run(self._latest(into)).id
        self._acts(chat, merging.merge, survivor, self.shop.anna.id)

    @rule(chat=chats)
    def operator_unmerges(self, chat: str) -> None:
        self._acts(chat, merging.unmerge, self.shop.anna.id)

    @rule(
        chat=chats,
        at=number,
        own_lead=st.booleans(),
        dies=st.sampled_from((None, *CALLS, *CALLS[2:])),
    )
    def operator_splits(self, chat: str, at: int, own_lead: bool, dies: str | None) -> None:
        """Just after a worker died in that call, or not."""
        if dies is not None:
            self.worker_dies_while_it_logs(dies)

        async def split() -> None:
            whole = await self._latest(chat)
            from_seq = whole.last_seq - at % max(1, whole.last_seq - whole.first_seq)
            later = await self.scene.act(
                splitting.split,
                whole.id,
                self.shop.anna.id,
                from_seq=from_seq,
                matter=Matter("", own_lead),
            )
            self._goes(chat, whole.id, later.id, from_seq)

        self._tries(split())

    @rule(chat=chats)
    def operator_takes_a_split_back(self, chat: str) -> None:
        async def unsplit() -> None:
            later = await self._latest(chat)
            if later.split_from is not None:
                await self.scene.act(splitting.unsplit, later.split_from, self.shop.anna.id)
                self._goes(chat, later.id, later.split_from, later.first_seq)

        self._tries(unsplit())

    @rule(steps=st.integers(1, 4))
    def crm_logs(self, steps: int) -> None:
        for _ in range(steps):
            self._run(self.shop.stumbles())

    def worker_dies_while_it_logs(self, call: str) -> None:
        desk, steady = self.shop.desk, self.shop.sync
        dies = dying(self.local, call)
        self.shop.sync = Sync(desk.storage, desk.clock, dies, account="local")
        self._run(self.shop.stumbles())
        self.shop.sync = steady

    # --- how ------------------------------------------------------------------------

    def _text(self) -> str:
        self._texts += 1
        return f"text-{self._texts:03}"

    def _stands(self, chat: str, text: str, id_: ConversationId) -> None:
        self.there[chat].append(id_)
        self.texts[chat].append(text)

    def _goes(self, chat: str, from_id: ConversationId, to: ConversationId, from_seq: int) -> None:
        self.there[chat] = [
            to if one == from_id and seq >= from_seq else one
            for seq, one in enumerate(self.there[chat], start=1)
        ]

    async def _latest(self, chat: str) -> Conversation:
        return await self.shop.desk.conversation(self.shop.inbox, chat)

    def _acts(
        self, chat: str, act: Callable[..., Awaitable[object]], *given: Any, **more: Any
    ) -> None:
        async def acts() -> None:
            self.shop.desk.clock.move(1)
            await self.scene.act(act, (await self._latest(chat)).id, *given, **more)

        self._tries(acts())

    def _tries(self, work: Coroutine[Any, Any, None]) -> None:
        """What the desk refuses changes nothing."""
        with suppress(ActError):
            self._run(work)

    # --- what must hold -----------------------------------------------------------------

    @invariant()
    def each_message_stands_in_its_place(self) -> None:
        for chat in self.there:
            self._run(self._stand(chat))
        if self.there:
            self._run(self._audit())

    async def _audit(self) -> None:
        desk = self.shop.desk
        async with desk.storage.reading() as tx:
            findings = await audit(tx, now=desk.clock.now())
        # Nobody distributes here.
        assert [one for one in findings if one.breach is not Breach.FORGOTTEN] == []

    async def _stand(self, chat: str) -> None:
        await in_its_place(self.scene, chat)
        messages = await said(self.scene, chat)
        assert [one.text for one in messages] == self.texts[chat]
        assert [one.conversation_id for one in messages] == self.there[chat]

    @invariant()
    def each_message_is_logged_once_at_most(self) -> None:
        if self.there:
            count = Counter(self._run(self._logged()))
            assert [text for text, times in count.items() if times > 1] == []

    async def _ends(self) -> None:
        """Once all is logged, all of it is, in the order of its thread, and each has its lead."""
        if not self.there:
            return
        await self.shop.desk.works()
        everything = sorted(text for texts in self.texts.values() for text in texts)
        assert sorted(await self._logged()) == everything
        known = {one.id for one in await leads(self.local)}
        for chat in CHATS:
            talks = [await self.shop.desk.again(id_) for id_ in dict.fromkeys(self.there[chat])]
            assert {one.lead_id for one in talks} <= known
            async with self.shop.desk.storage.reading() as tx:
                logs = [await tx.crm.log("local", one.id) for one in talks]
            assert [log and (log.lead_id, log.version) for log in logs] == [
                (one.lead_id, one.version) for one in talks
            ]

    async def _logged(self) -> list[str]:
        """What stands on all timelines, each in the order of its thread."""
        found: list[str] = []
        for lead in await leads(self.local):
            page = await self.local.timeline(lead.id, limit=200)
            texts = [one.text for one in page.items if one.kind == "message"][::-1]
            for told in self.texts.values():
                mine = [text for text in texts if text in told]
                assert mine == sorted(mine), texts
            found += texts
        return found


@pytest.mark.timeout(240)
def test_messages_stay_where_they_are_however_they_are_sorted(
    sqlite_template: Path, tmp_path: Path
) -> None:
    lives(Sorting, sqlite_template, tmp_path, examples=10, steps=25)
