"""Capture what a provider sends, as recordings: `make record ARGS="telegram --port 8090"`.

Point the provider's webhook at the printed address (through a tunnel, if need be) and use the
channel. Every request becomes one file in tests/channels/wire/<kind>/, byte for byte: the
request line, the headers, an empty line, the body. Before a recording is committed, real names,
texts and tokens in it are replaced by made-up ones of the same shape.
"""

from itertools import count
from pathlib import Path

import click
from aiohttp import web

from tests.checkout import ROOT

WIRE = ROOT / "tests/channels/wire"
MAX_BODY_BYTES = 30 * 1024 * 1024
# What a proxy or a tunnel adds says nothing about the provider.
ON_THE_WAY = {"via", "forwarded", "x-real-ip", "cf-connecting-ip"}


def as_recording(request: web.BaseRequest, body: bytes) -> bytes:
    """A request as it came over the wire."""
    lines = [f"{request.method} {request.raw_path} HTTP/1.1".encode()]
    for name, value in request.raw_headers:
        lowered = name.decode("ascii").lower()
        if lowered not in ON_THE_WAY and not lowered.startswith("x-forwarded-"):
            lines.append(name + b": " + value)
    return b"\r\n".join([*lines, b"", body])


def next_path(folder: Path) -> Path:
    """The first free name in a folder: 001.http, 002.http …"""
    names = (folder / f"{number:03}.http" for number in count(1))
    return next(path for path in names if not path.exists())


def recorder(folder: Path, *, answer: str) -> web.Application:
    """An application that keeps every request in `folder` and gives the same answer to all."""

    async def keep(request: web.Request) -> web.Response:
        path = next_path(folder)
        path.write_bytes(as_recording(request, await request.read()))
        click.echo(path.relative_to(folder.parent))
        return web.Response(text=answer)

    application = web.Application(client_max_size=MAX_BODY_BYTES)
    application.router.add_route("*", "/{path:.*}", keep)
    return application


@click.command()
@click.argument("kind")
@click.option("--port", default=8090, show_default=True, help="Where to listen on 127.0.0.1.")
@click.option("--answer", default="ok", show_default=True, help="What every request is told.")
def main(kind: str, port: int, answer: str) -> None:
    """Record what a provider sends to the channel KIND."""
    folder = WIRE / kind
    folder.mkdir(parents=True, exist_ok=True)
    web.run_app(recorder(folder, answer=answer), host="127.0.0.1", port=port)


if __name__ == "__main__":
    main()
