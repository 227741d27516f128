"""Which addresses may be connected to: those of the open internet, unless all are allowed.

Names are judged by what they resolve to, and the connection goes to the address that was judged:
a name that resolves to something else a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

Address = IPv4Address | IPv6Address

_EMBEDDED = {
    # Networks whose addresses carry an IPv4 address that is reached through them: how far from the
    # right end it is, in bits.
    ipaddress.IPv6Network("::/96"): 0,  # IPv4-compatible
    ipaddress.IPv6Network("::ffff:0:0/96"): 0,  # IPv4-mapped
    ipaddress.IPv6Network("::ffff:0:0:0/96"): 0,  # IPv4-translated
    ipaddress.IPv6Network("64:ff9b::/96"): 0,  # NAT64
    ipaddress.IPv6Network("2002::/16"): 80,  # 6to4
}

_CLOSED: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = [
    # What releases of Python take for public, or have taken.
    *map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")),
    *map(
        ipaddress.IPv6Network, ("64:ff9b:1::/48", "100::/64", "2001::/23", "3fff::/20", "5f00::/16")
    ),
]


class NoAddress(Exception):
    """A name leads nowhere, or only where we do not go."""


async def find(host: str, port: int, *, allow_private: bool) -> list[str]:
    """Return the addresses of a host that may be connected to, the best first.

    Raises:
        NoAddress: there is none.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAddress("its name can't be resolved") from error
    addresses = list(dict.fromkeys(str(place[4][0]) for place in found))
    allowed = [each for each in addresses if allow_private or is_public(each)]
    if not allowed:
        raise NoAddress("it is at a private address; allow_private=True would let it pass")
    return allowed


def is_public(address: str) -> bool:
    """Tell whether an address is one of the open internet."""
    known = ipaddress.ip_address(address)
    inner = _embedded(known)
    return _is_public(inner if inner is not None else known)


def _is_public(address: Address) -> bool:
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or (isinstance(address, IPv6Address) and address.is_site_local)
        or any(address in network for network in _CLOSED)
    )


def _embedded(address: Address) -> IPv4Address | None:
    for network, shift in _EMBEDDED.items():
        if address in network:
            return IPv4Address(int(address) >> shift & 0xFFFF_FFFF)
    return None
