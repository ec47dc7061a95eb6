"""A desk with its console, open."""

from collections.abc import AsyncIterator

import pytest

from tests.console.office import Office, close_office, open_office
from tests.console.stage import Stage, set_stage
from tests.desk import Desk


@pytest.fixture
async def office(desk: Desk) -> AsyncIterator[Office]:
    office = await open_office(desk)
    yield office
    await close_office(office)


@pytest.fixture
async def either_office(either_desk: Desk) -> AsyncIterator[Office]:
    """The same test on both databases."""
    office = await open_office(either_desk)
    yield office
    await close_office(office)


@pytest.fixture
async def stage(office: Office) -> Stage:
    return await set_stage(office)
