"""A migration runs beside a service that works: indexes are built and dropped concurrently, constraints come NOT VALID."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.chassis.storage.comments import without_comments
from services.chassis.storage.schema import ADDED_CONSTRAINT
from tools.structure.source import Finding

_ALONE: Final = "-- outside a transaction\n"
# The trail's tables came with this rule, empty, and belong to a role of their own, which makes their indexes in a block.
_TRAIL: Final = "trail."
_TABLE: Final = re.compile(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.]+)", re.IGNORECASE)
_INDEX: Final = re.compile(
    r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?P<concurrently>CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>\w+)\s+ON\s+(?P<table>[\w.]+)",
    re.IGNORECASE,
)
_DROP: Final = re.compile(
    r"\bDROP\s+INDEX\s+(?P<safely>CONCURRENTLY\s+IF\s+EXISTS\s+)?(?:IF\s+EXISTS\s+)?(?P<name>\w+)", re.IGNORECASE
)
_ALTERED: Final = re.compile(r'\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(["\w.]+)([^;]*)', re.IGNORECASE)
# Those alone can be added without a look at every row.
_ADDED: Final = re.compile(rf"(?:{ADDED_CONSTRAINT.pattern}|\bADD)\s+(?:CHECK|FOREIGN\s+KEY)\b", re.IGNORECASE)
_VALIDATE: Final = re.compile(r"\bVALIDATE\s+CONSTRAINT\s+(\w+)", re.IGNORECASE)
_NOT_VALID: Final = re.compile(r"\bNOT\s+VALID\b", re.IGNORECASE)
# As PostgreSQL keeps it, too, and whoever migrates looks for it: another is folded or cut.
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
# Applied somewhere before there was this rule, and an applied migration is never changed.
_BEFORE_THE_RULE: Final = frozenset(
    {
        "services/ledger/migrations/claims/0002_references.sql",
        "services/ledger/migrations/groups/0001_month.sql",
        "services/ledger/migrations/hazards/0002_townships.sql",
        "services/ledger/migrations/hazards/0005_two_levels.sql",
        "services/ledger/migrations/hazards/0007_gathering.sql",
        "services/ledger/migrations/hazards/0008_found_by.sql",
        "services/ledger/migrations/hazards/0009_listing.sql",
        "services/ledger/migrations/hazards/0010_sent_up.sql",
        "services/ledger/migrations/insiders/0002_ids_without_time.sql",
        "services/ledger/migrations/lookbacks/0002_open_ones.sql",
        "services/chassis/storage/migrations/0004_partition_hold.sql",
        "services/chassis/storage/migrations/0008_held_by_fault.sql",
        "services/notifications/migrations/delivery/0002_channels.sql",
        "services/notifications/migrations/letters/0002_subjects.sql",
        "services/scheduler/migrations/alarms/0002_about_a_subject.sql",
        "services/scheduler/migrations/alarms/0004_still_due.sql",
        "services/scheduler/migrations/clocks/0002_scope_and_number.sql",
        "services/scheduler/migrations/clocks/0003_by_county.sql",
        "services/scheduler/migrations/clocks/0004_listing_clock.sql",
        "services/scheduler/migrations/tasks/0003_by_county.sql",
        "services/scheduler/migrations/tasks/0004_audited.sql",
        "services/scheduler/migrations/training/0002_by_day.sql",
    }
)


# Applied before that was looked for: each added its constraint and read every row at once.
_CHECKED_AT_ONCE: Final = frozenset(
    {
        "services/ledger/migrations/claims/0003_waiting_for_a_plan.sql",
        "services/ledger/migrations/hazards/0011_reviews.sql",
        "services/ledger/migrations/hazards/0012_extensions.sql",
        "services/ledger/migrations/hazards/0013_looked_back.sql",
        "services/ledger/migrations/hazards/0014_first_confirmed_grade.sql",
        "services/chassis/storage/migrations/0002_access.sql",
        "services/chassis/storage/migrations/0007_group_areas.sql",
        "services/notifications/migrations/delivery/0004_recalled.sql",
        "services/notifications/migrations/letters/0004_principals.sql",
        "services/scheduler/migrations/alarms/0003_recalled.sql",
    }
)


@dataclass(frozen=True, slots=True)
class _Added:
    """A constraint that a migration adds to a table that may have rows."""

    position: int
    name: str | None
    valid: bool


def check(root: Path) -> Iterator[Finding]:
    """Yield what would keep a working service from its tables."""
    services = root / "services"
    paths = sorted([*services.glob("*/migrations/**/*.sql"), *services.glob("chassis/storage/migrations/*.sql")])
    for path in paths:
        if (name := str(path.relative_to(root))) not in _BEFORE_THE_RULE:
            yield from check_one(name, path.read_text(encoding="utf-8"))


def check_one(name: str, text: str) -> Iterator[Finding]:
    """Yield what is wrong in one migration: `name` is its path, `text` what it says."""
    said = without_comments(text, texts=False)
    own = set(_TABLE.findall(said))
    added = [] if name in _CHECKED_AT_ONCE else list(_constraints(said, own))
    found = [*_indexes(said, own), *_drops(said), *_read_at_once(said, added), *_names(said)]
    for position, rule in sorted(found):
        yield Finding(name, said[:position].count("\n") + 1, rule)
    if "CONCURRENTLY" in said.upper() and not text.startswith(_ALONE):
        yield Finding(name, 1, f"CONCURRENTLY needs the first line `{_ALONE.strip()}`")


def _names(said: str) -> Iterator[tuple[int, str]]:
    for added in ADDED_CONSTRAINT.finditer(said):
        if not _NAME.fullmatch(added[1]):
            yield added.start(), f"{added[1]}: a constraint's name is up to 63 characters of a-z, 0-9 and _"


def _indexes(said: str, own: Iterable[str]) -> Iterator[tuple[int, str]]:
    for index in _INDEX.finditer(said):
        made = index["name"]
        if index["concurrently"]:
            if f"DROP INDEX CONCURRENTLY IF EXISTS {made};" not in said[: index.start()]:
                yield (
                    index.start(),
                    f"{made}: DROP INDEX CONCURRENTLY IF EXISTS comes before, so that it can be repeated",
                )
        elif index["table"] not in own and not index["table"].startswith(_TRAIL):
            yield (
                index.start(),
                f"{made}: {index['table']} may have rows; CREATE INDEX CONCURRENTLY keeps nobody waiting",
            )


def _drops(said: str) -> Iterator[tuple[int, str]]:
    for drop in _DROP.finditer(said):
        if not drop["safely"]:
            yield drop.start(), f"{drop['name']}: DROP INDEX CONCURRENTLY IF EXISTS waits for nobody who reads"


def _constraints(said: str, own: Collection[str]) -> Iterator[_Added]:
    """Yield what is added to tables other than `own`, the file's new ones."""
    for altered in _ALTERED.finditer(said):
        if altered[1] not in own:
            for added in _ADDED.finditer(altered[2]):
                clause = _up_to_its_comma(altered[2][added.end() :])
                yield _Added(altered.start(2) + added.start(), added[1], not _NOT_VALID.search(clause))


def _up_to_its_comma(text: str) -> str:
    """Return what stands before the next comma that is in no parentheses: one action of an ALTER TABLE."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            return text[:place]
    return text


def _read_at_once(said: str, added: Collection[_Added]) -> Iterator[tuple[int, str]]:
    for each in added:
        if each.valid:
            yield (
                each.position,
                f"{each.name or 'a constraint'}: every row is read under its lock; NOT VALID, and whoever migrates validates it",
            )
        elif each.name is None:
            yield each.position, "a constraint that is NOT VALID has a name, by which whoever migrates validates it"
    for validated in _VALIDATE.finditer(said):
        if validated[1] in {each.name for each in added}:
            yield validated.start(), f"{validated[1]} is validated by whoever migrates, when its lock is gone"
