"""Open the channels that the code knows with what the profile says."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from duban_contracts.profile import ProfileError
from services.chassis.process.clock import Clock
from services.notifications.channels.model.channel import AnyChannel, Carrier, Means
from services.notifications.channels.model.destinations import DestinationPolicy
from services.notifications.directory.handlers import FILE
from services.notifications.directory.model import Contacts, Destinations


@dataclass(frozen=True, slots=True)
class Line:
    """A channel that is open: what it is, and what carries letters over it."""

    channel: AnyChannel
    carrier: Carrier


def open_channels(
    channels: Sequence[AnyChannel], contacts: Contacts, profile: Path, clock: Clock
) -> Mapping[str, Line]:
    """Return the channels by code, open. Raises ProfileError for an address or a destination that can't be one.

    A channel may refuse its settings with an exception of its own.
    """
    path = profile / FILE
    known = {channel.code: channel for channel in channels}
    if missing := sorted({code for office in contacts.offices for code in office.addresses} - known.keys()):
        raise ProfileError(path, "$.offices", f"no channel of this installation is called {', '.join(missing)}")
    for channel in channels:
        for index, address in contacts.addresses(channel.code):
            if not channel.is_address(address):
                field = f"$.offices[{index}].addresses.{channel.code}"
                raise ProfileError(path, field, f"must be one address of the channel {channel.code}")
    try:
        policy = policy_of(contacts.destinations)
    except ValueError as error:
        raise ProfileError(path, "$.destinations.allowed_networks", str(error)) from error
    return {
        code: Line(channel, channel.opened(_means(code, contacts, policy, clock))) for code, channel in known.items()
    }


def policy_of(section: Destinations) -> DestinationPolicy:
    """Return the rule that the profile's `destinations` state; raises ValueError for what is no network."""
    hosts = frozenset(host.lower() for host in section.allowed_hosts)
    networks = tuple(ip_network(text) for text in section.allowed_networks)
    return DestinationPolicy(hosts, networks, loopback=section.allow_loopback)


def _means(code: str, contacts: Contacts, policy: DestinationPolicy, clock: Clock) -> Means:
    addresses = [address for _, address in contacts.addresses(code)]
    return Means(
        wall=clock.wall, steady=time.monotonic, issuer=contacts.issuer, destinations=policy, addresses=addresses
    )
