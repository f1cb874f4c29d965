"""What the verbs and routes of this slice work with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from duban_contracts.profile import City
from services.chassis.process.clock import Clock
from services.chassis.publishing.unit_of_work import Stream, UnitOfWork
from services.chassis.storage.database import Database
from services.notifications.directory.model import Contacts, Directory
from services.notifications.letters import tables
from services.notifications.letters.handlers.stationery import Stationery
from services.notifications.letters.model.kind import AnyKind
from services.notifications.letters.model.letter import Letter, evolve


@dataclass(frozen=True, slots=True)
class Notices:
    """The notices of letters: the events of a letter, with versions from 1 without gaps."""

    topic: str
    clock: Clock

    def about(self, letters: Iterable[Letter]) -> UnitOfWork[Letter]:
        """Return the unit of work that records notices of these letters: locked ones, or new ones of version 0."""
        stream = Stream(
            source="/duban/notifications",
            topic=self.topic,
            key_of=attrgetter("letter_id"),
            evolve=evolve,
            version_of=attrgetter("version"),
            save=tables.save,
        )
        return UnitOfWork(stream, self.clock.now(), {str(letter.letter_id): letter for letter in letters})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """What letters are written with, and who gets them; `kinds` are those that this city has a form for."""

    database: Database
    clock: Clock
    city: City
    contacts: Contacts
    directory: Directory
    kinds: Sequence[AnyKind]
    stationery: Stationery
    notices: Notices
