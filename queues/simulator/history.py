"""Conversations that were, as they would go again: who came, how long each took, what came of it.

A conversation takes as long as it took, whoever gets it. It is given on, put aside and reopened
when it was; a line's overflow and rules are not repeated but decided anew, or were before it came.
Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from statistics import median

from queues.hours import working_time
from queues.simulator.world import GOLDEN, After, Stay, Talk, Turn
from router import events
from router.calendars import Calendar
from router.ids import LineId, OperatorId
from router.planning import BLOCKED
from router.storage.past import Held, Move, PastTalk

# What is assumed of whom nobody ever answered, on a line on which nobody was.
REPLY_S, HELD_S = 60.0, 600.0
OPENED, ROUTED = events.ConversationOpened.__name__, events.ConversationRouted.__name__
PASSED, REOPENED = events.ConversationTransferred.__name__, events.ConversationReopened.__name__
SNOOZED, WOKEN = events.ConversationSnoozed.__name__, events.ConversationWoken.__name__

Piece = tuple[datetime, datetime]


def talks_of(
    past: Sequence[PastTalk],
    *,
    lines: Mapping[LineId, int],
    hours: Sequence[Calendar],
    operators: Mapping[OperatorId, int],
    since: datetime,
    until: datetime,
) -> Iterator[Talk]:
    """Of those that came to one of these lines; not in order. The numbers are the world's."""
    customers = {
        id_: number for number, id_ in enumerate(dict.fromkeys(one.customer_id for one in past))
    }
    history = _History(lines, operators, since, until)
    found = [(one, talk) for one in past if (talk := history.talk(one)) is not None]
    held = [(talk.turns[0].delay_s, talk.wrap_s) for _, talk in found if talk.had is not None]
    reply_s = median([one for one, _ in held] or [REPLY_S])
    wrap_s = median([one for _, one in held] or [HELD_S - REPLY_S])
    for number, (one, talk) in enumerate(found):
        seen = replace(talk, customer=customers[one.customer_id], chance=number * GOLDEN % 1)
        if talk.had is None:
            patience_s = _patience_s(one, hours[talk.line])
            turns = (Turn(delay_s=reply_s),)
            seen = replace(seen, turns=turns, wrap_s=wrap_s, patience_s=patience_s)
        yield seen


def _patience_s(one: PastTalk, hours: Calendar) -> float | None:
    """How long one waited whom nobody took; None: who waits still."""
    if one.closed_at is None:
        return None
    return working_time(hours, one.opened_at, one.closed_at).total_seconds()


class _History:
    def __init__(
        self,
        lines: Mapping[LineId, int],
        operators: Mapping[OperatorId, int],
        since: datetime,
        until: datetime,
    ) -> None:
        self._lines = lines
        self._operators = operators
        self._since = since
        self._until = until

    def talk(self, one: PastTalk) -> Talk | None:
        """None if it never came to one of the lines, or from somebody who is not heard."""
        entry = self._entry(one)
        if entry is None or (not one.held and one.close_reason == BLOCKED):
            return None
        at, line = entry
        held = [each for each in one.held if each.from_at >= at]
        talk = Talk(
            at_s=(at - self._since).total_seconds(),
            line=line,
            turns=(),
            channel=one.channel,
            language=one.language,
            skills=frozenset(one.skills),
            responsible=self._number(one.responsible_id),
        )
        if not held:
            return talk
        pieces = self._pieces(held[0], one.moves)
        began, ended = pieces[0]
        reply_s = max(0.0, ((one.first_reply_at or began) - began).total_seconds())
        return replace(
            talk,
            turns=(Turn(delay_s=reply_s),),
            wrap_s=max(0.0, (ended - began).total_seconds() - reply_s),
            stays=(*_snoozes(pieces), *self._stays(held, one.moves)),
            had=self._number(held[0].operator_id),
        )

    def _entry(self, one: PastTalk) -> tuple[datetime, int] | None:
        """When it came to the first of the lines, and to which; a rule moves it before it waits."""
        found: tuple[datetime, int] | None = None
        for move in one.moves:
            to = move.line_id if move.name == OPENED else move.to_line_id
            if to is None or (found is not None and move.name != ROUTED):
                continue
            found = (move.at, self._lines[to]) if to in self._lines else None
        return found

    def _stays(self, held: Sequence[Held], moves: Sequence[Move]) -> Iterator[Stay]:
        for before, after in pairwise(held):
            ended = before.to_at or self._until
            between = [one for one in moves if ended <= one.at <= after.from_at]
            first, *more = self._pieces(after, moves)
            held_s = (first[1] - first[0]).total_seconds()
            again = next((one for one in between if one.name == REOPENED), None)
            passed = next((one for one in between if one.name == PASSED), None)
            if again is not None:
                pause_s = (again.at - ended).total_seconds()
                to = self._number(again.operator_id)
                yield Stay(After.REOPENED, held_s, pause_s=pause_s, to=to)
            elif passed is not None and passed.to_line_id is not None:
                if passed.to_line_id not in self._lines:
                    return
                yield Stay(After.PASSED, held_s, line=self._lines[passed.to_line_id])
            elif passed is not None or ended == after.from_at:
                yield Stay(After.PASSED, held_s, to=self._number(after.operator_id))
            else:
                yield Stay(After.PASSED, held_s)
            yield from _snoozes([first, *more])

    def _pieces(self, held: Held, moves: Sequence[Move]) -> list[Piece]:
        """When an operator had it and it was not put aside; never empty."""
        ended = held.to_at or self._until
        found, began, awake = [], held.from_at, True
        for move in moves:
            if not held.from_at <= move.at <= ended:
                continue
            if move.name == SNOOZED and awake:
                found.append((began, move.at))
                awake = False
            elif move.name == WOKEN and not awake:
                began, awake = move.at, True
        return [*found, (began, max(began, ended))] if awake or not found else found

    def _number(self, operator_id: OperatorId | None) -> int | None:
        return None if operator_id is None else self._operators.get(operator_id)


def _snoozes(pieces: Sequence[Piece]) -> Iterator[Stay]:
    for (_, asleep), (awake, ended) in pairwise(pieces):
        held_s, pause_s = (ended - awake).total_seconds(), (awake - asleep).total_seconds()
        yield Stay(After.SNOOZED, held_s, pause_s=pause_s)
