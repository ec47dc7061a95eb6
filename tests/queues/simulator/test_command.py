"""`python -m router bench distribution`: `queues.simulator.command`."""

import json
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path

from click.testing import CliRunner, Result

from queues.simulator.command import distribution
from queues.simulator.scenario import USUAL
from queues.simulator.world import World
from router.storage import Transaction
from tests.queues.simulator.small import comes, person, world

HALF_AN_HOUR = world([comes(60.0 * number) for number in range(30)], [person()])


def read(look: Callable[[Transaction], Awaitable[World]]) -> World:
    """In the place of a desk's database: what it has lived through."""
    return HALF_AN_HOUR


def asked(*words: str) -> Result:
    return CliRunner().invoke(distribution, words, obj=read)


def test_without_anything_a_usual_day_is_lived_through() -> None:
    result = asked()
    assert result.exit_code == 0, result.output
    assert "as it is" in result.output
    assert asked().output == result.output


def test_strategies_and_files_are_compared_with_what_is(tmp_path: Path) -> None:
    (tmp_path / "pushed.toml").write_text("[queueing]\nauto_accept = true\n")
    result = asked("--strategy", "least_busy", "--with", str(tmp_path / "pushed.toml"), "--json")
    found = {one["name"]: one for one in json.loads(result.output)}
    assert list(found) == ["as it is", "pushed", "least_busy"]
    assert found["pushed"]["missed"] == 0 < found["as it is"]["missed"]
    assert len({one["came"] for one in found.values()}) == 1


def test_longer_scenario_of_ones_own_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        'start = 2026-03-02\n[lines.shop]\nper_day = 50\n[operators.day]\ncount = 1\nlines = ["shop"]\n'
    )
    short = json.loads(asked("--scenario", str(tmp_path / "own.toml"), "--json").output)
    long = json.loads(
        asked("--scenario", str(tmp_path / "own.toml"), "--days", "5", "--json").output
    )
    assert 3 < long[0]["came"] / short[0]["came"] < 7


def test_picture_is_written(tmp_path: Path) -> None:
    assert asked("--plot", str(tmp_path / "day.svg")).exit_code == 0
    assert (tmp_path / "day.svg").read_text().startswith("<svg ")


def test_recorded_days_come_from_the_desk() -> None:
    result = asked("--recorded", "2026-03-02", "2026-03-03", "--line", "shop", "--json")
    assert json.loads(result.output)[0]["came"] == 30


def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text("[queueing]\nstratgey = 'broadcast'\n")
    (tmp_path / "broken.toml").write_text("[queueing")
    for words, said in (
        (("--with", str(tmp_path / "wrong.toml")), "stratgey is not known"),
        (("--with", str(tmp_path / "broken.toml")), "broken.toml is no TOML"),
        (("--scenario", str(tmp_path / "wrong.toml")), "start is missing"),
    ):
        result = asked(*words)
        assert result.exit_code == 1
        assert said in result.output


def test_usual_day_can_be_copied_as_a_beginning(tmp_path: Path) -> None:
    copy = tmp_path / "copy.toml"
    copy.write_text(USUAL.read_text(encoding="utf-8"), encoding="utf-8")
    assert tomllib.loads(copy.read_text())["lines"]
    assert asked("--scenario", str(copy)).output == asked().output
