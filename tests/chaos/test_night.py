"""What the table of the night says of the rules; the night itself is `make night`."""

from __future__ import annotations

import re

import pytest
import yaml

from deploy.local.settings import load
from tests.chaos.night.choice import chosen, together
from tests.chaos.night.row import Row
from tests.chaos.night.rows import ROWS
from tests.chaos.night.times import divided_route, divided_rules
from tests.deploy.expressions import OBJECTIVES, RULES, rules

pytestmark = pytest.mark.pure

ALERTS = {rule["alert"]: rule for rule in rules()}
CRITICAL = {name for name, rule in ALERTS.items() if rule["labels"]["severity"] == "critical"}


def test_every_row_has_a_name_of_its_own_and_is_found_by_it() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert chosen("") == ROWS
    assert [row.name for row in chosen("postgres-away, poison")] == ["postgres-away", "poison"]
    with pytest.raises(LookupError, match="no row nothing"):
        chosen("nothing")


def test_rows_that_are_no_outage_may_be_played_at_once() -> None:
    both = together(chosen("poison webhook-down"))
    assert (both.name, both.pages) == ("poison + webhook-down", 1)
    assert [each.name for each in both.fires] == ["DubanCountyHeld", "DubanSupervisionDelayed", "DubanNoticesPending"]
    assert both.restart == ("ledger", "notifications")
    assert set(both.quiet) >= {"DubanPipelineStale", "DubanDependencyDown"}
    assert [row.name for row in chosen("poison+webhook-down kafka-away")] == ["poison + webhook-down", "kafka-away"]
    assert not set(together(chosen("smtp-down poison")).quiet) & {"DubanDependencyDown", "DubanCountyHeld"}
    assert "DubanPipelineStale" not in together(chosen("poison our-bug")).quiet


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_speaks_of_alerts_that_exist_and_of_services_that_do(row: Row) -> None:
    assert {light.name for light in row.fires} | set(row.quiet) <= ALERTS.keys()
    assert not {light.name for light in row.fires} & set(row.quiet)
    assert set(row.restart) <= set(load({}).services)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_calls_somebody_at_night_only_for_what_is_critical(row: Row) -> None:
    assert bool(row.pages) == bool({light.name for light in row.fires} & CRITICAL)
    assert row.pages <= 2


def test_the_shorter_rules_are_the_committed_ones_but_for_their_times() -> None:
    committed = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    assert yaml.safe_load(divided_rules(RULES.read_text(encoding="utf-8"), 1)) == committed
    shorter = [
        rule
        for group in yaml.safe_load(divided_rules(RULES.read_text(encoding="utf-8"), 10))["groups"]
        for rule in group["rules"]
    ]
    assert [(rule.get("alert"), rule.get("record"), rule.get("labels")) for rule in shorter] == [
        (rule.get("alert"), rule.get("record"), rule.get("labels"))
        for group in committed["groups"]
        for rule in group["rules"]
    ]
    (stale,) = (rule for rule in shorter if rule.get("alert") == "DubanPipelineStale")
    (pending,) = (rule for rule in shorter if rule.get("alert") == "DubanNoticesPending")
    (audit,) = (rule for rule in shorter if rule.get("alert") == "DubanAuditStale")
    assert (stale["for"], stale["keep_firing_for"], stale["expr"][-4:]) == ("30s", "2m", "> 60")
    assert (pending["for"], pending["expr"][-4:]) == ("60s", "> 90")
    assert re.findall(r"> (\d+)", audit["expr"]) == ["180", "1800"]
    assert "[360s] offset 180s" in divided_rules(OBJECTIVES.read_text(encoding="utf-8"), 10)


def test_a_shorter_route_waits_less_and_repeats_as_ever() -> None:
    route = {"group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h", "routes": [{"group_wait": "0s"}]}
    assert divided_route(route, 10) == {
        "group_wait": "10s",
        "group_interval": "30s",
        "repeat_interval": "4h",
        "routes": [{"group_wait": "0s"}],
    }
    assert divided_route(route, 1) == route
