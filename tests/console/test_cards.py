"""The fields of customers' cards, from an administrator's list to the rule that goes by them."""

from typing import Any

from router.queueing import Queueing, Sticky
from router.staff import Role
from tests.console.office import Office
from tests.console.test_settings import boss

TURNOVER = {
    "key": "turnover", "kind": "number", "names": {"ru": "Оборот", "en": "Turnover"}, "choices": [],
}  # fmt: skip
SEGMENT = {
    "key": "segment", "kind": "choice", "names": {}, "choices": ["retail", "wholesale"],
}  # fmt: skip
FIELDS = {"fields": [TURNOVER, SEGMENT]}


def by_turnover(to_line: str) -> dict[str, Any]:
    condition = {"field": "turnover", "op": ">=", "value": 1_000_000}
    nothing: dict[str, list[str]] = {
        name: [] for name in ("channels", "tiers", "languages", "words", "sources", "skills")
    }
    rule = nothing | {"name": "large buyers", "crm": [condition], "hours": "any", "active": True}
    return rule | {"to_line": to_line, "head_start_s": 0, "language": None}


async def test_a_buyers_turnover_sends_retail_and_wholesale_to_different_people(
    office: Office,
) -> None:
    retail = await office.desk.line("retail")
    # Whoever answered them before is not asked first there.
    queueing = Queueing(sticky=Sticky(rungs=()))
    wholesale = await office.desk.line("wholesale", queueing=queueing)
    inbox = await office.desk.inbox(retail)
    anna = await office.works("Anna", retail)
    vera = await office.works("Vera", wholesale)
    administrator = await boss(office)
    assert await administrator.does("PUT", "/card-fields", FIELDS) == FIELDS
    assert await anna.gets("/card-fields") == FIELDS
    change = {"rules": [by_turnover(str(wholesale.id))]}
    await administrator.does("PATCH", f"/lines/{retail.id}", change)
    await office.desk.writes("Hello", inbox=inbox, who="small")
    await office.desk.writes("Hello", inbox=inbox, who="large")
    await office.desk.works()
    for who, turnover in (("small", 5_000), ("large", 2_000_000)):
        customer = await office.desk.customer(inbox, who)
        body = {"fields": {"turnover": turnover}, "tier": "vip"}
        card = await anna.does("PATCH", f"/customers/{customer.id}", body)
        assert (card["fields"], card["tier"]) == ({"turnover": turnover}, "vip")
        conversation = await office.desk.conversation(inbox, who)
        path = f"/conversations/{conversation.id}/close"
        await anna.does("POST", path, {"reason": "", "seen_seq": conversation.last_seq})
    office.desk.clock.move(100_000)
    for who in ("small", "large"):
        await office.desk.writes("Me again", inbox=inbox, who=who)
    assert anna.operator is not None
    assert vera.operator is not None
    async with office.desk.storage.transaction() as tx:
        until = office.desk.clock.now().replace(year=2030)
        await tx.presence.reach([anna.operator.id, vera.operator.id], until)
    await office.desk.works()
    owners = {
        who: (await office.desk.conversation(inbox, who)).owner_id for who in ("small", "large")
    }
    assert owners == {"small": anna.operator.id, "large": vera.operator.id}


async def test_a_field_that_cannot_be_is_refused_in_its_place(office: Office) -> None:
    administrator = await boss(office)
    wrong = {"fields": [TURNOVER, SEGMENT | {"choices": []}]}
    answer = await administrator.ask("PUT", "/card-fields", wrong)
    assert answer.status == 400
    assert (await answer.json())["fields"] == {"1.choices": "is empty"}
    assert await administrator.gets("/card-fields") == {"fields": []}


async def test_only_administrators_name_fields(office: Office) -> None:
    line = await office.desk.line()
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    assert await chief.refused("PUT", "/card-fields", FIELDS, status=403) == "forbidden"


async def test_a_card_takes_only_what_its_fields_hold(office: Office) -> None:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    administrator = await boss(office)
    await administrator.does("PUT", "/card-fields", FIELDS)
    await office.desk.writes("Hello", inbox=inbox)
    path = f"/customers/{(await office.desk.customer(inbox)).id}"
    answer = await administrator.ask("PATCH", path, {"fields": {"segment": "both"}})
    assert (await answer.json())["fields"] == {"fields.segment": "is none of the choices"}
    await administrator.does("PATCH", path, {"fields": {"segment": "retail", "turnover": 5}})
    # Of a field that went the card keeps what it has, and takes no more.
    await administrator.does("PUT", "/card-fields", {"fields": [TURNOVER]})
    assert (await administrator.gets(path))["fields"] == {"segment": "retail", "turnover": 5}
    assert await administrator.refused("PATCH", path, {"fields": {"segment": "x"}}, status=400)
    card = await administrator.does("PATCH", path, {"fields": {"turnover": None}, "tier": " "})
    assert (card["fields"], card["tier"]) == ({"segment": "retail"}, None)
