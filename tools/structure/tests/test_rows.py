"""Rows are changed by the SQL of the slice that made their table, and by whoever calls a verb of that slice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.structure import rows
from tools.structure.source import module_of

PLANS = """
_SAVE = "INSERT INTO plan (code) VALUES ($1)"
_COLUMNS = Columns({"code": "text"})

async def one(connection):
    return await connection.fetchrow("SELECT code FROM plan FOR UPDATE")

async def save(connection):
    await connection.execute(_SAVE)

async def replace(connection):
    await save(connection)

async def many(connection, rows):
    await _COLUMNS.put(connection, "plan", rows)
"""
IMPORTED = "from services.scheduler.campaigns.tables import"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for made_by, table in (("campaigns", "plan"), ("tasks", "task")):
        made = tmp_path / "services/scheduler/migrations" / made_by / "0001_rows.sql"
        made.parent.mkdir(parents=True)
        made.write_text(f"CREATE TABLE {table} (code text);\n")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('A = "UPDATE plan SET code = $1"', 1),
        ('A = "WITH gone AS (DELETE FROM plan RETURNING code) SELECT code FROM gone"', 1),
        ('A = _COLUMNS.upsert("plan", ["code"])', 1),
        ('A = "UPDATE task SET code = (SELECT code FROM plan)"', 0),
        ('A = "SELECT code FROM plan FOR UPDATE"', 0),
        ('A = "INSERT INTO batch_only VALUES ($1) ON CONFLICT DO UPDATE SET code = $1"', 0),
    ],
)
def test_sql_that_changes_rows_of_another_slice_is_found(root: Path, text: str, found: int) -> None:
    assert len(list(rows.check([module_of("services/scheduler/tasks/tables.py", text)], root))) == found


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("imports/handlers.py", f"{IMPORTED} save", 1),
        ("imports/handlers.py", f"{IMPORTED} replace as keep", 1),
        ("imports/handlers.py", f"{IMPORTED} one", 0),
        ("imports/handlers.py", "from services.scheduler.campaigns import tables as plans\nA = plans.many", 1),
        ("imports/handlers.py", "from services.scheduler.campaigns import tables as plans\nA = plans.one", 0),
        ("imports/handlers.py", "from services.scheduler.campaigns.handlers import keep_plans", 0),
        ("campaigns/handlers.py", f"{IMPORTED} save", 0),
        ("tests/test_x.py", f"{IMPORTED} save", 0),
    ],
)
def test_who_changes_rows_of_another_slice_without_its_verb_is_found(
    root: Path, path: str, text: str, found: int
) -> None:
    modules = [
        module_of("services/scheduler/campaigns/tables.py", PLANS),
        module_of(f"services/scheduler/{path}", text),
    ]
    assert len(list(rows.check(modules, root))) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from services.scheduler.campaigns.tables.statements import SAVE as _KEEP\ndef keep(): return _KEEP", 1),
        ("from services.scheduler.campaigns.tables import statements as s\nasync def keep(): await run(s.SAVE)", 1),
        ("from services.scheduler.campaigns.tables.statements import replace as keep", 1),
        ("from services.scheduler.campaigns.tables.statements import ONE as _KEEP\ndef keep(): return _KEEP", 0),
        ("from services.scheduler.campaigns.tables import statements as s\nasync def keep(): await run(s.ONE)", 0),
    ],
)
def test_a_text_is_followed_into_the_modules_of_its_slice_that_take_it(root: Path, text: str, found: int) -> None:
    campaigns = "services/scheduler/campaigns/tables"
    said = "ONE = 'SELECT code FROM plan'\nSAVE = 'UPDATE plan SET code = $1'\ndef replace(): return SAVE\n"
    modules = [
        module_of(f"{campaigns}/__init__.py", ""),
        module_of(f"{campaigns}/statements.py", said),
        module_of(f"{campaigns}/plans.py", text),
        module_of(
            "services/scheduler/imports/handlers.py", "from services.scheduler.campaigns.tables.plans import keep"
        ),
    ]
    assert len(list(rows.check(modules, root))) == found


def test_every_slice_that_keeps_something_for_others_is_there() -> None:
    services = Path(__file__).parents[3] / "services"
    gone = [kept for kept in rows.KEPT_FOR_OTHERS if not list(services.joinpath(*kept).glob("tables*"))]
    assert gone == []
