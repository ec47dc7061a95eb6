"""Links, logs and what stands in the way, on both databases: `router.storage.crm`."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from router import handling, identity
from router.ids import CustomerId, LeadId, LineId, OperatorId, new_id
from router.model import Inbox, Line
from router.storage import Transaction
from router.storage.crm import CrmLane, Link, LinkKind, Log, Position, Problem
from tests.clock import NOON
from tests.desk import Desk

VERA = CustomerId(UUID(int=1))


def lead_link(number: int, *, customer_id: CustomerId = VERA, ref: str | None = "") -> Link:
    """The customer's lead of that number, made that many minutes after noon."""
    made_at = NOON + timedelta(minutes=number)
    text = f"lead:{number}" if ref == "" else ref
    return Link(LinkKind.LEAD, UUID(int=number), customer_id, made_at, text)


async def a_line(desk: Desk) -> tuple[Line, Inbox]:
    line = await desk.line()
    return line, await desk.inbox(line)


async def behind(
    tx: Transaction, customer_id: CustomerId, *line_ids: LineId, limit: int = 10
) -> list[Log]:
    found = await tx.crm.behind("far", customer_id, line_ids=line_ids, limit=limit)
    return [log for _, log in found]


async def test_a_link_is_one_however_often_it_is_saved(either_desk: Desk) -> None:
    planned = lead_link(1, ref=None)
    async with either_desk.storage.transaction() as tx:
        await tx.crm.save_link("far", planned)
        await tx.crm.save_link("far", replace(planned, ref="lead:1", digest="d"))
        assert await tx.crm.lead_link("far", LeadId(UUID(int=1))) == replace(
            planned, ref="lead:1", digest="d"
        )
        assert await tx.crm.link_to("far", LinkKind.LEAD, "lead:1") is not None


async def test_accounts_do_not_see_each_other(either_desk: Desk) -> None:
    async with either_desk.storage.transaction() as tx:
        await tx.crm.save_link("far", lead_link(1))
        await tx.crm.save_lane("far", VERA, CrmLane(asked_key="k", asked_at=NOON))
        assert await tx.crm.lead_link("near", LeadId(UUID(int=1))) is None
        assert await tx.crm.link_to("near", LinkKind.LEAD, "lead:1") is None
        assert await tx.crm.lane("near", VERA) == CrmLane()


async def test_the_newest_lead_comes_first_and_a_planned_one_not_at_all(
    either_desk: Desk,
) -> None:
    async with either_desk.storage.transaction() as tx:
        for link in (lead_link(1), lead_link(3, ref=None), lead_link(2)):
            await tx.crm.save_link("far", link)
        assert await tx.crm.lead_links("far", VERA) == [lead_link(2), lead_link(1)]


async def test_a_lane_keeps_what_stands_in_its_way(either_desk: Desk) -> None:
    lane = CrmLane("message:1", NOON, Problem.REFUSED, "no such pipeline")
    async with either_desk.storage.transaction() as tx:
        await tx.crm.save_lane("far", VERA, lane)
        assert await tx.crm.lane("far", VERA) == lane
        assert await tx.crm.troubled("far", Problem.REFUSED) == [VERA]
        await tx.crm.save_lane("far", VERA, CrmLane())
        assert await tx.crm.troubled("far", Problem.REFUSED) == []


async def test_a_conversation_is_behind_until_its_version_is_logged(either_desk: Desk) -> None:
    line, inbox = await a_line(either_desk)
    await either_desk.writes(inbox=inbox)
    talk = await either_desk.conversation(inbox)
    log = Log(talk.id, LeadId(new_id()), Position(1, 0, 7), talk.version, OperatorId(new_id()))
    async with either_desk.storage.transaction() as tx:
        assert await behind(tx, talk.customer_id, line.id) == [Log(talk.id)]
        await tx.crm.save_log("far", replace(log, version=talk.version - 1))
        assert await behind(tx, talk.customer_id, line.id) == [
            replace(log, version=talk.version - 1)
        ]
        await tx.crm.save_log("far", log)
        assert await behind(tx, talk.customer_id, line.id) == []
        assert await tx.crm.log("far", talk.id) == log
        assert log.lead_id is not None
        assert await tx.crm.places(log.lead_id) == [(talk.id, line.id)]


async def test_a_line_without_leads_is_behind_only_where_there_is_one(either_desk: Desk) -> None:
    _, inbox = await a_line(either_desk)
    await either_desk.writes(inbox=inbox)
    talk = await either_desk.conversation(inbox)
    async with either_desk.storage.transaction() as tx:
        assert await behind(tx, talk.customer_id) == []
        await tx.crm.save_log("far", Log(talk.id, LeadId(new_id())))
        assert len(await behind(tx, talk.customer_id)) == 1


async def test_marks_are_read_from_where_the_log_stopped(either_desk: Desk) -> None:
    line, inbox = await a_line(either_desk)
    anna = await either_desk.operator("Anna", line)
    await either_desk.writes(inbox=inbox)
    talk, now = await either_desk.conversation(inbox), either_desk.clock.now()
    await either_desk.storage.run(lambda tx: handling.take(tx, talk.id, anna, now=now))
    async with either_desk.storage.reading() as tx:
        marks, _ = await tx.crm.turns(talk.id, after_id=0)
        assert [one.event for one in marks] == ["ConversationOpened", "ConversationAssigned"]
        assert await tx.crm.turns(talk.id, after_id=marks[0].id) == (marks[1:], [])


async def test_customers_who_become_one_have_each_others_leads(either_desk: Desk) -> None:
    _, inbox = await a_line(either_desk)
    for who in ("vera", "vera-at-work"):
        await either_desk.writes(inbox=inbox, who=who)
    kept, merged = [await either_desk.customer(inbox, who) for who in ("vera", "vera-at-work")]
    talk, now = await either_desk.conversation(inbox, "vera-at-work"), either_desk.clock.now()
    theirs = lead_link(1, customer_id=merged.id)
    async with either_desk.storage.transaction() as tx:
        await tx.crm.save_link("far", theirs)
        await tx.crm.save_log("far", Log(talk.id, LeadId(theirs.our_id)))
        await identity.link(tx, kept.id, merged.id, now=now)
        assert await tx.crm.lead_links("far", kept.id) == [replace(theirs, customer_id=kept.id)]
    async with either_desk.storage.transaction() as tx:
        thread = await either_desk.thread(inbox, "vera-at-work")
        await identity.unlink(tx, kept.id, thread.identity_id, now=now)
        assert await tx.crm.log("far", talk.id) == Log(talk.id)
