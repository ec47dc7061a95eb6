"""Load by wrk: it takes a quarter of a core where a generator in Python would take more than one."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import msgspec

SCRIPT = Path(__file__).with_name("post.lua")
SECRET = "a secret of the bench"
NEW_SHARE, RESENT_SHARE = 0.05, 0.01


class Load(msgspec.Struct):
    """What wrk counted. `refused` were answered with an error, `broken` not at all."""

    requests: int
    duration_s: float
    p50_ms: float
    p99_ms: float
    refused: int
    broken: int

    @property
    def rate(self) -> float:
        return (self.requests - self.refused) / self.duration_s


@dataclass(frozen=True, slots=True)
class Senders:
    """Who sends: so many at once, over so many known threads."""

    at_once: int
    threads: int
    new_share: float = NEW_SHARE
    resent_share: float = RESENT_SHARE


def load(url: str, senders: Senders, *, seconds: float) -> Load:
    """Send as fast as they are answered, each to the end of its request."""
    environment = {
        "PATH": os.environ["PATH"],
        "BENCH_PREFIX": uuid4().hex[:12],
        "BENCH_SECRET": SECRET,
        "BENCH_THREADS": str(senders.threads),
        "BENCH_NEW_SHARE": str(senders.new_share),
        "BENCH_RESENT_SHARE": str(senders.resent_share),
    }
    done = subprocess.run(
        ["wrk", "-t1", f"-c{senders.at_once}", f"-d{max(1, round(seconds))}s", "--timeout=10s",
         f"--script={SCRIPT}", url],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return msgspec.json.decode(done.stdout.strip().splitlines()[-1], type=Load)
