"""Searches and counts of texts among tasks equal the plain rule: the title holds it, or the number begins or ends with it."""

from __future__ import annotations

import random
from collections import Counter
from typing import Final

import pytest

from services.chassis.access.scope import Scope
from services.chassis.storage.database import Connection
from services.scheduler.tasks.tables import lists
from services.scheduler.tasks.tables.lists import Filter, Position
from services.scheduler.tests.tasks.stage import Stage, report

LETTERS: Final = "燃气消防aAbBkKRW7026-%_\\'éİ"
DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PLAIN: Final = """
SELECT task_id, county, state FROM task
 WHERE (title ILIKE '%' || $1 || '%' OR number ILIKE $1 || '%' OR number ILIKE '%' || $1)
   AND NOT (state = 'cancelled' AND version = 0) ORDER BY due_on, task_id"""
# Of few titles, of three counties, and every fifth one withdrawn before it was told. Their documents bear their ids as titles.
FILL: Final = """
INSERT INTO task (task_id, number, digest, opens_at, duty_id, duty_version, period, period_end, kind, title, county,
                  lead_unit, helper_units, state, late, due_on, due_at, deadline_number, version, task)
SELECT 'task-' || n, given.number, decode(md5(n::text), 'hex'), timestamptz '2026-01-01', 'duty-' || n % 9, 1, 'p-' || n,
       date '2026-12-31', 'report', given.title, '1405' || lpad((n % 3)::text, 2, '0'), 'unit-' || n % 5, ' ',
       CASE n % 5 WHEN 0 THEN 'cancelled' ELSE 'planned' END, false, date '2026-01-01' + (n % 7)::int,
       timestamptz '2026-01-01', 1, 0,
       jsonb_set(pattern.task, '{plan,title}', to_jsonb('task-' || n)) || jsonb_build_object('due_on', date '2026-01-01' + (n % 7)::int)
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given (number, title, n), task AS pattern
"""


@pytest.fixture
def draw() -> random.Random:
    return random.Random(7)


def text(draw: random.Random, most: int, letters: str = LETTERS) -> str:
    return "".join(draw.choice(letters) for _ in range(draw.randint(1, most)))


async def fill(connection: Connection, draw: random.Random, number: int) -> list[str]:
    """Write as many tasks of thirty titles; return their numbers and titles."""
    titles = [text(draw, 9) for _ in range(30)]
    numbers = {f"RW{draw.choice((2025, 2026))}-" + "".join(draw.choices(DIGITS, k=10)) for _ in range(number)}
    given = [draw.choice(titles) for _ in numbers]
    await connection.execute(FILL, sorted(numbers), given)
    await connection.execute("DELETE FROM task WHERE task_id NOT LIKE 'task-%'")
    return [*sorted(numbers), *given]


def pieces(draw: random.Random, texts: list[str]) -> list[str]:
    """Return texts to be looked for: pieces of what there is, in any case, and what is hardly there."""
    found = ["RW", "rw2026-", "7", "\u212a", "工作进展"]
    for each in draw.sample(texts, 60):
        start = draw.randrange(len(each))
        piece = each[start : start + draw.randint(1, 6)]
        found += [piece, piece.swapcase(), each[-3:], each[:10].lower()]
    return [each for each in found + [text(draw, 3) for _ in range(20)] if each]


@pytest.mark.feature("SY07")
async def test_a_search_finds_what_the_plain_rule_finds_page_by_page_and_counts_it(
    stage: Stage, draw: random.Random
) -> None:
    await stage.plan(report())
    one = Scope(county=frozenset({"140502"}))
    async with stage.database.transaction() as connection:
        for wanted in pieces(draw, await fill(connection, draw, 150)):
            escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            plain = [tuple(row) for row in await connection.fetch(PLAIN, escaped)]
            asked = Filter(text=wanted)
            assert await walked(connection, Scope(), asked) == [row[0] for row in plain], wanted
            of_one = [row[0] for row in plain if row[1] == "140502"]
            assert await walked(connection, one, asked) == of_one, wanted
            assert await lists.count(connection, one, asked, None) == [(None, len(of_one))], wanted
            counted = dict(await lists.count(connection, Scope(), asked, "state"))
            assert counted == Counter(row[2] for row in plain), wanted


async def walked(connection: Connection, scope: Scope, wanted: Filter) -> list[str]:
    """Return the ids of a list, read by pages of 20."""
    found: list[str] = []
    after: Position | None = None
    while page := await lists.page(connection, scope, wanted, after=after, limit=20):
        found += [task.plan.title for task in page]
        after = page[-1].due_on, found[-1]
    return found


async def test_the_longest_task_that_a_duty_can_make_can_be_planned(stage: Stage, draw: random.Random) -> None:
    # Of letters that don't shrink: what an index holds of a row has a bound.
    long = "".join(chr(draw.randrange(0x20000, 0x2A000)) for _ in range(200))
    helpers = tuple("".join(draw.choices("abcdefghijklmnopqrstuvwxyz_", k=30)) for _ in range(30))
    task = report(title=long, phase=long[::-1], helper_units=helpers, plan="p" * 64, campaign="c" * 64)
    await stage.plan(task)
    assert (await stage.task(task)).plan.title == long
