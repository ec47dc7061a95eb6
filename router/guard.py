"""The guard of outbound calls: addresses that users supply never reach private networks.

It looks at the address a socket is about to be connected to, after names are resolved, so
neither a redirect nor a name that changes its mind gets past it. Told of in the threat page.
"""

import errno
import ipaddress
import socket
from collections.abc import Collection
from typing import Any

from aiohttp import ClientSession, DefaultResolver, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# What older Pythons take for global: IANA's special-purpose registries, read 2026-08-01.
SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2002::/16", "3fff::/20")
)
# A request sent while the other side hangs up for idleness is a lost answer. The most impatient
# servers do so after 5 s: https://nodejs.org/api/http.html#serverkeepalivetimeout, read 2026-08-01.
IDLE_S = 4.0
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Azure answers its machines' agents at a public address: https://learn.microsoft.com/azure/
# virtual-network/what-is-ip-address-168-63-129-16, read 2026-08-01.
AZURE_WIRE_SERVER = ipaddress.ip_address("168.63.129.16")


class PrivateAddress(OSError):
    """The address is not ours to call."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "the address is private")


class Guard:
    """Which addresses may be called: public ones, and what `private_hosts` names.

    Args:
        private_hosts: Names, addresses or networks (`10.1.0.0/16`) that may be called although
            they are private.
    """

    def __init__(self, private_hosts: Collection[str] = ()) -> None:
        self._names: set[str] = set()
        self._networks: list[Network] = []
        self._let_in: set[str] = set()
        for host in private_hosts:
            try:
                self._networks.append(ipaddress.ip_network(host, strict=False))
            except ValueError:
                self._names.add(host.lower().rstrip("."))

    def allows_name(self, host: str) -> bool:
        """Whether whatever the name stands for may be called."""
        return host.lower().rstrip(".") in self._names

    def allows(self, host: str) -> bool:
        """Whether the address may be called."""
        address = ipaddress.ip_address(host)
        return is_public(address) or any(address in network for network in self._networks)

    def resolved(self, host: str, found: list[ResolveResult]) -> list[ResolveResult]:
        """Those of the addresses of `host` that may be called. Raises `PrivateAddress` if none."""
        if self.allows_name(host):
            self._let_in.update(one["host"] for one in found)
            return found
        allowed = [one for one in found if self.allows(one["host"])]
        if not allowed:
            raise PrivateAddress
        return allowed

    def socket(self, address: tuple[Any, ...]) -> socket.socket:
        """A socket for an address that may be called. Raises `PrivateAddress`."""
        family, kind, protocol, _, place = address
        if place[0] not in self._let_in and not self.allows(place[0]):
            raise PrivateAddress
        return socket.socket(family=family, type=kind, proto=protocol)


class GuardedResolver(AbstractResolver):
    """The machine's resolver, without the addresses that may not be called."""

    def __init__(self, guard: Guard, inner: AbstractResolver | None = None) -> None:
        self._guard = guard
        self._inner = inner or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return self._guard.resolved(host, await self._inner.resolve(host, port, family))

    async def close(self) -> None:
        await self._inner.close()


def is_public(address: Address) -> bool:
    """Whether the address belongs to the whole internet, seen through every disguise."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped
        if address in NAT64:
            hidden = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if hidden is not None:
            return is_public(hidden)
        if address.teredo is not None or address.is_site_local:
            return False
    if address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    if address == AZURE_WIRE_SERVER or any(address in network for network in SPECIAL):
        return False
    return address.is_global


def open_session(
    private_hosts: Collection[str] = (), *, resolver: AbstractResolver | None = None
) -> ClientSession:
    """The session of all calls to providers: guarded, without cookies, without the proxies of the
    environment. Close it at the end.
    """
    guard = Guard(private_hosts)
    connector = TCPConnector(
        resolver=GuardedResolver(guard, resolver),
        socket_factory=guard.socket,
        limit=200,
        keepalive_timeout=IDLE_S,
    )
    return ClientSession(
        connector=connector, cookie_jar=DummyCookieJar(), headers={"User-Agent": "Liniya"}
    )
