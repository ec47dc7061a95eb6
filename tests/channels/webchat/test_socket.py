"""The socket says what docs/widget-protocol.md promises."""

from uuid import uuid4

import pytest

from router.channel import Action
from router.model import ContactKind, DeliveryState, State
from router.visitor import Heard
from tests.channels.webchat.chat import BORIS, Browser, Client, MemoryDesk, until
from tests.clock import FakeClock

# --- hello -------------------------------------------------------------------


async def test_new_visitor_is_welcomed(browser: Browser) -> None:
    welcome = await browser.hello()
    assert welcome.pop("token")
    assert welcome == {
        "type": "welcome", "seq": 0, "messages": [], "more": False, "reset": False, "read_seq": 0,
        "operator": None, "state": "none",
        "outlook": {"open": True, "opens_at": None, "online": True},
    }  # fmt: skip


async def test_visitor_comes_back_to_what_was_said_meanwhile(
    browser: Browser, memory: MemoryDesk
) -> None:
    await browser.hello()
    await browser.says("Hello")
    key = memory.visitor
    await browser.close()
    memory.says(key, "Good day")
    memory.face, memory.state, memory.seen[key] = BORIS, State.OPEN, 1
    browser.seq = 1
    welcome = await browser.hello()
    assert [one["text"] for one in welcome["messages"]] == ["Good day"]
    assert welcome["messages"][0]["name"] == "Boris"
    assert (welcome["state"], welcome["operator"]["name"]) == ("open", "Boris")
    assert (welcome["read_seq"], welcome["reset"], welcome["seq"]) == (1, False, 2)


async def test_who_missed_too_much_begins_again(browser: Browser, memory: MemoryDesk) -> None:
    await browser.hello()
    await browser.says("Hello")
    key = memory.visitor
    await browser.close()
    for number in range(150):
        memory.says(key, str(number))
    browser.seq = 1
    welcome = await browser.hello()
    assert (len(welcome["messages"]), welcome["reset"], welcome["more"]) == (100, True, True)
    assert welcome["messages"][-1]["seq"] == welcome["seq"] == 151


async def test_who_holds_more_than_there_is_begins_again(
    browser: Browser, memory: MemoryDesk
) -> None:
    await browser.hello()
    await browser.says("Hello")
    await browser.close()
    browser.seq = 9
    welcome = await browser.hello()
    assert (welcome["reset"], welcome["seq"], len(welcome["messages"])) == (True, 1, 1)


async def test_silence_is_closed(browser: Browser) -> None:
    await browser.connect()
    assert await browser.close_code() == 4408


async def test_anything_before_hello_is_closed(browser: Browser) -> None:
    await browser.connect()
    await browser.tell("typing")
    assert await browser.close_code() == 4408


async def test_unknown_line_has_no_chat(client: Client) -> None:
    assert (await client.get("/chat/nobody/socket")).status == 404


# --- messages ----------------------------------------------------------------


async def test_message_is_acknowledged_and_shown_in_every_tab(
    client: Client, memory: MemoryDesk
) -> None:
    first, second = Browser(client), Browser(client)
    await first.hello(page={"url": "https://shop.example/lamps", "title": "Lamps", "referrer": ""})
    second.token = first.token
    await second.hello()
    await first.tell("send", client_id="one", text="Hello")
    told = {frame["type"]: frame for frame in [await first.next(), await first.next()]}
    assert told["ack"]["seq"] == told["message"]["message"]["seq"] == 1
    assert told["ack"]["id"] == told["message"]["message"]["id"]
    (seen,) = await second.messages(1)
    assert (seen["author"], seen["client_id"], seen["text"]) == ("customer", "one", "Hello")
    (said,) = memory.said
    assert said.source is not None
    assert said.source.url == "https://shop.example/lamps"


async def test_same_client_id_is_stored_once_and_acknowledged_alike(
    browser: Browser, memory: MemoryDesk
) -> None:
    await browser.hello()
    first = await browser.says("Hello", client_id="one")
    await browser.close()
    await browser.hello()
    assert await browser.says("Hello", client_id="one") == first
    assert len(memory.said) == 1


async def test_two_visitors_may_choose_the_same_client_id(
    client: Client, memory: MemoryDesk
) -> None:
    for text in ("Hello", "Hi"):
        browser = Browser(client)
        await browser.hello()
        await browser.says(text, client_id="one")
    assert [one.text for one in memory.said] == ["Hello", "Hi"]


async def test_operators_answer_arrives(browser: Browser, memory: MemoryDesk) -> None:
    await browser.hello()
    await browser.says("Hello")
    memory.says(memory.visitor, "Good day")
    shown = (await browser.messages(1))[0]
    if shown["author"] == "customer":
        shown = (await browser.messages(1))[0]
    assert (shown["text"], shown["name"], shown["avatar_url"]) == (
        "Good day", "Boris", "/avatars/boris.png",
    )  # fmt: skip
    assert shown["client_id"] is None


@pytest.mark.parametrize(
    ("text", "files", "code"),
    [
        ("", [], "empty"),
        (" \n", [], "empty"),
        ("x" * 4001, [], "too_long"),
        ("a", ["not-an-id"], "bad_file"),
        ("a", [str(uuid4())], "bad_file"),
        ("a", [str(uuid4())] * 11, "bad_file"),
    ],
)
async def test_what_can_never_be_stored_is_refused(
    browser: Browser, memory: MemoryDesk, text: str, files: list[str], code: str
) -> None:
    await browser.hello()
    answer = await browser.says(text, files=files)
    assert (answer["type"], answer["code"]) == ("refused", code)
    assert memory.said == []


async def test_longest_message_is_stored(browser: Browser, memory: MemoryDesk) -> None:
    await browser.hello()
    assert (await browser.says("Я" * 4000))["type"] == "ack"


async def test_busy_desk_closes_so_that_the_browser_repeats(
    browser: Browser, memory: MemoryDesk
) -> None:
    await browser.hello()
    memory.busy = True
    await browser.tell("send", client_id="one", text="Hello")
    assert await browser.close_code() == 1013
    memory.busy = False
    await browser.hello()
    assert (await browser.says("Hello", client_id="one"))["seq"] == 1


async def test_older_messages_are_fetched(browser: Browser, memory: MemoryDesk) -> None:
    await browser.hello()
    for number in range(1, 61):
        memory.says(memory.visitor, str(number))
    await browser.messages(60)
    await browser.tell("history", before_seq=56)
    page = await browser.hears("history")
    assert [one["seq"] for one in page["messages"]] == list(range(6, 56))
    assert page["more"] is True
    await browser.tell("history", before_seq=6)
    page = await browser.hears("history")
    assert ([one["seq"] for one in page["messages"]], page["more"]) == ([1, 2, 3, 4, 5], False)


# --- what is no message ------------------------------------------------------


async def test_form_becomes_contacts(browser: Browser, memory: MemoryDesk) -> None:
    await browser.hello()
    await browser.tell(
        "contact", client_id="form", name="Anna", phone="8 912 345-67-89", email="A@Example.com"
    )
    answer = await browser.hears("ack")
    assert (answer["client_id"], answer["seq"]) == ("form", None)
    (action,) = memory.actions
    assert (action.action, action.sender.name) == (Action.GAVE_CONTACT, "Anna")
    assert [(one.kind, one.value, one.proven) for one in action.sender.contacts] == [
        (ContactKind.PHONE, "+79123456789", False),
        (ContactKind.EMAIL, "a@example.com", False),
    ]


@pytest.mark.parametrize("given", [{}, {"phone": "12"}, {"phone": "8 912 345-67-89", "email": "@"}])
async def test_contact_that_cannot_be_reached_is_refused(
    browser: Browser, memory: MemoryDesk, given: dict[str, str]
) -> None:
    await browser.hello()
    await browser.tell("contact", client_id="form", **given)
    assert (await browser.hears("refused"))["code"] == "bad_contact"
    assert memory.actions == []


async def test_marks_are_told_once_and_never_beyond_what_was_sent(
    browser: Browser, memory: MemoryDesk
) -> None:
    await browser.hello()
    key = memory.visitor
    memory.says(key, "one")
    memory.says(key, "two")
    await browser.messages(2)
    for type_, seq in (("received", 2), ("received", 1), ("read", 1), ("read", 99), ("read", 99)):
        await browser.tell(type_, seq=seq)
    await browser.says("and now something that is answered")
    assert [(one.state, one.up_to_seq) for one in memory.receipts] == [
        (DeliveryState.DELIVERED, 2),
        (DeliveryState.READ, 1),
        (DeliveryState.READ, 2),
    ]


async def test_operators_marks_typing_and_status_are_passed_on(
    browser: Browser, memory: MemoryDesk
) -> None:
    await browser.hello()
    key = memory.visitor
    memory.says(key, "one")
    await browser.messages(1)
    memory.face, memory.state = BORIS, State.OPEN
    memory.tell(key, Heard(typing="Boris"))
    memory.tell(key, Heard(seen_seq=1))
    memory.tell(key, Heard(status_changed=True))
    memory.tell(key, Heard(status_changed=True))
    assert await browser.hears("typing") == {"type": "typing", "name": "Boris"}
    assert await browser.hears("read") == {"type": "read", "seq": 1}
    status = await browser.hears("status")
    assert (status["state"], status["operator"]["name"]) == ("open", "Boris")
    assert (await browser.says("all of one turn is told by one status"))["type"] == "ack"


async def test_typing_is_passed_on_now_and_then(
    browser: Browser, memory: MemoryDesk, clock: FakeClock
) -> None:
    await browser.hello()
    await browser.tell("typing")
    await browser.says("Hello")
    for _ in range(3):
        await browser.tell("typing")
    await browser.says("Hello?")
    assert memory.typed == [memory.visitor]
    clock.move(3)
    await browser.tell("typing")
    await browser.says("Hello!")
    assert len(memory.typed) == 2


async def test_visited_pages_are_told_once_there_is_a_thread(
    browser: Browser, memory: MemoryDesk
) -> None:
    await browser.hello()
    await browser.tell("page", url="https://shop.example/before", title="Before")
    await browser.says("Hello")
    await browser.tell("page", url="https://shop.example/after", title="After")
    await browser.says("Hello again")
    assert [visit.url for visit in memory.visits] == ["https://shop.example/after"]
    assert memory.said[0].source is not None
    assert memory.said[0].source.title == "Before"


# --- whoever misbehaves ------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    ["", "null", "[]", "{half", '{"type": "dance"}', '{"type": "send"}', "[" * 60_000,
     '{"type": "read", "seq": -1}', '{"type": "read", "seq": 1e400}', '{"type": "send", "client_id": "\\ud800"}'],
)  # fmt: skip
async def test_nonsense_does_no_harm(browser: Browser, memory: MemoryDesk, frame: str) -> None:
    await browser.hello()
    assert browser.socket is not None
    await browser.socket.send_str(frame)
    assert (await browser.says("Hello"))["seq"] == 1


async def test_frame_that_names_itself_is_refused_by_name(browser: Browser) -> None:
    await browser.hello()
    await browser.tell("send", client_id="one", text=7)
    refused = await browser.hears("refused")
    assert (refused["client_id"], refused["code"]) == ("one", "malformed")


async def test_frame_that_is_too_large_is_closed(browser: Browser) -> None:
    await browser.hello()
    await browser.tell("send", client_id="one", text="x" * 70_000)
    assert await browser.close_code() == 1009


async def test_haste_is_slowed_down_over_all_sockets(
    client: Client, memory: MemoryDesk, clock: FakeClock
) -> None:
    first, second = Browser(client), Browser(client)
    await first.hello()
    second.token = first.token
    await second.hello()
    for number in range(10):
        assert (await first.says(f"first {number}"))["type"] == "ack"
        assert (await second.says(f"second {number}"))["type"] == "ack"
    await second.tell("send", client_id="one-more", text="too much")
    assert await until(second, "later") == {
        "type": "later", "client_id": "one-more", "retry_after_s": 1,
    }  # fmt: skip
    assert len(memory.said) == 20
    clock.move(1)
    assert (await second.says("too much", client_id="one-more"))["seq"] == 21
