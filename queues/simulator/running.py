"""What happens in a world, in the order of its times: an event heap, no ticks. Pure.

Who gets a conversation is for `queues.policy` to say. The rest is said here and in `talking.py`,
shorter than the desk does it: whose shift has ended finishes what they hold.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any

from queues.facts import Refusal
from queues.hours import add_working_time
from queues.load import fits, weight_of
from queues.policy import choose
from queues.reasons import Choice, Removed, Rule
from queues.rules import Matter, head_start
from queues.simulator.floor import Hand, Queue
from queues.simulator.talking import Talking
from queues.simulator.waiting import Going, Stage, Waiting
from queues.simulator.world import FOREVER, Talk, World, line_id, operator_id, spans
from router.ids import OperatorId
from router.queueing import Rung, WhenClosed

PARTS = 100
# After these nobody else gets one of this weight either, unless they know somebody.
NOBODY = frozenset({Rule.NOBODY_CAN, Rule.NOBODY_HERE, Rule.QUEUE_IS_EMPTY})


class Run:
    """One world under its lines' settings. After `through` it can be looked at."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.hands = [Hand(number, person) for number, person in enumerate(world.people)]
        self.queues = [
            Queue(line, self._queue_of(number)) for number, line in enumerate(world.lines)
        ]
        self.waiting = [Waiting(number) for number in range(len(world.lines))]
        self.goings: list[Going] = []
        self.missed = self.declined = self.overflows = self.decisions = 0
        self.talking = Talking(self)
        self._numbers = {line_id(number): number for number in range(len(world.lines))}
        self.last_owners: dict[int, OperatorId] = {}
        self.now_s = 0.0
        self._looks: list[float | None] = [None] * len(world.lines)
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = count()

    def through(self, told: Callable[[float], None] = lambda _: None) -> "Run":
        """Live through the whole of it, once; `told` hears now and then which share is over."""
        self._set_up()
        for part in range(1, PARTS):
            self.at(self.world.length_s * part / PARTS, told, part / PARTS)
        talks, length_s = deque(self.world.talks), self.world.length_s
        while talks or self._events:
            # Who comes at the moment of a change comes after it.
            if talks and (not self._events or talks[0].at_s < self._events[0][0]):
                self.now_s = talks[0].at_s
                if self.now_s >= length_s:
                    break
                self._arrive(talks.popleft())
                continue
            at_s, _, act, given = heappop(self._events)
            if at_s >= length_s:
                break
            self.now_s = max(at_s, 0.0)
            act(*given)
        self.now_s = length_s
        for hand in self.hands:
            hand.count(now_s=length_s)
        return self

    def _set_up(self) -> None:
        for hand in self.hands:
            for begins, ends in hand.person.here:
                if ends > 0:
                    self.at(max(begins, 0.0), self._come, hand)
                    self.at(ends, self._go, hand)
        for number, queue in enumerate(self.queues):
            times = list(spans(queue.line.hours, self.world.start, self.world.length_s))
            if times != [FOREVER]:
                self._close(number, times)

    def _queue_of(self, number: int) -> list[Hand]:
        """In its order."""
        queue = self.world.lines[number].queue
        if queue is not None:
            return [self.hands[one] for one in queue]
        return [hand for hand in self.hands if number in hand.person.lines]

    def at(self, at_s: float, act: Callable[..., None], *given: Any) -> None:
        heappush(self._events, (at_s, next(self._order), act, given))

    # --- people and hours -------------------------------------------------------

    def _come(self, hand: Hand) -> None:
        hand.count(now_s=self.now_s)
        hand.here = True
        self._moved(hand)

    def _go(self, hand: Hand) -> None:
        hand.count(now_s=self.now_s)
        hand.here = False
        self._moved(hand)

    def _come_back(self, hand: Hand) -> None:
        hand.away = False
        self._moved(hand)

    def _moved(self, hand: Hand) -> None:
        for number in hand.person.lines:
            self.queues[number].look_up(hand)
        self.serve_all(hand.person.lines)

    def _open(self, number: int, ends_s: float, times: Sequence[tuple[float, float]]) -> None:
        self.queues[number].open(is_open=True, opens_at=None)
        self.at(ends_s, self._close, number, times)
        self._serve(number)

    def _close(self, number: int, times: Sequence[tuple[float, float]]) -> None:
        queue = self.queues[number]
        opens_at = self.world.at(times[0][0]) if times else None
        queue.open(is_open=False, opens_at=opens_at)
        if times:
            self.at(times[0][0], self._open, number, times[0][1], times[1:])
        overflow = queue.line.queueing.overflow
        if overflow is not None and overflow.at_once_when_closed:
            for going in list(self.waiting[number]):
                self._overflow(going, going.round)

    # --- customers ----------------------------------------------------------------

    def _arrive(self, talk: Talk) -> None:
        queueing = self.world.lines[talk.line].queueing
        sooner_s = head_start(queueing.priority, Matter(talk.channel, tier=talk.tier))
        going = Going(
            talk,
            len(self.goings),
            talk.line,
            weight_of(queueing.capacity, talk.channel),
            rank_s=self.now_s - sooner_s,
            since_s=self.now_s,
            known=self._known(talk),
        )
        going.deputies = self._deputies(going)
        self.goings.append(going)
        if talk.patience_s is not None:
            self._leave_in(going, talk.patience_s)
        self.wait(going)
        self._serve(going.line)

    def _known(self, talk: Talk) -> dict[Rung, OperatorId]:
        known = {}
        if talk.responsible is not None:
            known[Rung.RESPONSIBLE] = operator_id(talk.responsible)
        if talk.customer in self.last_owners:
            known[Rung.LAST_OPERATOR] = self.last_owners[talk.customer]
        elif talk.owner is not None:
            known[Rung.LAST_OPERATOR] = operator_id(talk.owner)
        return known

    def _deputies(self, going: Going) -> dict[OperatorId, OperatorId]:
        """Who stands in for those whom the customer knows, where the line asks for it."""
        if Rung.DEPUTY not in self.queues[going.line].line.queueing.sticky.rungs:
            return {}
        named = {one: self._hand(one).person.deputy for one in going.known.values()}
        return {one: operator_id(who) for one, who in named.items() if who is not None}

    def _leave_in(self, going: Going, patience_s: float) -> None:
        hours = self.queues[going.line].line.hours
        came_at = self.world.at(self.now_s)
        at = add_working_time(hours, came_at, timedelta(seconds=patience_s))
        if at is not None:
            self.at((at - self.world.start).total_seconds(), self._leave, going)

    def _leave(self, going: Going) -> None:
        """Nobody took it in time: the customer waits no longer."""
        if going.given_s is not None or going.stage not in (Stage.WAITING, Stage.OFFERED):
            return
        if going.stage is Stage.OFFERED and going.holder is not None:
            self.hold(going, going.holder, -going.weight)
        elif going.stage is Stage.OFFERED:
            self.queues[going.line].hold(-going.weight)
        holder, going.holder = going.holder, None
        going.stage, going.left_s = Stage.LOST, self.now_s
        going.round += 1
        lines = () if holder is None else holder.person.lines
        self.serve_all({going.line: None, **dict.fromkeys(lines)})

    def wait(self, going: Going) -> None:
        """It comes into a line's queue, and may flow over into another's in time."""
        self.waiting[going.line].add(going)
        overflow = self.queues[going.line].line.queueing.overflow
        if overflow is None or going.line in going.passed_on:
            return
        due_s = going.since_s + overflow.after_s
        if overflow.at_once_when_closed and not self.queues[going.line].is_open:
            due_s = self.now_s
        self.at(max(due_s, self.now_s), self._overflow, going, going.round)

    def _overflow(self, going: Going, round_: int) -> None:
        """Once at most from each line; a line that is not of this world is the end of it."""
        overflow = self.queues[going.line].line.queueing.overflow
        here = going.stage is Stage.WAITING and going.round == round_
        if overflow is None or not here or going.line in going.passed_on:
            return
        self.overflows += 1
        going.passed_on |= {going.line}
        going.round += 1
        if overflow.to_line not in self._numbers:
            going.stage, going.left_s = Stage.GONE, self.now_s
            return
        going.line = self._numbers[overflow.to_line]
        going.since_s, going.refused = self.now_s, {}
        self.wait(going)
        self._serve(going.line)

    # --- the queue ------------------------------------------------------------------

    def serve_all(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._serve(number)

    def _serve(self, number: int) -> None:
        """Give what can be given of a line. Nobody is chosen where nobody has room."""
        queue, waiting = self.queues[number], self.waiting[number]
        shut = queue.line.queueing.when_closed is WhenClosed.WAIT and not queue.is_open
        heads = [] if shut else waiting.heads()
        hopeless, look_s = float("inf"), float("inf")
        while heads:
            going = heappop(heads)[-1]
            nobody = not queue.roomy or going.weight >= hopeless
            # Somebody whom the customer knows may still have room.
            if nobody and not any(self._hand(one).has_room for one in self._near(going)):
                continue
            choice = self._choose(queue, going)
            if choice.operators:
                behind = waiting.take(going)
                self._give(queue, going, choice)
                if behind is not None:
                    heappush(heads, behind)
                continue
            assert choice.look_again_at is not None, "who waits is looked at again"
            look_s = min(look_s, (choice.look_again_at - self.world.start).total_seconds())
            if choice.why.rule in NOBODY:
                hopeless = min(hopeless, going.weight)
        self._look_again(number, look_s)

    def _look_again(self, number: int, at_s: float) -> None:
        stands = self._looks[number]
        if at_s < float("inf") and (stands is None or not self.now_s < stands <= at_s):
            self._looks[number] = at_s
            self.at(at_s, self._serve, number)

    def _choose(self, queue: Queue, going: Going) -> Choice:
        self.decisions += 1
        desk = queue.desk(self.world.at(self.now_s))
        guests = [self._hand(one) for one in self._near(going) if not queue.has(one)]
        if guests:
            desk = queue.with_guests(desk, guests)
        return choose(going.facts(self.world.at(going.since_s)), desk)

    def _near(self, going: Going) -> set[OperatorId]:
        """Whom the customer knows, and who stands in for them."""
        return {*going.known.values(), *going.deputies.values()}

    def _hand(self, operator: OperatorId) -> Hand:
        return self.hands[operator.int - 1]

    def _give(self, queue: Queue, going: Going, choice: Choice) -> None:
        if choice.asks_all:
            queue.hold(going.weight)
            self._ask(going, [self._hand(one) for one in choice.operators])
            return
        assert choice.operator is not None, "somebody is chosen"
        hand = self._hand(choice.operator)
        hand.given_at = self.world.at(self.now_s)
        self.hold(going, hand, going.weight)
        queue.given(choice, weight=going.weight)
        going.holder = hand
        if queue.line.queueing.auto_accept:
            self.talking.begin(going, hand)
        else:
            self._ask(going, [hand])

    def hold(self, going: Going, hand: Hand, weight: int) -> None:
        """So much more (or less) of it is held by, or held out to, an operator."""
        hand.change(weight, now_s=self.now_s, now=self.world.at(self.now_s))
        self.queues[going.line].hold(weight, hand.operator)
        for number in hand.person.lines:
            self.queues[number].look(hand)

    # --- offers -----------------------------------------------------------------------

    def _ask(self, going: Going, hands: Sequence[Hand]) -> None:
        """Whoever is asked does as chance has it. Of several the first to accept has it."""
        habits = self.world.habits
        timeout_s = self.queues[going.line].line.queueing.offer_timeout_s
        ends_s = self.now_s + timeout_s
        going.stage, going.asked = Stage.OFFERED, len(hands)
        going.round += 1
        for hand in hands:
            whim, takes = going.talk.whim(going.offers), going.talk.whim(-1 - going.offers)
            going.offers += 1
            answer_s = habits.accept.at(takes)
            if whim < habits.misses or answer_s >= timeout_s:
                self.at(ends_s, self._miss, going, going.round, hand)
            elif whim < habits.misses + habits.declines:
                self.at(self.now_s + answer_s, self._decline, going, going.round, hand)
            else:
                self.at(self.now_s + answer_s, self._accept, going, going.round, hand, ends_s)

    def _accept(self, going: Going, round_: int, hand: Hand, ends_s: float) -> None:
        if going.round != round_:
            return
        if going.holder is None:
            if not fits(going.weight, taken=hand.taken, cap=hand.person.cap_weight):
                self.at(ends_s, self._miss, going, going.round, hand)
                return
            self.queues[going.line].hold(-going.weight)
            hand.given_at = self.world.at(self.now_s)
            self.hold(going, hand, going.weight)
        hand.missed = 0
        self.talking.begin(going, hand)

    def _decline(self, going: Going, round_: int, hand: Hand) -> None:
        if going.round == round_:
            self.declined += 1
            self._refuse(going, hand, Removed.DECLINED)

    def _miss(self, going: Going, round_: int, hand: Hand) -> None:
        if going.round != round_:
            return
        self.missed += 1
        hand.missed += 1
        if hand.missed >= self.queues[going.line].line.queueing.missed_offers_until_away:
            hand.missed, hand.away = 0, True
            self.at(self.now_s + self.world.habits.away_s, self._come_back, hand)
            for number in hand.person.lines:
                self.queues[number].look_up(hand)
        self._refuse(going, hand, Removed.MISSED)

    def _refuse(self, going: Going, hand: Hand, how: Removed) -> None:
        """When nobody is asked any more, it waits on where it stood."""
        going.refused[hand.operator] = Refusal(how, self.world.at(self.now_s))
        going.asked -= 1
        if going.asked:
            return
        going.round += 1
        going.stage = Stage.WAITING
        if going.holder is None:
            self.queues[going.line].hold(-going.weight)
        else:
            going.holder = None
            self.hold(going, hand, -going.weight)
        self.wait(going)
        self.serve_all({going.line: None, **dict.fromkeys(hand.person.lines)})
