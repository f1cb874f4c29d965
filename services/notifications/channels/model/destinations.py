"""Where a webhook may go. Destinations are known, so what is not allowed is refused (OWASP SSRF, case 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class DestinationRefused(Exception):
    """The profile does not allow this destination; `code` says which rule it broke."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class DestinationPolicy:
    """What a city allows: hosts by name, networks by CIDR (county hosts are often private), loopback or not.

    A listed host may resolve to a public address; a private one must also stand in `networks`.
    """

    hosts: frozenset[str]
    networks: tuple[Network, ...] = ()
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Destination:
    """A checked URL, taken apart: `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str


def parse(url: str) -> Destination:
    """Take a webhook URL apart; raises DestinationRefused unless it is http(s) without user info."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise DestinationRefused("url-malformed") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DestinationRefused("url-malformed")
    if parts.username is not None or parts.password is not None:
        raise DestinationRefused("url-with-credentials")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), target)


def choose(host: str, addresses: Sequence[str], policy: DestinationPolicy) -> str:
    """Return the first address of `host` that the policy allows; the caller connects to exactly this one.

    Resolving once and connecting to the checked address leaves no second look-up to poison. Raises
    DestinationRefused when none is allowed.
    """
    refusal = DestinationRefused("host-unknown")
    for text in addresses:
        try:
            _check(host, ip_address(text), policy)
        except DestinationRefused as error:
            refusal = error
        else:
            return text
    raise refusal


def _check(host: str, address: Address, policy: DestinationPolicy) -> None:
    plain = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
    listed = host in policy.hosts
    inside = any(plain in network for network in policy.networks if network.version == plain.version)
    if plain.is_loopback:
        if not (policy.loopback and (listed or inside)):
            raise DestinationRefused("address-loopback")
        return
    # No profile can allow these: link-local holds the metadata services of clouds.
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain.is_reserved:
        raise DestinationRefused("address-forbidden")
    if not inside and not listed:
        raise DestinationRefused("host-not-allowed")
    if not inside and not plain.is_global:
        raise DestinationRefused("address-private")
