"""Notices on devices: what a browser's Push API gives and takes."""

from base64 import urlsafe_b64decode
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, Field

from console.api.shapes.shape import Shape

AUTH_BYTES = 16


def _bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _is_key(text: str) -> str:
    """A point on P-256, uncompressed. Raises `ValueError`."""
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes_of(text))
    return text


def _is_auth(text: str) -> str:
    if len(_bytes_of(text)) != AUTH_BYTES:
        raise ValueError(f"is {AUTH_BYTES} bytes in base64url")
    return text


def _is_address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError("is no address that begins with https")
    return text


Endpoint = Annotated[str, Field(max_length=2000), AfterValidator(_is_address)]


class NewDevice(Shape):
    """What `PushManager.subscribe` gave, its keys in base64url."""

    endpoint: Endpoint
    p256dh: Annotated[str, Field(max_length=100), AfterValidator(_is_key)]
    auth: Annotated[str, Field(max_length=50), AfterValidator(_is_auth)]


class DeviceName(Shape):
    endpoint: Endpoint


class NoticesView(Shape):
    """`server_key` is the `applicationServerKey` to subscribe with."""

    server_key: str
    devices: int = Field(description="How many of one's browsers are told.")


class NoticesTried(Shape):
    reached: int = Field(description="How many push services took the notice.")


class Receipt(Shape):
    receipt: str = Field(max_length=500, description="What came with the notice.")
