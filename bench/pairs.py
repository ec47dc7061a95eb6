"""Interleaved runs and what they say: this machine is never the same for two minutes.

Ours and its floors run in turn, forwards and backwards (A B C, C B A, …), and only the ratios of
neighbours count. Their median is told with its range, over the pairs that nobody disturbed if
there are enough of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Literal, TypeVar

from bench.machine import QUIET_CORES, wait_until_quiet

ENOUGH_CLEAN = 3
R = TypeVar("R")
Number = Literal["rate", "p50_ms", "p99_ms", "cpu_us", "client_cores"]


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement. It counts only if all work that came of it was `drained` in time.

    `cpu_us` is the processor time of the server and its database for one message.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    foreign_cores: float
    drained: bool = True
    refused: int = 0
    cpu_us: float = 0.0
    client_cores: float = 0.0

    @property
    def is_clean(self) -> bool:
        return self.foreign_cores < QUIET_CORES


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with its range."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        if self.low == self.high:
            return _short(self.median)
        return f"{_short(self.median)} ({_short(self.low)}–{_short(self.high)})"


def spread(values: Sequence[float]) -> Spread | None:
    return Spread(median(values), min(values), max(values)) if values else None


def shown(found: Spread | None) -> str:
    return "–" if found is None else str(found)


def percentile(values: Sequence[float], share: int) -> float:
    """The value that `share` % of them do not pass."""
    if len(values) < 2:
        return values[0] if values else float("nan")
    return quantiles(values, n=100, method="inclusive")[share - 1]


def interleaved(
    runs: Mapping[str, Callable[[], R]], *, pairs: int, patience_s: float
) -> list[dict[str, R]]:
    """Make each run once a round, every second round backwards; gives the rounds."""
    rounds = []
    names = list(runs)
    for number in range(pairs):
        done: dict[str, R] = {}
        for name in names if number % 2 == 0 else reversed(names):
            wait_until_quiet(patience_s)
            done[name] = runs[name]()
        rounds.append(done)
    return rounds


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rounds of `ours` and of floors."""

    rounds: Sequence[Mapping[str, Run]]

    @property
    def counted(self) -> Sequence[Mapping[str, Run]]:
        """The rounds that say something: drained, and undisturbed where there are enough such."""
        drained = [one for one in self.rounds if all(run.drained for run in one.values())]
        clean = [one for one in drained if all(run.is_clean for run in one.values())]
        return clean if len(clean) >= ENOUGH_CLEAN else drained

    def of(self, name: str, number: Number) -> Spread | None:
        return spread([getattr(one[name], number) for one in self.counted])

    def ours(self, number: Number) -> Spread | None:
        return self.of("ours", number)

    def ratio(self, floor: str, number: Number) -> Spread | None:
        """Ours by the floor's, pair by pair."""
        pairs = [
            (getattr(one["ours"], number), getattr(one[floor], number)) for one in self.counted
        ]
        return spread([ours / floors for ours, floors in pairs if floors])

    @property
    def foreign_cores(self) -> float:
        """The most that others used in a run that counts."""
        return max((run.foreign_cores for one in self.counted for run in one.values()), default=0.0)

    def __str__(self) -> str:
        clean = sum(all(run.is_clean for run in one.values()) for one in self.rounds)
        left_out = len(self.rounds) - len(self.counted)
        return f"{clean} of {len(self.rounds)} rounds undisturbed, {left_out} left out"


def _short(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
