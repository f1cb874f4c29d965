"""The house's own lint finds what it is there to find, and the tree as it stands is clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.structure import language, layout, migrations, purity, size, sql
from tools.structure.source import module_of

ROOT = Path(__file__).resolve().parents[3]


def rules(findings: object) -> list[str]:
    return [finding.rule for finding in findings]  # type: ignore[attr-defined]


def test_a_long_module_and_a_long_function_are_found() -> None:
    long_function = "def f() -> None:\n" + "    x = 1\n" * 40
    assert rules(size.check([module_of("a.py", long_function)])) == ["f has 41 lines, at most 40"]
    assert rules(size.check([module_of("a.py", "x = 1\n" * 251)])) == ["251 lines; a module has at most 250"]
    assert not rules(size.check([module_of("a.py", "x = 1\n" * 250)]))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    slice_of_it = tmp_path / "services" / "ledger" / "hazards"
    (slice_of_it / "moves").mkdir(parents=True)
    for name in ("bootstrap.py", "settings.py", "hazards/__init__.py", "hazards/wire.py", "hazards/moves/close.py"):
        (tmp_path / "services" / "ledger" / name).write_text('"""."""\n')
    return tmp_path


def test_a_service_of_slices_is_in_order(root: Path) -> None:
    assert not rules(layout.check(root))


@pytest.mark.parametrize("stray", ["utils.py", "hazards/helpers.py", "adapters/rows.py", "migrations/0001_all.sql"])
def test_what_stands_where_nobody_would_look_is_found(root: Path, stray: str) -> None:
    path = root / "services" / "ledger" / stray
    path.parent.mkdir(exist_ok=True)
    path.write_text('"""."""\n')
    assert len(rules(layout.check(root))) == 1


def test_a_slice_that_is_called_from_outside_needs_its_wiring(root: Path) -> None:
    (root / "services/ledger/hazards/wire.py").unlink()
    (root / "services/ledger/hazards/http.py").write_text('"""."""\n')
    assert rules(layout.check(root)) == ["a slice that is called from outside has a wire.py"]


def test_a_batch_counted_by_hand_is_found_and_a_filter_is_not(tmp_path: Path) -> None:
    text = 'A = "SELECT * FROM unnest($1::text[], $2::int[])"\nB = "x = ANY ($1::text[]) OR $2::text[] IS NULL"\n'
    found = list(language.check([module_of("services/x/tables.py", text)], tmp_path))
    assert [finding.line for finding in found] == [1]


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("services/chassis/consuming/x.py", 'getattr(data, "hazard_id", None)', 1),
        ("services/chassis/web/x.py", '"""As in `ByArrival(hazard_id=row.hazard_id)`."""', 0),
        ("services/chassis/web/x.py", "def f(row): return row.task_id", 1),
        ("services/chassis/web/tests/x.py", 'A = "hazard_id"', 0),
        ("services/ledger/hazards/model.py", 'A = "hazard_id"', 0),
    ],
)
def test_a_chassis_that_names_a_kind_of_subject_is_found(path: str, text: str, found: int, tmp_path: Path) -> None:
    assert len(rules(language.check([module_of(path, text)], tmp_path))) == found


def test_a_test_that_leans_on_a_test_is_found(tmp_path: Path) -> None:
    text = "from services.x.tests.test_y import thing\nimport services.x.tests.conftest\nfrom services.x.tests import test_y\n"
    assert len(rules(language.check([module_of("services/x/tests/test_z.py", text)], tmp_path))) == 3


@pytest.mark.parametrize(
    ("name", "line", "found"), [("conftest", "pass", 1), ("conftest", "'One.'", 0), ("test_a", "pass", 0)]
)
def test_a_fixture_of_many_tests_that_does_not_say_what_it_gives_is_found(
    name: str, line: str, found: int, tmp_path: Path
) -> None:
    text = f"@pytest.fixture(scope='session')\ndef a() -> int:\n    {line}\n    return 1\n"
    assert len(rules(language.check([module_of(f"tests/{name}.py", text)], tmp_path))) == found


def test_a_list_of_codes_that_no_enum_holds_is_found_until_a_later_migration_mends_it(tmp_path: Path) -> None:
    first, second = tmp_path / "0001_a.sql", tmp_path / "0002_a.sql"
    first.write_text("CREATE TABLE a (state text CHECK (state IN ('open', 'closed')));")
    known = language.enums([module_of("m.py", "class S(enum.StrEnum):\n    A = 'open'\n    B = 'shut'\n")])
    assert len(rules(language.check_lists([first], known, tmp_path))) == 1
    second.write_text("ALTER TABLE a ADD CHECK (state IN ('open', 'shut'));")
    assert not rules(language.check_lists([first, second], known, tmp_path))


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("services/x/a/tables.py", 'A = "SELECT 1"', 0),
        ("services/x/a/tables/rows.py", 'A = f"SELECT {b} FROM c"', 0),
        ("services/x/a/http.py", 'A = "SELECT 1"', 1),
        ("services/x/a/http.py", 'A = f"UPDATE {b} SET c = 1"', 1),
        ("services/x/a/tests/test_b.py", 'A = "SELECT 1"', 0),
        ("services/x/a/http.py", 'A = "Select one of these"', 0),
        ("services/x/a/tables.py", 'A = "SET LOCAL synchronous_commit = off"', 1),
        ("services/chassis/publishing/relay.py", 'A = "SET synchronous_commit = off"', 0),
        ("services/chassis/storage/trail.py", "A = f\"SET LOCAL lock_timeout = '{b}'\"", 1),
        ("services/chassis/storage/locks.py", "A = f\"SET LOCAL lock_timeout = '{b}'\"", 0),
        ("services/x/a/handlers.py", "def f(connection):\n    metrics.A.labels(1).inc()", 1),
        ("services/x/a/handlers.py", "def f(connection):\n    count(connection, metrics.A)", 0),
        ("services/x/a/jobs.py", "def f(found):\n    metrics.A.inc(found)", 0),
    ],
)
def test_what_is_said_to_the_database_out_of_its_place_is_found(
    path: str, text: str, found: int, tmp_path: Path
) -> None:
    assert len(rules(sql.check([module_of(path, text)], tmp_path))) == found


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("services/x/a/model.py", "from datetime import datetime\ndatetime.now(ZONE)", 1),
        ("services/x/a/moves/close.py", "datetime.date.today()", 1),
        ("services/x/a/model/clock.py", "self.clock.now()", 1),
        ("services/x/a/handlers.py", "clock.now()", 0),
        ("services/x/tests/model/test_a.py", "datetime.now(ZONE)", 0),
        ("services/x/a/model.py", "by.today", 0),
    ],
)
def test_a_rule_that_asks_a_clock_is_found(path: str, text: str, found: int) -> None:
    assert len(rules(purity.check([module_of(path, text)]))) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ALTER ROLE ledger SET synchronous_commit = off;", 1),
        ("ALTER ROLE ledger SET -- for now;\n synchronous_commit = off;", 1),
        ("-- SET synchronous_commit is the relay's\n", 0),
    ],
)
def test_a_migration_that_lets_a_crash_take_commits_back_is_found(text: str, found: int, root: Path) -> None:
    folder = root / "services/ledger/migrations/hazards"
    folder.mkdir(parents=True)
    (folder / "0001_a.sql").write_text(text)
    assert len(rules(sql.check([], root))) == found


ALONE = "-- outside a transaction\n"
DROP_FIRST = "DROP INDEX CONCURRENTLY IF EXISTS a_by_b;\n"
BUILD = "CREATE INDEX CONCURRENTLY a_by_b ON a (b);\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CREATE TABLE a (b int);\nCREATE UNIQUE INDEX a_by_b ON a (b);\n", 0),
        (ALONE + DROP_FIRST + BUILD + "DROP INDEX CONCURRENTLY IF EXISTS a_old;\n", 0),
        ("-- CREATE INDEX a_by_b ON a, said and not done\n", 0),
        ("CREATE INDEX a_by_b ON a (b);\n", 1),
        ("CREATE TABLE aa (b int);\nCREATE UNIQUE INDEX IF NOT EXISTS a_by_b\n    ON a (b);\n", 1),
        ("DROP INDEX a_by_b;\n", 1),
        ("DROP INDEX IF EXISTS a_by_b;\n", 1),
        (ALONE + BUILD, 1),
        (ALONE + BUILD + DROP_FIRST, 1),
        (DROP_FIRST + BUILD, 1),
        ("ALTER TABLE a ADD CONSTRAINT c\n CHECK (b > 0) NOT VALID;\nALTER TABLE a VALIDATE CONSTRAINT c;\n", 1),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID;\n", 0),
        ("ALTER TABLE a VALIDATE CONSTRAINT c;\n", 0),
        ("ALTER TABLE a DROP CONSTRAINT c;\nALTER TABLE a ADD CONSTRAINT c CHECK (b IN ('x;', 'y')) NOT VALID;\n", 0),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0);\n", 1),
        (
            "ALTER TABLE a ADD COLUMN b int,\n    ADD CONSTRAINT c\n    CHECK (b IN (1, 2)), ADD CHECK (b > 0) NOT VALID;\n",
            2,
        ),
        ("ALTER TABLE ONLY a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d;\n", 1),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (b <> 'NOT VALID');\n", 1),
        ("CREATE TABLE a (b int);\nALTER TABLE a ADD CONSTRAINT c CHECK (b > 0);\n", 0),
        ("ALTER TABLE a ADD\n  CONSTRAINT  c\n CHECK (b > 0) NOT\n VALID;\n", 0),
        ("ALTER  TABLE a\n ADD\n  CONSTRAINT  c\n CHECK (b > 0);\n", 1),
        ("ALTER TABLE a ADD -- it's; why\n CONSTRAINT c /* and /* how */; */ CHECK (b > 0);\n", 1),
        ("ALTER TABLE a ADD /* why */ CONSTRAINT c CHECK (b > 0) NOT /* yet */ VALID;\n", 0),
        ("ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) /* NOT VALID */;\n", 1),
        ("CREATE /* small */ INDEX a_by_b ON a (b);\n", 1),
        ("DROP -- why\n INDEX a_by_b;\n", 1),
        ("create  index a_by_b\n on a (b);\ndrop index a_by_b;\n", 2),
        (ALONE + "drop index  concurrently if exists a_old;\n", 0),
        ("SELECT '/*';\nALTER TABLE a ADD CONSTRAINT c CHECK (b > 0);\nSELECT '*/';\n", 1),
        ("SELECT 'CREATE INDEX a_by_b ON a (b)';\n", 0),
        ("alter table a add constraint c check (b > 0);\n", 1),
        ('ALTER TABLE "a" ADD CONSTRAINT c FOREIGN\n KEY (b) REFERENCES d;\n', 1),
        ('ALTER TABLE a ADD CONSTRAINT "c" CHECK (b > 0) NOT VALID;\n', 1),
        ('ALTER TABLE a ADD CONSTRAINT "c d" CHECK (b > 0) NOT VALID;\n', 1),
        ("ALTER TABLE a ADD CONSTRAINT a_Positive CHECK (b > 0) NOT VALID;\n", 1),
        (f"ALTER TABLE a ADD CONSTRAINT {'c' * 63} CHECK (b > 0) NOT VALID;\n", 0),
        (f"ALTER TABLE a ADD CONSTRAINT {'c' * 64} CHECK (b > 0) NOT VALID;\n", 1),
        ("CREATE TABLE a (b int);\nALTER TABLE a ADD CONSTRAINT C UNIQUE (b);\n", 1),
    ],
)
def test_a_migration_that_keeps_a_working_service_waiting_is_found(text: str, found: int) -> None:
    assert len(rules(migrations.check_one("services/x/migrations/a/0002_a.sql", text))) == found
