"""HTTP and WebSocket as bare as they can be spoken: a client must cost less than what it measures.

No library: aiohttp's client takes longer for a request than the desk does.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import cast

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
NO_MASK = b"\0\0\0\0"
CONNECT_TIMEOUT_S = 30.0


class Refused(Exception):
    """The server did not do what was asked."""


class Posts:
    """Kept connections for POSTs; each carries one at a time."""

    def __init__(self, port: int, path: str, headers: str) -> None:
        self._port = port
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, body: bytes) -> bytes:
        """Gives the answer's body. Raises `Refused` unless it is a 200."""
        if self._free:
            reader, writer = self._free.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"%s%d\r\n\r\n%s" % (self._head, len(body), body))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        answer = await reader.readexactly(length)
        self._free.append((reader, writer))
        if not head.startswith(b"HTTP/1.1 200"):
            raise Refused(f"{head[:12]!r} {answer[:300]!r}")
        return answer


class Socket(asyncio.Protocol):
    """A WebSocket that reads: `hear` gets each text frame. It answers pings."""

    __slots__ = ("_buffer", "_hear", "_open", "closed_with", "opened", "transport")

    def __init__(self, request: bytes, hear: Callable[[bytes], None]) -> None:
        self._buffer = request
        self._hear = hear
        self._open = False
        self.opened: asyncio.Future[None] | None = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None
        self.closed_with: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        request, self._buffer = self._buffer, b""
        self.transport.write(request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed_with = self.closed_with or 1006
        if self.opened is not None and not self.opened.done():
            self.opened.set_exception(Refused("the socket was not opened"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self._begin(head)
            self._buffer = rest
        self._read()

    def _begin(self, head: bytes) -> None:
        assert self.opened is not None
        if head.startswith(b"HTTP/1.1 101"):
            self._open = True
            self.opened.set_result(None)
        else:
            self.opened.set_exception(Refused(head.split(b"\r\n", 1)[0].decode()))
        self.opened = None

    def _read(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            length, start = buffer[at + 1] & 0x7F, at + 2
            if length == 126:
                start += 2
                length = int.from_bytes(buffer[at + 2 : start])
            elif length == 127:
                start += 8
                length = int.from_bytes(buffer[at + 2 : start])
            if len(buffer) < start + length:
                break
            self._take(buffer[at] & 0xF, buffer[start : start + length])
            at = start + length
        self._buffer = buffer[at:]

    def _take(self, kind: int, payload: bytes) -> None:
        match kind:
            case 0x1:
                self._hear(payload)
            case 0x9:
                self.send(payload, kind=PONG)
            case 0x8:
                self.closed_with = int.from_bytes(payload[:2]) if payload else 1005
            case _:
                pass

    def send(self, payload: bytes, *, kind: int = TEXT) -> None:
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else struct.pack("!BH", 0xFE, length)
        assert self.transport is not None
        self.transport.write(bytes([0x80 | kind]) + size + NO_MASK + payload)


async def opened(
    port: int, path: str, hear: Callable[[bytes], None], *, cookie: str = ""
) -> Socket:
    """An open socket. Raises `Refused`."""
    key = base64.b64encode(os.urandom(16)).decode()
    held = f"Cookie: {cookie}\r\n" if cookie else ""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{held}\r\n"
    )
    _, socket = await asyncio.get_running_loop().create_connection(
        lambda: Socket(request.encode(), hear), "127.0.0.1", port
    )
    if socket.opened is not None:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await socket.opened
    return socket
