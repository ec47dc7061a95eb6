"""`python -m router bench distribution`: what another policy would have done with the same days."""

import tomllib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from queues.simulator.days import drawn
from queues.simulator.drawing import svg
from queues.simulator.outcome import Outcome, outcome_of
from queues.simulator.recorded import recorded
from queues.simulator.report import as_json, table
from queues.simulator.running import Run
from queues.simulator.scenario import USUAL, scenario_of
from queues.simulator.settings import changes
from queues.simulator.world import World, line_id
from router.errors import Invalid
from router.queueing import Queueing, Strategy
from router.storage import Transaction

T = TypeVar("T")
# Does something with a reading transaction of this desk's database.
Reading = Callable[[Callable[[Transaction], Awaitable[T]]], T]
PRESENT = "as it is"
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "distribution",
    help="Live through days of a line under several policies, in virtual time, and compare waiting,"
    " load and overflow. Nothing is changed. The days are drawn from a scenario, or recorded.",
)
@click.option(
    "--scenario", type=A_FILE, help="A TOML file; without it, a usual day of a small desk."
)
@click.option("--seed", default=1, show_default=True, help="Other chance, other days.")
@click.option("--days", type=click.IntRange(1, 366), help="How many, instead of the scenario's.")
@click.option(
    "--recorded", "period", nargs=2, type=click.DateTime(), metavar="FROM TO",
    help="Days that this desk has lived through, UTC; needs --line.",
)  # fmt: skip
@click.option("--line", "keys", multiple=True, help="Whose recorded days: lines' keys.")
@click.option(
    "--with", "files", multiple=True, type=A_FILE, metavar="FILE",
    help="Compare with a [queueing] table as in desk.toml; what it leaves out stays as it is.",
)  # fmt: skip
@click.option(
    "--strategy", "strategies", multiple=True, type=click.Choice([one.value for one in Strategy]),
    help="Compare with another strategy.",
)  # fmt: skip
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Draw it into an SVG file.",
)
@click.option("--json", "for_programs", is_flag=True, help="Print JSON.")
@click.pass_obj
def distribution(
    read: Reading[World],
    *,
    scenario: Path | None,
    seed: int,
    days: int | None,
    period: tuple[datetime, datetime] | None,
    keys: tuple[str, ...],
    files: tuple[Path, ...],
    strategies: tuple[str, ...],
    plot: Path | None,
    for_programs: bool,
) -> None:
    try:
        if period is not None:
            world = read(partial(_recorded, keys=keys, period=period))
        else:
            world = _drawn(scenario or USUAL, seed=seed, days=days)
        outcomes = compared(world, _policies(world, files, strategies))
    except Invalid as error:
        detail = "; ".join(f"{name} {what}" for name, what in error.fields.items())
        raise click.ClickException(f"{error}{': ' + detail if detail else ''}") from error
    if plot is not None:
        plot.write_text(svg(outcomes), encoding="utf-8")
    if for_programs:
        click.echo(as_json(outcomes))
    else:
        Console().print(table(outcomes))


def compared(world: World, policies: Mapping[str, Mapping[str, Queueing]]) -> list[Outcome]:
    """The same world under each policy; a policy is the settings of each line, by key."""
    return [
        outcome_of(name, Run(world.under(queueings)).through())
        for name, queueings in policies.items()
    ]


def _drawn(path: Path, *, seed: int, days: int | None) -> World:
    found = scenario_of(_toml(path))
    return drawn(replace(found, days=days) if days else found, seed=seed)


async def _recorded(
    tx: Transaction, *, keys: tuple[str, ...], period: tuple[datetime, datetime]
) -> World:
    if not keys:
        raise Invalid("recorded days are a line's", fields={"line": "is missing"})
    since, until = (at.replace(tzinfo=UTC) for at in period)
    if until <= since:
        raise Invalid("the days are not right", fields={"recorded": "is not after the beginning"})
    return await recorded(tx, *keys, since=since, until=until)


def _policies(
    world: World, files: tuple[Path, ...], strategies: tuple[str, ...]
) -> dict[str, dict[str, Queueing]]:
    present = {line.key: line.queueing for line in world.lines}
    ids = {line.key: line_id(number) for number, line in enumerate(world.lines)}
    found = {PRESENT: present}
    for path in files:
        found[path.stem] = changes(_toml(path), present, lines=ids)
    for name in strategies:
        found[name] = {
            key: replace(queueing, strategy=Strategy(name)) for key, queueing in present.items()
        }
    return found


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{path.name} is no TOML: {error}") from error
