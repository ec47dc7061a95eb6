"""Every adapter keeps the contract: `crm_sync.crm.Crm`."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from crm_sync.crm import CrmRef, CrmUser
from crm_sync.local import LEAD, LocalCrm
from router.ids import LeadId, new_id
from router.staff import Operator
from router.storage.leads import Stage
from tests.crm_sync.contract import PROMISES, Account
from tests.crm_sync.strict import StrictCrm
from tests.desk import Desk

Promise = Callable[[Account], Awaitable[None]]
promises = pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)


def user_of(operator: Operator) -> CrmUser:
    return CrmUser(str(operator.id), operator.name, operator.email)


async def local_account(desk: Desk) -> Account:
    """The built-in CRM."""
    crm = LocalCrm(desk.storage, desk.clock, console_url="http://desk.example/console")

    async def timeline(ref: CrmRef) -> list[str]:
        page = await crm.timeline(LeadId(UUID(ref.id)))
        return [one.text for one in reversed(page.items)]

    async def ends(ref: CrmRef) -> None:
        await crm.change(LeadId(UUID(ref.id)), stage=Stage.LOST)

    users = (user_of(await desk.operator("Anna")), user_of(await desk.operator("Boris")))
    return Account(crm, users, timeline, ends, nobody=CrmRef(LEAD, str(new_id())))


def strict_account() -> Account:
    """The one by which the engine is tested: it must be as good as the real ones."""
    anna, boris = CrmUser("1", "Anna", "anna@example.com"), CrmUser("2", "Boris", "b@example.com")
    crm = StrictCrm([anna, boris])

    async def timeline(ref: CrmRef) -> list[str]:
        return [one.texts[0] for one in crm.of_kind("post") if one.near == ref]

    async def ends(ref: CrmRef) -> None:
        next(one for one in crm.made if one.ref == ref).open = False

    return Account(crm, (anna, boris), timeline, ends, nobody=CrmRef("lead", "L0"))


@promises
async def test_the_built_in_crm_keeps(promise: Promise, either_desk: Desk) -> None:
    await promise(await local_account(either_desk))


@promises
async def test_the_crm_of_the_tests_keeps(promise: Promise) -> None:
    await promise(strict_account())
