"""What every test may ask for: real servers, fresh databases, a browser.

A server that is missing is an error, never a skipped test.
"""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import count

import hypothesis
import pytest
from playwright.async_api import Browser

from tests.browser import launched
from tests.servers import Postgresql, Redis, private_postgresql, private_redis

_numbers = count(1)


def pytest_configure() -> None:
    # A shared machine stalls for longer than any honest deadline of one example.
    hypothesis.settings.register_profile("liniya", deadline=None, print_blob=True)
    hypothesis.settings.load_profile("liniya")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Postgresql]:
    """A running PostgreSQL without durability, shared by all tests: do not stop it."""
    with private_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A running Redis, shared by all tests: do not stop it."""
    with private_redis() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: Postgresql) -> Iterator[str]:
    """An empty database of this test's own."""
    name = f"test_{next(_numbers)}"
    yield postgresql_server.create_database(name)
    postgresql_server.drop_database(name)


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """An empty Redis."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium of this test's own."""
    async with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def scale() -> float:
    """How much longer than usual a long proof goes on: `make soak SCALE=10`."""
    return float(os.environ.get("SCALE", "1"))
