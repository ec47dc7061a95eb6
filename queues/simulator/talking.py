"""What becomes of a conversation once somebody has it: answers, silence, giving on, coming back."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from queues.simulator.floor import Hand, Queue
from queues.simulator.waiting import Going, Stage
from queues.simulator.world import After, Stay, World
from router.ids import OperatorId
from router.queueing import Rung


class Around(Protocol):
    """What a conversation moves in: the run that it is part of."""

    last_owners: dict[int, OperatorId]

    @property
    def world(self) -> World: ...

    @property
    def now_s(self) -> float: ...

    @property
    def queues(self) -> Sequence[Queue]: ...

    @property
    def hands(self) -> Sequence[Hand]: ...

    def at(self, at_s: float, act: Callable[..., None], *given: Any) -> None: ...

    def hold(self, going: Going, hand: Hand, weight: int) -> None: ...

    def wait(self, going: Going) -> None: ...

    def serve_all(self, numbers: Iterable[int]) -> None: ...


class Talking:
    def __init__(self, around: Around) -> None:
        self._around = around
        self.passed = self.reopened = 0

    def begin(self, going: Going, hand: Hand) -> None:
        """Somebody has it, for the first time or again."""
        around, first = self._around, going.given_s is None
        going.holder, going.stage = hand, Stage.OPEN
        going.round += 1
        hand.given += 1
        if going.talk.customer is not None:
            around.last_owners[going.talk.customer] = hand.operator
        if first:
            going.given_s, going.owner = around.now_s, hand
            self._write(going, going.round)
        else:
            self._stay(going, going.talk.stays[going.stay - 1].held_s)

    # --- answers ----------------------------------------------------------------

    def _write(self, going: Going, round_: int) -> None:
        """The customer has written: the operator answers one after the other."""
        hand, talk, around = going.holder, going.talk, self._around
        if going.round != round_:
            return
        assert hand is not None, "somebody holds it"
        self._stir(going, round_)
        turn = talk.turns[going.turn]
        replied_s = max(around.now_s + turn.delay_s, hand.busy_until) + turn.work_s
        hand.busy_until = max(hand.busy_until, replied_s) if turn.work_s else hand.busy_until
        if going.turn == 0:
            going.replied_s = replied_s
        going.turn += 1
        if going.turn == len(talk.turns):
            self._stay(going, replied_s - around.now_s + talk.wrap_s)
            return
        after_s = talk.turns[going.turn].after_s
        self._hush_in(going, replied_s, after_s)
        around.at(replied_s + after_s, self._write, going, round_)

    def _hush_in(self, going: Going, from_s: float, quiet_s: float) -> None:
        silent_s = self._around.queues[going.line].line.queueing.capacity.silent_after_s
        if silent_s is not None and quiet_s > silent_s:
            self._around.at(from_s + silent_s, self._hush, going, going.round)

    def _hush(self, going: Going, round_: int) -> None:
        """Nothing is said in it for long: it takes no room until the customer writes."""
        if going.round != round_ or going.is_silent:
            return
        assert going.holder is not None, "somebody holds it"
        going.is_silent = True
        self._around.hold(going, going.holder, -going.weight)
        self._around.serve_all(going.holder.person.lines)

    def _stir(self, going: Going, round_: int) -> None:
        if going.is_silent and going.round == round_ and going.holder is not None:
            going.is_silent = False
            self._around.hold(going, going.holder, going.weight)

    # --- what follows ----------------------------------------------------------------

    def _stay(self, going: Going, for_s: float) -> None:
        self._around.at(self._around.now_s + for_s, self._over, going, going.round)

    def _over(self, going: Going, round_: int) -> None:
        """The time with its operator is over: it ends, or goes on in another way."""
        if going.round != round_:
            return
        hand, stays = going.holder, going.talk.stays
        assert hand is not None, "somebody holds it"
        if going.stay == len(stays):
            self._let_go(going, hand, Stage.CLOSED)
            going.holder = hand
            return
        stay = stays[going.stay]
        going.stay += 1
        match stay.after:
            case After.SNOOZED:
                # It keeps its place in its operator's load, until it counts as silent.
                self._hush_in(going, self._around.now_s, stay.pause_s)
                self._around.at(self._around.now_s + stay.pause_s, self._stir, going, round_)
                self._stay(going, stay.pause_s + stay.held_s)
            case After.REOPENED:
                self._let_go(going, hand, Stage.CLOSED)
                self._around.at(self._around.now_s + stay.pause_s, self._return, going, stay)
            case After.PASSED:
                self.passed += 1
                self._pass(going, hand, stay)

    def _let_go(self, going: Going, hand: Hand, stage: Stage) -> None:
        going.stage, going.holder = stage, None
        going.round += 1
        if not going.is_silent:
            self._around.hold(going, hand, -going.weight)
        going.is_silent = False
        self._around.serve_all({going.line: None, **dict.fromkeys(hand.person.lines)})

    def _pass(self, going: Going, hand: Hand, stay: Stay) -> None:
        """To a colleague, to another line, or back into the queue.

        Who has it already keeps it. A colleague who is not there gets nothing: it waits.
        """
        to = None if stay.to is None else self._around.hands[stay.to]
        if to is hand:
            self._stay(going, stay.held_s)
            return
        self._let_go(going, hand, Stage.WAITING)
        if to is not None and to.here:
            self._take(going, to)
            return
        self._queue(going, going.line if stay.line is None else stay.line)

    def _return(self, going: Going, stay: Stay) -> None:
        """The customer writes again, or an operator opened it; then that one has it."""
        self.reopened += 1
        to = None if stay.to is None else self._around.hands[stay.to]
        if to is not None and to.here:
            self._take(going, to)
        else:
            self._queue(going, going.line)

    def _take(self, going: Going, hand: Hand) -> None:
        self._around.hold(going, hand, going.weight)
        self.begin(going, hand)

    def _queue(self, going: Going, line: int) -> None:
        now_s = self._around.now_s
        going.stage, going.line = Stage.WAITING, line
        going.since_s = going.rank_s = now_s
        going.refused = {}
        customer = going.talk.customer
        if customer is not None and customer in self._around.last_owners:
            last = self._around.last_owners[customer]
            going.known = {**going.known, Rung.LAST_OPERATOR: last}
        self._around.wait(going)
        self._around.serve_all([line])
