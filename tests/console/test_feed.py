"""The socket itself: who gets one, what closes it, and a reader who is too slow."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from console.access import viewer
from console.socket import MOST_WAITING, Socket
from router.ids import LineId, OperatorId
from router.model import Inbox
from router.news import ConversationNews
from router.staff import Operator, Role
from router.storage.access import Session
from tests.clock import NOON
from tests.console.office import Office, Seat
from tests.console.reducer import Screen

LONG_FRAMES = 250


async def shop(office: Office) -> tuple[Seat, str]:
    """Anna, who has one conversation; its id."""
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    anna = await office.works("Anna", line)
    await office.desk.writes("Hello", inbox=inbox)
    id_ = str((await office.desk.conversation(inbox)).id)
    await anna.does("POST", f"/conversations/{id_}/take")
    return anna, id_


async def closed(seat: Seat) -> int:
    """With which code the seat's tab was closed."""
    while (message := await seat.tabs[-1].ws.receive(timeout=5)).type is not WSMsgType.CLOSE:
        assert message.type is WSMsgType.TEXT
    code: int = message.data
    return code


async def test_the_first_frame_is_a_snapshot(office: Office) -> None:
    anna, id_ = await shop(office)
    frame = await (await anna.opens()).frame()
    assert frame["type"] == "snapshot"
    assert frame["build"] == "a build of the tests"
    assert [row["id"] for row in frame["mine"]] == [id_]
    assert frame["me"]["reachable"]
    assert frame["counts"] == {
        "mine": 1, "mine_unanswered": 1, "waiting": 0, "all": 1, "closed": 0
    }  # fmt: skip


async def test_another_sites_page_gets_no_socket(office: Office) -> None:
    anna, _ = await shop(office)
    for origin, status in (("https://evil.example", 403), ("null", 403)):
        with pytest.raises(WSServerHandshakeError) as refused:
            await anna.client.ws_connect("/api/v1/feed", headers={"Origin": origin})
        assert refused.value.status == status
    here = str(anna.client.make_url("")).rstrip("/")
    ws = await anna.client.ws_connect("/api/v1/feed", headers={"Origin": here})
    await ws.close()


async def test_a_script_gets_no_socket(office: Office) -> None:
    script = await office.script()
    assert await script.refused("GET", "/feed", status=403) == "forbidden"


async def test_signing_out_closes_the_tabs_of_that_session(office: Office) -> None:
    anna, _ = await shop(office)
    elsewhere = await office.seat()
    await elsewhere.sign_in("anna@example.com")
    for seat in (anna, elsewhere):
        await (await seat.opens()).until("snapshot")
    await anna.does("DELETE", "/session", status=204)
    await office.moment()
    assert await closed(anna) == 4401
    await elsewhere.tabs[0].says({"type": "again"})
    await elsewhere.tabs[0].until("snapshot")


async def test_a_dismissed_operators_tabs_are_closed(office: Office) -> None:
    anna, _ = await shop(office)
    boss = await office.works("Boss", role=Role.ADMINISTRATOR)
    await (await anna.opens()).until("snapshot")
    assert anna.operator is not None
    await boss.does("PATCH", f"/operators/{anna.operator.id}", {"active": False})
    await office.moment()
    assert await closed(anna) == 4401


async def test_a_session_that_ends_by_itself_closes_its_tabs(office: Office) -> None:
    anna, _ = await shop(office)
    await (await anna.opens()).until("snapshot")
    office.desk.clock.move(timedelta(days=31).total_seconds())
    await office.moment(31)
    assert await closed(anna) == 4401


async def test_a_desk_that_stops_says_so_to_its_tabs(office: Office) -> None:
    anna, _ = await shop(office)
    await (await anna.opens()).until("snapshot")
    stopping = asyncio.create_task(office.server.close())
    assert await closed(anna) == 1012
    await stopping


async def test_news_that_may_be_lost_begin_again(office: Office) -> None:
    anna, _ = await shop(office)
    tab = await anna.opens()
    await tab.until("snapshot")
    office.desk.bus.missed()
    assert (await tab.frame())["type"] == "start_again"
    assert (await tab.frame())["type"] == "snapshot"


async def test_a_client_may_ask_for_a_snapshot(office: Office) -> None:
    anna, _ = await shop(office)
    tab = await anna.opens()
    await tab.until("snapshot")
    await tab.says({"type": "a word of a newer client"})
    await tab.says({"type": "again"})
    assert (await tab.until("snapshot"))["me"]["name"] == "Anna"


async def test_counts_come_soon_after_a_change_and_every_half_minute(office: Office) -> None:
    anna, id_ = await shop(office)
    tab = await anna.opens()
    await tab.until("snapshot")
    await anna.does("POST", f"/conversations/{id_}/close", {})
    await office.moment(0.3)
    counts = await tab.until("counts")
    assert (counts["counts"]["mine"], counts["counts"]["closed"]) == (0, 1)
    assert counts["highest_version"] == {}
    await tab.drained()
    await office.moment(31)
    sums = (await tab.until("counts"))["highest_version"]
    row = (await anna.gets("/conversations", list="closed"))["items"][0]
    assert sums == {"mine": 0, "waiting": 0, "all": 0, "closed": row["version"]}


async def test_what_a_client_holds_reaches_the_ledger(office: Office) -> None:
    anna, id_ = await shop(office)
    thread = (await anna.gets(f"/conversations/{id_}"))["conversation"]["thread_id"]
    boris = await office.works("Boris")
    for seat, seq in ((boris, 1), (anna, 900)):
        tab = await seat.opens()
        await tab.until("snapshot")
        await tab.says({"type": "received", "thread_id": thread, "seq": seq})
        await tab.says({"type": "received", "thread_id": str(uuid4()), "seq": 5})
        # Boris sees nothing of that line: his word does not count.
        await _is_held(office, up_to=0 if seat is boris else 1)
    chief = await office.script()
    entry = (await chief.gets("/ledger"))[0]
    assert (entry["stored"], entry["unseen"]) == (1, 0)


async def test_what_the_client_of_another_line_holds_counts_after_a_transfer(
    office: Office,
) -> None:
    anna, id_ = await shop(office)
    thread = (await anna.gets(f"/conversations/{id_}"))["conversation"]["thread_id"]
    repairs = await office.desk.line("repairs")
    boris = await office.works("Boris", repairs)
    await anna.does("POST", f"/conversations/{id_}/take")
    await anna.does(
        "POST", f"/conversations/{id_}/transfer", {"line_id": str(repairs.id), "comment": ""}
    )
    tab = await boris.opens()
    await tab.until("snapshot")
    await tab.says({"type": "received", "thread_id": thread, "seq": 1})
    await _is_held(office, up_to=1)


async def test_what_a_client_said_before_it_left_reaches_the_ledger(office: Office) -> None:
    anna, id_ = await shop(office)
    thread = (await anna.gets(f"/conversations/{id_}"))["conversation"]["thread_id"]
    tab = await anna.opens()
    await tab.until("snapshot")
    await tab.says({"type": "received", "thread_id": thread, "seq": 1})
    await tab.ws.close()
    await _is_held(office, up_to=1)


async def test_what_a_client_said_before_the_desk_stopped_reaches_the_ledger(
    office: Office,
) -> None:
    anna, id_ = await shop(office)
    thread = (await anna.gets(f"/conversations/{id_}"))["conversation"]["thread_id"]
    tab = await anna.opens()
    await tab.until("snapshot")
    await tab.says({"type": "received", "thread_id": thread, "seq": 1})
    await tab.says({"type": "again"})
    await tab.until("snapshot")
    stopping = asyncio.create_task(office.server.close())
    assert await closed(anna) == 1012
    await stopping
    inbox = await _inbox(office)
    assert (await office.desk.thread(inbox)).operator_got_seq == 1


async def _is_held(office: Office, *, up_to: int) -> None:
    """Operators' clients hold the thread up to there, once what was said has been taken in."""
    held = None
    for _ in range(20):
        await asyncio.sleep(0.05)
        await office.moment(1.1)
        held = (await office.desk.thread(await _inbox(office))).operator_got_seq
        if held == up_to:
            break
    assert held == up_to


async def _inbox(office: Office) -> Inbox:
    return (await office.desk.directory.inboxes())[0]


async def test_typing_is_told_to_the_others_and_not_too_often(office: Office) -> None:
    anna, id_ = await shop(office)
    boss = await office.works("Boss", role=Role.ADMINISTRATOR)
    hers, his = await anna.opens(), await boss.opens()
    await hers.until("snapshot")
    await his.until("snapshot")
    for _ in range(3):
        await hers.says({"type": "typing", "conversation_id": id_})
    await hers.says({"type": "typing", "conversation_id": str(uuid4())})
    assert anna.operator is not None
    assert (await his.until("typing"))["operator_id"] == str(anna.operator.id)
    assert [one for one in await his.drained() if one["type"] == "typing"] == []
    assert [one for one in await hers.drained() if one["type"] == "typing"] == []
    await anna.does("POST", f"/conversations/{id_}/typing", status=204)
    await his.until("typing")


async def test_an_open_tab_makes_its_operator_reachable(office: Office) -> None:
    desk = office.desk
    line = await desk.line()
    seat = await office.works("Vera", line)
    assert seat.operator is not None
    async with desk.storage.transaction() as tx:
        presence = await tx.presence.get(seat.operator.id)
        assert presence is not None
    desk.clock.move(2 * 86_400)
    await seat.sign_in("vera@example.com")
    assert not (await seat.gets("/session"))["me"]["reachable"]
    await (await seat.opens()).until("snapshot")
    assert (await seat.gets("/session"))["me"]["reachable"]


async def test_lists_show_what_lies_within_what_was_paged(office: Office) -> None:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    anna = await office.works("Anna", line)
    for number in range(55):
        await office.desk.writes("Hi", inbox=inbox, who=f"visitor-{number}")
        office.desk.clock.move(1)
    tab, screen = await anna.opens(), Screen()
    snapshot = await tab.until("snapshot")
    screen.apply(snapshot)
    assert len(snapshot["waiting"]["items"]) == 50
    await office.desk.writes("Me too", inbox=inbox, who="the last in the queue")
    taken = screen.list("waiting")[0]["id"]
    await anna.does("POST", f"/conversations/{taken}/take")
    for frame in await tab.drained():
        screen.apply(frame)
    fresh = (await (await anna.opens()).until("snapshot"))["waiting"]["items"]
    assert [row["id"] for row in screen.list("waiting")] == [row["id"] for row in fresh[:49]]


# --- a slow reader ----------------------------------------------------------------


def a_socket() -> Socket:
    operator = Operator(OperatorId(uuid4()), "a@example.com", "Anna")
    session = Session(b"hash", operator.id, NOON, NOON, NOON)
    return Socket(viewer(operator, [LineId(uuid4())]), session)


async def test_a_socket_keeps_its_frames_in_order_until_there_are_too_many() -> None:
    socket = a_socket()
    socket.put(b"before the snapshot")
    assert socket.begin()
    socket.put(b"0")
    assert await socket.next() == b"0"
    frames = [b"%d" % number for number in range(MOST_WAITING)]
    for frame in frames:
        socket.put(frame)
    assert await socket.next() == b"[" + b",".join(frames) + b"]"
    for _ in range(MOST_WAITING + 1):
        socket.put(b"one too many")
    assert socket.lost
    assert await socket.next() is None
    assert socket.begin()
    socket.put(b"after the snapshot")
    assert await socket.next() == b"after the snapshot"


async def test_what_waits_together_is_parted_where_it_grows_large() -> None:
    socket = a_socket()
    assert socket.begin()
    frame = b"x" * 30_000
    for _ in range(5):
        socket.put(frame)
    found = [await socket.next() for _ in range(2)]
    assert found == [b"[" + b",".join([frame] * 3) + b"]", b"[" + b",".join([frame] * 2) + b"]"]


async def test_a_slow_reader_starts_again_and_then_sees_everything(office: Office) -> None:
    anna, id_ = await shop(office)
    tab, screen = await anna.opens(), Screen()
    screen.apply(await tab.until("snapshot"))
    inbox = await _inbox(office)
    conversation = await office.desk.conversation(inbox)
    async with office.desk.storage.reading() as tx:
        [message] = await tx.messages.of_thread(conversation.thread_id)
    # More than the sockets' buffers hold, while she does not read.
    connection = tab.ws._conn
    assert connection is not None
    transport = connection.transport
    assert isinstance(transport, asyncio.Transport)
    transport.pause_reading()
    long = replace(message, text="x" * 50_000)
    for _ in range(LONG_FRAMES):
        office.desk.bus.publish([ConversationNews("MessageEdited", conversation, messages=(long,))])
        await asyncio.sleep(0)
    await anna.does("POST", f"/conversations/{id_}/close", {"reason": "spam"})
    transport.resume_reading()
    kinds = []
    for frame in await tab.drained(quiet_s=1.0):
        kinds.append(frame["type"])
        screen.apply(frame)
    assert kinds.count("snapshot") == kinds.count("start_again") == 1
    assert kinds.count("conversation") < LONG_FRAMES
    assert [row["close_reason"] for row in screen.list("closed")] == ["spam"]
