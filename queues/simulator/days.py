"""A world's conversations, drawn by chance: the same seed, the same days. Pure."""

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from math import log
from random import Random
from typing import TypeVar

from queues.simulator.scenario import DAY_S, Rates, Scenario, lines_of, people_of
from queues.simulator.world import Spread, Talk, Turn, World

K = TypeVar("K")
HOUR_S = 3600


def drawn(scenario: Scenario, *, seed: int) -> World:
    """The scenario's days.

    Each line is drawn by itself: what is changed about one line leaves the others' customers.
    """
    lines, people = lines_of(scenario), people_of(scenario)
    talks: list[Talk] = []
    for number, (key, rates) in enumerate(scenario.lines.items()):
        known = [one for one, person in enumerate(people) if number in person.lines]
        # S311 is about secrets; a comparison needs chance that can be repeated.
        random = Random(f"{seed} {key}")  # noqa: S311
        talks += talks_of(rates, number, scenario.days, known, random)
    talks.sort(key=lambda talk: talk.at_s)
    return World(
        start=scenario.midnight,
        length_s=scenario.length_s,
        lines=lines,
        people=people,
        talks=tuple(talks),
        timezone=scenario.timezone,
        habits=scenario.habits,
    )


def talks_of(
    rates: Rates, line: int, days: int, known: Sequence[int], random: Random
) -> Iterator[Talk]:
    """A line's, in the order of their times; `known` are those whom customers may know."""
    channels, languages, tiers = map(_Picker, (rates.channels, rates.languages, rates.tiers))
    for at_s in _arrivals(rates, days, random):
        returns = random.random() < rates.returning
        yield Talk(
            at_s=at_s,
            line=line,
            turns=_turns(rates, random),
            channel=channels(random) or "webchat",
            language=languages(random),
            tier=tiers(random),
            skills=frozenset(
                name for name, share in rates.skills.items() if random.random() < share
            ),
            owner=random.choice(known) if returns and known else None,
            wrap_s=_duration(rates.wrap, random),
            patience_s=None if rates.patience is None else _duration(rates.patience, random),
            chance=random.random(),
        )


def _arrivals(rates: Rates, days: int, random: Random) -> Iterator[float]:
    """A Poisson process whose rate is another in each hour of the day."""
    whole = sum(rates.by_hour)
    next_at, passed = random.expovariate(1), 0.0
    for hour in range(24 * days):
        expected = rates.per_day * rates.by_hour[hour % 24] / whole
        while expected and next_at < passed + expected:
            yield (hour + (next_at - passed) / expected) * HOUR_S
            next_at += random.expovariate(1)
        passed += expected
    assert hour * HOUR_S < days * DAY_S


def _turns(rates: Rates, random: Random) -> tuple[Turn, ...]:
    """As many as a customer writes who stops after each with the same chance."""
    more = 1 - 1 / rates.turns
    count = 1 + (int(log(1 - random.random()) / log(more)) if more > 0 else 0)
    return tuple(
        Turn(_duration(rates.gap, random) if place else 0.0, _duration(rates.work, random))
        for place in range(count)
    )


def _duration(spread: Spread, random: Random) -> float:
    return random.lognormvariate(log(spread.median_s), spread.sigma) if spread.median_s else 0.0


class _Picker:
    """Draws one of these by their shares; None where there is nothing to draw."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._names = list(shares)
        self._sums = list(accumulate(shares.values()))

    def __call__(self, random: Random) -> str | None:
        if not self._sums or not self._sums[-1]:
            return None
        return self._names[bisect(self._sums, random.random() * self._sums[-1])]
