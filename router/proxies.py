"""Who calls, seen through the proxies in front of us.

A proxy notes in a header from whom it took a request, and so can anybody else. Belief begins at
the other end of the socket: as long as a hop is a proxy of ours, what it noted last is the hop
before it. The first one that is no proxy of ours is the client, whatever stands before it.

aiohttp-remotes does not fit (1.4.0, read 2026-11-21): its strict way refuses requests that came
over another number of hops than it was told, its filtered way believes whoever connects.
"""

import ipaddress
from collections.abc import Collection, Mapping, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from router.guard import Address, Network, is_public

FOR = "X-Forwarded-For"
PROTO = "X-Forwarded-Proto"
SCHEMES = frozenset(("http", "https"))
# One customer of a provider has this much, so one stranger has 2^64 addresses: RFC 6177.
IPV6_HOME_BITS = 64


def believing(proxies: Collection[Network]) -> Middleware:
    """Give every handler the client's address and scheme as `remote` and `scheme`, if the request
    came from one of `proxies`. A stranger's headers change nothing.
    """

    @web.middleware
    async def see_through(request: web.Request, handler: Handler) -> web.StreamResponse:
        peer = address_in(request.remote or "")
        if peer is None or not _is_ours(peer, proxies):
            return await handler(request)
        client = _client(request, peer, proxies)
        scheme = _scheme(request) or request.scheme
        return await handler(request.clone(remote=str(client), scheme=scheme))

    return see_through


def has_left(request: web.Request) -> bool:
    """Whether the client closed its connection: no answer of ours reaches anybody."""
    return request.transport is None or request.transport.is_closing()


def client_of(peer: Address, noted: Sequence[str], proxies: Collection[Network]) -> Address:
    """The last hop that is none of our proxies; the first of them all if there is none.

    Args:
        peer: The other end of the socket.
        noted: What the hops noted, the oldest first. One that hides an address ends the way: the
            proxy that noted it is the client.
        proxies: Ours.
    """
    client = peer
    for text in reversed(noted):
        before = address_in(text)
        if before is None or not _is_ours(client, proxies):
            break
        client = before
    return client


def address_in(text: str) -> Address | None:
    """The address in "192.0.2.1", "192.0.2.1:80", "2001:db8::1" or "[2001:db8::1]:80"."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    hidden = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return hidden or found


def counted(address: str) -> str:
    """Whom limits count for a client's address: all of an IPv6 home is one."""
    found = address_in(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(found), IPV6_HOME_BITS), strict=False))
    return str(found) if found else address


def stranger(address: str) -> str | None:
    """Whom the limits of public doors count; None for an address that is not of the whole internet:
    this machine, a company's own network, a proxy that nobody named.
    """
    found = address_in(address)
    return counted(address) if found is not None and is_public(found) else None


def _client(request: web.Request, peer: Address, proxies: Collection[Network]) -> Address:
    lists = request.headers.getall(FOR, [])
    plain = [text for one in lists for text in one.split(",")]
    standard = [_hop(one) for one in request.forwarded]
    found = {client_of(peer, noted, proxies) for noted in (plain, standard) if noted}
    # A proxy writes one of the two and lets the other pass as it came. Which it is, we cannot
    # know: where they disagree, one is a stranger's word.
    return found.pop() if len(found) == 1 else peer


def _hop(forwarded: Mapping[str, str]) -> str:
    return forwarded.get("for", "unknown")


def _scheme(request: web.Request) -> str | None:
    given = [text for one in request.headers.getall(PROTO, []) for text in one.split(",")]
    if not given:
        given = [one.get("proto", "") for one in request.forwarded]
    last = given[-1].strip().lower() if given else ""
    return last if last in SCHEMES else None


def _is_ours(address: Address, proxies: Collection[Network]) -> bool:
    return any(address in network for network in proxies)
