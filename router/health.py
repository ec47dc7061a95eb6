"""Is it alive, is it ready, and how much of what: `/health`, `/ready`, `/metrics`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from router.clock import Clock

PREFIX = "liniya"

log = structlog.get_logger(__name__)


class Verdict(StrEnum):
    WORKING = "working"
    FAILING = "failing"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must work: `run` returns, or raises.

    `required`: whether we are not ready without it. An inbox whose provider is down is shown,
    but takes nothing from the others.
    """

    name: str
    run: Callable[[], Awaitable[object]]
    required: bool = True
    timeout_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `error` is the kind of the failure, never its words."""

    name: str
    verdict: Verdict
    required: bool
    took_ms: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Polled:
    """A number that is asked for when somebody looks, by the values of its labels.

    Without `labels` the only key is `()`.
    """

    name: str
    what: str
    read: Callable[[], Awaitable[Mapping[tuple[str, ...], float]]]
    labels: tuple[str, ...] = ()
    timeout_s: float = 2.0


class Numbers:
    """The polled numbers in a registry; asked for at most once in `fresh_s` seconds."""

    def __init__(
        self,
        polled: Sequence[Polled],
        registry: CollectorRegistry,
        *,
        clock: Clock,
        fresh_s: float = 5.0,
    ) -> None:
        self._clock = clock
        self._fresh_s = fresh_s
        self._read_at_s: float | None = None
        self._reading = asyncio.Lock()
        self._gauges = [
            (one, Gauge(f"{PREFIX}_{one.name}", one.what, one.labels, registry=registry))
            for one in polled
        ]

    async def refresh(self) -> None:
        """Ask all that are stale; what cannot be read is left out, not guessed."""
        async with self._reading:
            now_s = self._clock.monotonic()
            if self._read_at_s is not None and now_s - self._read_at_s < self._fresh_s:
                return
            await asyncio.gather(*(_set(gauge, one) for one, gauge in self._gauges))
            self._read_at_s = now_s


async def examine(checks: Sequence[Check], *, clock: Clock) -> list[Finding]:
    """Run all checks side by side; as long as the slowest, at most its time-out."""
    return list(await asyncio.gather(*(_examined(check, clock) for check in checks)))


def routes(
    checks: Callable[[], Sequence[Check]],
    registry: CollectorRegistry,
    *,
    clock: Clock,
    numbers: Numbers | None = None,
) -> list[web.RouteDef]:
    """The three pages. `checks` is asked each time: inboxes come and go."""

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def ready(_: web.Request) -> web.Response:
        findings = await examine(checks(), clock=clock)
        is_ready = all(one.verdict is Verdict.WORKING for one in findings if one.required)
        body = {"ready": is_ready, "checks": {one.name: _shown(one) for one in findings}}
        return web.json_response(body, status=200 if is_ready else 503)

    async def metrics(_: web.Request) -> web.Response:
        if numbers is not None:
            await numbers.refresh()
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )

    return [web.get("/health", health), web.get("/ready", ready), web.get("/metrics", metrics)]


async def _examined(check: Check, clock: Clock) -> Finding:
    began_s = clock.monotonic()
    verdict, error = Verdict.WORKING, None
    try:
        async with asyncio.timeout(check.timeout_s):
            await check.run()
    except TimeoutError:
        verdict, error = Verdict.TIMED_OUT, "TimeoutError"
    except Exception as raised:  # noqa: BLE001 - whatever it is, it is the finding
        verdict, error = Verdict.FAILING, type(raised).__name__
    took_ms = round((clock.monotonic() - began_s) * 1000)
    return Finding(check.name, verdict, check.required, took_ms, error)


def _shown(finding: Finding) -> dict[str, object]:
    shown: dict[str, object] = {
        "state": finding.verdict.value,
        "required": finding.required,
        "took_ms": finding.took_ms,
    }
    return shown if finding.error is None else {**shown, "error": finding.error}


async def _set(gauge: Gauge, polled: Polled) -> None:
    values: Mapping[tuple[str, ...], float] = {}
    try:
        async with asyncio.timeout(polled.timeout_s):
            values = await polled.read()
    except Exception as error:  # noqa: BLE001 - one number must not hide the others
        log.warning("number_unreadable", metric=polled.name, error=type(error).__name__)
    if polled.labels:
        gauge.clear()
        for labels, value in values.items():
            gauge.labels(*labels).set(value)
    else:
        gauge.set(values.get((), float("nan")))
