"""A push service over HTTP, as strict as the browsers' own, and the browsers whose it is.

It takes what RFC 8030, 8291 and 8292 allow and refuses everything else, as Mozilla's and Google's
do: a signature that is not ours, for another service, or for longer than a day; a body above 4,096
bytes; a message without a time to live.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any

import http_ece
from aiohttp import web
from aiohttp.test_utils import unused_port
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from router.clock import Clock

CURVE = ec.SECP256R1()
MOST_BYTES = 4096
TOPIC = re.compile(r"[\w-]{0,32}", re.ASCII)


def encoded(plain: bytes) -> str:
    return urlsafe_b64encode(plain).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Shown:
    """A notice that a browser got: what it says, and how its push service was told to keep it."""

    letter: dict[str, str]
    topic: str
    ttl_s: int
    urgency: str


@dataclass
class Browser:
    """A browser that subscribed. `key` and `auth` never leave it."""

    endpoint: str
    server_key: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = field(default_factory=lambda: token_bytes(16))
    shown: list[Shown] = field(default_factory=list)

    @property
    def p256dh(self) -> str:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return encoded(point)

    @property
    def subscription(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "p256dh": self.p256dh, "auth": encoded(self.auth)}

    def read(self, body: bytes) -> dict[str, str]:
        plain = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        letter: dict[str, str] = json.loads(plain)
        return letter

    @property
    def titles(self) -> list[str]:
        return [one.letter["title"] for one in self.shown]


@dataclass
class PushService:
    """`answers` are given before it looks at anything: a status, with headers."""

    address: str
    clock: Clock
    browsers: dict[str, Browser] = field(default_factory=dict)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def browser(self, server_key: str) -> Browser:
        """One more that subscribes with this `applicationServerKey`."""
        place = f"/push/{len(self.browsers) + 1}"
        self.browsers[place] = Browser(self.address + place, server_key)
        return self.browsers[place]

    async def take(self, request: web.Request) -> web.Response:
        if self.answers:
            status, headers = self.answers.pop(0)
            return web.Response(status=status, headers=headers)
        browser = self.browsers.get(request.path)
        if browser is None:
            return web.Response(status=410)
        body = await request.read()
        wrong = self._wrong(request, body, browser)
        if wrong is not None:
            status, why = wrong
            self.refused.append(why)
            return web.Response(status=status, text=why)
        browser.shown.append(
            Shown(
                browser.read(body),
                request.headers.get("Topic", ""),
                int(request.headers["TTL"]),
                request.headers.get("Urgency", "normal"),
            )
        )
        return web.Response(status=201, headers={"Location": f"{self.address}/sent/1"})

    def _wrong(self, request: web.Request, body: bytes, browser: Browser) -> tuple[int, str] | None:
        headers = request.headers
        if not headers.get("TTL", "").isdecimal():
            return 400, "no TTL"
        if len(body) > MOST_BYTES:
            return 413, "too large"
        if headers.get("Content-Encoding") != "aes128gcm":
            return 400, "another encoding"
        if not TOPIC.fullmatch(headers.get("Topic", "")):
            return 400, "a bad topic"
        why = self._bad_signature(headers.get("Authorization", ""), browser)
        return None if why is None else (403, why)

    def _bad_signature(self, authorization: str, browser: Browser) -> str | None:
        scheme, _, rest = authorization.partition(" ")
        parts = dict(one.strip().split("=", 1) for one in rest.split(",")) if rest else {}
        if scheme != "vapid" or parts.keys() != {"t", "k"}:
            return "no vapid signature"
        if parts["k"] != browser.server_key:
            return "another server's key"
        head, claims, signature = parts["t"].split(".")
        raw = decoded(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(parts["k"]))
        try:
            key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
        except InvalidSignature:
            return "a wrong signature"
        return self._bad_claims(json.loads(decoded(claims)))

    def _bad_claims(self, said: dict[str, Any]) -> str | None:
        now = self.clock.now()
        until = datetime.fromtimestamp(said["exp"], tz=now.tzinfo)
        if not now < until <= now + timedelta(hours=24):
            return "signed for too long"
        if said["aud"] != self.address:
            return "signed for another service"
        if not said["sub"].startswith(("mailto:", "https://")):
            return "nobody to ask"
        return None


@asynccontextmanager
async def push_service(clock: Clock) -> AsyncIterator[PushService]:
    port = unused_port()
    service = PushService(f"http://127.0.0.1:{port}", clock)
    application = web.Application()
    application.router.add_post("/push/{id}", service.take)
    runner = web.AppRunner(application, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield service
    finally:
        await runner.cleanup()
