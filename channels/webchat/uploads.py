"""Files on their way in: one at a time, before they are part of a message."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
from aiohttp import BodyPartReader, web

from channels.webchat import frames
from channels.webchat.limits import Budgets
from channels.webchat.visitors import ForeignToken, Tokens, Visitor
from router.errors import Busy, Invalid
from router.visitor import Front

COST = 6
CHUNK_BYTES = 64 * 1024
# A slow telephone takes its time over twenty megabytes.
UPLOAD_TIMEOUT_S = 300.0
MAX_NAME_CHARS = 255


class TooLarge(Exception):
    """More bytes came than a file may have."""


class TooMuch(Exception):
    """More than the budget holds; `retry_after_s`: when it will."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("slow down")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Purse:
    """What one upload is paid from. Both raise `TooMuch`."""

    budgets: Budgets
    visitor_id: str
    address: str

    def ask(self) -> None:
        _check(self.budgets.ask(self.visitor_id, self.address, COST))

    def pay(self, size_bytes: int) -> None:
        _check(self.budgets.upload(self.visitor_id, self.address, size_bytes))


def _check(retry_after_s: int) -> None:
    if retry_after_s:
        raise TooMuch(retry_after_s)


async def take_file(
    request: web.Request, front: Front, *, tokens: Tokens, budgets: Budgets, max_bytes: int
) -> web.Response:
    """Store the upload in `request`, or say why not."""
    try:
        visitor = _visitor(request, front, tokens)
        purse = Purse(budgets, visitor.id, request.remote or "")
        purse.ask()
        async with asyncio.timeout(UPLOAD_TIMEOUT_S):
            return await _stored(request, front, purse, max_bytes)
    except ForeignToken:
        return _refusal(401, "this token is not ours")
    except TooMuch as error:
        return _refusal(429, str(error), retry_after_s=error.retry_after_s)
    except TooLarge:
        return _refusal(413, f"at most {max_bytes} bytes")
    except Invalid as error:
        return _refusal(415, str(error))
    except Busy:
        return _refusal(503, "come back soon", retry_after_s=2)
    except TimeoutError:
        return _refusal(408, "the file did not arrive in time")
    except ValueError:
        return _refusal(400, "this is no form with a file")


async def _stored(request: web.Request, front: Front, purse: Purse, max_bytes: int) -> web.Response:
    declared_bytes = request.content_length or 0
    # The form's own lines come on top of the file.
    if declared_bytes > max_bytes + CHUNK_BYTES:
        raise TooLarge
    if request.content_type != "multipart/form-data":
        raise ValueError("this is no form")
    purse.pay(declared_bytes)
    form = await request.multipart()
    while isinstance(part := await form.next(), BodyPartReader):
        if part.name == "file":
            name = (part.filename or "file")[:MAX_NAME_CHARS]
            body = _chunks(part, max_bytes, purse=purse, paid_bytes=declared_bytes)
            file = await front.desk.keep_file(purse.visitor_id, name, body)
            shown = frames.stored_file(file, front.desk.file_url(file))
            return web.Response(body=msgspec.json.encode(shown), content_type="application/json")
        await _skip(part)
    raise ValueError("the form has no file")


async def _skip(part: BodyPartReader) -> None:
    size_bytes = 0
    while chunk := await part.read_chunk(CHUNK_BYTES):
        size_bytes += len(chunk)
        if size_bytes > CHUNK_BYTES:
            raise TooLarge


async def _chunks(
    part: BodyPartReader, max_bytes: int, *, purse: Purse, paid_bytes: int
) -> AsyncIterator[bytes]:
    """What is declared is paid before it comes; what comes without being declared, as it comes."""
    size_bytes = 0
    while chunk := await part.read_chunk(CHUNK_BYTES):
        size_bytes += len(chunk)
        if size_bytes > max_bytes:
            raise TooLarge
        if size_bytes > paid_bytes:
            purse.pay(len(chunk))
        yield bytes(chunk)


def _visitor(request: web.Request, front: Front, tokens: Tokens) -> Visitor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer":
        raise ForeignToken
    return tokens.read(front.inbox.id, token)


def _refusal(status: int, detail: str, *, retry_after_s: int | None = None) -> web.Response:
    body = msgspec.json.encode({"detail": detail})
    response = web.Response(status=status, body=body, content_type="application/json")
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    # What is left of the form is not worth reading.
    response.force_close()
    return response
