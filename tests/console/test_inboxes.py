"""Inboxes: what is shown of them, who may change what, who an account is before it is stored."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from router.delegations import Delegation
from router.ids import InboxId
from router.staff import Role
from tests.console.office import ADDRESS, Office, Seat


async def boss(office: Office) -> Seat:
    return await office.works("Boss", role=Role.ADMINISTRATOR)


async def test_an_account_says_who_it_is_before_it_is_stored(office: Office) -> None:
    line = await office.desk.line()
    administrator, anna = await boss(office), await office.works("Anna", line)
    body = {"kind": "rest", "settings": {"callback_url": "https://shop.example/shop"}}
    tried = await administrator.does("POST", "/inboxes/try", body)
    assert (tried["problem"], tried["name"], tried["warnings"]) == (None, "shop", ["a_warning"])
    assert tried["picture"].startswith("data:image/png;base64,")
    assert await administrator.gets("/inboxes") == []
    down = {"kind": "rest", "settings": {"callback_url": "https://shop.example/down"}}
    tried = await administrator.does("POST", "/inboxes/try", down)
    assert (tried["problem"], tried["name"]) == ("the provider is unavailable", "")
    for wrong in (body | {"settings": {"callback_url": "no address"}}, body | {"kind": "fax"}):
        status = 404 if wrong["kind"] == "fax" else 400
        assert await administrator.refused("POST", "/inboxes/try", wrong, status=status)
    assert await anna.refused("POST", "/inboxes/try", body, status=403) == "forbidden"


async def test_of_an_inbox_that_there_is_a_trial_changes_nothing(office: Office) -> None:
    line = await office.desk.line()
    administrator = await boss(office)
    settings = {"callback_url": "https://shop.example/old", "secret": "a secret of long ago"}
    new = {"line_id": str(line.id), "kind": "rest", "name": "Ours", "settings": settings}
    made = await administrator.does("POST", "/inboxes", new, status=201)
    path, body = "/inboxes/try", {"kind": "rest", "inbox_id": made["id"]}
    assert (await administrator.does("POST", path, body))["name"] == "old"
    another = {"settings": {"callback_url": "https://shop.example/new"}}
    assert (await administrator.does("POST", path, body | another))["name"] == "new"
    stored = (await administrator.gets("/inboxes"))[0]["settings"]
    assert stored == {"callback_url": "https://shop.example/old"}
    nobodys = body | {"inbox_id": str(uuid4())}
    assert await administrator.refused("POST", path, nobodys, status=404) == "not_found"


async def test_everybody_sees_what_an_inbox_can_carry(office: Office) -> None:
    line = await office.desk.line()
    await office.desk.inbox(line)
    anna = await office.works("Anna", line)
    can = (await anna.gets("/inboxes"))[0]["can"]
    assert (can["max_text_chars"], can["max_buttons"], can["edits"]) == (4000, 0, False)


async def test_an_inboxs_secrets_go_in_and_never_come_out(office: Office) -> None:
    line = await office.desk.line()
    administrator, anna = await boss(office), await office.works("Anna", line)
    secret = "a secret that is long enough to be one"
    new = {
        "line_id": str(line.id),
        "kind": "rest",
        "name": "Ours",
        "settings": {"callback_url": "https://shop.example/answers", "secret": secret},
    }
    made = await administrator.does("POST", "/inboxes", new, status=201)
    assert made["settings"]["callback_url"] == "https://shop.example/answers"
    assert made["hook_url"] == f"{ADDRESS}/hooks/{made['id']}"
    path = f"/inboxes/{made['id']}"
    change = {"settings": {"callback_url": "https://shop.example/other"}, "name": "Theirs"}
    changed = await administrator.does("PATCH", path, change)
    assert (changed["settings"]["callback_url"], changed["name"]) == (
        "https://shop.example/other",
        "Theirs",
    )
    for text in (made, changed, await administrator.gets("/inboxes")):
        assert secret not in repr(text)
    seen = (await anna.gets("/inboxes"))[0]
    assert (seen["settings"], seen["hook_url"]) == ({}, None)
    for method, at in (("POST", "/inboxes"), ("PATCH", path), ("POST", f"{path}/check")):
        body = {"/inboxes": new, path: {"name": "X"}}.get(at)
        assert await anna.refused(method, at, body, status=403) == "forbidden"
    async with office.desk.storage.reading() as tx:
        kept = await tx.inboxes.secrets((await tx.inboxes.all())[0].id)
    assert kept is not None
    assert secret.encode() not in kept


async def test_a_secret_that_the_desk_makes_is_told_once(office: Office) -> None:
    line, administrator = await office.desk.line(), await boss(office)
    given = {"callback_url": "https://shop.example/answers"}
    new = {"line_id": str(line.id), "kind": "rest", "name": "Ours", "settings": given}
    made = await administrator.does("POST", "/inboxes", new, status=201)
    secret = made.pop("made_secrets")["secret"]
    assert len(secret) >= 32
    async with office.desk.storage.reading() as tx:
        sealed = await tx.inboxes.secrets((await tx.inboxes.all())[0].id)
    assert sealed is not None
    assert office.accounts.made(InboxId(UUID(made["id"])), sealed, given=()) == {"secret": secret}
    assert await administrator.gets("/inboxes") == [made]
    new["settings"] = {**given, "secret": "a secret that is long enough to be one"}
    again = await administrator.does("POST", "/inboxes", new, status=201)
    assert again["made_secrets"] == {}


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"kind": "pigeon"}, 404),
        ({"line_id": str(uuid4())}, 400),
        ({"settings": {"colour": "red"}}, 400),
        ({"settings": {"callback_url": "not an address"}}, 400),
    ],
)
async def test_an_inbox_that_cannot_work_is_not_made(
    office: Office, wrong: dict[str, Any], status: int
) -> None:
    line = await office.desk.line()
    administrator = await boss(office)
    new = {
        "line_id": str(line.id),
        "kind": "rest",
        "name": "Ours",
        "settings": {"callback_url": "https://shop.example/answers"},
    }
    await administrator.refused("POST", "/inboxes", new | wrong, status=status)
    assert await administrator.gets("/inboxes") == []


async def test_a_check_answers_with_the_inbox_as_it_is(office: Office) -> None:
    inbox = await office.desk.inbox(await office.desk.line())
    administrator = await boss(office)
    assert (await administrator.does("POST", f"/inboxes/{inbox.id}/check"))["id"] == str(inbox.id)
    office.accounts.broken.add(inbox.id)
    assert (await administrator.does("POST", f"/inboxes/{inbox.id}/check"))["id"] == str(inbox.id)
    assert await administrator.refused("POST", f"/inboxes/{uuid4()}/check", status=404)
    assert [one["kind"] for one in await administrator.gets("/channels")] == ["rest"]


async def test_an_administrator_has_a_provider_told_our_address_again(office: Office) -> None:
    inbox = await office.desk.inbox(await office.desk.line())
    administrator = await office.works("Root", role=Role.ADMINISTRATOR)
    view = await administrator.does("POST", f"/inboxes/{inbox.id}/register")
    assert (view["id"], view["standing"]) == (str(inbox.id), None)
    assert office.accounts.registered == [inbox.id]
    anna = await office.works("Anna")
    assert await anna.refused("POST", f"/inboxes/{inbox.id}/register", status=403)


async def test_accounts_that_an_inbox_answers_for_stand_beside_it(office: Office) -> None:
    inbox = await office.desk.inbox(await office.desk.line())
    administrator = await boss(office)
    (before,) = await administrator.gets("/inboxes")
    olga = Delegation("55", keys="business:1:", enabled=True, may_reply=True, name="Olga")
    ended = replace(olga, owner="56", enabled=False, may_reply=False, name="Ada", username="ada")
    for told in (ended, olga):
        await office.desk.inbound.receive(inbox, [told])
    (view,) = await administrator.gets("/inboxes")
    assert before["delegations"] == []
    assert view["delegations"] == [
        {"name": "Olga", "username": "", "enabled": True, "may_reply": True},
        {"name": "Ada", "username": "ada", "enabled": False, "may_reply": False},
    ]


async def test_an_administrator_sees_whether_a_message_arrives(office: Office) -> None:
    inbox = await office.desk.inbox(await office.desk.line())
    other = await office.desk.inbox(await office.desk.line("other"))
    await office.desk.writes(inbox=inbox)
    head = await office.desk.conversation(inbox)
    administrator, anna = await boss(office), await office.works("Anna")
    body = {"id": str(uuid4()), "conversation_id": str(head.id), "text": "A test"}
    for _ in range(2):
        said = await administrator.does("POST", f"/inboxes/{inbox.id}/test", body, status=202)
        assert (said["text"], said["author"]) == ("A test", "desk")
        assert [one["state"] for one in said["deliveries"]] == ["queued"]
    assert (await office.desk.thread(inbox)).last_seq == 2
    wrong = f"/inboxes/{other.id}/test"
    assert await administrator.refused("POST", wrong, body, status=400) == "invalid"
    assert await anna.refused("POST", f"/inboxes/{inbox.id}/test", body, status=403) == "forbidden"
