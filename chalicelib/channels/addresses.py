"""Which addresses may be called on somebody's behalf: the guard against requests turned inwards (SSRF)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Ranges that carry an IPv4 address inside: what counts is that one.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# A translator of one's own: where in it the IPv4 address stands, only its network knows.
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
# What clouds tell their machines, their machines' credentials among it, and is not link-local: AWS (all its services in
# IPv6), Google, Azure, Alibaba, Oracle.
_METADATA = tuple(
    map(
        ipaddress.ip_network,
        ("fd00:ec2::/32", "fd20:ce::254/128", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32"),
    )
)
_SHARED = ipaddress.IPv4Network("100.64.0.0/10")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


class Refused(Exception):
    """An address that must not be called; the message says which kind it is, not which one."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What is allowed beside the public internet: whole kinds, and `networks`. Link-local and metadata never are.

    `way_out` tells whoever is refused a private address what would allow it.
    """

    allow_private: bool = False
    allow_loopback: bool = False
    networks: tuple[Network, ...] = ()
    way_out: str = "unless WEBHOOK_ALLOW_PRIVATE is true"

    def check(self, address: str) -> None:
        """Nothing, or Refused. `address` is a numeric one, as a resolver answers."""
        found = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
        if found.is_link_local or any(found in network for network in _METADATA):
            raise Refused("link-local and metadata addresses are never called")
        if found.is_unspecified or found.is_multicast:
            raise Refused("addresses that name no single host are not called")
        if any(found in network for network in self.networks if network.version == found.version):
            return
        if found in _NAT64_LOCAL:
            raise Refused("reserved addresses are not called")
        if found.is_loopback:
            if not self.allow_loopback:
                raise Refused("loopback addresses are not called")
            return
        is_private = found.is_private or (found.version == 4 and found in _SHARED) or _is_site_local(found)
        if is_private:
            if not self.allow_private:
                raise Refused(f"private addresses are not called {self.way_out}")
            return
        if found.is_reserved or not found.is_global:
            raise Refused("reserved addresses are not called")


def is_odd_number(host: str) -> bool:
    """Whether a host is an IPv4 address in a form that only some take for one: 2130706433, 0x7f.1, 017700000001.

    Resolvers differ in what they make of it, so none is asked.
    """
    parts = host.rstrip(".").split(".")
    if not all(_NUMBER.fullmatch(part) for part in parts):
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


def _unwrapped(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one, whatever the wrapping; else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if int(address) >> 32 == 0 and int(address) > 1:  # ::a.b.c.d, obsolete and still understood by some
        return ipaddress.IPv4Address(int(address))
    return address


def _is_site_local(address: Address) -> bool:
    return isinstance(address, ipaddress.IPv6Address) and address.is_site_local
