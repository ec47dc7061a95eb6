"""Attached files: kept on disk, known by their content.

A file is written beside its place, forced to the disk, and only then moved there, so that a key
always stands for a whole file. What it is, is read from its bytes: the sender's word is a hint.
"""

import asyncio
import errno
import hashlib
import io
import os
import re
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import quote

import imagesize
import puremagic

from router.errors import Busy, Invalid, NotFound

WRITE_BYTES = 256 * 1024
BATCH_KEYS = 500
HEAD_BYTES = 64 * 1024
KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}-[0-9a-f]{64}")

UNKNOWN = "application/octet-stream"
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
AUDIO_AND_VIDEO = frozenset(
    {"audio/mpeg", "audio/ogg", "audio/mp4", "audio/webm", "video/mp4", "video/webm", "video/ogg"}
)
# One container, several names: which of them it is, only the sender knows.
FAMILIES = (
    frozenset({"application/ogg", "audio/ogg", "video/ogg"}),
    frozenset({"video/mp4", "audio/mp4", "audio/x-m4a", "video/quicktime"}),
    frozenset({"video/webm", "audio/webm", "video/x-matroska"}),
    frozenset({"audio/mpeg", "audio/mp3"}),
)
TEXTS = frozenset({"text/plain", "text/csv", "text/markdown", "application/json"})
LONGEST_NAME_CHARS = 150
# Controls, and the marks that turn the direction of writing, in which "gpj.exe" hides.
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Blob:
    """A kept file. `width` and `height`, as shown, are known of pictures only."""

    key: str
    size_bytes: int
    sha256: str
    mime: str
    width: int | None = None
    height: int | None = None


class Blobs(Protocol):
    """Where files are kept."""

    async def keep(
        self, body: AsyncIterator[bytes], *, max_bytes: int, claimed_mime: str = ""
    ) -> Blob:
        """Keep a file; returns when it would survive a power cut.

        Raises:
            Invalid: it is larger than `max_bytes`.
            Busy: there is no room; nothing was kept.
        """

    async def read(self, key: str) -> bytes:
        """The whole file. Raises `NotFound`."""

    def path(self, key: str) -> Path | None:
        """Where it lies on this machine; None if it does not."""

    async def delete(self, key: str) -> bool:
        """Forget it for good. False if it was gone already."""

    def kept_before(self, *, older_than_s: float) -> AsyncIterator[Sequence[str]]:
        """The keys of what was kept so long ago, in batches."""


class DiskBlobs:
    """Files in a folder: `ab/cd/<random>-<sha256>`, by the first digits of the sum."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"

    async def keep(
        self, body: AsyncIterator[bytes], *, max_bytes: int, claimed_mime: str = ""
    ) -> Blob:
        name = secrets.token_hex(16)
        temporary = self._incoming / name
        try:
            head, sha256, size_bytes = await self._write(temporary, body, max_bytes)
            key = f"{sha256[:2]}/{sha256[2:4]}/{name}-{sha256}"
            await asyncio.to_thread(_settle, temporary, self._folder / key)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                raise Busy("there is no room for files") from error
            raise
        finally:
            temporary.unlink(missing_ok=True)
        mime = sniffed(head, claimed=claimed_mime)
        width, height = picture_size(head, mime=mime)
        return Blob(key, size_bytes, sha256, mime, width, height)

    async def read(self, key: str) -> bytes:
        path = self.path(key)
        if path is None:
            raise NotFound("no such file")
        return await asyncio.to_thread(path.read_bytes)

    def path(self, key: str) -> Path | None:
        if not KEY.fullmatch(key):
            return None
        path = self._folder / key
        return path if path.is_file() else None

    async def delete(self, key: str) -> bool:
        path = self.path(key)
        if path is None:
            return False
        path.unlink(missing_ok=True)
        return True

    async def sweep(self, *, older_than_s: float) -> int:
        """Remove what interrupted uploads left behind; gives how many."""
        return await asyncio.to_thread(_swept, self._incoming, older_than_s)

    async def kept_before(self, *, older_than_s: float) -> AsyncIterator[Sequence[str]]:
        for number in range(256):
            folder = self._folder / f"{number:02x}"
            keys = await asyncio.to_thread(_kept_in, folder, older_than_s)
            for first in range(0, len(keys), BATCH_KEYS):
                yield keys[first : first + BATCH_KEYS]

    async def _write(
        self, temporary: Path, body: AsyncIterator[bytes], max_bytes: int
    ) -> tuple[bytes, str, int]:
        digest, head, size_bytes, buffer = hashlib.sha256(), b"", 0, bytearray()
        file = await asyncio.to_thread(_created, temporary)
        try:
            async for chunk in body:
                size_bytes += len(chunk)
                if size_bytes > max_bytes:
                    raise Invalid("the file is too large", fields={"file": "too_large"})
                digest.update(chunk)
                buffer += chunk
                if len(head) < HEAD_BYTES:
                    head += chunk[: HEAD_BYTES - len(head)]
                if len(buffer) >= WRITE_BYTES:
                    await asyncio.to_thread(file.write, bytes(buffer))
                    buffer.clear()
            await asyncio.to_thread(_finished, file, bytes(buffer))
        finally:
            file.close()
        return head, digest.hexdigest(), size_bytes


def sniffed(head: bytes, *, claimed: str = "") -> str:
    """The MIME type of a file that begins with `head`; `claimed` decides only what bytes cannot."""
    claimed = claimed.partition(";")[0].strip().lower()
    found = _candidates(head)
    if claimed in found:
        return claimed
    for family in FAMILIES:
        if claimed in family and family.intersection(found):
            return claimed
    if head.startswith(b"PK\x03\x04"):
        return "application/zip"
    if found:
        return found[0]
    if _is_text(head):
        return claimed if claimed in TEXTS else "text/plain"
    return UNKNOWN


def picture_size(head: bytes, *, mime: str) -> tuple[int, int] | tuple[None, None]:
    """Width and height in pixels, as turned for showing; None if it is no picture that we show."""
    if mime not in PICTURES:
        return None, None
    width, height = imagesize.get(io.BytesIO(head))
    return (int(width), int(height)) if width > 0 and height > 0 else (None, None)


def disposition(mime: str) -> str:
    """Whether a browser may show the file in its place (`inline`) or must save it (`attachment`).

    Only pictures, sound and film: nothing that can hold a script.
    """
    return "inline" if mime in PICTURES or mime in AUDIO_AND_VIDEO else "attachment"


def serving_headers(name: str, mime: str) -> dict[str, str]:
    """The headers under which a file of unknown origin is served to a browser."""
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", name)
    named = f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {
        "Content-Type": mime if disposition(mime) == "inline" else UNKNOWN,
        "Content-Disposition": f"{disposition(mime)}; {named}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "private, max-age=86400",
    }


def file_name(claimed: str) -> str:
    """A sender's file name without folders, invisible characters and excess; never empty."""
    name = INVISIBLE.sub("", claimed.replace("\\", "/")).rpartition("/")[2]
    name = name.encode(errors="ignore").decode().strip(" .") or "file"
    if len(name) <= LONGEST_NAME_CHARS:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:LONGEST_NAME_CHARS]
    return stem[: LONGEST_NAME_CHARS - len(ending) - 1] + dot + ending


def _candidates(head: bytes) -> list[str]:
    """What the bytes may be, the likeliest first."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return ["text/html"]
    if start.startswith((b"<svg", b"<?xml")):
        return ["image/svg+xml" if b"<svg" in head.lower() else "application/xml"]
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return []
    return list(dict.fromkeys(match.mime_type for match in matches if match.mime_type))


def _is_text(head: bytes) -> bool:
    try:
        # The last character may have been cut in two.
        text = head.decode() if len(head) < HEAD_BYTES else head[:-4].decode(errors="ignore")
    except UnicodeDecodeError:
        return False
    return "\0" not in text


def _created(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


def _finished(file: BinaryIO, rest: bytes) -> None:
    file.write(rest)
    file.flush()
    os.fsync(file.fileno())


def _settle(temporary: Path, path: Path) -> None:
    """Move a written file to its place, so that it is there after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(path)
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _swept(folder: Path, older_than_s: float) -> int:
    if not folder.is_dir():
        return 0
    before = time.time() - older_than_s
    old = [path for path in folder.iterdir() if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _kept_in(folder: Path, older_than_s: float) -> list[str]:
    before = time.time() - older_than_s
    return [
        f"{path.parent.parent.name}/{path.parent.name}/{path.name}"
        for path in folder.glob("*/*")
        if path.stat().st_mtime < before
    ]
