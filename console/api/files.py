"""Uploads: a file is kept first and named in an answer afterwards."""

from collections.abc import AsyncIterator

from aiohttp import BodyPartReader

from console.access import person
from console.api.problems import TooLarge
from console.api.route import Ask, Route
from console.api.shapes import FileView
from console.views import file_view
from router.errors import Invalid

MAX_FILE_BYTES = 25_000_000
CHUNK_BYTES = 64 * 1024


async def upload(ask: Ask) -> FileView:
    """Keep the part `file` of a multipart form; only whoever sent it may answer with it."""
    who = person(ask.viewer)
    part = await _file_part(ask)
    file = await ask.desk.filing.take_in(
        part.filename or "", _chunks(part), uploader=str(who.id), max_bytes=MAX_FILE_BYTES
    )
    return file_view(file, ask.desk.file_url)


async def _file_part(ask: Ask) -> BodyPartReader:
    if ask.request.content_type != "multipart/form-data":
        raise Invalid("send a multipart form with the part `file`")
    # The form's own lines come on top of the file.
    if (ask.request.content_length or 0) > MAX_FILE_BYTES + CHUNK_BYTES:
        raise TooLarge
    try:
        part = await (await ask.request.multipart()).next()
    except ValueError as error:
        raise Invalid("the form cannot be read") from error
    if not isinstance(part, BodyPartReader) or part.name != "file":
        raise Invalid("the form has no part `file`", fields={"file": "is missing"})
    return part


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    try:
        while chunk := await part.read_chunk(CHUNK_BYTES):
            yield chunk
    except ValueError as error:
        raise Invalid("the form cannot be read") from error


ROUTES = (Route("POST", "/files", upload, status=201),)
