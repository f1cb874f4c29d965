"""Loading a file: all of it or nothing, in one transaction; a rehearsal does the same and takes it back."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from duban_contracts.profile import ProfileError, read
from duban_contracts.vocabulary import UNITS
from services.chassis.access.acting import Acting
from services.chassis.storage.database import Database
from services.chassis.web.imports import json_of
from services.scheduler.campaigns.handlers import keep_plans
from services.scheduler.duties.handlers.keep import DutiesKept, keep_duties
from services.scheduler.duties.handlers.plan import Planner, Planning
from services.scheduler.duties.model.checks import check
from services.scheduler.imports.model.nine_ones import read_table
from services.scheduler.imports.model.reading import Read
from services.scheduler.imports.model.recurring import read_listing
from services.scheduler.imports.model.three_year import read_campaigns
from services.scheduler.imports.model.units import Phrase, Phrasebook
from services.scheduler.imports.model.workbook import read_workbook
from services.scheduler.rosters.model import Rosters

PHRASES: Final = "duties/phrases.json"
# A workbook is a zip archive.
_ZIP: Final = b"PK\x03\x04"


class PhrasesFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """phrases.json: what the city decides that words of its documents mean."""

    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading did, or would do: what was read, what became of the duties, and what was planned."""

    read: Read
    kept: DutiesKept
    planning: Planning


def load_phrases(profile: Path, rosters: Rosters) -> Phrasebook:
    """Return the phrasebook of a profile, an empty one when it has no such file; raises ProfileError."""
    path = profile / PHRASES
    if not path.exists():
        return Phrasebook()
    phrases = read(path, PhrasesFile).phrases
    for index, phrase in enumerate(phrases):
        if unknown := [unit for unit in phrase.units if unit not in UNITS]:
            raise ProfileError(path, f"$.phrases[{index}].units", f"{unknown[0]} is no code of the vocabulary units")
        if phrase.roster is not None and phrase.roster not in rosters.by_code:
            raise ProfileError(path, f"$.phrases[{index}].roster", f"{phrase.roster} is no roster of this profile")
    try:
        return Phrasebook(phrases)
    except ValueError as error:
        raise ProfileError(path, "$.phrases", str(error)) from error


def read_file(content: bytes, *, year: int | None, this_year: int, phrases: Phrasebook, rosters: Rosters) -> Read:
    """Return what a file says, whichever of the known forms it has, with everything that is wrong with it.

    `year` is the year of a form that prints none; lists of recurring duties begin with `this_year` without it.
    """
    if content.startswith(_ZIP):
        found = read_workbook(content, year, phrases)
    else:
        found = _read_json(content, year or this_year, phrases)
    for duty in found.duties:
        for broken in check(duty, rosters.by_code):
            found.error(duty.duty_id, broken.code, broken.rule or "", broken.field)
    found.prove()
    return found


async def load(database: Database, found: Read, *, acting: Acting, planner: Planner, rehearse: bool) -> Loaded:
    """Keep what was read and plan it, all of it or nothing; `found` must be without errors.

    A rehearsal does the same in a transaction that is taken back: what it says is what loading would do.
    """
    with contextlib.suppress(_Rehearsed):
        async with database.transaction() as connection:
            await keep_plans(connection, found.plans, found.campaigns, at=acting.at, by=acting.account)
            kept, planning = await keep_duties(connection, found.duties, acting=acting, planner=planner)
            loaded = Loaded(found, kept, planning)
            _end(rehearse=rehearse)
    return loaded


class _Rehearsed(Exception):
    """The rehearsal is over; its transaction is taken back."""


def _end(*, rehearse: bool) -> None:
    if rehearse:
        raise _Rehearsed


def _read_json(content: bytes, year: int, phrases: Phrasebook) -> Read:
    broken = Read()
    raw = json_of(content, broken)
    if broken.errors:
        return broken
    names = frozenset(raw) if isinstance(raw, dict) else frozenset()
    if "rows" in names:
        return read_table(raw, phrases)
    if "duties" in names:
        return read_listing(raw, year, phrases)
    if "plans" in names:
        return read_campaigns(raw, phrases)
    broken.error("$", "unknown-form", "must be a table (`rows`), a list (`duties`) or campaigns (`plans`)")
    return broken
