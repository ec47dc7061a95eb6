"""Whatever happens on a line, in whatever order: the desk holds what a plain reading of the rules
says. The real distributor, acts and rows, beside `tests.queues.plain`.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
)

from queues.auditor import audit
from queues.presence import _reach
from router import handling
from router.errors import Full, TooLate
from router.ids import OperatorId
from router.model import HELD, Conversation, Line, State
from router.queueing import WHOLE, Queueing, Sticky, Strategy
from router.staff import Operator, Status
from router.storage import Transaction
from tests.lives import Life, lives
from tests.queues.floor import LEASE, Floor
from tests.queues.plain import FullHere, Person, PlainDesk, Talk, TooLateHere

T = TypeVar("T")
# So many are looked at by each step, however little room there is.
MOST_WAITING = 9
REACHED = timedelta(hours=1)
MONTH_AND_A_HALF_S = 45 * 86_400

queueings = st.builds(
    Queueing,
    strategy=st.sampled_from(Strategy),
    auto_accept=st.booleans(),
    offer_timeout_s=st.just(60),
    missed_offers_until_away=st.sampled_from([1, 2, 99]),
    refusal_rest_s=st.sampled_from([0, 120]),
    min_gap_s=st.sampled_from([0, 0, 30]),
    sticky=st.just(Sticky(rungs=())),
)
number = st.integers(0, 99)


class _Killed(Exception):
    """The worker ends here."""


class Distribution(Life):
    """The same things happen to a desk and to a plain one."""

    def __init__(self) -> None:
        super().__init__()
        self._has_begun = False

    @initialize(queueing=queueings, caps=st.lists(st.integers(1, 3), min_size=1, max_size=4))
    def begins(self, queueing: Queueing, caps: list[int]) -> None:
        self._run(self._begin(queueing, caps))

    async def _begin(self, queueing: Queueing, caps: list[int]) -> None:
        desk = await self._new_desk()
        self.floor, self.plain = Floor(desk), PlainDesk(queueing)
        self.line: Line = await self.floor.line(queueing)
        self.operators: list[Operator] = []
        self._has_begun = True
        now = self.floor.clock.now()
        for cap in caps:
            one = await self.floor.operator(self.line, cap=cap)
            self.operators.append(one)
            self.plain.people[one.id] = Person(one.id, cap, now + timedelta(seconds=90), now)

    # --- what happens -------------------------------------------------------------

    def _waiting(self) -> int:
        return sum(
            talk.state in (State.WAITING, State.OFFERED) for talk in self.plain.talks.values()
        )

    @precondition(lambda self: self._waiting() < MOST_WAITING - 2)
    @rule(many=st.integers(1, 2))
    def customers_write(self, many: int) -> None:
        self._run(self._write(many))
        self._settle()

    async def _write(self, many: int) -> None:
        now = self.floor.clock.now()
        ids = await self.floor.writes(self.line, count=many)
        for one in await self.floor.see_all(ids):
            self.plain.talks[one.id] = Talk(one.id, now, one.rank_at)

    @rule(who=number)
    def operator_connects(self, who: int) -> None:
        one, now = self._one(who), self.floor.clock.now()

        async def connect(tx: Transaction) -> None:
            await _reach(tx, [one.id], now=now, until=now + REACHED)

        self._run(self.floor.storage.run(connect))
        person = self.plain.people[one.id]
        person.reachable_until = max(person.reachable_until, now + REACHED)
        self._settle()

    @rule(who=number, status=st.sampled_from([Status.AVAILABLE, Status.AVAILABLE, *Status]))
    def operator_says(self, who: int, status: Status) -> None:
        one = self._one(who)
        self._run(self.floor.says(one, status))
        self.plain.say(one.id, status)
        self._settle()

    @precondition(lambda self: self.plain.talks)
    @rule(who=number, which=number)
    def operator_accepts(self, who: int, which: int) -> None:
        one, talk = self._asked(who, which)
        self._do(
            handling.accept, talk, one.id, plainly=lambda now: self.plain.accept(talk, one.id, now)
        )

    @precondition(lambda self: self.plain.talks)
    @rule(who=number, which=number)
    def operator_declines(self, who: int, which: int) -> None:
        one, talk = self._asked(who, which)
        decline = partial(handling.decline, reason="")
        self._do(decline, talk, one.id, plainly=lambda now: self.plain.decline(talk, one.id, now))

    @precondition(lambda self: self.plain.talks)
    @rule(who=number, which=number)
    def operator_takes(self, who: int, which: int) -> None:
        one, talk = self._one(who), self._talk(which)
        self._do(handling.take, talk, one, plainly=lambda now: self.plain.take(talk, one.id, now))

    @precondition(lambda self: self.plain.talks)
    @rule(who=number, to=number, which=number)
    def operator_hands_over(self, who: int, to: int, which: int) -> None:
        one, other, talk = self._one(who), self._one(to), self._talk(which)
        over = partial(handling.transfer, to_operator=other, to_line=None, comment="")
        self._do(over, talk, one.id, plainly=lambda now: self.plain.hand_over(talk, other.id, now))

    @precondition(lambda self: self.plain.talks)
    @rule(who=number, which=number)
    def operator_puts_back(self, who: int, which: int) -> None:
        one, talk = self._one(who), self._talk(which)
        back = partial(handling.transfer, to_operator=None, to_line=self.line.id, comment="")
        self._do(back, talk, one.id, plainly=lambda now: self.plain.put_back(talk, now))

    @precondition(lambda self: self.plain.talks)
    @rule(who=number, which=number)
    def operator_closes(self, who: int, which: int) -> None:
        one, talk = self._one(who), self._talk(which)
        close = partial(handling.close, reason="resolved")
        self._do(close, talk, one.id, plainly=lambda now: self.plain.close(talk, now))

    @rule(seconds=st.sampled_from([1, 29, 30, 31, 60, 61, 121, 300, 3601, MONTH_AND_A_HALF_S]))
    def time_passes(self, seconds: int) -> None:
        self.floor.clock.move(seconds)
        self._settle()

    @precondition(lambda self: self._waiting() < MOST_WAITING - 2)
    @rule(many=st.integers(0, 2))
    def worker_is_killed_before_its_commit(self, many: int) -> None:
        """Its lease ends, and another goes on."""
        self._run(self._kill(many))
        self._settle()

    async def _kill(self, many: int) -> None:
        await self._write(many)
        for lane in await self.floor.take():
            with suppress(_Killed):
                async with self.floor.storage.transaction() as tx:
                    await self.floor.distributor._step(lane, None, tx)
                    raise _Killed
        self.floor.clock.move(LEASE.total_seconds() + 1)

    # --- both desks ---------------------------------------------------------------

    def _one(self, who: int) -> Operator:
        return self.operators[who % len(self.operators)]

    def _talk(self, which: int) -> Talk:
        """Rather one of those that go on."""
        talks = list(self.plain.talks.values())
        going = [talk for talk in talks if talk.state is not State.CLOSED]
        return (going or talks)[which % len(going or talks)]

    def _asked(self, who: int, which: int) -> tuple[Operator, Talk]:
        """Mostly an offer, and one who is asked."""
        talk = self._talk(which)
        asked = [one for one in self.operators if one.id in talk.asked]
        return (asked[who % len(asked)] if asked and which % 5 else self._one(who)), talk

    def _do(
        self,
        act: Callable[..., Awaitable[Conversation]],
        talk: Talk,
        who: object,
        *,
        plainly: Callable[[Any], None],
    ) -> None:
        """The act, in a transaction as the console does it; both let it be, or neither."""
        now = self.floor.clock.now()

        async def step(tx: Transaction) -> None:
            await act(tx, talk.id, who, now=now)

        really: type[Exception] | None = None
        try:
            self._run(self.floor.storage.run(step))
        except (TooLate, Full) as error:
            really = type(error)
        expected: type[Exception] | None = None
        try:
            plainly(now)
        except TooLateHere:
            expected = TooLate
        except FullHere:
            expected = Full
        assert really is expected
        self._settle()

    def _settle(self) -> None:
        self._run(self.floor.distribute())
        self.plain.distribute(self.floor.clock.now())

    @invariant()
    def everybody_holds_what_the_plain_desk_says(self) -> None:
        if self._has_begun:
            self._run(self._compare())

    async def _compare(self) -> None:
        async with self.floor.storage.reading() as tx:
            real = await tx.conversations.many(list(self.plain.talks))
            presence, loads = await tx.presence.all(), await tx.loads.all()
            findings = await audit(tx, now=self.floor.clock.now())
        assert findings == []
        for id_, talk in self.plain.talks.items():
            assert told(real[id_]) == (talk.state, owner_of(talk), set(talk.asked))
        for person in self.plain.people.values():
            assert presence[person.id].status is person.status
            assert loads[person.id].weight == self.plain.held(person.id) * WHOLE


def told(one: Conversation) -> tuple[State, OperatorId | None, set[OperatorId]]:
    """What a plain talk says of it."""
    asked = {*one.asked, *([one.offered_to] if one.offered_to else [])}
    return one.state, one.owner_id if one.state in HELD else None, asked


def owner_of(talk: Talk) -> OperatorId | None:
    return talk.owner if talk.state is State.OPEN else None


@pytest.mark.timeout(240)
def test_desk_holds_what_a_plain_reading_of_the_rules_says(
    sqlite_template: Path, tmp_path: Path
) -> None:
    lives(Distribution, sqlite_template, tmp_path, examples=20, steps=25)


@pytest.mark.soak
def test_desk_holds_it_in_long_lives_too(
    sqlite_template: Path, tmp_path: Path, scale: float
) -> None:
    lives(Distribution, sqlite_template, tmp_path, examples=int(60 * scale), steps=50)
