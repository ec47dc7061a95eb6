"""`/health`, `/ready` and `/metrics`: `router.health`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families
from pytest_aiohttp.plugin import AiohttpClient

from router.clock import SystemClock
from router.health import Check, Numbers, Polled, examine, routes
from tests.clock import FakeClock

Client = TestClient[web.Request, web.Application]
Values = Mapping[tuple[str, ...], float]


async def works() -> None:
    pass


async def fails() -> None:
    raise ConnectionError("postgresql://liniya:password@db.internal refused us")


async def hangs() -> None:
    await asyncio.sleep(30)


@pytest.fixture
def serve(aiohttp_client: AiohttpClient) -> Callable[..., Awaitable[Client]]:
    async def started(
        checks: Sequence[Check] = (),
        registry: CollectorRegistry | None = None,
        numbers: Numbers | None = None,
    ) -> Client:
        application = web.Application()
        pages = routes(
            lambda: checks, registry or CollectorRegistry(), clock=SystemClock(), numbers=numbers
        )
        application.add_routes(pages)
        return await aiohttp_client(application)

    return started


def said(values: Values) -> Callable[[], Awaitable[Values]]:
    async def read() -> Values:
        return values

    return read


async def scraped(client: Client) -> dict[tuple[str, ...], float]:
    text = await (await client.get("/metrics")).text()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_process_that_answers_is_alive(serve: Callable[..., Awaitable[Client]]) -> None:
    client = await serve([Check("database", fails)])
    answer = await client.get("/health")
    assert (answer.status, await answer.json()) == (200, {"alive": True})


async def test_desk_is_ready_when_all_that_it_needs_works(
    serve: Callable[..., Awaitable[Client]],
) -> None:
    client = await serve([Check("database", works), Check("bus", works)])
    answer = await client.get("/ready")
    body = await answer.json()
    assert (answer.status, body["ready"]) == (200, True)
    assert {name: one["state"] for name, one in body["checks"].items()} == {
        "database": "working",
        "bus": "working",
    }


@pytest.mark.parametrize(
    ("broken", "state", "error"),
    [(fails, "failing", "ConnectionError"), (hangs, "timed_out", "TimeoutError")],
)
async def test_desk_is_not_ready_without_what_it_needs(
    serve: Callable[..., Awaitable[Client]],
    broken: Callable[[], Awaitable[None]],
    state: str,
    error: str,
) -> None:
    client = await serve([Check("database", broken, timeout_s=0.05), Check("bus", works)])
    answer = await client.get("/ready")
    body = await answer.json()
    assert (answer.status, body["ready"]) == (503, False)
    assert (body["checks"]["database"]["state"], body["checks"]["database"]["error"]) == (
        state,
        error,
    )
    assert body["checks"]["bus"]["state"] == "working"


async def test_inbox_whose_provider_is_down_is_shown_and_holds_up_nothing(
    serve: Callable[..., Awaitable[Client]],
) -> None:
    client = await serve([Check("database", works), Check("inbox:sales", fails, required=False)])
    answer = await client.get("/ready")
    assert answer.status == 200
    assert (await answer.json())["checks"]["inbox:sales"]["state"] == "failing"


async def test_nothing_secret_stands_in_the_answer(
    serve: Callable[..., Awaitable[Client]],
) -> None:
    client = await serve([Check("database", fails)])
    assert "password" not in await (await client.get("/ready")).text()


async def test_checks_run_side_by_side() -> None:
    async def waits() -> None:
        await asyncio.wait_for(both.wait(), 5)

    async def comes() -> None:
        both.set()

    both = asyncio.Event()
    findings = await examine([Check("a", waits), Check("b", comes)], clock=SystemClock())
    assert [(one.name, one.verdict.value) for one in findings] == [
        ("a", "working"),
        ("b", "working"),
    ]


async def test_metrics_show_what_is_counted(serve: Callable[..., Awaitable[Client]]) -> None:
    registry = CollectorRegistry()
    Counter("liniya_messages", "Messages stored", registry=registry).inc(3)
    client = await serve(registry=registry)
    assert (await client.get("/metrics")).headers["Content-Type"].startswith("text/plain")
    assert (await scraped(client))[("liniya_messages_total",)] == 3


async def test_polled_numbers_are_asked_for_when_somebody_looks(
    serve: Callable[..., Awaitable[Client]],
) -> None:
    registry, clock = CollectorRegistry(), FakeClock()
    waiting: dict[tuple[str, ...], float] = {("sales",): 4, ("support",): 0}
    numbers = Numbers(
        [
            Polled("conversations_waiting", "By line", said(waiting), labels=("line",)),
            Polled("lanes_due", "Work that is due", said({(): 7})),
        ],
        registry,
        clock=clock,
    )
    client = await serve(registry=registry, numbers=numbers)
    assert await scraped(client) == {
        ("liniya_conversations_waiting", "sales"): 4,
        ("liniya_conversations_waiting", "support"): 0,
        ("liniya_lanes_due",): 7,
    }
    del waiting[("support",)]
    waiting[("sales",)] = 1.0
    assert (await scraped(client))[("liniya_conversations_waiting", "sales")] == 4
    await clock.advance(5)
    seen = await scraped(client)
    assert seen[("liniya_conversations_waiting", "sales")] == 1
    assert ("liniya_conversations_waiting", "support") not in seen


async def test_number_that_cannot_be_read_does_not_hide_the_others(
    serve: Callable[..., Awaitable[Client]],
) -> None:
    async def breaks() -> Values:
        raise ConnectionError

    async def never() -> Values:
        await asyncio.sleep(30)
        return {}

    registry = CollectorRegistry()
    numbers = Numbers(
        [
            Polled("broken", "x", breaks, labels=("line",)),
            Polled("slow", "x", never, timeout_s=0.05),
            Polled("fine", "x", said({(): 1})),
        ],
        registry,
        clock=SystemClock(),
    )
    seen = await scraped(await serve(registry=registry, numbers=numbers))
    assert seen[("liniya_fine",)] == 1
    assert seen[("liniya_slow",)] != seen[("liniya_slow",)]
    assert not [name for name in seen if name[0] == "liniya_broken"]
