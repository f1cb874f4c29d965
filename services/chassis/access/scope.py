"""Which rows an account may see: area x sector, an enterprise only its own (DOMAIN §10). Pure.

One scope answers twice: `covers` for a row in hand, `where` for SQL. Both say the same about every row; a test holds
them together on PostgreSQL itself. What is not known to lie inside lies outside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import msgspec

from duban_contracts.groups import group_of
from duban_contracts.profile import City, Level
from services.chassis.access.principal import Principal
from services.chassis.access.roles import ENTERPRISE, INTEGRATORS, holds

Codes = frozenset[str] | None
"""Codes that are inside; None means all of them."""

_NOTHING: Final[frozenset[str]] = frozenset()
_COUNTY_DIGITS: Final = 6
_TOWNSHIP_DIGITS: Final = 9


class Dimension(StrEnum):
    """What a row can be told apart by. The values are the names of `Facts`' fields."""

    COUNTY = "county"
    TOWNSHIP = "township"
    SECTOR = "sector"
    UNIT = "unit"
    ENTERPRISE = "enterprise"


# Walking an enumeration costs more than what is done with its members.
_DIMENSIONS: Final = tuple(Dimension)


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides who may see a row. None = the row doesn't say, and whoever is restricted there doesn't see it."""

    county: str | None
    township: str | None = None
    sector: str | None = None
    unit: str | None = None
    enterprise: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The rows of these counties, townships, sectors, units and enterprises; None = not restricted there."""

    county: Codes = None
    township: Codes = None
    sector: Codes = None
    unit: Codes = None
    enterprise: Codes = None

    @classmethod
    def of(cls, principal: Principal, city: City, *, own_unit: bool = False) -> Scope:
        """Return what `principal` may see in `city`; with `own_unit` only what concerns its unit, too.

        An area that is no division of the city holds nothing; an enterprise's account without its code sees nothing.
        """
        counties, townships = _area(principal.area, city)
        # The machine client of a county's system works for all its sectors.
        sectors = principal.sectors and not holds(principal, INTEGRATORS)
        return cls(
            county=counties,
            township=townships,
            sector=frozenset(principal.sectors) if sectors else None,
            unit=_bound(principal.unit) if own_unit else None,
            enterprise=_bound(principal.enterprise) if holds(principal, ENTERPRISE) else None,
        )

    def codes(self, dimension: Dimension) -> Codes:
        """Return the codes inside in one dimension; None when it is not restricted."""
        codes: Codes = getattr(self, dimension)
        return codes

    @property
    def is_whole(self) -> bool:
        """Whether nothing at all is restricted: the whole city."""
        return all(self.codes(dimension) is None for dimension in Dimension)

    def excludes(self, facts: Facts) -> Dimension | None:
        """Return the first dimension in which a row of these facts lies outside, or None when it lies inside."""
        for dimension in _DIMENSIONS:
            codes: Codes = getattr(self, dimension)
            if codes is not None and getattr(facts, dimension) not in codes:
                return dimension
        return None

    def covers(self, facts: Facts) -> bool:
        """Return whether a row of these facts lies inside."""
        return self.excludes(facts) is None

    @property
    def said(self) -> str:
        """The scope as PostgreSQL's second wall is told it (`duban.scope`, `0013_walls.sql`)."""
        return _said(self)

    def where(self, columns: Mapping[Dimension, str], first: int = 1) -> tuple[list[str], list[Any]]:
        """Return SQL conditions, to be ANDed, and their values; placeholders count from `first`.

        `columns` names the table's text column (never a caller's words) for each dimension it has. A restricted
        dimension without a column fails closed: the condition is FALSE.
        """
        conditions: list[str] = []
        values: list[Any] = []
        for dimension in Dimension:
            codes = self.codes(dimension)
            if codes is None:
                continue
            column = columns.get(dimension)
            if column is None:
                return ["FALSE"], []
            place = f"${first + len(values)}"
            # Of one code an index gives the rows in the order of a list; of several PostgreSQL thinks that it can't.
            if len(codes) == 1:
                conditions.append(f"{column} = {place}::text")
                values.extend(codes)
            else:
                conditions.append(f"{column} = ANY({place}::text[])")
                values.append(sorted(codes))
        return conditions, values

    def narrowed(self, **asked: Collection[str] | str | None) -> Scope:
        """Return the part of this scope that a caller asks for: `narrowed(county="140502", sector=("coal_mine",))`.

        Keywords are dimensions; None = not asked. What lies outside is as if it did not exist: asking for it finds
        nothing and says nothing.
        """
        changed: dict[str, Codes] = {}
        for name, codes in asked.items():
            if codes is None:
                continue
            wanted = frozenset({codes} if isinstance(codes, str) else codes)
            mine = self.codes(Dimension(name))
            changed[name] = wanted if mine is None else wanted & mine
        return replace(self, **changed)


# An account's scope is one value for as long as the process lives, and it is said with each of its reads.
@lru_cache(maxsize=4096)
def _said(scope: Scope) -> str:
    restricted = {each.value: scope.codes(each) for each in Dimension}
    told = {name: sorted(codes) for name, codes in restricted.items() if codes is not None}
    return msgspec.json.encode(told).decode()


def _bound(code: str | None) -> frozenset[str]:
    return frozenset({code}) if code else _NOTHING


def _area(area: str, city: City) -> tuple[Codes, Codes]:
    """Return the counties and the townships of an area."""
    if area == city.code:
        return None, None
    counties = {county.code for county in city.counties}
    if (group := group_of(city.groups, area)) is not None:
        inside = frozenset(group.areas)
        parents = {region.code: region.parent for region in city.regions if region.parent is not None}
        return (inside, None) if inside <= counties else (frozenset(parents[each] for each in inside), inside)
    if area in counties:
        return frozenset({area}), None
    region = city.region(area)
    if region is not None and region.level is Level.TOWNSHIP and region.parent is not None:
        return frozenset({region.parent}), frozenset({area})
    # A profile need not list its townships: by GB/T 10114 nine digits begin with those of the county.
    if len(area) == _TOWNSHIP_DIGITS and area[:_COUNTY_DIGITS] in counties:
        return frozenset({area[:_COUNTY_DIGITS]}), frozenset({area})
    return _NOTHING, None
