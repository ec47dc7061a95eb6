"""A Telegram on this machine: a strict Bot API server over real HTTP, and the people who use it.

    async with fake_telegram() as telegram:
        anna = telegram.person(7, "Anna")
        telegram.writes(anna, "Hello")          # the bot hears of it by polling or by its webhook
        anna.texts()                            # what the bot has said to her

What may go wrong is asked for: `telegram.next("sendMessage", says_429(3))`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic, time
from typing import Any
from uuid import uuid4

from aiohttp import BodyPartReader, web

from tests.fakes.telegram.business import Business
from tests.fakes.telegram.methods import Given, Methods
from tests.fakes.telegram.queue import UpdateQueue
from tests.fakes.telegram.reactions import reaction_type
from tests.fakes.telegram.world import Chat, Person, Refused, World

TOKEN = "1234567890:AAE-made-up-token-of-the-tests-0001"
BOT = {"id": 1234567890, "is_bot": True, "first_name": "Liniya", "username": "liniya_test_bot"}

# Does the call with `do`, or not, and answers.
Trouble = Callable[[web.Request, Callable[[], Awaitable[web.Response]]], Awaitable[web.Response]]


@dataclass
class Call:
    """A call that came. `at_s` is when, on a clock that only goes forward."""

    method: str
    given: Given
    at_s: float


class FakeTelegram:
    """One bot's Telegram. `calls` are all that were made, in order."""

    def __init__(self, *, hurry: float = 0.02, proxied: bool = False) -> None:
        self.token = TOKEN
        self.url = ""
        self.world = World(dict(BOT))
        self.queue = UpdateQueue(hurry=hurry, proxied=proxied)
        self.methods = Methods(self.world, self.queue)
        self.calls: list[Call] = []
        self._heard = asyncio.Condition()
        self._troubles: dict[str, list[Trouble]] = {}

    # --- people -------------------------------------------------------------

    def person(self, id_: int, name: str, **told: Any) -> Chat:
        return self.world.person(id_, name, **told)

    def group(self, id_: int, title: str, *, topics: Sequence[int] = ()) -> Chat:
        return self.world.group(id_, title, topics=topics)

    def direct(self, id_: int, title: str) -> Chat:
        return self.world.direct(id_, title)

    def business(self, id_: int, name: str, connection: str = "bc1") -> Business:
        """An account whose owner connects the bot."""
        made = Business(connection, Person(id_, name), World(self.world.bot), self.queue)
        self.methods.accounts[connection] = made
        return made

    def writes(self, chat: Chat, text: str = "", **content: Any) -> dict[str, Any]:
        """Whose chat it is says something; in a group give `by`."""
        by = content.pop("by", None) or chat.person
        assert by is not None
        said = {"text": text} if text else {}
        if chat.direct:
            to = content.pop("to", None) or by
            chat.topics.add(to.id)
            content["direct_messages_topic"] = {"topic_id": to.id, "user": to.shown()}
        message = self.world.add(chat, by.shown(), **said, **content)
        self.queue.put("message", message, lane=str(chat.id))
        return message

    def repeats(self, chat: Chat, message: dict[str, Any]) -> None:
        """The same message comes once more, out of its turn."""
        self.queue.put("message", message, lane=f"again/{chat.id}/{message['message_id']}")

    def sends_photo(self, chat: Chat, data: bytes, **content: Any) -> dict[str, Any]:
        small, large = self.world.kept(data[:40], "jpg"), self.world.kept(data, "jpg")
        sizes = [{**small, "width": 90, "height": 60}, {**large, "width": 320, "height": 200}]
        return self.writes(chat, photo=sizes, **content)

    def sends_document(self, chat: Chat, name: str, data: bytes, **content: Any) -> dict[str, Any]:
        return self.writes(chat, document={**self.world.kept(data), "file_name": name}, **content)

    def edits(self, chat: Chat, message: dict[str, Any], text: str) -> None:
        message |= {"text": text, "edit_date": int(time())}
        self.queue.put("edited_message", dict(message), lane=str(chat.id))

    def reacts(
        self, chat: Chat, message: dict[str, Any], *emoji: str, by: Chat | None = None
    ) -> None:
        """All that a person has under a message now. Letters are a picture of their own."""
        who = (by or chat).person
        assert who is not None
        place = (message["message_id"], who.id)
        before, now = chat.reacted.get(place, []), [reaction_type(one) for one in emoji]
        chat.reacted[place] = now
        change = {
            "chat": chat.shown(), "message_id": message["message_id"], "user": who.shown(),
            "date": int(time()), "old_reaction": before,
            "new_reaction": now,
        }  # fmt: skip
        self.queue.put("message_reaction", change, lane=f"reaction/{chat.id}")

    def presses(self, chat: Chat, message: dict[str, Any], label: str) -> str:
        """Press the button of that label; gives the press's id."""
        assert chat.person is not None
        rows = message["reply_markup"]["inline_keyboard"]
        (button,) = (one for row in rows for one in row if one["text"] == label)
        press = {
            "id": uuid4().hex, "from": chat.person.shown(), "message": message,
            "chat_instance": "1", "data": button["callback_data"],
        }  # fmt: skip
        self.queue.put("callback_query", press, lane=f"press/{chat.id}")
        return str(press["id"])

    def blocks(self, chat: Chat, *, blocked: bool = True) -> None:
        assert chat.person is not None
        chat.blocked = blocked
        was, is_ = ("member", "kicked") if blocked else ("kicked", "member")
        member = {
            "chat": chat.shown(), "from": chat.person.shown(), "date": int(time()),
            "old_chat_member": {"user": self.world.bot, "status": was},
            "new_chat_member": {"user": self.world.bot, "status": is_, "until_date": 0},
        }  # fmt: skip
        self.queue.put("my_chat_member", member, lane=str(chat.id))

    # --- trouble ------------------------------------------------------------

    def next(self, method: str, *troubles: Trouble) -> None:
        """What the next calls of a method run into."""
        self._troubles.setdefault(method.lower(), []).extend(troubles)

    async def until_called(self, method: str, *, times: int = 1) -> None:
        """Return once a method was called that often."""
        async with asyncio.timeout(60), self._heard:
            await self._heard.wait_for(lambda: len(self.called(method)) >= times)

    def called(self, method: str) -> list[Call]:
        return [one for one in self.calls if one.method == method.lower()]

    # --- HTTP ---------------------------------------------------------------

    async def handle(self, request: web.Request) -> web.Response:
        token, name = request.match_info["token"], request.match_info["method"].lower()
        if token != self.token:
            return _refusal(Refused(401, "Unauthorized"))
        given = await _given(request)
        self.calls.append(Call(name, given, monotonic()))
        async with self._heard:
            self._heard.notify_all()

        async def do() -> web.Response:
            try:
                result = await self.methods.call(name, given)
            except Refused as refused:
                return _refusal(refused)
            return web.json_response({"ok": True, "result": result})

        troubles = self._troubles.get(name)
        return await (troubles.pop(0)(request, do) if troubles else do())

    async def handle_file(self, request: web.Request) -> web.Response:
        paths = {one.path: one.data for one in self.world.files.values()}
        data = paths.get(request.match_info["path"])
        if request.match_info["token"] != self.token or data is None:
            return _refusal(Refused(404, "Not Found"))
        return web.Response(body=data, content_type="application/octet-stream")


@asynccontextmanager
async def fake_telegram(
    *, hurry: float = 0.02, port: int = 0, proxied: bool = False
) -> AsyncIterator[FakeTelegram]:
    """Its server, on a free port of this machine. `proxied` as in `UpdateQueue`."""
    telegram = FakeTelegram(hurry=hurry, proxied=proxied)
    application = web.Application(client_max_size=64 * 1024 * 1024)
    application.router.add_post("/bot{token}/{method}", telegram.handle)
    application.router.add_get("/file/bot{token}/{path:.+}", telegram.handle_file)
    runner = web.AppRunner(application, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    telegram.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield telegram
    finally:
        await telegram.queue.close()
        await runner.cleanup()


# --- troubles ----------------------------------------------------------------


def nothing() -> Trouble:
    """All is well this time."""

    async def trouble(request: web.Request, do: Any) -> web.Response:
        answer: web.Response = await do()
        return answer

    return trouble


def says_429(retry_after: int) -> Trouble:
    async def trouble(request: web.Request, do: Any) -> web.Response:
        words = f"Too Many Requests: retry after {retry_after}"
        return _refusal(Refused(429, words, retry_after=retry_after))

    return trouble


def refuses(code: int, description: str, **parameters: int) -> Trouble:
    async def trouble(request: web.Request, do: Any) -> web.Response:
        return _refusal(Refused(code, description, **parameters))

    return trouble


def says_502(*, done: bool = False) -> Trouble:
    """A page in the place of an answer. `done`: the call was carried out all the same."""

    async def trouble(request: web.Request, do: Any) -> web.Response:
        if done:
            await do()
        page = "<html><head><title>502 Bad Gateway</title></head></html>"
        return web.Response(status=502, text=page, content_type="text/html")

    return trouble


def hangs_up(*, done: bool = False) -> Trouble:
    """The connection is cut before the answer."""

    async def trouble(request: web.Request, do: Any) -> web.Response:
        if done:
            await do()
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    return trouble


def never_answers() -> Trouble:
    async def trouble(request: web.Request, do: Any) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    return trouble


async def _given(request: web.Request) -> Given:
    if request.content_type == "application/json":
        return Given(await request.json())
    if request.content_type != "multipart/form-data":
        return Given(dict(await request.post()))
    values: dict[str, Any] = {}
    files = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        told = _disposition(part.headers["Content-Disposition"])
        if "filename" in told:
            files[told["name"]] = (told["filename"], bytes(await part.read()))
        else:
            values[told["name"]] = await part.text()
    return Given(values, files)


def _disposition(header: str) -> dict[str, str]:
    """As Telegram reads it: what is quoted ends at a semicolon too, and nothing is escaped. Read
    2026-11-29 in td/tdnet/td/net/HttpReader.cpp of github.com/tdlib/td.
    """
    assert header.startswith("form-data;")
    told = {}
    for piece in header.removeprefix("form-data;").split(";"):
        name, is_, value = piece.partition("=")
        if not is_:
            break
        value = value.strip()
        quoted = len(value) > 1 and value[0] == value[-1] == '"'
        told[name.strip()] = value[1:-1] if quoted else value
    return told


def _refusal(refused: Refused) -> web.Response:
    body: dict[str, Any] = {
        "ok": False, "error_code": refused.code, "description": refused.description,
    }  # fmt: skip
    if refused.parameters:
        body["parameters"] = refused.parameters
    return web.json_response(body, status=refused.code)
