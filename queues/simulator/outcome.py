"""What came of a run, in numbers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, quantiles
from zoneinfo import ZoneInfo

from queues.hours import add_working_time, working_time
from queues.simulator.floor import Hand
from queues.simulator.running import Run
from queues.simulator.waiting import Going, Stage
from queues.simulator.world import World


@dataclass(frozen=True, slots=True)
class Waits:
    """What half, nine tenths, all but a hundredth, and all of some customers did not wait longer
    than.
    """

    p50_s: float
    p90_s: float
    p99_s: float
    most_s: float


@dataclass(frozen=True, slots=True)
class Loads:
    """How much of their capacity operators had taken while they were there, on average over time.

    `gini` is 0 if all had the same, and near 1 if one had everything.
    """

    least: float
    mean: float
    most: float
    gini: float


@dataclass(frozen=True, slots=True)
class Worked:
    """What an operator was given, and how much of their capacity was taken; None: never there."""

    name: str
    given: int
    load: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one policy. Everybody who `came` was `given` to somebody, is `waiting` at the end, has
    `left` for a line that is not looked at, or was `lost`: gave up waiting. `overflowed` counts all
    moves from line to line.

    `in_time`: the share of those who were promised a reply and had it by then. `by_hour` holds the
    waits of who came in each hour of the day, None where nobody did. `as_then`: of conversations
    that were, the share which the same operator had first; None where none is known.
    """

    name: str
    came: int
    given: int
    waiting: int
    left: int
    lost: int
    closed: int
    passed: int
    reopened: int
    overflowed: int
    missed: int
    declined: int
    decisions: int
    waits: Waits | None
    in_time: float | None
    loads: Loads | None
    by_hour: tuple[Waits | None, ...]
    load_of_each: tuple[float, ...]
    people: tuple[Worked, ...]
    as_then: float | None


def outcome_of(name: str, run: Run) -> Outcome:
    """Who still waits at the end counts as having waited until then: they did, at least.

    All times are such at which the line was open.
    """
    goings, world = run.goings, run.world
    zone = ZoneInfo(world.timezone)
    by_hour: list[list[float]] = [[] for _ in range(24)]
    for going in goings:
        by_hour[world.at(going.talk.at_s).astimezone(zone).hour].append(_waited_s(going, world))
    kept = [one for one in (_in_time(going, world) for going in goings) if one is not None]
    people = tuple(_worked(hand, world) for hand in run.hands if hand.person.lines or hand.given)
    loads = sorted(one.load for one in people if one.load is not None)
    return Outcome(
        name=name,
        came=len(goings),
        given=sum(going.given_s is not None for going in goings),
        waiting=sum(going.stage in (Stage.WAITING, Stage.OFFERED) for going in goings),
        left=sum(going.stage is Stage.GONE for going in goings),
        lost=sum(going.stage is Stage.LOST for going in goings),
        closed=sum(going.stage is Stage.CLOSED for going in goings),
        passed=run.talking.passed,
        reopened=run.talking.reopened,
        overflowed=run.overflows,
        missed=run.missed,
        declined=run.declined,
        decisions=run.decisions,
        waits=waits_of([_waited_s(going, world) for going in goings]),
        in_time=sum(kept) / len(kept) if kept else None,
        loads=Loads(loads[0], fmean(loads), loads[-1], gini(loads)) if loads else None,
        by_hour=tuple(waits_of(waited) for waited in by_hour),
        load_of_each=tuple(loads),
        people=people,
        as_then=_as_then(goings),
    )


def waits_of(waited_s: Sequence[float]) -> Waits | None:
    if not waited_s:
        return None
    if len(waited_s) == 1:
        return Waits(waited_s[0], waited_s[0], waited_s[0], waited_s[0])
    cuts = quantiles(waited_s, n=100, method="inclusive")
    return Waits(cuts[49], cuts[89], cuts[98], max(waited_s))


def gini(values: Sequence[float]) -> float:
    """How unequal they are; they are not negative."""
    whole, count = sum(values), len(values)
    if not whole:
        return 0.0
    ranked = sum(place * value for place, value in enumerate(sorted(values), start=1))
    return 2 * ranked / (count * whole) - (count + 1) / count


def _waited_s(going: Going, world: World) -> float:
    """While the line that the customer came to was open."""
    until_s = next((at for at in (going.given_s, going.left_s) if at is not None), world.length_s)
    hours = world.lines[going.talk.line].hours
    came_at, until = world.at(going.talk.at_s), world.at(until_s)
    return working_time(hours, came_at, until).total_seconds()


def _in_time(going: Going, world: World) -> bool | None:
    """None if nothing was promised, or it was not due yet when the world ended."""
    line = world.lines[going.talk.line]
    if line.promised_s is None:
        return None
    came_at = world.at(going.talk.at_s)
    due_at = add_working_time(line.hours, came_at, timedelta(seconds=line.promised_s))
    if due_at is None:
        return None
    due_s = (due_at - world.start).total_seconds()
    if going.replied_s is None:
        if going.stage is Stage.LOST:
            return False
        return None if going.stage is Stage.GONE or due_s >= world.length_s else False
    return going.replied_s <= due_s


def _worked(hand: Hand, world: World) -> Worked:
    here_s = sum(
        max(0.0, min(ends, world.length_s) - max(begins, 0.0)) for begins, ends in hand.person.here
    )
    room = here_s * hand.person.cap_weight
    return Worked(hand.person.name, hand.given, hand.taken_s / room if room else None)


def _as_then(goings: Sequence[Going]) -> float | None:
    known = [one for one in goings if one.talk.had is not None]
    same = [one for one in known if one.owner is not None and one.owner.number == one.talk.had]
    return len(same) / len(known) if known else None
