"""Desks that are logged to the built-in CRM, and to a strict one far away."""

import pytest

from crm_sync.crm import CrmUser
from crm_sync.local import LocalCrm
from tests.crm_sync.shop import Shop, a_shop
from tests.crm_sync.strict import StrictCrm
from tests.desk import Desk


@pytest.fixture
def local(desk: Desk) -> LocalCrm:
    return LocalCrm(desk.storage, desk.clock, console_url="http://desk.example/console")


@pytest.fixture
async def shop(desk: Desk, local: LocalCrm) -> Shop:
    """With the built-in CRM."""
    return await a_shop(desk, local, account="local")


@pytest.fixture
def crm() -> StrictCrm:
    users = [
        CrmUser(str(n), name, f"{name}@example.com") for n, name in enumerate(("anna", "boris"))
    ]
    return StrictCrm(users)


@pytest.fixture
async def far(desk: Desk, crm: StrictCrm) -> Shop:
    """With a CRM that doubles what is repeated."""
    return await a_shop(desk, crm, account="far")
