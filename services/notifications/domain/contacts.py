"""Who gets letters: the offices of a city, by county and unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from duban_contracts.events.notices import DeliveryChannel
from services.notifications.domain.letters import LetterKind

# A reminder is a friendly word ahead of time: e-mail is enough, the county's system is not called for it.
CHANNELS_OF_KIND = {
    LetterKind.URGING: (DeliveryChannel.EMAIL, DeliveryChannel.WEBHOOK),
    LetterKind.PROMPT: (DeliveryChannel.EMAIL,),
}


@dataclass(frozen=True, slots=True)
class Office:
    """One office that receives letters; `email` is its mailbox, `webhook` its system's URL."""

    county: str
    unit: str
    name: str
    email: str | None = None
    webhook: str | None = None

    @property
    def endpoint(self) -> str:
        """Return the name under which the office's webhook has its secret and its on/off state."""
        return f"{self.county}/{self.unit}"

    def address(self, channel: DeliveryChannel) -> str | None:
        """Return where `channel` reaches this office, or None."""
        return self.email if channel is DeliveryChannel.EMAIL else self.webhook


class Directory:
    """The offices of a city; `committee_office` is the unit code that stands in for unknown ones."""

    def __init__(self, offices: Iterable[Office], *, committee_office: str) -> None:
        self.committee_office = committee_office
        self._offices = {(office.county, office.unit): office for office in offices}

    def webhooks(self) -> list[str]:
        """Return every webhook URL of the city."""
        return [office.webhook for office in self._offices.values() if office.webhook]

    def addressee(self, county: str, unit: str | None) -> Office | None:
        """Return the responsible unit's office, else the county committee's, else None: nobody is known."""
        found = self._offices.get((county, unit)) if unit else None
        return found or self._offices.get((county, self.committee_office))


def routes(kind: LetterKind, office: Office | None) -> list[tuple[DeliveryChannel, str | None]]:
    """Return the channels a letter takes and their addresses; without an address it can only fail.

    A letter always has at least one route, so that an unreachable addressee is a visible failure, not
    silence.
    """
    channels = CHANNELS_OF_KIND[kind]
    reachable = [(channel, office.address(channel)) for channel in channels if office and office.address(channel)]
    return reachable or [(DeliveryChannel.EMAIL, None)]
