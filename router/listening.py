"""The web server's connections: what one of them may cost before anybody has read it."""

from functools import partial
from typing import Any

from aiohttp import web


class Connection(web.RequestHandler):
    """A connection that hears nothing more once it has said what is no HTTP.

    aiohttp 3.14.5 (read 2026-11-21) queues an error for every piece that comes after the first
    bad one, up to 128 of them, and each holds its piece of 256 KiB in a cycle through a traceback:
    a request to any door that declares less than it sends costs 36 MB until a collection comes.
    """

    __slots__ = ("_is_bad",)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._is_bad = False

    def data_received(self, data: bytes) -> None:
        if self._is_bad:
            return
        super().data_received(data)
        error = getattr(self._messages[-1][0], "exc", None) if self._messages else None
        if error is not None:
            self._is_bad = True
            error.__traceback__ = None


class Runner(web.AppRunner):
    """An `AppRunner` whose connections are ours."""

    @property
    def server(self) -> Any:
        made = super().server
        if made is None:
            return None
        return partial(Connection, made, loop=made._loop, **made._kwargs)  # noqa: SLF001
