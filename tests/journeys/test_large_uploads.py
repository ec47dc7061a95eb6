"""A gigabyte at an upload door is refused early; neither memory nor the disk grows with it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession, FormData

from tests.journeys.shapes import Shape, one_process

pytestmark = pytest.mark.timeout(240)

GIGABYTE = 1 << 30
MEGABYTE = 1 << 20
PIECE = bytes(64 * 1024)
HEAD = (
    b'--b\r\nContent-Disposition: form-data; name="%s"; filename="film.mp4"\r\n'
    b"Content-Type: video/mp4\r\n\r\n"
)
PASSWORD = "a password of the journeys"
# What is under way between the two sides: buffers of both, and of the machine.
UNDER_WAY = 24 * MEGABYTE
GROWTH = 32 * MEGABYTE
# How long after the answer whoever does not listen is still fed.
AFTERWARDS_S = 2.0


@dataclass
class Door:
    """An upload door, and what lets somebody in."""

    path: str
    headers: dict[str, str]
    largest_bytes: int


@dataclass
class Pushed:
    """What came of it: the answer's status, and how much had been sent by then."""

    status: int
    sent_bytes: int


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shape]:
    with one_process(tmp_path_factory.mktemp("large")) as shape:
        yield shape


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


async def the_visitors(desk: Shape, session: ClientSession) -> Door:
    async with session.ws_connect(f"{desk.address}/chat/shop/socket") as socket:
        await socket.send_json({"type": "hello"})
        token = (await socket.receive_json(timeout=20))["token"]
    return Door("/chat/shop/files", {"Authorization": f"Bearer {token}"}, 20_000_000)


async def the_operators(desk: Shape, session: ClientSession) -> Door:
    api, email = f"{desk.address}/api/v1", f"anna-{time.monotonic_ns()}@example.com"
    anna = {"email": email, "name": "Anna", "role": "operator", "line_ids": []}
    script = {"Authorization": f"Bearer {await desk.token('uploads')}"}
    async with session.post(f"{api}/operators", json=anna, headers=script) as made:
        once = (await made.json())["one_time_password"]
    place = f"{api}/session"
    async with session.post(place, json={"email": email, "password": once}) as entered:
        csrf = (await entered.json())["csrf_token"]
        cookie = entered.headers["Set-Cookie"].partition(";")[0]
    headers = {"Cookie": cookie, "X-CSRF-Token": csrf}
    new = {"current": once, "new": PASSWORD}
    async with session.put(f"{place}/password", json=new, headers=headers) as changed:
        assert changed.status == 200
    return Door("/api/v1/files", headers, 25_000_000)


DOORS = {"visitors": the_visitors, "operators": the_operators}


async def push(desk: Shape, door: Door, *, name: bytes, **headers: str) -> Pushed:
    """Send a gigabyte, as fast as it is taken, and go on for a while after the answer."""
    host, port = desk.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = {"Host": f"{host}:{port}", "Content-Type": "multipart/form-data; boundary=b"}
    lines |= door.headers | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"POST {door.path} HTTP/1.1\r\n{head}\r\n".encode())
    chunked = "Transfer_Encoding" in headers
    answer = asyncio.create_task(reader.readline())
    sent_bytes, by_then, until_s = 0, 0, float("inf")
    piece = HEAD % name
    with suppress(ConnectionError):
        while sent_bytes < GIGABYTE and time.monotonic() < until_s:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
            # So that the answer is heard although there is always room to write.
            await asyncio.sleep(0)
            sent_bytes += len(piece)
            piece = PIECE
            if answer.done() and not by_then:
                by_then, until_s = sent_bytes, time.monotonic() + AFTERWARDS_S
    status = int((await asyncio.wait_for(answer, 30)).split()[1])
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return Pushed(status, by_then or sent_bytes)


class Watch:
    """The desk's memory and its folder of files, looked at all the time."""

    def __init__(self, desk: Shape) -> None:
        process = desk.programs["all"]._process
        assert process is not None
        self._status = Path(f"/proc/{process.pid}/status")
        self._blobs = Path(desk.environment["ROUTER_DATA_DIR"]) / "blobs"
        self._before = self._memory(), self._disk()
        self.memory_grew = self.disk_grew = 0
        self._task = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            memory, disk = self._before
            self.memory_grew = max(self.memory_grew, self._memory() - memory)
            self.disk_grew = max(self.disk_grew, self._disk() - disk)
            await asyncio.sleep(0.02)

    def _memory(self) -> int:
        lines = dict(line.split(":", 1) for line in self._status.read_text().splitlines())
        return int(lines["VmRSS"].split()[0]) * 1024

    def _disk(self) -> int:
        total = 0
        for path in self._blobs.rglob("*"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    async def stop(self) -> int:
        """How much the folder holds more in the end."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        return self._disk() - self._before[1]


async def takes_a_small_file(desk: Shape, session: ClientSession, door: Door) -> bool:
    form = FormData()
    form.add_field("file", b"a small file", filename="small.txt")
    async with session.post(
        f"{desk.address}{door.path}", data=form, headers=door.headers
    ) as answer:
        return answer.status in (200, 201)


@pytest.mark.parametrize("door_of", DOORS)
@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"Content_Length": str(GIGABYTE)}, b"file"),
        ({"Transfer_Encoding": "chunked"}, b"file"),
        ({"Transfer_Encoding": "chunked"}, b"another"),
        ({"Content_Length": "100000"}, b"file"),
    ],
    ids=["declared", "chunked", "in another part", "declared as less"],
)
async def test_a_gigabyte_is_refused_early(
    desk: Shape, session: ClientSession, door_of: str, headers: dict[str, str], name: bytes
) -> None:
    door = await DOORS[door_of](desk, session)
    assert await takes_a_small_file(desk, session, door)
    watch = Watch(desk)
    pushing = asyncio.create_task(push(desk, door, name=name, **headers))
    while not pushing.done():
        async with session.get(f"{desk.address}/health") as answer:
            assert answer.status == 200
        await asyncio.sleep(0.1)
    pushed = await pushing
    kept = await watch.stop()
    assert pushed.status in (400, 413)
    assert pushed.sent_bytes < door.largest_bytes + UNDER_WAY
    assert watch.memory_grew < GROWTH
    assert watch.disk_grew <= door.largest_bytes + MEGABYTE
    assert kept == 0
    assert await takes_a_small_file(desk, session, door)
