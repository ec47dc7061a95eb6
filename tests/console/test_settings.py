"""Operators, lines, inboxes, customers, leads: what is shown of them and who may change what."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from router.channel import Hook
from router.ids import OperatorId
from router.model import Contact, ContactKind
from router.staff import Role
from router.storage.exchanges import Logged
from tests.console.office import ADDRESS, Office, Seat

PHONE = Contact(ContactKind.PHONE, "+79261234567")


async def boss(office: Office) -> Seat:
    return await office.works("Boss", role=Role.ADMINISTRATOR)


# --- operators --------------------------------------------------------------------


async def test_an_operator_is_made_with_lines_and_appears_to_everybody(office: Office) -> None:
    line = await office.desk.line()
    administrator, anna = await boss(office), await office.works("Anna", line)
    new = {"email": "Vera@Example.com", "name": " Vera ", "line_ids": [str(line.id)]}
    made = (await administrator.does("POST", "/operators", new, status=201))["operator"]
    assert (made["email"], made["name"], made["status"]) == ("vera@example.com", "Vera", "off")
    assert made["line_ids"] == [str(line.id)]
    assert "Vera" in {one["name"] for one in await anna.gets("/operators")}
    queue = (await anna.gets("/lines"))[0]["operator_ids"]
    assert anna.operator is not None
    assert queue == [str(anna.operator.id), made["id"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nobody", "name": "Vera"},
        {"email": "boss@example.com", "name": "Vera"},
        {"email": "v@example.com", "name": " "},
        {"email": "v@example.com", "name": "Vera", "line_ids": [str(uuid4())]},
        {"email": "v@example.com", "name": "Vera", "role": "king"},
        {"email": "v@example.com", "name": "Vera", "max_conversations": -1},
    ],
)
async def test_an_operator_that_cannot_be_is_not_made(
    office: Office, wrong: dict[str, Any]
) -> None:
    administrator = await boss(office)
    assert await administrator.refused("POST", "/operators", wrong, status=400) == "invalid"
    assert len(await administrator.gets("/operators")) == 1


async def test_who_may_change_whom(office: Office) -> None:
    anna = await office.works("Anna")
    chief = await office.works("Chief", role=Role.SUPERVISOR)
    assert anna.operator is not None
    hers = f"/operators/{anna.operator.id}"
    assert (await anna.does("PATCH", hers, {"language": "en"}))["language"] == "en"
    for seat, change in (
        (anna, {"role": "administrator"}),
        (anna, {"max_conversations": 100}),
        (chief, {"name": "Somebody"}),
        (chief, {"active": False}),
    ):
        assert await seat.refused("PATCH", hers, change, status=403) == "forbidden"
    assert (await chief.does("PATCH", hers, {"max_conversations": 7}))["max_conversations"] == 7
    for path in ("/operators", f"{hers}/password"):
        body = {"email": "v@example.com", "name": "Vera"} if path == "/operators" else None
        assert await chief.refused("POST", path, body, status=403) == "forbidden"
    assert await (await boss(office)).refused(
        "PATCH", f"/operators/{uuid4()}", {"name": "X"}, status=404
    )


async def test_customers_are_shown_the_name_that_an_operator_has_now(office: Office) -> None:
    anna = await office.works("Anna", await office.desk.line())
    assert anna.operator is not None
    await office.desk.directory.lines()
    await anna.does("PATCH", f"/operators/{anna.operator.id}", {"name": "Anna B."})
    vera = {"email": "vera@example.com", "name": "Vera"}
    made = await (await boss(office)).does("POST", "/operators", vera, status=201)
    names = [
        found.name if (found := await office.desk.directory.operator(one)) else None
        for one in (anna.operator.id, OperatorId(UUID(made["operator"]["id"])))
    ]
    assert names == ["Anna B.", "Vera"]


async def test_a_forgotten_password_is_replaced_by_a_one_time_one(office: Office) -> None:
    administrator, anna = await boss(office), await office.works("Anna")
    assert anna.operator is not None
    made = await administrator.does("POST", f"/operators/{anna.operator.id}/password")
    await anna.refused("GET", "/session", status=401)
    await anna.sign_in("anna@example.com", made["one_time_password"])
    assert (await anna.gets("/session"))["must_change_password"]


async def test_a_dismissed_operators_conversations_wait_again(office: Office) -> None:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    administrator, anna = await boss(office), await office.works("Anna", line)
    await office.desk.writes("Hi", inbox=inbox)
    id_ = (await office.desk.conversation(inbox)).id
    await anna.does("POST", f"/conversations/{id_}/take")
    assert anna.operator is not None
    await administrator.does("PATCH", f"/operators/{anna.operator.id}", {"active": False})
    assert (await office.desk.conversation(inbox)).state == "waiting"


# --- lines ------------------------------------------------------------------------


async def test_a_line_is_made_and_changed_piece_by_piece(office: Office) -> None:
    administrator = await boss(office)
    new = {"key": "shop", "name": "Shop"}
    made = await administrator.does("POST", "/lines", new, status=201)
    assert await administrator.refused("POST", "/lines", new, status=400) == "invalid"
    path = f"/lines/{made['id']}"
    change = {
        "greeting": {"ru": "Здравствуйте", "en": "Hello"},
        "offer_timeout_s": 30,
        "allowed_sites": ["https://shop.example"],
        "lead_when": "at_once",
        "consent_url": "https://shop.example/privacy",
        "language": "en",
    }
    changed = await administrator.does("PATCH", path, change)
    assert {name: changed[name] for name in change} == change
    again = await administrator.does("PATCH", path, {"title": "The shop", "consent_url": None})
    assert again == changed | {"title": "The shop", "consent_url": None}
    listed = (await administrator.gets("/lines"))[0]
    assert listed == {name: again[name] for name in listed}


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"},
        {"greeting": {"de": "Hallo"}},
        {"consent_url": "javascript:alert(1)"},
        {"offer_timeout_s": 1},
        {"operator_ids": [str(uuid4())]},
        {"unknown": 1},
    ],
)
async def test_a_line_is_not_changed_into_nonsense(office: Office, wrong: dict[str, Any]) -> None:
    line = await office.desk.line()
    administrator = await boss(office)
    path = f"/lines/{line.id}"
    assert await administrator.refused("PATCH", path, wrong, status=400) == "invalid"


async def test_supervisors_order_the_queues_of_their_lines(office: Office) -> None:
    line, other = await office.desk.line(), await office.desk.line("other")
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    anna = await office.works("Anna", line)
    assert anna.operator is not None
    assert chief.operator is not None
    turned = [str(anna.operator.id), str(chief.operator.id)]
    queue = {"operator_ids": turned}
    assert (await chief.does("PATCH", f"/lines/{line.id}", queue))["operator_ids"] == turned
    assert await chief.refused("PATCH", f"/lines/{other.id}", queue, status=403)
    assert await chief.refused("PATCH", f"/lines/{line.id}", {"name": "X"}, status=403)
    assert await anna.refused("PATCH", f"/lines/{line.id}", queue, status=403)
    assert await anna.refused("POST", "/lines", {"key": "x", "name": "X"}, status=403)


# --- customers and leads ------------------------------------------------------------


async def test_a_customers_card_is_corrected_by_who_sees_them(office: Office) -> None:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    anna, boris = await office.works("Anna", line), await office.works("Boris")
    await office.desk.writes("Hi", inbox=inbox, contacts=(PHONE,))
    path = f"/customers/{(await office.desk.customer(inbox)).id}"
    change = {
        "name": "Olga",
        "contacts": [
            {"kind": "phone", "value": "8 926 123-45-67", "proven": True},
            {"kind": "email", "value": "Olga@Example.com", "proven": True},
        ],
    }
    changed = await anna.does("PATCH", path, change)
    assert changed["contacts"] == [
        {"kind": "phone", "value": "+79261234567", "proven": False},
        {"kind": "email", "value": "olga@example.com", "proven": False},
    ]
    assert (await anna.gets("/conversations"))["items"][0]["title"] == "Olga"
    gone = await anna.does("PATCH", path, {"contacts": []})
    assert (gone["contacts"], gone["name"]) == ([], "Olga")
    wrong = {"contacts": [{"kind": "phone", "value": "no phone", "proven": False}]}
    assert await anna.refused("PATCH", path, wrong, status=400) == "invalid"
    for method, body in (("GET", None), ("PATCH", change)):
        assert await boris.refused(method, path, body, status=404) == "not_found"


async def test_customers_with_one_contact_may_be_one(office: Office) -> None:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    anna = await office.works("Anna", line)
    ids = []
    for who in ("one", "two"):
        await office.desk.writes("Hi", inbox=inbox, who=who, contacts=(PHONE,))
        ids.append(str((await office.desk.customer(inbox, who)).id))
    assert (await anna.gets(f"/customers/{ids[0]}"))["may_be"] == [ids[1]]


async def test_leads_are_seen_by_who_sees_their_customer(office: Office) -> None:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    anna, boris = await office.works("Anna", line), await office.works("Boris")
    administrator = await boss(office)
    await office.desk.writes("Call me", inbox=inbox, name="Olga", contacts=(PHONE,))
    await office.desk.works()
    lead = (await anna.gets("/leads"))["items"][0]
    assert lead["person_name"] == "Olga"
    assert lead["contacts"][0]["value"] == PHONE.value
    assert lead["url"] == f"{ADDRESS}/console/leads/{lead['id']}"
    assert [one["id"] for one in (await administrator.gets("/leads", q="8 926 1234567"))["items"]]
    assert (await boris.gets("/leads"))["items"] == []
    path = f"/leads/{lead['id']}"
    for at in (path, f"{path}/timeline"):
        assert await boris.refused("GET", at, status=404) == "not_found"
    changed = await anna.does("PATCH", path, {"stage": "won", "title": "A big one"})
    assert (changed["stage"], changed["title"]) == ("won", "A big one")
    assert (await anna.gets("/leads", stage="new"))["items"] == []
    entries = (await anna.gets(f"{path}/timeline"))["items"]
    assert "Call me" in [one["text"] for one in entries]
    for wrong in ({"title": " "}, {"owner_id": str(uuid4())}, {"stage": "lost in space"}):
        assert await anna.refused("PATCH", path, wrong, status=400) == "invalid"
    whole = await anna.gets(f"/conversations/{(await office.desk.conversation(inbox)).id}")
    assert whole["lead"]["id"] == lead["id"]
    assert whole["sync"]["state"] == "synced"


# --- operations -------------------------------------------------------------------


async def test_the_ledger_is_of_the_lines_one_supervises(office: Office) -> None:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    await office.desk.inbox(await office.desk.line("other"))
    await office.desk.writes("Hi", inbox=inbox)
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    anna = await office.works("Anna", line)
    entries = await chief.gets("/ledger")
    assert [(one["inbox_id"], one["stored"]) for one in entries] == [(str(inbox.id), 1)]
    assert len(await (await boss(office)).gets("/ledger")) == 2
    assert await anna.refused("GET", "/ledger", status=403) == "forbidden"


async def test_stuck_work_is_shown_and_tried_again(office: Office) -> None:
    administrator = await boss(office)
    now = office.desk.clock.now()
    async with office.desk.storage.transaction() as tx:
        tx.lanes.wake("deliver", "a thread", now)
    async with office.desk.storage.transaction() as tx:
        until = now + timedelta(seconds=10)
        [lane] = await tx.lanes.take("deliver", now=now, lease_until=until, limit=1)
        await tx.lanes.set_aside(lane, reason="refused")
    [stuck] = await administrator.gets("/stuck")
    assert (stuck["kind"], stuck["reason"], stuck["set_aside"]) == ("deliver", "refused", True)
    await administrator.does("POST", "/stuck/deliver/a%20thread/retry", status=204)
    assert await administrator.gets("/stuck") == []
    assert await administrator.refused("POST", "/stuck/deliver/none/retry", status=404)


async def test_what_nobody_could_read_is_tried_again(office: Office) -> None:
    inbox = await office.desk.inbox(await office.desk.line())
    administrator = await boss(office)
    hook = Hook("POST", "http://x/", "127.0.0.1", {}, {}, b"?")
    await office.parts.unread.keep(inbox.id, hook, "no JSON")
    [unread] = await administrator.gets("/unread", inbox_id=inbox.id)
    assert unread["reason"] == "no JSON"
    path = f"/unread/{unread['id']}/retry"
    assert (await administrator.does("POST", path))["understood"]
    assert await administrator.gets("/unread") == []
    assert await administrator.refused("POST", path, status=404) == "not_found"


async def test_the_wire_log_is_paged_for_administrators(office: Office) -> None:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    now = office.desk.clock.now()
    async with office.desk.storage.transaction() as tx:
        await tx.exchanges.insert(
            [
                Logged(uuid4(), inbox.id, now, "out", "POST", f"http://x/{n}", 200, "", "", 1)
                for n in range(3)
            ]
        )
    administrator, path = await boss(office), f"/inboxes/{inbox.id}/wirelog"
    first = await administrator.gets(path, limit=2)
    rest = await administrator.gets(path, limit=2, cursor=first["next"])
    assert len({one["url"] for one in [*first["items"], *rest["items"]]}) == 3
    assert await chief.refused("GET", path, status=403) == "forbidden"
    assert await administrator.refused("GET", f"/inboxes/{uuid4()}/wirelog", status=404)
