"""Two months of the year 2024 in calm and while its schedulers are killed; and the audit that can fail."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from deploy.demo.audit.case import Line
from deploy.demo.year.play import Script
from tests.chaos.year.blows import Kind, schedule
from tests.chaos.year.storm import both, live, place_of

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

SEED = 7
# Two months, in which every fate is met; a seed whose storm kills the reader of the counties' topics once.
MONTHS = Script(seed=SEED, until=date(2024, 2, 29))
# Three rows of the table and one holiday in six counties; what is never said need not be waited for long.
JANUARY = Script(seed=SEED, until=date(2024, 1, 31), patience=4)


def broken(lines: list[Line]) -> list[str]:
    return [f"{line.title}：{line.detail}" for line in lines if not line.holds]


def quiet(_: str) -> None:
    return


def test_the_same_seed_strikes_at_the_same_steps() -> None:
    assert schedule(7, 200) == schedule(7, 200) != schedule(8, 200)


def test_a_storm_begins_with_a_blow_of_every_kind() -> None:
    for seed in range(50):
        assert {blow.kind for blow in schedule(seed, 60)[: len(Kind)]} == set(Kind)


@pytest.mark.platform
@pytest.mark.promise("P3")
@pytest.mark.feature("SY06", "SY07", "SY08", "SY17")
async def test_killing_the_schedulers_at_random_through_replayed_months_changes_nothing_in_the_outcome(
    kafka_bootstrap: str, postgres_dsn: str, tmp_path: Path
) -> None:
    calm, stormy = (place_of(kafka_bootstrap, postgres_dsn, tmp_path / name) for name in ("calm", "stormy"))
    assert broken(await both(calm, stormy, MONTHS, quiet)) == []


ALARMS, LATENESS = "逾期的期限各报一次，别的不报", "逾期一经记下即保留，按期的不记"
PLANTED = {
    "alarm-without-key": ALARMS,
    "lateness-forgotten": LATENESS,
    "punctual-accused": ALARMS,
    "silent": ALARMS,
}


@pytest.mark.platform
async def test_each_planted_bug_turns_the_audit_of_the_year_red(
    kafka_bootstrap: str, postgres_dsn: str, tmp_path: Path
) -> None:
    async def audited(bug: str) -> set[str]:
        place = place_of(kafka_bootstrap, postgres_dsn, tmp_path / bug)
        told = {**place.environment, "DUBAN_PLANTED_BUG": bug}
        planted = replace(place, module="tests.chaos.year.planted_scheduler", environment=told)
        return {line.title for line in (await live(planted, JANUARY, quiet)).lines if not line.holds}

    red = dict(zip(PLANTED, await asyncio.gather(*map(audited, PLANTED)), strict=True))
    assert {bug: line for bug, line in PLANTED.items() if line not in red[bug]} == {}, red
