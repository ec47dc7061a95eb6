"""Passwords: argon2id, in threads of their own, because one takes 64 MiB and a tenth of a second."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")
# Without letters and digits that people take for one another on the phone.
SPEAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP_CHARS = 4, 5


class Passwords:
    """`hasher` says how much work a password is; its parameters stand in every hash."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # Two at a time: a flood of sign-ins takes no more memory than that, and waits.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="passwords")
        self._nobodys: str | None = None

    async def _in_thread(self, function: Callable[..., T], *arguments: str) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, function, *arguments)

    async def hashed(self, password: str) -> str:
        return await self._in_thread(self._hasher.hash, password)

    async def fits(self, hashed: str | None, password: str) -> bool:
        """Takes as long for somebody who does not exist (None) as for somebody who does."""
        if hashed is None:
            self._nobodys = self._nobodys or await self.hashed(one_time_password())
            await self._in_thread(self._verified, self._nobodys, password)
            return False
        return await self._in_thread(self._verified, hashed, password)

    def _verified(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def close(self) -> None:
        self._threads.shutdown(wait=False)


def one_time_password() -> str:
    """Some 99 bits that can be read out on the phone: `k7m2p-…`."""
    groups = ("".join(secrets.choice(SPEAKABLE) for _ in range(GROUP_CHARS)) for _ in range(GROUPS))
    return "-".join(groups)
