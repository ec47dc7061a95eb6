"""The machine under the bench: who uses its processors, what memory is whose."""

import os
import platform
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
KIB = 1024
QUIET_CORES = 0.2
LOOK_EVERY_S = 0.5


def described() -> str:
    """In general words."""
    gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3
    return (
        f"{os.cpu_count()} cores, {gib:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


# --- processors --------------------------------------------------------------


@dataclass(slots=True)
class Usage:
    """What was used between the beginning and the end of a watch, in cores."""

    foreign_cores: float = 0.0
    wall_s: float = 0.0

    @property
    def is_clean(self) -> bool:
        return self.foreign_cores < QUIET_CORES


@contextmanager
def watched() -> Iterator[Usage]:
    """Measure how much of the processors whoever is not ours uses meanwhile.

    Ours is this process with all its descendants, those included that end meanwhile.
    """
    usage = Usage()
    began, busy, ours = time.monotonic(), _busy_s(), cpu_s(os.getpid())
    yield usage
    usage.wall_s = time.monotonic() - began
    theirs = (_busy_s() - busy) - (cpu_s(os.getpid()) - ours)
    usage.foreign_cores = max(0.0, theirs / usage.wall_s)


def wait_until_quiet(patience_s: float) -> None:
    """Return when nobody else works, or after `patience_s`."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        with watched() as usage:
            time.sleep(LOOK_EVERY_S)
        if usage.is_clean:
            return


def cpu_s(*roots: int) -> float:
    """The processor time of these processes and all their descendants, ended ones included."""
    return sum(_cpu_ticks(pid) for pid in tree(*roots)) * TICK_S


def tree(*roots: int) -> list[int]:
    """These processes and all their living descendants."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                children[int(_stat(int(entry.name))[1])].append(int(entry.name))
    found, left = [], list(roots)
    while left:
        found.append(left.pop())
        left += children[found[-1]]
    return found


def _cpu_ticks(pid: int) -> int:
    with suppress(OSError):
        return sum(int(field) for field in _stat(pid)[11:15])
    return 0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; a name may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _busy_s() -> float:
    """All that is not idle; what neighbours of a virtual machine take counts as used."""
    user, nice, system, _, _, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) * TICK_S


# --- memory ------------------------------------------------------------------


def pss_kib(pids: Iterable[int]) -> int:
    """The memory of these processes; what several share is divided among them."""
    return sum(map(_pss_kib, pids))


def _pss_kib(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
