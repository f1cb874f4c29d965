"""The callers of the rights test: each role of DOMAIN §10 in each scope that an account can have.

What they may see is written out here a second time, by hand, and shares no code with `access.scope`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from duban_contracts import uscc
from duban_contracts.profile import City
from duban_contracts.vocabulary import SECTORS, UNITS
from services.chassis.access import keys
from services.chassis.access.policy import Reach
from services.chassis.access.principal import Principal
from services.chassis.access.roles import Role
from services.chassis.access.scope import Dimension, Facts
from services.chassis.storage.database import Database

_BOUND_TO_AN_ENTERPRISE: Final = ("enterprise_user", "enterprise_principal")
_NO_DIVISION: Final = "999999"


@dataclass(frozen=True, slots=True)
class Sample:
    """What the rows of the test are made of, and what foreign rows would be made of."""

    city: str
    facts: Facts
    foreign: Facts

    @classmethod
    def of(cls, city: City) -> Sample:
        """Take the first two counties of `city`, two townships, sectors, units and enterprises."""
        home, foreign, *_ = (county.code for county in city.counties)
        (sector, other_sector, *_), (unit, other_unit, *_) = SECTORS, UNITS
        return cls(
            city.code,
            Facts(home, f"{home}001", sector.code, unit.code, _enterprise(home, 1)),
            Facts(foreign, f"{home}002", other_sector.code, other_unit.code, _enterprise(home, 2)),
        )


def _enterprise(county: str, number: int) -> str:
    first = f"91{county}XXXX{number:05d}"
    return first + uscc.check_character(first)


@dataclass(frozen=True, slots=True)
class _Place:
    """One kind of account. `holds`: in which dimensions it is restricted, and whether it holds the row's code there."""

    name: str
    area: str
    holds: Mapping[Dimension, bool] = field(default_factory=dict)
    sector: str | None = None
    unit: str | None = None
    enterprise: str | None = None
    needs_enterprise: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """One caller."""

    role: Role
    place: _Place
    token: str
    own_facts: Facts
    """Facts of something in its own area and sector."""

    @property
    def name(self) -> str:
        """`county_regulator of the own county`."""
        return f"{self.role} of {self.place.name}"

    @property
    def is_widest(self) -> bool:
        """Whether it sees as much as its role ever can."""
        return all(held for held in self.restricted(own_unit=False).values()) and self.place.area.endswith("00")

    @property
    def principal(self) -> Principal:
        """Return the account."""
        place = self.place
        sectors = (place.sector,) if place.sector else ()
        return Principal(_account(self), self.role, place.area, place.unit, sectors, place.enterprise)

    def restricted(self, *, own_unit: bool) -> dict[Dimension, bool]:
        """Return in which dimensions the account is restricted, and whether it holds the row's code there."""
        holds = dict(self.place.holds)
        # A county's machine works for all sectors.
        if self.role == "integrator":
            holds.pop(Dimension.SECTOR, None)
        if own_unit:
            holds.setdefault(Dimension.UNIT, True)
        else:
            holds.pop(Dimension.UNIT, None)
        if self.role in _BOUND_TO_AN_ENTERPRISE:
            holds.setdefault(Dimension.ENTERPRISE, True)
        return holds

    def sees(self, carries: frozenset[Dimension], *, own_unit: bool, blind: frozenset[Dimension] = frozenset()) -> bool:
        """Return whether a sample row, which can express `carries` only and is `blind` to others, exists for this caller."""
        restricted = self.restricted(own_unit=own_unit).items()
        return all(held and dimension in carries for dimension, held in restricted if dimension not in blind)

    def reaches(self, reach: Reach) -> bool:
        """Return whether its scope is one with which an action of this reach can be done."""
        restricted = self.restricted(own_unit=False)
        match reach:
            case Reach.CITY:
                return not restricted
            case Reach.COUNTY:
                known = self.place.area != _NO_DIVISION
                return known and Dimension.COUNTY in restricted and Dimension.TOWNSHIP not in restricted
            case Reach.COUNTIES:
                return not {Dimension.TOWNSHIP, Dimension.ENTERPRISE} & restricted.keys()
            case _:
                return True


def people(sample: Sample) -> list[Person]:
    """Return every role in every place it can be in, with keys that have yet to be stored."""
    return [
        Person(role, place, keys.new_token(), _own(sample, place))
        for role in Role
        for place in _places(sample, enterprise=role in _BOUND_TO_AN_ENTERPRISE)
    ]


async def provide_keys(database: Database, callers: Sequence[Person]) -> None:
    """Store the callers' keys."""
    async with database.transaction() as connection:
        await keys.store(connection, [keys.NewKey(person.principal, person.token) for person in callers])


def _own(sample: Sample, place: _Place) -> Facts:
    at_home = place.holds.get(Dimension.COUNTY, True)
    facts = replace(sample.facts, sector=place.sector or sample.facts.sector)
    return facts if at_home else replace(facts, county=sample.foreign.county, township=None)


def _account(person: Person) -> str:
    return f"{person.role}-of-{person.place.name}".replace("_", "-").replace(" ", "-")


def _places(sample: Sample, *, enterprise: bool) -> Iterator[_Place]:
    own = sample.facts.enterprise if enterprise else None
    for place in _areas_and_sectors(sample):
        yield replace(place, unit=place.unit or sample.facts.unit, enterprise=own)
    unit = Dimension.UNIT
    yield _Place("another unit", sample.city, {unit: False}, unit=sample.foreign.unit, enterprise=own)
    yield _Place("no unit", sample.city, {unit: False}, enterprise=own)
    if enterprise:
        bound = {Dimension.ENTERPRISE: False}
        unit_code = sample.facts.unit
        yield _Place("another enterprise", sample.city, bound, unit=unit_code, enterprise=sample.foreign.enterprise)
        yield _Place("no enterprise", sample.city, bound, unit=unit_code)


def _areas_and_sectors(sample: Sample) -> Iterator[_Place]:
    home, foreign = sample.facts, sample.foreign
    county, township, sector = Dimension.COUNTY, Dimension.TOWNSHIP, Dimension.SECTOR
    yield _Place("the whole city", sample.city)
    yield _Place("the own county", str(home.county), {county: True})
    yield _Place("another county", str(foreign.county), {county: False})
    yield _Place("no division", _NO_DIVISION, {county: False})
    yield _Place("the own township", str(home.township), {county: True, township: True})
    yield _Place("another township", str(foreign.township), {county: True, township: False})
    yield _Place("the own sector", sample.city, {sector: True}, home.sector)
    yield _Place("another sector", sample.city, {sector: False}, foreign.sector)
    yield _Place("the own sector in the own county", str(home.county), {county: True, sector: True}, home.sector)
    yield _Place("another sector in the own county", str(home.county), {county: True, sector: False}, foreign.sector)
