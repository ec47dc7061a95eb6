"""A floor on SQLite for most tests, on both databases for those that are about locks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.storage.migrate import migrate
from tests.queues.floor import Floor


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    """On SQLite."""
    url = f"sqlite:///{tmp_path}/desk.db"
    await migrate(url)
    floor = Floor(url)
    yield floor
    await floor.storage.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def each_floor(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Floor]:
    """On either database."""
    url = f"sqlite:///{tmp_path}/desk.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    await migrate(url)
    floor = Floor(url)
    yield floor
    await floor.storage.close()
