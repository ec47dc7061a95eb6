"""An account before it is stored: whether it works, and who it is. Nothing of it is kept."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import ClientSession

from router.abilities import Introduced, Introduction, Polling, Subscribed
from router.channel import Channel, Secrets
from router.clock import Clock
from router.errors import ProviderError, Rejected
from router.http import Exchange, Http
from router.model import Inbox
from router.vault import AccountSecrets

OpenChannel = Callable[[Inbox, Http, Secrets], Channel]
Values = Mapping[str, str]

TIMEOUT_S = 25.0
NO_PUBLIC_ADDRESS = "no_public_address"


@dataclass(frozen=True, slots=True)
class Trial:
    """What its provider said of an account.

    `reason` is why it does not work, None if it does. `warnings` are codes of what will not work
    as it stands, whose words are the console's.
    """

    reason: str | None = None
    introduction: Introduction | None = None
    warnings: tuple[str, ...] = ()


class Trials:
    """Tries accounts. `address` is where the world reaches the desk."""

    def __init__(
        self,
        clock: Clock,
        session: ClientSession,
        *,
        open_channel: OpenChannel,
        address: str,
    ) -> None:
        self._clock = clock
        self._session = session
        self._open_channel = open_channel
        self._address = address

    async def of(self, inbox: Inbox, secrets: Values) -> Trial:
        """Ask the provider; at most `TIMEOUT_S`. What is wrong with the account is an answer."""
        held = AccountSecrets(secrets, replace=_cannot_renew)
        http = Http(self._session, wire=Unkept(), hide=held.hide, clock=self._clock)
        channel = self._open_channel(inbox, http, held)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                introduction = await _introduced(channel)
        except TimeoutError:
            return Trial(reason="no answer in time")
        except ProviderError as error:
            return Trial(reason=held.hide(error.reason) or "the provider failed")
        told = introduction.warnings if introduction else ()
        return Trial(introduction=introduction, warnings=(*told, *self._of_ours(channel)))

    def _of_ours(self, channel: Channel) -> tuple[str, ...]:
        asks = isinstance(channel, Polling) and channel.polls
        is_called = isinstance(channel, Subscribed) and not asks
        reachable = self._address.startswith("https://")
        return (NO_PUBLIC_ADDRESS,) if is_called and not reachable else ()


class Unkept:
    """A wire log for what belongs to no inbox yet."""

    def keep(self, exchange: Exchange) -> None:
        pass


async def _introduced(channel: Channel) -> Introduction | None:
    if isinstance(channel, Introduced):
        return await channel.introduce()
    await channel.check()
    return None


async def _cannot_renew(_: Callable[[Values], Awaitable[Values]]) -> Values:
    # What a provider renews it gives once: it would be lost with the trial.
    raise Rejected("the token is too old to be tried")
