"""What a kind of letter declares, and how events ask for letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from duban_contracts.catalogue import EventData
from duban_contracts.cloudevents import CloudEvent
from duban_contracts.profile import City
from services.notifications.letters.model.cause import Cause, Matter

E = TypeVar("E", bound=EventData)

Words = dict[str, str | int]
"""What a template may say: every text is one line; foreign text stays text."""


@dataclass(frozen=True, slots=True)
class Writing:
    """When and where a letter is written: `today` is the city's calendar day."""

    today: date
    city: City


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[E]):
    """A kind of letter: which event asks for it, or which several do, what it is about and whom it is for, what it says.

    `code` is a term of the vocabulary `letter_kinds`; it names the kind's templates and its form in contacts.json.
    `matter` gives None for an event that asks for no such letter, `occasion` what tells its causes apart, `words` what
    this kind's templates may say beside what all letters say (number, issuer, addressee, date). A profile may leave out the
    form of one that `is_optional`: then it is not written.
    """

    code: str
    event: type[E] | tuple[type[Any], ...]
    matter: Callable[[E], Matter | None]
    occasion: Callable[[E], str]
    words: Callable[[E, Writing], Words]
    is_optional: bool = False

    @property
    def events(self) -> tuple[type[Any], ...]:
        """The types of the events that ask for it."""
        return self.event if isinstance(self.event, tuple) else (self.event,)


AnyKind = Kind[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRequest:
    """One event that asks for a letter."""

    cause: Cause
    kind: AnyKind
    matter: Matter
    data: EventData
    event: CloudEvent

    def words(self, writing: Writing) -> Words:
        """Return what only this kind's templates may say."""
        return self.kind.words(self.data, writing)


def requests_of(event: CloudEvent, data: EventData, kinds: Iterable[AnyKind]) -> Sequence[LetterRequest]:
    """Return the letters that an event asks for; most events ask for none."""
    found = []
    for kind in kinds:
        matter = kind.matter(data) if isinstance(data, kind.events) else None
        if matter is not None:
            cause = Cause(matter.about.kind, matter.about.id, kind.code, kind.occasion(data))
            found.append(LetterRequest(cause=cause, kind=kind, matter=matter, data=data, event=event))
    return found
