"""With the CRM failing, people see why, and nothing is lost: `crm_sync.progress`."""

import pytest

from crm_sync.progress import TOO_OFTEN, Logged, Progress
from router.errors import (
    BadCredentials,
    ProviderError,
    Rejected,
    Throttled,
    Unreachable,
)
from router.storage.crm import Problem
from router.work import SetAside
from tests.crm_sync.shop import Shop
from tests.crm_sync.strict import StrictCrm

UNREACHABLE = Unreachable("no connection")


async def test_with_the_crm_down_everything_waits_in_order(far: Shop, crm: StrictCrm) -> None:
    crm.down = UNREACHABLE
    for text in ("first", "second", "third"):
        await far.writes(text)
        await far.tries(Unreachable)
    assert await far.progress() == Progress(Logged.WAITING, detail="no connection")
    crm.down = None
    await far.desk.works()
    whole = "".join(crm.posts)
    assert [whole.count(text) for text in ("first", "second", "third")] == [1, 1, 1]
    assert whole.index("first") < whole.index("second") < whole.index("third")
    assert await far.progress() == Progress(Logged.SYNCED, logged_seq=3)


async def test_a_crm_that_is_down_for_long_is_shown(far: Shop, crm: StrictCrm) -> None:
    crm.down = UNREACHABLE
    await far.writes()
    await far.tries(Unreachable, failures=TOO_OFTEN - 1)
    progress = await far.progress()
    assert (progress.state, progress.problem) == (Logged.FAILED, Problem.TRIED_TOO_OFTEN)
    crm.down = None
    await far.desk.works()
    await far.writes("And now?")
    assert await far.progress() == Progress(Logged.WAITING, logged_seq=1)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (BadCredentials("the token was refused"), Problem.FIX_THE_SETTINGS),
        (Rejected("no such pipeline"), Problem.REFUSED),
    ],
)
async def test_what_time_does_not_heal_waits_for_a_person(
    far: Shop, crm: StrictCrm, error: ProviderError, problem: Problem
) -> None:
    await far.writes()
    crm.fail("save_lead", error)
    aside = await far.tries(SetAside)
    assert str(aside) == f"{problem.value}: {error.reason}"
    assert await far.progress() == Progress(Logged.FAILED, problem=problem, detail=error.reason)
    await far.desk.works()
    assert (await far.progress()).state is Logged.SYNCED
    assert len(crm.of_kind("lead")) == 1


async def test_fixed_settings_let_the_waiting_go_on(far: Shop, crm: StrictCrm) -> None:
    await far.writes()
    crm.down = BadCredentials("the token was refused")
    lane = await far.lane()
    with pytest.raises(SetAside):
        await far.sync.step(lane)
    async with far.desk.storage.transaction() as tx:
        await tx.lanes.set_aside(lane, reason="fix the settings")
    with pytest.raises(BadCredentials):
        await far.sync.resume()
    assert await far.desk.works() == 0
    crm.down = None
    assert await far.sync.resume() == 1
    await far.desk.works()
    assert (await far.progress()).state is Logged.SYNCED


async def test_a_crm_that_asks_for_time_gets_it(far: Shop, crm: StrictCrm) -> None:
    await far.writes()
    crm.fail("append", Throttled("slowly", retry_after_s=90))
    await far.desk.works()
    assert crm.posts == []
    far.desk.clock.move(89)
    assert await far.desk.works() == 0
    far.desk.clock.move(1)
    await far.desk.works()
    assert len(crm.posts) == 1


async def test_our_own_bug_is_named_as_ours(far: Shop, crm: StrictCrm) -> None:
    await far.writes()
    crm.fail("save_lead", KeyError("token"))
    await far.tries(KeyError)
    assert await far.progress() == Progress(
        Logged.FAILED, problem=Problem.OUR_BUG, detail="KeyError"
    )
