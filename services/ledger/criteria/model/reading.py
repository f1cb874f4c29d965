"""What a file of criteria says: rows of either form become versions, and whatever is wrong is noted by its cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from duban_contracts.findings import Findings
from duban_contracts.vocabulary import SECTORS
from services.ledger.criteria.model.standards import MOST_CLAUSES, Clause, Standard, VersionName

# A version's own words, which every row of it says alike; then the clause's.
HEAD: Final = ("sector", "version", "title", "document", "in_force_on", "until_on")
FIELDS: Final = (*HEAD, "code", "text")
DEMANDED: Final = ("sector", "version", "title", "in_force_on", "code", "text")

# What a database can keep and compare; 9999-12-31 would be infinity to it.
_FIRST_DAY: Final = date(1949, 10, 1)
_LAST_DAY: Final = date(2999, 12, 31)


class Row(NamedTuple):
    """One clause with the words of its version: each as text, and the cell where it stands."""

    values: Mapping[str, str]
    cells: Mapping[str, str]

    def value(self, name: str) -> str:
        """Return what the row says of a field, without white space around it; "" where it says nothing."""
        return self.values.get(name, "").strip()


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    version: VersionName


def rows_of(raw: Any, found: Findings) -> Iterator[Row]:
    """Yield the rows of the JSON form: `{"lists": [{…, "clauses": [{"code", "text"}]}]}`."""
    lists = raw.get("lists") if isinstance(raw, dict) else None
    if not isinstance(lists, list) or not lists:
        found.error("$", "unknown-form", "must be an object with `lists`, a list of versions")
        return
    for index, one in enumerate(lists):
        at = f"$.lists[{index}]"
        clauses = one.get("clauses") if isinstance(one, dict) else None
        if not isinstance(clauses, list) or not clauses:
            found.error(f"{at}.clauses", "no-clauses", "must be a list of clauses that is not empty")
            continue
        head = {name: _text(one.get(name)) for name in HEAD}
        for number, clause in enumerate(clauses):
            said = clause if isinstance(clause, dict) else {}
            cells = {name: f"{at}.{name}" for name in HEAD}
            cells |= {name: f"{at}.clauses[{number}].{name}" for name in ("code", "text")}
            yield Row({**head, "code": _text(said.get("code")), "text": _text(said.get("text"))}, cells)


def read(rows: Iterable[Row], found: Findings) -> list[Standard]:
    """Return the versions that the rows make up; with an error noted, nothing of them is to be used."""
    versions: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if _complete(row, found) and (sector := _sector(row, found)):
            versions.setdefault((sector, row.value("version")), []).append(row)
    standards = [one for key, its in versions.items() if (one := _standard(*key, its, found)) is not None]
    if not versions and not found.errors:
        found.error("$", "no-rows", "must hold at least one clause")
    _one_begins_a_day(standards, versions, found)
    return standards


def _complete(row: Row, found: Findings) -> bool:
    missing = [name for name in DEMANDED if not row.value(name)]
    for name in missing:
        found.error(row.cells[name], "missing-cell", "must not be empty")
    return not missing


def _sector(row: Row, found: Findings) -> str | None:
    sector = SECTORS.match(row.value("sector"))
    if sector is None:
        found.error(row.cells["sector"], "unknown-sector", "must be a sector of the vocabulary", row.value("sector"))
    return sector


def _standard(sector: str, version: str, rows: list[Row], found: Findings) -> Standard | None:
    first, before = rows[0], len(found.errors)
    found.convert({"version": version}, _Head, first.cells["version"].removesuffix(".version"))
    for row in rows[1:]:
        for name in ("title", "document", "in_force_on", "until_on"):
            if row.value(name) and row.value(name) != first.value(name):
                found.error(row.cells[name], "differs-within-version", "must be the same in every row of a version")
    begins, ends = _day(first, "in_force_on", found), _day(first, "until_on", found)
    if begins and ends and ends < begins:
        found.error(first.cells["until_on"], "ends-before-it-begins", "must not be before the first day in force")
    clauses = _clauses(rows, found)
    if begins is None or len(found.errors) > before:
        return None
    return found.convert(
        {
            "sector": sector,
            "version": version,
            "title": first.value("title"),
            "document": first.value("document") or None,
            "in_force_on": begins,
            "until_on": ends,
            "clauses": clauses,
        },
        Standard,
        first.cells["title"].removesuffix(".title"),
    )


def _clauses(rows: list[Row], found: Findings) -> list[Clause]:
    clauses: dict[str, Clause] = {}
    for row in rows:
        said = {name: row.value(name) for name in ("code", "text")}
        clause = found.convert(said, Clause, row.cells["code"].removesuffix(".code"))
        if clause is not None and clauses.setdefault(clause.code, clause) is not clause:
            found.error(row.cells["code"], "repeated-clause", "must stand once in its version", clause.code)
    if len(rows) > MOST_CLAUSES:
        found.error(rows[0].cells["version"], "too-many-clauses", f"a version has at most {MOST_CLAUSES} clauses")
    return list(clauses.values())


def _one_begins_a_day(
    standards: list[Standard], versions: Mapping[tuple[str, str], list[Row]], found: Findings
) -> None:
    """Of two versions that begin on one day nobody could say which holds."""
    begun: dict[tuple[str, date], str] = {}
    for one in standards:
        if begun.setdefault((one.sector, one.in_force_on), one.version) != one.version:
            cell = versions[one.sector, one.version][0].cells["in_force_on"]
            found.error(cell, "begins-as-another", "one version of a sector begins on a day", one.in_force_on)


def _day(row: Row, name: str, found: Findings) -> date | None:
    text = row.value(name)
    if not text:
        return None
    day: date | None = None
    with suppress(ValueError):
        day = date.fromisoformat(text)
    if day is None or not _FIRST_DAY <= day <= _LAST_DAY:
        found.error(row.cells[name], "no-date", "must be a day such as 2023-05-15", text)
        return None
    return day


def _text(value: Any) -> str:
    return "" if value is None else str(value)
