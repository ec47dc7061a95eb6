"""A line's rules applied to rows: another line, head starts, preferences; each once."""

from dataclasses import replace

from queues.distributor import Distributor
from router.identity import enrich
from router.ids import ConversationId
from router.model import Contact, ContactKind, Line, State
from router.queueing import CrmCondition, Priority, Queueing, Rule, Sticky
from router.reactions import CRM, DISTRIBUTE
from tests.queues.floor import Floor

PUSH = Queueing(auto_accept=True)


async def changed(floor: Floor, line: Line, **changes: object) -> Line:
    after = replace(line, **changes)  # type: ignore[arg-type]
    async with floor.storage.transaction() as tx:
        await tx.lines.save(after)
    return after


async def marks(floor: Floor, id_: ConversationId) -> list[tuple[str, str | None]]:
    async with floor.storage.reading() as tx:
        found = await tx.record.marks([id_], after_seq=0, up_to_seq=99)
    return [(one.event, one.reason) for one in found]


async def test_words_send_a_new_conversation_to_another_line(each_floor: Floor) -> None:
    line, returns = await each_floor.line(PUSH), await each_floor.line(PUSH)
    rule = Rule("returns", words=("возврат*",), to_line=returns.id)
    line = await changed(each_floor, line, rules=(rule,))
    await each_floor.operator(line)
    vera = await each_floor.operator(returns)
    inbox = each_floor.inboxes[line.id]
    await each_floor.desk.writes("Хочу оформить возврат", inbox=inbox)
    await each_floor.distribute()
    conversation = await each_floor.desk.conversation(inbox)
    assert (conversation.line_id, conversation.owner_id) == (returns.id, vera.id)
    assert ("ConversationRouted", "returns") in await marks(each_floor, conversation.id)
    assert await each_floor.audit() == []


async def test_rules_are_applied_once_so_that_two_lines_cannot_pass_it_to_and_fro(
    each_floor: Floor,
) -> None:
    one, other = await each_floor.line(PUSH), await each_floor.line(PUSH)
    one = await changed(each_floor, one, rules=(Rule("there", to_line=other.id),))
    await changed(each_floor, other, rules=(Rule("and back", to_line=one.id),))
    [id_] = await each_floor.writes(one)
    await each_floor.distribute()
    conversation = await each_floor.see(id_)
    assert (conversation.line_id, conversation.routed) == (other.id, True)
    assert await each_floor.audit() == []


async def test_who_has_a_head_start_is_served_first(each_floor: Floor) -> None:
    priority = Priority(by_tier_s={"vip": 600})
    line = await each_floor.line(replace(PUSH, priority=priority))
    anna = await each_floor.operator(line, cap=1)
    first = (await each_floor.writes(line, count=15))[0]
    each_floor.clock.move(60)
    [vip] = await each_floor.writes(line, tier="vip")
    await each_floor.stay(anna)
    await each_floor.distribute()
    states = [one.state for one in await each_floor.see_all([first, vip])]
    assert states == [State.WAITING, State.OPEN]
    assert (await each_floor.see(vip)).head_start_s == 600


async def test_rule_asks_for_a_skill_and_a_language(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    rule = Rule("germans", languages=("de",), skills=("law",))
    line = await changed(each_floor, line, rules=(rule,))
    await each_floor.operator(line)
    vera = await each_floor.operator(line, skills=("law",))
    [german] = await each_floor.writes(line, language="de")
    await each_floor.distribute()
    assert (await each_floor.see(german)).owner_id == vera.id


async def test_line_that_is_switched_off_gets_nothing_by_a_rule(floor: Floor) -> None:
    line, gone = await floor.line(PUSH), await floor.line(PUSH)
    await changed(floor, gone, active=False)
    line = await changed(floor, line, rules=(Rule("there", to_line=gone.id),))
    anna = await floor.operator(line)
    [id_] = await floor.writes(line)
    await floor.distribute()
    assert (await floor.see(id_)).owner_id == anna.id


# --- by the CRM's fields -----------------------------------------------------------

LARGE = Rule("large", crm=(CrmCondition("turnover", ">=", 1000),), skills=("wholesale",))


async def pending(floor: Floor, id_: ConversationId) -> None:
    """The CRM will be asked about this customer."""
    customer_id = (await floor.see(id_)).customer_id
    async with floor.storage.transaction() as tx:
        tx.lanes.wake(CRM, customer_id, floor.clock.now())


async def test_rule_goes_by_what_is_known_of_the_customer(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    line = await changed(each_floor, line, rules=(LARGE,))
    anna = await each_floor.operator(line)
    vera = await each_floor.operator(line, skills=("wholesale",))
    [large] = await each_floor.writes(line, crm_fields={"turnover": "1 200,50"})
    [small] = await each_floor.writes(line, crm_fields={"turnover": 999})
    [stranger] = await each_floor.writes(line)
    await each_floor.distribute()
    seen = await each_floor.see_all([large, small, stranger])
    assert [one.skills for one in seen] == [("wholesale",), (), ()]
    assert (seen[0].owner_id, seen[1].owner_id) == (vera.id, anna.id)


async def test_new_customer_waits_for_the_crm_a_moment_before_rules_are_applied(
    each_floor: Floor,
) -> None:
    contact = Contact(ContactKind.PHONE, "+79001234567")
    nobody_known = replace(PUSH, sticky=Sticky(rungs=()))
    line = await changed(each_floor, await each_floor.line(nobody_known), rules=(LARGE,))
    await each_floor.operator(line)
    vera = await each_floor.operator(line, skills=("wholesale",))
    asking = Distributor(
        each_floor.storage, each_floor.clock, patient_until=each_floor.clock.now(), asks_crm=True
    )
    [told, silent] = await each_floor.writes(line, count=2, contacts=(contact,))
    for id_ in (told, silent):
        await pending(each_floor, id_)
    await each_floor.distribute(asking)
    states = {one.state for one in await each_floor.see_all([told, silent])}
    assert (states, await each_floor.due_in_s()) == ({State.WAITING}, 3)
    customer_id = (await each_floor.see(told)).customer_id
    async with each_floor.storage.transaction() as tx:
        await enrich(tx, customer_id, {"turnover": 5000})
        tx.lanes.wake(DISTRIBUTE, line.id, each_floor.clock.now())
    await each_floor.distribute(asking)
    assert (await each_floor.see(told)).owner_id == vera.id
    assert (await each_floor.see(silent)).state is State.WAITING
    each_floor.clock.move(3)
    await each_floor.distribute(asking)
    late = await each_floor.see(silent)
    assert (late.state, late.skills, late.routed) == (State.OPEN, (), True)
    assert await each_floor.audit() == []


async def test_who_the_crm_is_not_asked_about_does_not_wait(floor: Floor) -> None:
    line = await changed(floor, await floor.line(PUSH), rules=(LARGE,))
    anna = await floor.operator(line)
    asking = Distributor(floor.storage, floor.clock, patient_until=floor.clock.now(), asks_crm=True)
    [id_] = await floor.writes(line)
    await floor.distribute(asking)
    assert (await floor.see(id_)).owner_id == anna.id
