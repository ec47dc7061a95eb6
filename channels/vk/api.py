"""VK's methods: vk_api, spoken in threads over the one client for providers.

vk_api 11.10 is `requests` all through, and calls one method at a time per object, without a
time-out. So each call takes an object out of a small pool and a thread of the channel's own; what
the object posts is carried back into the loop and goes out through `Http`, whose time-outs, pace,
wire log and guard hold. Two habits of the library are switched off: it repeats error 6 for ever,
and it sends the keys of a dictionary in the place of the dictionary.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import jconfig
import requests
import vk_api
from requests.adapters import BaseAdapter
from vk_api.exceptions import ApiError

from channels.vk.refusals import refusal_in
from router.channel import Secrets
from router.errors import ProviderError, Rejected, Unconfirmed
from router.http import Http, Reply

VERSION = "5.199"
# What 20 calls a second need while VK takes half a second to answer.
THREADS = 10
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, RecursionError)

Values = Mapping[str, str | int]


class Bridge(BaseAdapter):
    """What `requests` sends in a thread, sent by our client in the loop."""

    def __init__(self, http: Http, base: str, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._http = http
        self._base = base.rstrip("/")
        self._loop = loop
        self._under_way: Future[Reply] | None = None
        self._given_up = False

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        """As `requests` wants it. Raises what `Http.call` raises, in place of its errors."""
        path = urlsplit(request.url or "").path
        kind = request.headers["Content-Type"]
        call: Coroutine[Any, Any, Reply] = self._http.call(
            "POST", f"{self._base}{path}", data=request.body, headers={"Content-Type": kind}
        )
        self._under_way = asyncio.run_coroutine_threadsafe(call, self._loop)
        if self._given_up:
            self._under_way.cancel()
        return _response(request, self._under_way.result())

    def give_up(self) -> None:
        """Let the thread go on: nobody waits for the answer any more."""
        self._given_up = True
        if self._under_way is not None:
            self._under_way.cancel()

    def close(self) -> None:
        return None


class Line:
    """One object of the library, for one call at a time."""

    def __init__(self, http: Http, base: str, loop: asyncio.AbstractEventLoop) -> None:
        self.bridge = Bridge(http, base, loop)
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", self.bridge)
        self._vk = vk_api.VkApi(
            token="", session=session, api_version=VERSION, config=jconfig.MemoryConfig
        )
        self._vk.RPS_DELAY = 0.0
        self._vk.error_handlers = {}

    def call(self, method: str, values: Values, token: str) -> object | ProviderError:
        """What the method gave, or why it did not. In a thread."""
        try:
            given: object = self._vk.method(method, {**values, "access_token": token})
            return given
        except ApiError as error:
            # Given back, not raised: the library's errors hold the token and what was said.
            return refusal_in(error.error)
        except ProviderError as error:
            return error
        except UNREADABLE:
            return Unconfirmed("the answer cannot be read", code="200")


class Api:
    """The methods of one community. `base` is the address of VK's API."""

    def __init__(self, http: Http, secrets: Secrets, *, base: str) -> None:
        self._http = http
        self._secrets = secrets
        self._base = base
        self._idle: list[Line] = []
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="vk")

    async def call(self, method: str, values: Values) -> Any:
        """What the method gives as `response`.

        Raises:
            ProviderError: as `Http.call` does, or as `channels.vk.refusals` names VK's error.
            Unconfirmed: the answer is none of VK's.
        """
        loop = asyncio.get_running_loop()
        line = self._idle.pop() if self._idle else Line(self._http, self._base, loop)
        plain = {name: int(one) if isinstance(one, bool) else one for name, one in values.items()}
        try:
            given = await loop.run_in_executor(
                self._threads, line.call, method, plain, self._secrets.get("token")
            )
        except asyncio.CancelledError:
            line.bridge.give_up()
            raise
        self._idle.append(line)
        if isinstance(given, ProviderError):
            raise given
        return given

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


def _response(request: requests.PreparedRequest, reply: Reply) -> requests.Response:
    """A reply as the library wants it. Raises `Rejected` for what is no answer of the API."""
    response = requests.Response()
    response.status_code = _answered(reply).status
    response.raw = BytesIO(reply.body)
    response.encoding = "utf-8"
    response.request = request
    response.url = request.url or ""
    return response
