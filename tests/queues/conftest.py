"""A floor on SQLite for most tests, on both databases for those that are about locks."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from shutil import copyfile

import pytest

from router.storage.migrate import migrate
from tests.queues.floor import Floor
from tests.servers import Postgresql

_numbers = count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("floor") / "template.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: Postgresql) -> str:
    return postgresql_server.template("floor", lambda url: asyncio.run(migrate(url)))


@pytest.fixture
async def floor(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Floor]:
    """On SQLite."""
    floor = Floor(f"sqlite:///{copyfile(sqlite_template, tmp_path / 'desk.db')}")
    yield floor
    await floor.storage.close()


@pytest.fixture
async def postgresql_floor(
    postgresql_server: Postgresql, postgresql_template: str
) -> AsyncIterator[Floor]:
    name = f"floor_{next(_numbers)}"
    floor = Floor(postgresql_server.create_database(name, template=postgresql_template))
    yield floor
    await floor.storage.close()
    postgresql_server.drop_database(name)


@pytest.fixture(params=["floor", "postgresql_floor"], ids=["sqlite", "postgresql"])
def each_floor(request: pytest.FixtureRequest) -> Floor:
    """On either database."""
    floor: Floor = request.getfixturevalue(request.param)
    return floor
