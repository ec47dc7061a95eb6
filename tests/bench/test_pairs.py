"""What interleaved runs say: `bench.pairs`."""

from collections.abc import Mapping

import pytest

from bench.pairs import Comparison, Run, Spread, interleaved, percentile, shown, spread


def run(rate: float, *, foreign: float = 0.0, drained: bool = True) -> Run:
    return Run(rate=rate, p50_ms=1, p99_ms=2, foreign_cores=foreign, drained=drained)


def pair(
    ours: float, floor: float, *, foreign: float = 0.0, drained: bool = True
) -> Mapping[str, Run]:
    return {"ours": run(ours, foreign=foreign, drained=drained), "floor": run(floor)}


def test_runs_take_turns_forwards_and_backwards() -> None:
    order: list[str] = []

    def named(name: str) -> int:
        order.append(name)
        return len(order)

    runs = {name: lambda name=name: named(name) for name in ("ours", "group", "each")}
    rounds = interleaved(runs, pairs=2, patience_s=0)
    assert order == ["ours", "group", "each", "each", "group", "ours"]
    assert rounds == [{"ours": 1, "group": 2, "each": 3}, {"each": 4, "group": 5, "ours": 6}]


def test_ratio_is_the_median_of_the_pairs_with_its_range() -> None:
    # The machine was twice as fast in the second pair; the ratio is not.
    found = Comparison([pair(50, 100), pair(100, 200), pair(45, 100)])
    assert found.ratio("floor", "rate") == Spread(0.5, 0.45, 0.5)
    assert found.ours("rate") == Spread(50, 45, 100)


def test_what_did_not_drain_does_not_count() -> None:
    found = Comparison([pair(50, 100), pair(90, 100, drained=False)])
    assert found.ratio("floor", "rate") == Spread(0.5, 0.5, 0.5)
    assert str(found) == "2 of 2 rounds undisturbed, 1 left out"


def test_disturbed_pairs_are_left_out_where_there_are_enough_others() -> None:
    clean, disturbed = [pair(50, 100)] * 3, [pair(10, 100, foreign=0.9)] * 2
    assert Comparison([*clean, *disturbed]).ratio("floor", "rate") == Spread(0.5, 0.5, 0.5)
    few = Comparison([*clean[:2], *disturbed])
    assert few.ratio("floor", "rate") == Spread(0.3, 0.1, 0.5)
    assert few.foreign_cores == 0.9


def test_nothing_that_counts_says_nothing() -> None:
    nothing = Comparison([pair(50, 100, drained=False)])
    assert nothing.ratio("floor", "rate") is None
    assert shown(nothing.ours("rate")) == "–"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([3.0], "3.00"),
        ([1234.5, 1000.0, 2000.0], "1,234 (1,000–2,000)"),
        ([0.5, 20.0], "10.2 (0.50–20.0)"),
    ],
)
def test_numbers_are_short(values: list[float], text: str) -> None:
    assert str(spread(values)) == text


def test_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 99) == 7.0
    assert percentile([float(n) for n in range(1, 102)], 99) == 100.0
