"""Secrets at rest and signed tokens: everything that `ROUTER_SECRET_KEY` protects.

Each use has a key of its own, derived from the secret key by its purpose, so that a token for a
file opens no inbox. What is sealed is bound to where it lies: it cannot be moved to another row.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadData, URLSafeSerializer

VERSION = b"\x01"
NONCE_BYTES = 12
SHORTEST_KEY_CHARS = 32


class Unsealable(Exception):
    """It was sealed with another key, for another place, or has been changed."""


class Sealing:
    """Seals and signs.

    Args:
        secret_keys: The newest first. The first one seals and signs; all of them open, so that a
            key can be replaced without losing what the old one protects.
    """

    def __init__(self, secret_keys: Sequence[str]) -> None:
        if not secret_keys or any(len(key) < SHORTEST_KEY_CHARS for key in secret_keys):
            raise ValueError(f"a secret key has at least {SHORTEST_KEY_CHARS} characters")
        self._secret_keys = tuple(secret_keys)

    def keys(self, purpose: str) -> Sequence[bytes]:
        """32 bytes for one use from each secret key, the newest first."""
        return [_derived(secret_key, purpose) for secret_key in self._secret_keys]

    def seal(self, plain: bytes, *, purpose: str, place: str) -> bytes:
        """`plain`, encrypted and bound to `place` (a row's id)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return VERSION + nonce + AESGCM(self.keys(purpose)[0]).encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, *, purpose: str, place: str) -> bytes:
        """What `seal` was given for the same purpose and place. Raises `Unsealable`."""
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if not sealed.startswith(VERSION) or len(nonce) < NONCE_BYTES:
            raise Unsealable("not in a known form")
        for key in self.keys(purpose):
            try:
                return AESGCM(key).decrypt(nonce, body, place.encode())
            except InvalidTag:
                continue
        raise Unsealable("none of our keys opens it")

    def renewed(self, sealed: bytes, *, purpose: str, place: str) -> bytes | None:
        """The same, sealed with the newest key; None if it is already. Raises `Unsealable`."""
        newest = Sealing(self._secret_keys[:1])
        try:
            newest.open(sealed, purpose=purpose, place=place)
        except Unsealable:
            plain = self.open(sealed, purpose=purpose, place=place)
            return self.seal(plain, purpose=purpose, place=place)
        return None

    def sign(self, value: Any, *, purpose: str, until: datetime) -> str:
        """A token that says `value` (of JSON), good for URLs and headers, until a time.

        It can be read by everybody and made by us alone; the same arguments make the same token.
        """
        return self._serializer(purpose).dumps([value, int(until.timestamp())])

    def verified(self, token: str, *, purpose: str, now: datetime) -> Any:
        """What `sign` was given; None if the token is not ours, for another purpose, or expired."""
        try:
            value, until_s = self._serializer(purpose).loads(token)
        except (BadData, ValueError, TypeError):
            return None
        return value if now.timestamp() < until_s else None

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        # itsdangerous takes the oldest first and signs with the last.
        keys = self.keys(f"sign {purpose}")[::-1]
        return URLSafeSerializer(
            list(keys), signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )


@lru_cache(maxsize=256)
def _derived(secret_key: str, purpose: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=b"liniya", info=purpose.encode())
    return hkdf.derive(secret_key.encode())
