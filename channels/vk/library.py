"""vk_api, one object for one call at a time, over the client of the loop. Runs in threads.

Two habits of the library are switched off: it repeats error 6 for ever, and waits between calls as
a person's token has to.
"""

import asyncio
from concurrent.futures import Future
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import jconfig
import requests
import vk_api
from requests.adapters import BaseAdapter
from vk_api.exceptions import ApiError

from channels.vk.api import VERSION
from channels.vk.refusals import refusal_in
from router.errors import ProviderError, Rejected, Unconfirmed
from router.http import Http, Reply

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


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
        call = self._http.call(
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

    def call(self, method: str, values: dict[str, str | int], token: str) -> object | ProviderError:
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


def _response(request: requests.PreparedRequest, reply: Reply) -> requests.Response:
    """A reply as the library wants it. Raises `Rejected` for what is no answer of the API."""
    if not 200 <= reply.status < 300:
        raise Rejected("VK refused the request", code=str(reply.status))
    response = requests.Response()
    response.status_code = reply.status
    response.raw = BytesIO(reply.body)
    response.encoding = "utf-8"
    response.request = request
    response.url = request.url or ""
    return response
