"""Measure: python -m bench [ROW …] [--size usual] [--database sqlite --database postgresql]."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import click

from bench import (
    bundles,
    decisions,
    idle,
    inbound,
    latency,
    lists,
    load,
    messengers,
    openings,
    visitors,
)
from bench.machine import described
from bench.sizes import SIZES, Asked
from bench.table import Row, markdown, written

ROWS: Mapping[str, Callable[[Asked], Iterator[Row]]] = {
    "inbound": inbound.measure,
    "latency": latency.measure,
    "openings": openings.measure,
    "decisions": decisions.measure,
    "visitors": visitors.measure,
    "messengers": messengers.measure,
    "lists": lists.measure,
    "load": load.measure,
    "memory": idle.measure_memory,
    "start": idle.measure_start,
    "bundles": bundles.measure,
}
DATABASES = ("sqlite", "postgresql")


@click.command(help="Measure the speed table's rows, each beside its floor in the same run.")
@click.argument("names", nargs=-1, type=click.Choice(list(ROWS)), metavar="[ROW]...")
@click.option("--size", type=click.Choice(list(SIZES)), default="usual", show_default=True)
@click.option("--full", "size", flag_value="full", help="The same as --size full.")
@click.option(
    "--database", "databases", multiple=True, type=click.Choice(DATABASES), help="Both without it."
)
@click.option(
    "--patience", default=20.0, show_default=True, help="Seconds to wait for quiet before a run."
)
@click.option("--pairs", type=click.IntRange(min=1), help="How often each run is made.")
def main(
    names: tuple[str, ...],
    size: str,
    databases: tuple[str, ...],
    patience: float,
    pairs: int | None,
) -> None:
    # Whoever ends us wants what we started to end as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = datetime.now(UTC)
    sized = replace(SIZES[size], pairs=pairs or SIZES[size].pairs)
    asked = Asked(sized, databases or DATABASES, patience)
    rows: list[Row] = []
    click.echo(described())
    for name in names or ROWS:
        for row in ROWS[name](asked):
            rows.append(row)
            click.echo(markdown([row]).splitlines()[-1])
    page = written(rows, at=began, shape=f"{size}-{'-'.join(names) or 'all'}")
    click.echo(f"\n{markdown(rows)}\n{page}")


if __name__ == "__main__":
    main()
