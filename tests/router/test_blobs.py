"""Attached files: `router.blobs`."""

import asyncio
import hashlib
import os
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.blobs import (
    HEAD_BYTES,
    KEY,
    Blobs,
    DiskBlobs,
    disposition,
    file_name,
    picture_size,
    serving_headers,
    sniffed,
)
from router.errors import Invalid, NotFound


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def jpeg(width: int, height: int, *, turned: bool = False) -> bytes:
    exif = b""
    if turned:
        tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
        exif = b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes.fromhex("011100021100031100")
    return (
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
        + exif
        + b"\xff\xc0"
        + frame
        + b"\xff\xd9"
    )


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def webp(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    data = b"WEBPVP8L" + struct.pack("<I", 5) + b"\x2f" + struct.pack("<I", bits) + b"\0"
    return b"RIFF" + struct.pack("<I", len(data)) + data


PDF, OGG, MP4 = b"%PDF-1.7\n%", b"OggS\0\x02" + b"\0" * 60, b"\0\0\0\x18ftypmp42" + b"\0" * 40


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "blobs")


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_kept_file_is_read_as_it_came(blobs: DiskBlobs) -> None:
    store: Blobs = blobs
    kept = await store.keep(stream(b"one ", b"", b"two"), max_bytes=100)
    assert await store.read(kept.key) == b"one two"
    assert (kept.size_bytes, kept.mime) == (7, "text/plain")
    assert kept.sha256 == hashlib.sha256(b"one two").hexdigest()
    path = store.path(kept.key)
    assert path is not None
    assert path.read_bytes() == b"one two"


async def test_large_file_is_written_in_parts(blobs: DiskBlobs) -> None:
    parts = [os.urandom(100_000) for _ in range(20)]
    kept = await blobs.keep(stream(*parts), max_bytes=2_000_000)
    assert await blobs.read(kept.key) == b"".join(parts)


async def test_same_file_twice_is_two_files(blobs: DiskBlobs) -> None:
    """Deleting one customer's file leaves the other's."""
    first = await blobs.keep(stream(b"x"), max_bytes=1)
    second = await blobs.keep(stream(b"x"), max_bytes=1)
    assert first.key != second.key
    await blobs.delete(first.key)
    assert await blobs.read(second.key) == b"x"


async def test_file_that_is_too_large_leaves_nothing(blobs: DiskBlobs, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        await blobs.keep(stream(b"12345", b"67890"), max_bytes=9)
    assert files_in(tmp_path) == []


async def test_interrupted_upload_leaves_nothing(blobs: DiskBlobs, tmp_path: Path) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.keep(breaks(), max_bytes=100)

    async def hangs() -> AsyncIterator[bytes]:
        yield b"half"
        await asyncio.sleep(30)

    upload = asyncio.create_task(blobs.keep(hangs(), max_bytes=100))
    await asyncio.sleep(0.05)
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert files_in(tmp_path) == []


async def test_what_a_crash_left_behind_is_swept(blobs: DiskBlobs, tmp_path: Path) -> None:
    assert await blobs.sweep(older_than_s=0) == 0
    kept = await blobs.keep(stream(b"whole"), max_bytes=100)
    left = tmp_path / "blobs/incoming/left"
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    (tmp_path / "blobs/incoming/being written").write_bytes(b"ha")
    assert await blobs.sweep(older_than_s=3600) == 1
    assert not left.exists()
    assert await blobs.read(kept.key) == b"whole"


async def test_deleted_file_is_gone(blobs: DiskBlobs) -> None:
    kept = await blobs.keep(stream(b"x"), max_bytes=1)
    assert await blobs.delete(kept.key)
    assert not await blobs.delete(kept.key)
    assert blobs.path(kept.key) is None
    with pytest.raises(NotFound):
        await blobs.read(kept.key)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "/etc/passwd", "aa/bb/..", "incoming/x"])
async def test_key_leads_nowhere_else(blobs: DiskBlobs, key: str) -> None:
    assert blobs.path(key) is None
    assert not KEY.fullmatch(key)


async def test_picture_has_a_size(blobs: DiskBlobs) -> None:
    kept = await blobs.keep(stream(png(640, 480)), max_bytes=1000, claimed_mime="image/png")
    assert (kept.mime, kept.width, kept.height) == ("image/png", 640, 480)


@pytest.mark.parametrize(
    ("head", "claimed", "mime"),
    [
        (png(1, 1), "", "image/png"),
        (png(1, 1), "text/html", "image/png"),
        (jpeg(1, 1), "image/jpeg", "image/jpeg"),
        (webp(1, 1), "application/octet-stream", "image/webp"),
        (PDF, "image/png", "application/pdf"),
        (b"<html><script>", "image/png", "text/html"),
        (b"\n <!DOCTYPE html><p>", "text/plain", "text/html"),
        (b"<?xml version='1.0'?><svg>", "image/png", "image/svg+xml"),
        (b"<svg onload='x'>", "image/jpeg", "image/svg+xml"),
        (OGG, "audio/ogg", "audio/ogg"),
        (MP4, "audio/mp4", "audio/mp4"),
        (MP4, "audio/ogg", "video/mp4"),
        (b"PK\x03\x04" + b"\0" * 60, "", "application/zip"),
        (b"a;b\n1;2\n", "text/csv; charset=utf-8", "text/csv"),
        ("Привет".encode(), "image/png", "text/plain"),
        (b"\x00\x01\x02\x03", "image/png", "application/octet-stream"),
        (b"", "image/png", "text/plain"),
    ],
)
def test_bytes_say_what_a_file_is_and_the_sender_only_hints(
    head: bytes, claimed: str, mime: str
) -> None:
    assert sniffed(head, claimed=claimed) == mime


def test_text_cut_within_a_character_is_text() -> None:
    assert sniffed(("a" + "я" * HEAD_BYTES).encode()[:HEAD_BYTES]) == "text/plain"


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (png(640, 480), "image/png"),
        (jpeg(640, 480), "image/jpeg"),
        (jpeg(480, 640, turned=True), "image/jpeg"),
        (gif(640, 480), "image/gif"),
        (webp(640, 480), "image/webp"),
    ],
)
def test_size_of_a_picture_is_as_it_is_shown(head: bytes, mime: str) -> None:
    assert sniffed(head) == mime
    assert picture_size(head, mime=mime) == (640, 480)


def test_broken_picture_has_no_size() -> None:
    assert picture_size(png(640, 480)[:18], mime="image/png") == (None, None)
    assert picture_size(PDF, mime="application/pdf") == (None, None)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", png(1, 1)[:12], b"\xff\xd8\xff", b"GIF89a", b"RIFF"]),
)
def test_no_bytes_break_the_reading(noise: bytes, start: bytes) -> None:
    mime = sniffed(start + noise, claimed="image/png")
    picture_size(start + noise, mime=mime)


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", "video/mp4", "audio/ogg"])
def test_pictures_sound_and_film_are_shown(mime: str) -> None:
    assert disposition(mime) == "inline"
    assert serving_headers("a", mime)["Content-Type"] == mime


@pytest.mark.parametrize(
    "mime", ["text/html", "image/svg+xml", "application/pdf", "text/plain", ""]
)
def test_everything_else_is_saved(mime: str) -> None:
    headers = serving_headers('sch"eme\r\n счёт.html', mime)
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == (
        'attachment; filename="sch_eme__ ____.html"; '
        "filename*=UTF-8''sch%22eme%0D%0A%20%D1%81%D1%87%D1%91%D1%82.html"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("claimed", "name"),
    [
        ("счёт № 5.pdf", "счёт № 5.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\anna\\скан.png", "скан.png"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\x00b\r\n.txt", "ab.txt"),
        (" .. ", "file"),
        ("", "file"),
        ("x" * 300 + ".jpeg", "x" * 145 + ".jpeg"),
        ("x" * 300, "x" * 150),
    ],
)
def test_name_of_a_file_is_cleaned(claimed: str, name: str) -> None:
    assert file_name(claimed) == name


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_clean_name_stays_clean(claimed: str) -> None:
    name = file_name(claimed)
    assert name
    assert len(name) <= 150
    assert "/" not in name
    assert file_name(name) == name
    assert "\n" not in serving_headers(name, "x")["Content-Disposition"]
