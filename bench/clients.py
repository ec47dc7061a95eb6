"""Clients in processes of their own, so that their processor time is not the desk's."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import orjson

from tests.journeys.shapes import ROOT

STOP_TIMEOUT_S = 30.0


@contextmanager
def read_meanwhile(port: int, cookies: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Read a feed for each cookie; the given dictionary is filled at the end with what came."""
    heard: dict[str, Any] = {}
    spec = {"port": port, "cookies": list(cookies)}
    with meanwhile("read", spec) as (_, end):
        yield heard
        heard.update(end())


@contextmanager
def meanwhile(
    what: str, spec: Mapping[str, Any]
) -> Iterator[tuple[Mapping[str, Any], Callable[[], Mapping[str, Any]]]]:
    """A client that goes on until it is told to end: its first words, and how to end it."""
    process = subprocess.Popen(
        _command(what), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(orjson.dumps(spec) + b"\n")
        process.stdin.flush()
        yield _words(process.stdout.readline()), partial(_end, process)
    finally:
        process.kill()
        process.wait()


def _end(process: subprocess.Popen[bytes]) -> Mapping[str, Any]:
    words, _ = process.communicate(timeout=STOP_TIMEOUT_S)
    return _words(words)


def _words(line: bytes) -> Mapping[str, Any]:
    if not line:
        raise ChildProcessError("the client broke; it said why above")
    said: Mapping[str, Any] = orjson.loads(line)
    return said


def client(what: str, spec: Mapping[str, Any], *, timeout_s: float = 300.0) -> Mapping[str, Any]:
    """Run one client to its end; gives what it measured."""
    done = subprocess.run(
        _command(what), input=orjson.dumps(spec) + b"\n", stdout=subprocess.PIPE, cwd=ROOT,
        timeout=timeout_s, check=False,
    )  # fmt: skip
    return _words(done.stdout)


def _command(what: str) -> list[str]:
    return [sys.executable, "-m", "bench.client", what]
