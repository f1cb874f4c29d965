"""What a city decides about its letters: who gets them, over which channels, where these may lead, how often to try.

The structs are the file contacts.json itself. What a section means is said by the slice that uses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Meta

# It hosts the committee's office (DOMAIN §1: 安委办设在应急管理局), which a division may have no address of its own for.
_HOST: Final = "emergency_management"


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A profile names nothing that nobody reads: an unknown field is a spelling mistake."""


class Office(_Entry, frozen=True, kw_only=True):
    """One office that receives letters; `addresses` says by the channel's code where it is reached."""

    county: Annotated[str, Meta(pattern=r"^[0-9]{6}$", min_length=6, max_length=6)]
    unit: str
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    addresses: dict[str, str] = {}

    @property
    def endpoint(self) -> str:
        """The name under which the office's systems have their secrets and their on/off state."""
        return f"{self.county}/{self.unit}"


class LetterForm(_Entry, frozen=True, kw_only=True):
    """How a kind of letter goes out: the sign in its numbers (发文机关代字), and the channels it takes, in order."""

    sign: Annotated[str, Meta(min_length=1, max_length=50)]
    channels: Annotated[tuple[str, ...], Meta(min_length=1)]


class Destinations(_Entry, frozen=True, kw_only=True):
    """Where channels over HTTP may lead: hosts by name, networks by CIDR, this machine or not."""

    allowed_hosts: tuple[str, ...] = ()
    allowed_networks: tuple[str, ...] = ()
    allow_loopback: bool = False


class Retries(_Entry, frozen=True, kw_only=True):
    """When a refused delivery is tried again, in wall seconds, and by which share a wait is spread."""

    waits_seconds: tuple[float, ...]
    jitter: float


class Contacts(_Entry, frozen=True, kw_only=True):
    """All of contacts.json: `issuer` is the issuing office (发文机关), `letters` has an entry for each kind of letter."""

    note: str = ""
    issuer: Annotated[str, Meta(min_length=1, max_length=200)]
    committee_office: str
    letters: dict[str, LetterForm]
    destinations: Destinations
    retries: Retries
    offices: tuple[Office, ...]

    def addresses(self, channel: str) -> Iterator[tuple[int, str]]:
        """Yield the position in `offices` and the address of every office that `channel` reaches."""
        for index, office in enumerate(self.offices):
            if channel in office.addresses:
                yield index, office.addresses[channel]


class Directory:
    """The offices of a city; `committee_office` is the unit code that stands in for unknown ones."""

    def __init__(self, offices: Iterable[Office], *, committee_office: str) -> None:
        self.committee_office = committee_office
        self._offices = {(office.county, office.unit): office for office in offices}

    @classmethod
    def of(cls, contacts: Contacts) -> Directory:
        """Return the directory that contacts.json is."""
        return cls(contacts.offices, committee_office=contacts.committee_office)

    def addressee(self, county: str, unit: str | None) -> Office | None:
        """Return the office of the responsible unit in a county or the city, else whose letter it is then.

        That is the committee's office there, else the emergency bureau's, which hosts it; None: nobody is known.
        """
        known = (self._offices.get((county, each)) for each in (unit, self.committee_office, _HOST) if each)
        return next(filter(None, known), None)
