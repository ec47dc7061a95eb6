"""Notices to browsers that are closed: Web Push (RFC 8030), sealed (RFC 8291) and signed (RFC 8292).

The keys by which push services know us are derived from the secret keys: an older secret key that
is still listed goes on serving the devices that were allowed with it.
"""

import asyncio
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from yarl import URL

from router.clock import Clock
from router.errors import Rejected
from router.http import Exchange, Http
from router.sealing import Sealing

PURPOSE = "web push"
CURVE = ec.SECP256R1()
# https://csrc.nist.gov/pubs/sp/800/186/final, section 3.2.1.3.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
TIMEOUT_S = 10.0
# https://www.rfc-editor.org/rfc/rfc8292#section-2: at most 24 hours.
SIGNED_FOR = timedelta(hours=12)
GONE = frozenset((404, 410))


class Target(Protocol):
    """A browser's subscription, its keys in base64url."""

    @property
    def endpoint(self) -> str: ...
    @property
    def p256dh(self) -> str: ...
    @property
    def auth(self) -> str: ...
    @property
    def server_key(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent: at most 3,900 bytes, kept by the push service for at most `lasts`.

    A later parcel of the same `topic` (up to 32 letters of base64url) takes its place there.
    """

    body: bytes
    topic: str
    lasts: timedelta


class GoneDevice(Rejected):
    """The browser takes no notices any more, or not from us."""


class _Unwritten:
    """Of notices no exchange is kept: their addresses are keys."""

    def keep(self, exchange: Exchange) -> None:
        pass


class WebPush:
    """Sends to devices.

    Args:
        session: From `router.guard.open_session`: a device's address is whatever a browser said.
        sealing: Our keys come from it.
        address: Where the desk is; its administrator is asked there if a push service has cause to.
        clock: Tells the time.
    """

    def __init__(
        self, session: ClientSession, sealing: Sealing, *, address: str, clock: Clock
    ) -> None:
        self._http = Http(session, wire=_Unwritten(), hide=str, clock=clock)
        self._sealing = sealing
        self._address = address
        self._clock = clock

    async def send(self, parcel: Parcel, to: Target) -> None:
        """Hand it to the device's push service.

        Raises:
            GoneDevice: nothing sent there will ever be shown.
            ProviderError: the push service did not take it now.
        """
        key = _known_as(self._sealing, to.server_key)
        if key is None:
            raise GoneDevice("it was allowed with a key that we do not have", code="key")
        headers, body = await asyncio.to_thread(
            _sealed, parcel, to, key, self._address, self._clock.now()
        )
        reply = await self._http.call(
            "POST", to.endpoint, headers=headers, data=body, timeout_s=TIMEOUT_S
        )
        if reply.status in GONE:
            raise GoneDevice("the browser takes no notices any more", code=str(reply.status))
        reply.raise_trouble(now=self._clock.now())
        if not 200 <= reply.status < 300:
            raise Rejected("the push service refused it", code=str(reply.status))


def public_key(sealing: Sealing) -> str:
    """What a browser is to be given to allow our notices, base64url."""
    return _public(_private(sealing.keys(PURPOSE)[0]))


def _known_as(sealing: Sealing, server_key: str) -> ec.EllipticCurvePrivateKey | None:
    keys = (_private(seed) for seed in sealing.keys(PURPOSE))
    return next((key for key in keys if _public(key) == server_key), None)


@lru_cache(maxsize=16)
def _private(seed: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(seed) % (ORDER - 1) + 1, CURVE)


def _public(key: ec.EllipticCurvePrivateKey) -> str:
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def _contact(address: URL) -> str:
    """Push services take no other address; a desk without https is tried on one machine."""
    return str(address) if address.scheme == "https" else f"mailto:desk@{address.host}"


def _sealed(
    parcel: Parcel, to: Target, key: ec.EllipticCurvePrivateKey, address: str, now: datetime
) -> tuple[dict[str, str], bytes]:
    # It takes 0.4 s to import, and few desks need it at once.
    from py_vapid import Vapid02
    from pywebpush import WebPusher

    keys = {"p256dh": to.p256dh, "auth": to.auth}
    body: dict[str, Any] = WebPusher({"endpoint": to.endpoint, "keys": keys}).encode(parcel.body)
    claims = {
        "aud": str(URL(to.endpoint).origin()),
        "exp": int((now + SIGNED_FOR).timestamp()),
        "sub": _contact(URL(address)),
    }
    headers = {
        "TTL": str(int(parcel.lasts.total_seconds())),
        "Urgency": "high",
        "Topic": parcel.topic,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        **Vapid02(key).sign(claims),
    }
    return headers, body["body"]
