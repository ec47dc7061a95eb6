"""A stale snapshot and the frames since then show what a fresh snapshot shows, whatever happened."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from router import identity, placing
from router.channel import Edited, Receipt
from router.ids import DeliveryId
from router.model import Contact, ContactKind, DeliveryState, Visit
from router.news import DeskNews, TypingNews, VisitNews
from router.queueing import Strategy
from router.reactions import DISTRIBUTE
from tests.console.stage import Stage, Story, agree

stories: dict[str, Story] = {}


def story(tell: Story) -> Story:
    stories[tell.__name__] = tell
    return tell


# --- what is said -----------------------------------------------------------------


@story
async def a_new_customer_writes(stage: Stage) -> None:
    await stage.office.desk.writes("Hi", inbox=stage.inbox, who="new", name="New")


@story
async def a_customer_writes_again(stage: Stage) -> None:
    stage.office.desk.clock.move(5)
    for who in ("open", "waiting", "snoozed", "closed", "visited"):
        await stage.office.desk.writes("And?", inbox=stage.inbox, who=who)


@story
async def a_customer_edits(stage: Stage) -> None:
    desk = stage.office.desk
    await desk.writes("Two?", inbox=stage.inbox, who="open", external_id="edited")
    await desk.inbound.receive(stage.inbox, [Edited("edited", "open", "Three?")])


@story
async def an_operator_answers(stage: Stage) -> None:
    stage.office.desk.clock.move(5)
    await stage.acts(stage.anna, "open", "messages", {"id": str(uuid4()), "text": "Yes"})


@story
async def a_delivery_fails(stage: Stage) -> None:
    reply = {"id": str(uuid4()), "text": "Yes"}
    sent = await stage.acts(stage.anna, "open", "messages", reply)
    delivery_id = DeliveryId(UUID(sent["deliveries"][0]["id"]))
    async with stage.office.desk.storage.transaction() as tx:
        delivery = await tx.deliveries.get(delivery_id)
        assert delivery is not None
        failed = replace(delivery, state=DeliveryState.FAILED, reason="no such chat")
        await tx.deliveries.save(failed, at=stage.office.desk.clock.now())
    await stage.anna.does("POST", f"/deliveries/{delivery_id}/retry")


@story
async def the_customer_reads_the_answer(stage: Stage) -> None:
    await stage.acts(stage.anna, "open", "messages", {"id": str(uuid4()), "text": "Yes"})
    receipt = Receipt(DeliveryState.READ, thread_key="open", up_to_seq=2)
    await stage.office.desk.inbound.receive(stage.inbox, [receipt])


@story
async def an_operator_notes(stage: Stage) -> None:
    await stage.acts(stage.anna, "open", "notes", {"id": str(uuid4()), "text": "A regular"})


@story
async def an_operator_has_seen_it(stage: Stage) -> None:
    await stage.acts(stage.anna, "open", "seen", {"seq": 1})


# --- who handles it -----------------------------------------------------------------


@story
async def the_queue_offers(stage: Stage) -> None:
    await stage.office.desk.works()


@story
async def an_offer_expires(stage: Stage) -> None:
    await stage.office.desk.works()
    stage.office.desk.clock.move(61)
    await stage.office.desk.works()


@story
async def an_offer_is_answered(stage: Stage) -> None:
    await stage.office.desk.works()
    to = (await stage.office.desk.conversation(stage.inbox, "waiting")).offered_to
    asked = stage.anna if str(to) == stage.id_of(stage.anna) else stage.chief
    await stage.acts(asked, "waiting", "decline", {"reason": "lunch"})
    await stage.office.desk.works()
    await stage.acts(stage.chief if asked is stage.anna else stage.anna, "waiting", "accept")


async def works_so(stage: Stage, **changes: Any) -> None:
    """The line's queue is changed."""
    async with stage.office.desk.storage.transaction() as tx:
        queueing = replace(stage.line.queueing, **changes)
        await tx.lines.save(replace(stage.line, queueing=queueing))
        tx.lanes.wake(DISTRIBUTE, stage.line.id, stage.office.desk.clock.now())
        tx.record.tell(DeskNews())


@story
async def all_are_asked(stage: Stage) -> None:
    await works_so(stage, strategy=Strategy.BROADCAST)
    await stage.office.desk.works()
    assert len((await stage.office.desk.conversation(stage.inbox, "waiting")).asked) == 2


@story
async def one_of_several_declines(stage: Stage) -> None:
    await works_so(stage, strategy=Strategy.BROADCAST)
    await stage.office.desk.works()
    await stage.acts(stage.anna, "waiting", "decline", {"reason": "lunch"})


@story
async def one_of_several_is_faster(stage: Stage) -> None:
    await works_so(stage, strategy=Strategy.BROADCAST)
    await stage.office.desk.works()
    await stage.acts(stage.chief, "waiting", "accept")


@story
async def a_colleague_of_another_line_is_to_say_yes(stage: Stage) -> None:
    await works_so(stage, transfer_needs_accept=True)
    await stage.acts(stage.anna, "open", "transfer", {"operator_id": stage.id_of(stage.boris)})


@story
async def a_colleague_of_another_line_says_no(stage: Stage) -> None:
    await works_so(stage, transfer_needs_accept=True)
    await stage.acts(stage.anna, "open", "transfer", {"operator_id": stage.id_of(stage.boris)})
    await stage.acts(stage.boris, "open", "decline", {"reason": "lunch"})


@story
async def a_supervisor_takes_over(stage: Stage) -> None:
    await stage.acts(stage.chief, "open", "intercept")


@story
async def it_was_spam(stage: Stage) -> None:
    await stage.acts(stage.anna, "open", "spam", {"block": True})


@story
async def somebody_takes_it(stage: Stage) -> None:
    await stage.acts(stage.chief, "waiting", "take")


@story
async def it_goes_to_an_operator_of_another_line(stage: Stage) -> None:
    await stage.acts(stage.anna, "open", "transfer", {"operator_id": stage.id_of(stage.boris)})


@story
async def it_goes_to_another_line(stage: Stage) -> None:
    to = {"line_id": str(stage.other.id), "comment": "Yours"}
    await stage.acts(stage.anna, "open", "transfer", to)


@story
async def a_guest_gives_back_what_they_had(stage: Stage) -> None:
    await stage.acts(stage.guest, "visited", "transfer", {"line_id": str(stage.line.id)})


@story
async def a_guest_closes_what_they_had(stage: Stage) -> None:
    await stage.acts(stage.guest, "visited", "close", {"reason": "done"})


@story
async def somebody_joins_and_leaves(stage: Stage) -> None:
    await stage.acts(stage.chief, "open", "join")
    await stage.acts(stage.boss, "open", "join")
    await stage.acts(stage.chief, "open", "leave")


@story
async def it_is_snoozed_and_wakes(stage: Stage) -> None:
    desk = stage.office.desk
    until = (desk.clock.now() + timedelta(minutes=1)).isoformat()
    await stage.acts(stage.anna, "open", "snooze", {"until": until})
    desk.clock.move(61)
    conversation = await desk.conversation(stage.inbox, "open")
    async with desk.storage.transaction() as tx:
        assert await placing.wake_snoozed(tx, conversation.id, now=desk.clock.now())


@story
async def it_is_closed_and_opened_again(stage: Stage) -> None:
    await stage.acts(stage.anna, "open", "close", {"reason": "solved"})
    await stage.acts(stage.anna, "snoozed", "close", {})
    await stage.acts(stage.chief, "open", "reopen")


# --- people and the desk --------------------------------------------------------------


@story
async def a_customer_gives_a_phone_and_becomes_a_lead(stage: Stage) -> None:
    phone = Contact(ContactKind.PHONE, "+79261234567")
    desk = stage.office.desk
    await desk.writes("Call me", inbox=stage.inbox, who="open", contacts=(phone,))
    await desk.works()


@story
async def a_customer_is_renamed(stage: Stage) -> None:
    customer = await stage.office.desk.customer(stage.inbox, "open")
    change = {"name": "Olga", "contacts": [{"kind": "email", "value": "o@example.com"}]}
    change["contacts"][0] |= {"proven": False}  # type: ignore[index, operator]
    await stage.anna.does("PATCH", f"/customers/{customer.id}", change)


@story
async def a_visitor_says_who_they_are(stage: Stage) -> None:
    desk = stage.office.desk
    await desk.writes("Hi", inbox=stage.inbox, who="nameless")
    customer = await desk.customer(stage.inbox, "nameless")

    async with desk.storage.transaction() as tx:
        await identity.describe(tx, customer.id, name="Pavel", contacts=(), now=desk.clock.now())


@story
async def two_customers_become_one_and_two_again(stage: Stage) -> None:
    kept, merged = [
        await stage.office.desk.customer(stage.inbox, who) for who in ("open", "waiting")
    ]
    path = f"/customers/{kept.id}"
    linked = await stage.anna.does("POST", f"{path}/link", {"other_id": str(merged.id)})
    ids = [one["id"] for one in linked["identities"]]
    thread = await stage.office.desk.thread(stage.inbox, "open")
    assert str(thread.identity_id) in ids
    await stage.anna.does("POST", f"{path}/unlink", {"identity_id": str(thread.identity_id)})


@story
async def an_operator_goes_away(stage: Stage) -> None:
    await stage.anna.does("PUT", "/session/status", {"status": "away"})


@story
async def an_operator_is_added(stage: Stage) -> None:
    new = {"email": "v@example.com", "name": "Vera", "line_ids": [str(stage.line.id)]}
    await stage.boss.does("POST", "/operators", new, status=201)


@story
async def an_operator_is_changed(stage: Stage) -> None:
    change = {"name": "Anna B.", "max_conversations": 9}
    await stage.boss.does("PATCH", f"/operators/{stage.id_of(stage.anna)}", change)


@story
async def an_operator_changes_lines(stage: Stage) -> None:
    change = {"line_ids": [str(stage.other.id)]}
    await stage.boss.does("PATCH", f"/operators/{stage.id_of(stage.anna)}", change)


@story
async def an_operator_becomes_administrator(stage: Stage) -> None:
    change = {"role": "administrator"}
    await stage.boss.does("PATCH", f"/operators/{stage.id_of(stage.guest)}", change)


@story
async def an_operator_is_dismissed(stage: Stage) -> None:
    vera = await stage.office.works("Vera", stage.line)
    await stage.office.desk.writes("Hi", inbox=stage.inbox, who="hers")
    await stage.acts(vera, "hers", "take")
    await stage.boss.does("PATCH", f"/operators/{stage.id_of(vera)}", {"active": False})


@story
async def a_line_is_added_and_changed(stage: Stage) -> None:
    await stage.boss.does("POST", "/lines", {"key": "third", "name": "Third"}, status=201)
    change = {"name": "The shop", "greeting": {"en": "Hello"}, "operator_ids": []}
    await stage.boss.does("PATCH", f"/lines/{stage.line.id}", change)


@story
async def an_inbox_is_added_and_changed(stage: Stage) -> None:
    new = {
        "line_id": str(stage.line.id),
        "kind": "rest",
        "name": "Ours",
        "settings": {"callback_url": "https://shop.example/answers"},
    }
    made = await stage.boss.does("POST", "/inboxes", new, status=201)
    await stage.boss.does("PATCH", f"/inboxes/{made['id']}", {"name": "Yours", "active": False})


@pytest.mark.parametrize("name", sorted(stories))
async def test_frames_bring_a_stale_screen_to_what_a_fresh_one_shows(
    stage: Stage, name: str
) -> None:
    await agree(stage, stories[name])


async def test_visits_and_typing_reach_those_who_see_the_thread(stage: Stage) -> None:
    office = stage.office
    tabs = {seat: await seat.opens() for seat in (stage.anna, stage.boris, stage.guest)}
    thread = await office.desk.thread(stage.inbox, "visited")
    visit = Visit("https://shop.example/cart", "Cart", "", office.desk.clock.now())
    for tab in tabs.values():
        await tab.until("snapshot")
    office.desk.bus.publish(
        [
            VisitNews(thread.id, thread.line_id, visit),
            TypingNews(thread.id, thread.line_id, None),
        ]
    )
    for seat, kinds in ((stage.anna, ["page", "typing"]), (stage.guest, ["page", "typing"])):
        frames = [one for one in await tabs[seat].drained() if one["type"] in ("page", "typing")]
        assert [one["type"] for one in frames] == kinds
    assert all(one["type"] == "operator" for one in await tabs[stage.boris].drained())
