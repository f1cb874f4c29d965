"""What a channel is: a capability that its file declares, and what travels over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Generic, Protocol, TypeVar, runtime_checkable
from uuid import UUID

from duban_contracts.events.types import Subject
from services.notifications.channels.model.answers import Answer, Away
from services.notifications.channels.model.destinations import DestinationPolicy
from services.notifications.channels.model.text import fitted

S = TypeVar("S")

MOST_SECONDS: Final = 50.0
"""How long a whole attempt may take at most (wall): an attempt without an answer counts as lost after 60 s, and one that is then still
under way would be a second letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A letter as channels see it: `title` stands in the subject line, `body` is the whole document."""

    letter_id: UUID
    kind: str
    number: str
    title: str
    body: str
    about: Subject
    county: str
    unit: str
    due_on: date | None
    issued_at: datetime


def text_size(content: Content) -> int:
    """Return the bytes of a letter's text in UTF-8."""
    return len(content.body.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One begun attempt to deliver a letter; `delivery_id` is the same on every attempt.

    `endpoint` is the name under which the office's system has its secret.
    """

    delivery_id: UUID
    attempt: int
    endpoint: str | None
    content: Content

    def within(self, longest: int | None, size: Callable[[Content], int] = text_size) -> Parcel:
        """Return the parcel with its text cut so that its `size` is at most `longest`; None means no limit.

        Raises ValueError when there is no room for any text beside the title.
        """
        letter = self.content
        body = fitted(letter.body, longest, lambda text: size(replace(letter, body=text)))
        return replace(self, content=replace(letter, body=body))


class Carrier(Protocol):
    """An open channel."""

    async def send(self, parcel: Parcel, address: str) -> Answer:
        """Send once and return the channel's own answer, also when that is a refusal; bounded in time."""
        ...

    def place(self, address: str, away: Away) -> str:
        """Return what stands behind an address and is away as a whole: one for all addresses that come back together."""
        ...

    async def reachable(self, address: str) -> bool:
        """Ask for a connection to where an address leads, and send nothing; bounded in time."""
        ...

    async def close(self) -> None:
        """Let go of what is held; nothing is sent any more."""
        ...


@runtime_checkable
class Handing(Protocol):
    """A carrier that hands everything to one server of the city's own, called `server` in `duban_dependency_up`."""

    server: str

    async def obstacle(self) -> str | None:
        """Ask that server for a sign of life; return what is in the way, in words, or None."""
        ...

    def rests(self) -> bool:
        """Return whether that server is left alone just now: no letter is begun meanwhile, and each stays due."""
        ...

    def asks_alone(self) -> bool:
        """Return whether that server refused us when it was last asked: one letter is begun then, and asks for all."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What every channel is opened with: wall time, the issuing office, where HTTP may lead, the addresses in use.

    `steady` gives monotonic seconds, for whatever is to last so long whoever sets the wall's clock.
    """

    wall: Callable[[], datetime]
    issuer: str
    destinations: DestinationPolicy
    addresses: Sequence[str]
    steady: Callable[[], float]


def _any(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(Generic[S]):
    """A way letters travel, as its receivers behave.

    `code` is a term of the vocabulary `delivery_channels` and the name of the module whose `CHANNEL` this is.
    `drops_repeats` says that a receiver drops a second copy of one delivery: only then is an attempt whose outcome
    nobody knows made again by itself. `per_second` and `per_minute` attempts at most begin within any second and any
    minute for one address. A letter's text is cut so that the letter's `size` is at most `longest`: the bytes that the
    channel makes of it or, where it doesn't say, those of the text alone. None means no limit.
    `settings` reads the channel's own settings, `open` connects with them; neither sends anything.
    `is_address` says whether a text of contacts.json can be one of the channel's addresses.
    """

    code: str
    drops_repeats: bool
    settings: Callable[[], S]
    open: Callable[[Means, S], Carrier]
    per_second: int | None = None
    per_minute: int | None = None
    longest: int | None = None
    size: Callable[[Content], int] = text_size
    is_address: Callable[[str], bool] = _any

    def opened(self, means: Means) -> Carrier:
        """Read the channel's settings and open it."""
        return self.open(means, self.settings())


AnyChannel = Channel[Any]
