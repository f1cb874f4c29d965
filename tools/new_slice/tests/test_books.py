"""The slice of a claim that stands for itself (登记), begun in a copy of the house: right as it is written, for any fields."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import asyncpg
import pytest

from tools.new_slice.house import ROOT
from tools.new_slice.reserved import RESERVED
from tools.new_slice.tests.copies import runs
from tools.structure import language, layout, migrations, size, sql
from tools.structure.source import sources

# What starts programs is no unit test.
pytestmark = pytest.mark.servers

# Two claims that stand for themselves, in the words of others: one has a field of every kind, the other the fewest.
_CLAIMS = '''"""What nobody reports."""

from duban_contracts.catalogue import event
from duban_contracts.events.claims import FigureCode
from duban_contracts.events.entering import EnteredClaim
from duban_contracts.events.inspections import FoundOn
from duban_contracts.events.types import Channel, Evidence, Grade, LongText, ReportedEnterprise, Sector, ShortText
from duban_contracts.topics import TopicFamily


@event("curiosity.seen.v1", family=TopicFamily.CLAIMS, title_zh="奇事")
class CuriositySeen(EnteredClaim, frozen=True, kw_only=True):
    """奇事: with a sector."""

    found_on: FoundOn
    channel: Channel
    sector: Sector
    enterprise: ReportedEnterprise
    place: ShortText
    suggested_grade: Grade | None = None
    figures: dict[FigureCode, float] = {}
    evidence: tuple[Evidence, ...] = ()


@event("very_long_name_of_an_oddment.seen.v1", family=TopicFamily.CLAIMS, title_zh="怪事")
class VeryLongNameOfAnOddmentSeen(EnteredClaim, frozen=True, kw_only=True):
    """怪事: without one."""

    found_on: FoundOn
    township: ShortText | None = None
    description: LongText
'''
_BOOKS = {"curiosities": "curiosity.seen", "very_long_names_of_oddments": "very_long_name_of_an_oddment.seen"}
_ANSWERED = """
from duban_contracts.conformance.sandbox.evidence import Seen
from duban_contracts.conformance.sandbox.outcomes import settled
seen = Seen(id="1", source="/", type="duban.curiosity.seen.v1", reference="1")
assert settled(seen, "1")[0].__name__ == "ClaimEntered"
"""


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house in which the ledger has begun to keep the books of two claims that are new in the contract."""
    copy = tmp_path_factory.mktemp("booked")
    for part in ("services", "contracts/src", "tests", "tools"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / name, copy)
    (copy / "deploy").symlink_to(ROOT / "deploy")
    (copy / "contracts/src/duban_contracts/events/oddments.py").write_text(_CLAIMS, encoding="utf-8")
    for noun, name in _BOOKS.items():
        runs(copy, "-m", "tools.new_slice", "ledger", noun, "--event", f"duban.{name}.v1", "--day", "found_on")
    return copy


def of_books(booked: Path) -> list[str]:
    """The folders of the two slices, and what else of Python the command changed."""
    ledger = booked / "services" / "ledger"
    folders = [ledger / above / noun for above in ("", "tests") for noun in _BOOKS]
    named = ("bootstrap.py", "claims/handlers/books.py", "tests/specimens.py")
    return [*map(str, folders), *(str(ledger / each) for each in named), str(booked / "tests/load/million/reads")]


def test_a_book_is_formatted_and_clean_and_nothing_is_left_to_name(booked: Path) -> None:
    runs(booked, "-m", "ruff", "check", "-q", *of_books(booked))
    runs(booked, "-m", "ruff", "format", "--check", "-q", *of_books(booked))
    assert "curiosity = { kept = " in (booked / "tools/generate/growth.toml").read_text(encoding="utf-8")
    assert (
        "BOOKS: Final[tuple[Book[Any], ...]] = (" in (booked / "services/ledger/claims/handlers/books.py").read_text()
    )


def test_what_a_claim_says_of_its_township_narrows_nothing_and_readers_are_told(booked: Path) -> None:
    listing = (booked / "services/ledger/very_long_names_of_oddments/http.py").read_text(encoding="utf-8")
    assert "Whoever is bound to townships or sectors sees none." in listing


def test_the_lint_of_the_house_finds_nothing_in_a_book_and_its_slice_stands_where_it_may(booked: Path) -> None:
    # What is begun stands in these alone, and lists of codes are held against every enum; the house is 2,000 files.
    modules = list(sources(booked, "curiosit", "Curiosit", "oddment", "Oddment", "StrEnum"))
    folders = [booked / "services/ledger" / above / noun for above in ("", "tests") for noun in _BOOKS]
    python = {
        str(path.relative_to(booked)) for folder in folders for path in folder.rglob("*.py") if path.stat().st_size
    }
    assert python <= {module.path for module in modules}
    found = [*size.check(modules), *layout.check(booked), *language.check(modules, booked), *sql.check(modules, booked)]
    found += migrations.check(booked)
    assert [str(finding) for finding in found if re.search("curiosit|oddment", str(finding))] == []
    runs(booked, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))")


def test_what_a_county_enters_is_kept_answered_and_listed_before_every_role(
    booked: Path, postgres_dsn: str, kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_POSTGRES_DSN", postgres_dsn)
    monkeypatch.setenv("DUBAN_KAFKA_BOOTSTRAP", kafka_bootstrap)
    tests = [f"services/ledger/tests/{noun}" for noun in (*_BOOKS, "entering")]
    wall = "services/ledger/tests/test_second_wall.py::test_every_table_stands_behind_the_wall_or_has_a_reason_not_to"
    readme = "tools/generate/tests/test_tables_of_readmes.py"
    runs(booked, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, wall, readme)


async def test_no_word_is_missing_that_postgresql_keeps_for_itself(postgres_dsn: str) -> None:
    connection = await asyncpg.connect(postgres_dsn)
    try:
        words = await connection.fetch("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')")
    finally:
        await connection.close()
    assert {row["word"] for row in words} <= RESERVED


def test_every_door_takes_what_a_county_enters_and_the_sandbox_answers_it(booked: Path) -> None:
    doors = "tests/contract/test_doors.py::test_each_type_that_a_county_may_send_is_taken_at_every_door"
    runs(booked, "-m", "pytest", "-q", "-p", "no:cacheprovider", doors)
    runs(booked, "-c", _ANSWERED)
