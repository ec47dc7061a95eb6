"""How much is measured: a taste for the tests, what a person waits for, and all of it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Counts of everything. `lists` are the conversations of two desks that are compared."""

    pairs: int
    seconds: float
    threads: int
    senders: tuple[int, ...]
    operators: int
    latencies: tuple[tuple[int, int], ...]  # messages per second, threads
    openings_at_once: tuple[int, ...]
    visitors: int
    chats: int
    lists: tuple[int, int]
    watched: tuple[int, int]  # operators, open conversations
    asked: int
    starts: int
    crowd: tuple[int, int]  # operators, waiting
    choices: int
    steps: int


SIZES: Mapping[str, Size] = {
    "tiny": Size(
        pairs=1,
        seconds=1,
        threads=50,
        senders=(5,),
        operators=2,
        latencies=((20, 5),),
        openings_at_once=(2,),
        visitors=50,
        chats=60,
        lists=(200, 400),
        watched=(20, 400),
        asked=5,
        starts=1,
        crowd=(20, 100),
        choices=20,
        steps=3,
    ),
    "usual": Size(
        pairs=5,
        seconds=5,
        threads=10_000,
        senders=(50, 200),
        operators=20,
        latencies=((10, 20), (1000, 200)),
        openings_at_once=(8, 50),
        visitors=2_000,
        chats=1_000,
        lists=(10_000, 100_000),
        watched=(500, 50_000),
        asked=100,
        starts=5,
        crowd=(1_000, 10_000),
        choices=500,
        steps=20,
    ),
    "full": Size(
        pairs=7,
        seconds=10,
        threads=10_000,
        senders=(50, 200),
        operators=20,
        latencies=((10, 20), (1000, 200)),
        openings_at_once=(8, 50),
        visitors=14_000,
        chats=1_000,
        lists=(10_000, 1_000_000),
        watched=(500, 50_000),
        asked=200,
        starts=7,
        crowd=(1_000, 10_000),
        choices=2_000,
        steps=50,
    ),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person at the command line wants."""

    size: Size
    databases: tuple[str, ...]
    patience_s: float
