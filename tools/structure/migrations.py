"""A migration runs beside a service that works: an index on a table that has rows is built and dropped concurrently."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tools.structure.source import Finding

_ALONE: Final = "-- outside a transaction\n"
# The trail's tables came with this rule, empty, and belong to a role of their own, which makes their indexes in a block.
_TRAIL: Final = "trail."
_COMMENT: Final = re.compile(r"--[^\n]*")
_TABLE: Final = re.compile(r"\bCREATE TABLE (?:IF NOT EXISTS )?([a-z0-9_.]+)")
_INDEX: Final = re.compile(
    r"\bCREATE (?:UNIQUE )?INDEX (?P<concurrently>CONCURRENTLY )?(?:IF NOT EXISTS )?(?P<name>\w+)\s+ON (?P<table>[a-z0-9_.]+)"
)
_DROP: Final = re.compile(r"\bDROP INDEX (?P<safely>CONCURRENTLY IF EXISTS )?(?:IF EXISTS )?(?P<name>\w+)")
_NOT_VALID: Final = re.compile(r"\bADD CONSTRAINT (\w+)[^;]*\bNOT VALID\b")
_VALIDATE: Final = re.compile(r"\bVALIDATE CONSTRAINT (\w+)")
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


def check(root: Path) -> Iterator[Finding]:
    """Yield what would keep a working service from its tables."""
    folder = root / "services"
    for path in sorted([*folder.glob("*/migrations/**/*.sql"), *folder.glob("chassis/storage/migrations/*.sql")]):
        name = str(path.relative_to(root))
        if name not in _BEFORE_THE_RULE:
            yield from check_one(name, path.read_text(encoding="utf-8"))


def check_one(name: str, text: str) -> Iterator[Finding]:
    """Yield what is wrong in one migration: `name` is its path, `text` what it says."""
    said = _COMMENT.sub(lambda comment: " " * len(comment.group()), text)
    own = set(_TABLE.findall(said))
    for position, rule in sorted([*_indexes(said, own), *_drops(said), *_constraints(said)]):
        yield Finding(name, said[:position].count("\n") + 1, rule)
    if "CONCURRENTLY" in said and not text.startswith(_ALONE):
        yield Finding(name, 1, f"CONCURRENTLY needs the first line `{_ALONE.strip()}`")


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


def _constraints(said: str) -> Iterator[tuple[int, str]]:
    added = set(_NOT_VALID.findall(said))
    for validated in _VALIDATE.finditer(said):
        if validated[1] in added:
            yield validated.start(), f"{validated[1]} is validated in the next file, when its lock is gone"
