"""VK's methods: vk_api, in threads over the one client for providers.

vk_api 11.10 is `requests` all through, calls one method at a time per object, has no time-out, and
sends the keys of a dictionary in the place of the dictionary. So each call takes an object out of a
small pool and a thread of the channel's own; what the object posts is carried back into the loop
and goes out through `Http`, whose time-outs, pace, wire log and guard hold.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from router.channel import Secrets
from router.errors import ProviderError, Rejected
from router.http import Http, Reply

if TYPE_CHECKING:
    from channels.vk.library import Line

VERSION = "5.199"
# What 20 calls a second need while VK takes half a second to answer.
THREADS = 10

Values = Mapping[str, str | int]


class Api:
    """The methods of one community. `base` is the address of VK's API."""

    def __init__(self, http: Http, secrets: Secrets, *, base: str) -> None:
        self._http = http
        self._secrets = secrets
        self._base = base
        self._idle: list[Line] = []
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="vk")

    async def call(self, method: str, values: Values, *, by: str = "token") -> Any:
        """What the method gives as `response`. `by` names the secret that may call it.

        Raises:
            ProviderError: as `Http.call` does, or as `channels.vk.refusals` names VK's error.
            Unconfirmed: the answer is none of VK's.
        """
        loop = asyncio.get_running_loop()
        line = self._idle.pop() if self._idle else await self._line(loop)
        plain = {name: int(one) if isinstance(one, bool) else one for name, one in values.items()}
        try:
            given = await loop.run_in_executor(
                self._threads, line.call, method, plain, self._secrets.get(by)
            )
        except asyncio.CancelledError:
            line.bridge.give_up()
            raise
        self._idle.append(line)
        if isinstance(given, ProviderError):
            raise given
        return given

    async def prepare(self) -> None:
        """Load the library before a message counts as under way."""
        if not self._idle:
            self._idle.append(await self._line(asyncio.get_running_loop()))

    async def _line(self, loop: asyncio.AbstractEventLoop) -> "Line":
        """One object more. The library takes its time to load, so it is loaded in a thread, and
        only where there is a community.
        """

        def made() -> "Line":
            from channels.vk.library import Line

            return Line(self._http, self._base, loop)

        return await loop.run_in_executor(self._threads, made)

    async def post(self, url: str, form: Any, *, timeout_s: float) -> Any:
        """What an upload address that VK named says to a form."""
        reply = await self._http.call("POST", url, data=form, timeout_s=timeout_s)
        return _answered(reply).json()

    async def get(self, url: str, *, timeout_s: float) -> Any:
        """What a long poll address that VK named says."""
        reply = await self._http.call("GET", url, timeout_s=timeout_s)
        return _answered(reply).json()

    async def download(self, url: str) -> bytes:
        """A picture of VK's."""
        return _answered(await self._http.call("GET", url)).body


def _answered(reply: Reply) -> Reply:
    if not 200 <= reply.status < 300:
        raise Rejected("VK refused the request", code=str(reply.status))
    return reply
