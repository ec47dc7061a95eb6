"""What every test may ask for: real servers, fresh databases, a browser.

A server that is missing is an error, never a skipped test.
"""

import asyncio
import gc
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from shutil import disk_usage

import hypothesis
import pytest
from playwright.async_api import Browser

from router.storage import Storage
from router.storage.migrate import migrate
from tests.browser import launched
from tests.desk import Desk, a_desk, migrated
from tests.order import dealt
from tests.servers import Postgresql, Redis, private_postgresql, private_redis

MEMORY = Path("/dev/shm")
ENOUGH_MEMORY_BYTES = 6 * 2**30
# As the program itself does: a tenth of all work was the look for garbage among what stays.
COLLECT_EVERY = (20_000, 20, 50)

_numbers = count(1)


def pytest_configure() -> None:
    gc.set_threshold(*COLLECT_EVERY)
    # Some thousand databases are made and dropped, and a third of all work is the disk's with them.
    roomy = MEMORY.is_dir() and disk_usage(MEMORY).free > ENOUGH_MEMORY_BYTES
    if roomy and "TMPDIR" not in os.environ:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    # A shared machine stalls for longer than any honest deadline of one example.
    hypothesis.settings.register_profile("liniya", deadline=None, print_blob=True)
    hypothesis.settings.load_profile("liniya")


def pytest_xdist_auto_num_workers() -> int:
    # A journey waits half of its time: one worker more than processors keeps all of these busy.
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = dealt(items, workers=workers)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


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


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("template") / "migrated.sqlite3"


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: Postgresql) -> str:
    """A migrated database to copy."""
    return postgresql_server.template("migrated", lambda url: asyncio.run(migrate(url)))


@pytest.fixture
async def sqlite_desk_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A migrated SQLite database of this test's own."""
    return await migrated(sqlite_template, tmp_path / "desk.sqlite3")


@pytest.fixture
def postgresql_desk_url(postgresql_server: Postgresql, postgresql_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    name = f"desk_{next(_numbers)}"
    yield postgresql_server.create_database(name, template=postgresql_template)
    postgresql_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def either_url(request: pytest.FixtureRequest) -> str:
    """The same test on a migrated database of either kind."""
    found: str = request.getfixturevalue(f"{request.param}_desk_url")
    return found


@pytest.fixture
async def either_storage(either_url: str) -> AsyncIterator[Storage]:
    """A migrated database where nobody listens."""
    storage = Storage.open(either_url, on_commit=lambda _: None, reactions=lambda _: ())
    yield storage
    await storage.close()


@pytest.fixture
async def desk(tmp_path: Path, sqlite_desk_url: str) -> AsyncIterator[Desk]:
    """A whole hub on SQLite."""
    async with a_desk(tmp_path, sqlite_desk_url) as desk:
        yield desk


@pytest.fixture
async def postgresql_desk(tmp_path: Path, postgresql_desk_url: str) -> AsyncIterator[Desk]:
    """A whole hub on PostgreSQL, with two writers."""
    async with a_desk(tmp_path, postgresql_desk_url, writers=2) as desk:
        yield desk


@pytest.fixture(params=["sqlite", "postgresql"])
def either_desk(request: pytest.FixtureRequest) -> Desk:
    """The same test on both databases."""
    name = "desk" if request.param == "sqlite" else "postgresql_desk"
    found: Desk = request.getfixturevalue(name)
    return found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium of this test's own."""
    async with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def scale() -> float:
    """How much longer than usual a long proof goes on: `make soak SCALE=10`."""
    return float(os.environ.get("SCALE", "1"))
