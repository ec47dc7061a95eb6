"""A floor on SQLite for most tests, on both databases for those that are about rows and locks."""

import pytest

from tests.desk import Desk
from tests.queues.floor import Floor


@pytest.fixture
def floor(desk: Desk) -> Floor:
    """On SQLite."""
    return Floor(desk)


@pytest.fixture
def each_floor(either_desk: Desk) -> Floor:
    """On either database."""
    return Floor(either_desk)
