"""A recording holds what came over the wire, and nothing of the way it took."""

from pathlib import Path

from pytest_aiohttp.plugin import AiohttpClient

from tests.record import recorder


async def test_request_is_kept_byte_for_byte(aiohttp_client: AiohttpClient, tmp_path: Path) -> None:
    provider = await aiohttp_client(recorder(tmp_path, answer="ok"))
    reply = await provider.post(
        "/hooks/1?a=%20b",
        data=b'{"text":\r\n"\xd0\xb4\xd0\xb0"}',
        headers={"X-Secret": "made-up", "X-Forwarded-For": "192.0.2.7"},
    )
    assert await reply.text() == "ok"
    head, _, body = (tmp_path / "001.http").read_bytes().partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hooks/1?a=%20b HTTP/1.1\r\n")
    assert b"X-Secret: made-up" in head
    assert b"192.0.2.7" not in head
    assert body == b'{"text":\r\n"\xd0\xb4\xd0\xb0"}'


async def test_every_request_has_its_own_file(
    aiohttp_client: AiohttpClient, tmp_path: Path
) -> None:
    provider = await aiohttp_client(recorder(tmp_path, answer="ok"))
    for _ in range(3):
        await provider.get("/")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["001.http", "002.http", "003.http"]
