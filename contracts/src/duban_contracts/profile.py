"""A city's profile: its divisions and its (example) enterprises. Another city, another directory.

Only what every service and every county needs to agree on is read here; accounts, calendar, policies, contacts and
letter templates belong to the services that use them, and are read by them with :func:`read`.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from duban_contracts import uscc
from duban_contracts.admissible.dates import DEFAULT_BOUNDS, Bounds, Present
from duban_contracts.days import Zone
from duban_contracts.groups import SupervisionGroup, fault_of
from duban_contracts.policies import Accidents, Confirmation, Extension, Planning, Review, Tips
from duban_contracts.profile_files import ProfileError, read
from duban_contracts.vocabulary import SECTORS, normalise

__all__ = [
    "City",
    "DivisionCode",
    "Enterprise",
    "Level",
    "Name",
    "ProfileError",
    "Region",
    "Rules",
    "load_city",
    "read",
]

DivisionCode = Annotated[str, Meta(pattern=r"^[0-9]{6}([0-9]{3})?$")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]

_TOWNSHIP = re.compile(r"[0-9]{9}")


class Level(enum.StrEnum):
    """The level of a division. A park (开发区) acts like a county."""

    CITY = "city"
    COUNTY = "county"
    PARK = "park"
    TOWNSHIP = "township"


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A profile names nothing that nobody reads: an unknown field is a spelling mistake."""


class Region(_Entry, frozen=True, kw_only=True):
    """One division: six digits of GB/T 2260, nine for a township, which names its county in `parent`."""

    code: DivisionCode
    name: Name
    level: Level
    aliases: tuple[Name, ...] = ()
    parent: DivisionCode | None = None


class Enterprise(_Entry, frozen=True, kw_only=True):
    """A 生产经营单位 of the city's roster. `invented` marks examples that stand for nobody."""

    name: Name
    uscc: str
    county: DivisionCode
    sector: str
    place: Name
    invented: bool = False


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What a city decided that moves and claims are judged by; whoever judges is handed this one value.

    `zone` is where the city's calendar days begin, `bounds` which days are taken for true (see
    :mod:`duban_contracts.admissible.dates`). A further policy of the city (:mod:`duban_contracts.policies`) is a field
    here, one of :class:`City` and its line in `City.rules`; nobody between the profile and the move that asks for it
    names it.
    """

    zone: Zone
    bounds: Bounds = DEFAULT_BOUNDS
    confirmation: Confirmation = Confirmation()
    extension: Extension = Extension()
    planning: Planning = Planning()
    review: Review = Review()
    tips: Tips = Tips()
    accidents: Accidents = Accidents()

    def present(self, instant: datetime) -> Present:
        """Return the day of `instant` in this city, with the days that it takes."""
        return Present.at(instant, self.zone, self.bounds)


class City(_Entry, frozen=True, kw_only=True):
    """The city that an installation serves. `timezone` is the zone in which its calendar days begin.

    `bounds` says which days are taken for true (see :mod:`duban_contracts.admissible.dates`), the other policies how its
    hazards are dealt with (see :mod:`duban_contracts.policies`).
    `production` is false for examples alone: what is made for trying things out refuses to serve any other.
    """

    code: DivisionCode
    name: Name
    timezone: str
    production: bool = True
    regions: tuple[Region, ...]
    enterprises: tuple[Enterprise, ...] = ()
    groups: tuple[SupervisionGroup, ...] = ()
    bounds: Bounds = DEFAULT_BOUNDS
    confirmation: Confirmation = Confirmation()
    extension: Extension = Extension()
    planning: Planning = Planning()
    review: Review = Review()
    tips: Tips = Tips()
    accidents: Accidents = Accidents()

    def present(self, instant: datetime) -> Present:
        """Return the day of `instant` in this city, with the days that it takes."""
        return self.rules.present(instant)

    @property
    def rules(self) -> Rules:
        """What this city decided: the value that moves and claims are judged by."""
        return Rules(zone=self.zone, **{n: getattr(self, n) for n in Rules.__struct_fields__ if n != "zone"})

    @property
    def counties(self) -> tuple[Region, ...]:
        """The divisions that publish events: counties, and parks that act like them."""
        return tuple(region for region in self.regions if region.level in {Level.COUNTY, Level.PARK})

    def region(self, code: str) -> Region | None:
        """Return the division of `code`, the city itself included, or None."""
        return next((region for region in self.regions if region.code == code), None)

    @property
    def zone(self) -> Zone:
        """The zone in which this city's calendar days begin."""
        return Zone(self.timezone)

    def township(self, county: str, text: str | None) -> str | None:
        """Return the nine-digit code of the township of `county` that `text` (code, name or alias) names, or None.

        A nine-digit code that begins with the county's is taken as it is: a profile need not list its townships.
        """
        if text is None:
            return None
        if _TOWNSHIP.fullmatch(text) and text.startswith(county):
            return text
        wanted = normalise(text)
        own = (region for region in self.regions if region.level is Level.TOWNSHIP and region.parent == county)
        return next((region.code for region in own if wanted in _spoken(region)), None)

    def match_region(self, text: str) -> Region | None:
        """Return the division that `text` (code, name or alias) names, or None when it is unknown or ambiguous.

        Townships of two counties may have one name: there are 城关镇 everywhere.
        """
        wanted = normalise(text)
        found = [region for region in self.regions if wanted in _spoken(region)]
        return found[0] if len(found) == 1 else None


def _within(region: Region) -> str | None:
    """Return the county in which a township's name is unique; other names are unique in the city."""
    return region.parent if region.level is Level.TOWNSHIP else None


def _spoken(region: Region) -> set[str]:
    """Return everything that people write for a division, as it is compared."""
    return {normalise(name) for name in (region.code, region.name, *region.aliases)}


def _unique(path: Path, field: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ProfileError(path, field, f"{value} appears twice")
        seen.add(value)


def load_city(directory: Path) -> City:
    """Read `city.json` of the profile in `directory`; raises ProfileError naming file, field and rule."""
    path = directory / "city.json"
    city = read(path, City)
    try:
        ZoneInfo(city.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ProfileError(path, "$.timezone", f"{city.timezone} is no time zone of this machine") from None
    _check_regions(path, city)
    _check_enterprises(path, city)
    if fault := fault_of(city.groups, {r.code: r.parent or r.code for r in city.regions if r.level is not Level.CITY}):
        raise ProfileError(path, *fault)
    return city


def _check_regions(path: Path, city: City) -> None:
    _unique(path, "$.regions", (region.code for region in city.regions))
    own = city.region(city.code)
    if own is None or own.level is not Level.CITY:
        raise ProfileError(path, "$.regions", f"must hold the city itself ({city.code}) at level city")
    counties = {county.code for county in city.counties}
    if not counties:
        raise ProfileError(path, "$.regions", "must hold at least one county")
    for index, region in enumerate(city.regions):
        field = f"$.regions[{index}]"
        if region.level is Level.CITY and region is not own:
            raise ProfileError(path, f"{field}.level", "only the city itself is at level city")
        if region.level is Level.TOWNSHIP and region.parent not in counties:
            raise ProfileError(path, f"{field}.parent", "must be a county of this profile")
        if region.level in {Level.COUNTY, Level.PARK} and len(region.code) != len(city.code):
            raise ProfileError(path, f"{field}.code", "must be six digits")
    for parent in {_within(region) for region in city.regions}:
        beside = [region for region in city.regions if _within(region) == parent]
        _unique(path, "$.regions", (normalise(name) for region in beside for name in {region.name, *region.aliases}))


def _check_enterprises(path: Path, city: City) -> None:
    _unique(path, "$.enterprises", (enterprise.uscc for enterprise in city.enterprises))
    counties = {county.code for county in city.counties}
    for index, enterprise in enumerate(city.enterprises):
        field = f"$.enterprises[{index}]"
        if not uscc.is_valid(enterprise.uscc):
            raise ProfileError(path, f"{field}.uscc", "must be 18 characters with a right check character")
        if enterprise.county not in counties:
            raise ProfileError(path, f"{field}.county", f"{enterprise.county} is no county of this city")
        if enterprise.sector not in SECTORS:
            raise ProfileError(path, f"{field}.sector", f"{enterprise.sector} is no code of {SECTORS.title}")
