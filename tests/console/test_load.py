"""The load of the lines, for who watches it: `console.api.load`."""

from datetime import datetime, timedelta

from router.ids import ConversationId
from router.staff import Role
from router.states import touched
from tests.console.office import Office, Seat


async def test_supervisor_sees_what_waits_and_for_how_long(either_office: Office) -> None:
    office = either_office
    desk = office.desk
    line, other = await desk.line(), await desk.line("other")
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    boss = await office.works("Boss", role=Role.ADMINISTRATOR)
    anna = await office.works("Anna", line)
    inbox = await desk.inbox(line)
    await desk.writes(inbox=inbox, who="first")
    first_at = desk.clock.now()
    desk.clock.move(60)
    for who in ("second", "third"):
        await desk.writes(inbox=inbox, who=who)
    taken = await desk.conversation(inbox, "third")
    await anna.does("POST", f"/conversations/{taken.id}/take")
    async with desk.storage.transaction() as tx:
        late = await desk.conversation(inbox, "first")
        now = desk.clock.now()
        await tx.change(late, touched(late, warned_at=now, breached_at=now))
        risky = await desk.conversation(inbox, "second")
        await tx.change(risky, touched(risky, warned_at=now))
    [mine] = await chief.gets("/load")
    assert mine == {
        "line_id": str(line.id),
        "waiting": 2,
        "waiting_since": first_at.isoformat().replace("+00:00", "Z"),
        "open": 1,
        "at_risk": 1,
        "late": 1,
    }
    found = {one["line_id"]: one for one in await boss.gets("/load")}
    assert found[str(other.id)]["waiting"] == 0
    assert found[str(other.id)]["waiting_since"] is None
    assert await anna.refused("GET", "/load", status=403) == "forbidden"
    await _what_is_left(office, chief, anna, late.id, at=first_at + timedelta(seconds=60))


async def _what_is_left(
    office: Office, chief: Seat, anna: Seat, late: ConversationId, *, at: datetime
) -> None:
    """The late one is taken and closed; all of it by what is kept, and as a count would say."""
    await anna.does("POST", f"/conversations/{late}/take")
    await anna.does("POST", f"/conversations/{late}/close", {})
    [left] = await chief.gets("/load")
    assert left["waiting_since"] == at.isoformat().replace("+00:00", "Z")
    assert (left["waiting"], left["open"], left["at_risk"], left["late"]) == (1, 1, 1, 0)
    async with office.desk.storage.reading() as tx:
        assert await tx.board.miscounted([one.id for one in await tx.lines.all()]) == {}
