"""The desks and the browsers of the journeys."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.journeys.shapes import Shape, many_processes, one_process
from tests.journeys.stage import Stage, on_stage


@pytest.fixture(params=["one process", "many processes"])
def shape(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shape]:
    """The same story on both shapes."""
    started = one_process if request.param == "one process" else many_processes
    with started(tmp_path) as shape:
        yield shape


@pytest.fixture
def small_shape(tmp_path: Path) -> Iterator[Shape]:
    """A desk in one process, where the other shape would tell the same."""
    with one_process(tmp_path) as shape:
        yield shape


@pytest.fixture
async def stage(browser: Browser, shape: Shape) -> AsyncIterator[Stage]:
    async with on_stage(browser, shape) as stage:
        yield stage


@pytest.fixture
async def small_stage(browser: Browser, small_shape: Shape) -> AsyncIterator[Stage]:
    async with on_stage(browser, small_shape) as stage:
        yield stage
