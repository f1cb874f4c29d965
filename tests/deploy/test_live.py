"""Every panel query and every rule, run by a real Prometheus that scrapes the running platform."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deploy import foreign, running
from tests.deploy.declarations import declared
from tests.deploy.expressions import Expression, every, family, panels, rules, selected

pytestmark = [pytest.mark.servers, pytest.mark.platform, pytest.mark.timeout(600)]

COUNTY = "140502"
# Generous: what is asserted is that it comes to be, not how fast this machine is.
SECONDS = 150
REGULATOR = f"regulator-{COUNTY}-1"
PANELS = {place for place, _ in panels()}
EXPRESSIONS = [each for each in every() if each.place in PANELS]
RULES = [rule for rule in rules() if rule["alert"] not in {"DubanServiceMissing", "DubanDeadMansSwitch"}]
# Nothing in a healthy platform answers these.
EMPTY_WHEN_HEALTHY = {
    "duban-overview.json: 正在告警",
    "duban-stages.json: 单个县区的通道受阻",
    "duban-stages.json: 每小时死信",
    "duban-service.json: 每小时核验的令牌",
    "duban-counties.json: 每小时被拒绝的来件（最多的 15 个）",
    # A platform of some minutes has no day behind it.
    "duban-overview.json: 剩余误差预算",
}
# Each outcome, status and state has a query of its own, and here not all of them come to be.
ONE_OF_SEVERAL = {
    # A counter that is born with its first claim has not risen yet.
    "duban-counties.json: 各县区",
    "duban-county.json: 被拒绝",
    "duban-county.json: 距最近来件",
    "duban-county.json: 近 24 小时来件",
    "duban-county.json: 每小时接口来件",
    "duban-county.json: 每小时来件",
    "duban-overview.json: 每小时来件",
    "duban-service.json: 每秒请求",
    "duban-service.json: 请求最多的 15 个接口",
}
# Exporters don't run here. Thirty days of the city are 90 seconds here; services/statistics/tests/ageing shows these.
SAID_ELSEWHERE = foreign.EXPORTERS | {
    "duban_hazard_wait_seconds",
    "duban_hazards_due",
    "duban_hazards_oldest_overdue_seconds",
    "duban_kafka_authority_ends_timestamp_seconds",
    "duban_kafka_certificate_ends_timestamp_seconds",
    "duban_task_filings_total",
}
# Of those who watch, no target of which is scraped here; and what is recorded once half a window of data is there:
# a quarter of an hour at least (tests/deploy/rules plays it).
WATCHERS = ("alertmanager_", "kubelet_", "prometheus_", "duban:city_watched:")
# A platform that is not secured has no certificates.
ONLY_SECURED = {"DubanCertificateEnding", "DubanAuthorityEnding"}
# No edge stands before it.
ONLY_WITH_AN_EDGE = {"DubanEdgeDown"}
# Where nobody signs in there are no tokens; services/chassis/tests/access/signin shows the series.
ONLY_WITH_SIGN_IN = {"DubanSignInUnavailable"}
# What a city without a plan for the present year can't lack; services/scheduler/tests/campaigns shows the series.
ONLY_WITH_A_PLAN = {"DubanPlanGaps"}
# One speaks of the real calendar, another of whom provisioning let in, which it does not do here; the others of how fast this
# machine is just now and was while the platform began.
NOT_ABOUT_HEALTH = {
    "DubanBudgetBurningFast",
    "DubanBudgetBurningSlowly",
    "DubanCalendarEnding",
    "DubanSecondWallDown",
    "DubanSupervisionSlow",
}


@pytest.fixture(scope="module")
def platform(
    kafka_bootstrap: str, postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[running.Platform]:
    """All five services, started once for all tests of this file."""
    environ = {
        "DUBAN_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "DUBAN_POSTGRES_DSN": postgres_dsn,
        "DUBAN_TOPIC_PREFIX": f"t{uuid.uuid4().hex[:8]}.",
    }
    home = tmp_path_factory.mktemp("live")
    with running.databases(postgres_dsn, 5) as dsns, running.platform(home, environ, dsns) as started:
        yield started


@pytest.fixture(scope="module")
def prometheus_url(
    prometheus: Path, platform: running.Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Prometheus, after one hazard was closed, one became overdue, and its letter went out."""
    with running.prometheus(prometheus, tmp_path_factory.mktemp("scraping") / "home", platform) as url:
        running.until(lambda: _sees(url, 'count(up{job="duban"} == 1) == 5'), seconds=SECONDS)
        for reference in ("LIVE-CLOSED", "LIVE-OVERDUE"):
            running.report(platform, COUNTY, reference, found_on="2026-03-01")
        _confirm(platform, "LIVE-OVERDUE", days=2)
        _confirm(platform, "LIVE-CLOSED", days=90)
        _rectify(platform, "LIVE-CLOSED")
        closed = running.until(
            lambda: running.hazard(platform, COUNTY, "LIVE-CLOSED", state="in_review"), seconds=SECONDS
        )
        _command(platform, closed, "close", {"review": "经现场复查，整改到位，同意销号"})
        for what in (
            "sum(duban_hazard_clearance_duration_seconds_count) > 0",
            "sum(duban_hazards_overdue) > 0",
            'sum(duban_supervision_raised_total{kind="overdue"}) > 0',
            'sum(duban_notice_deliveries_total{outcome="delivered"}) > 0',
        ):
            running.until(partial(_sees, url, what), seconds=SECONDS)
        yield url


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda each: each.place)
def test_a_panel_shows_something_while_the_platform_runs(prometheus_url: str, expression: Expression) -> None:
    running.query(prometheus_url, expression.text)  # in any case without an error
    elsewhere = any(series.name in SAID_ELSEWHERE for series in selected(expression.text))
    # Of the one letter that is sent here a rate may show nothing: its series can be born with it.
    born = "histogram_quantile" in expression.text

    def shows() -> None:
        result = running.query(prometheus_url, expression.text)
        assert [series for series in result if not math.isnan(float(series["value"][1]))], expression.text

    if not elsewhere and not born and expression.place not in EMPTY_WHEN_HEALTHY | ONE_OF_SEVERAL:
        running.until(shows, seconds=SECONDS)


@pytest.mark.parametrize(
    "rule",
    [
        rule
        for rule in RULES
        if rule["alert"] not in ONLY_SECURED | ONLY_WITH_A_PLAN | ONLY_WITH_AN_EDGE | ONLY_WITH_SIGN_IN
    ],
    ids=lambda rule: rule["alert"],
)
def test_a_rule_looks_at_series_that_exist(prometheus_url: str, rule: dict[str, Any]) -> None:
    for series in selected(rule["expr"]):
        if series.name in SAID_ELSEWHERE or series.name.startswith(WATCHERS):
            continue
        matchers = ",".join(f'{name}=~"{value}"' for name, value in series.matchers)
        running.until(partial(_sees, prometheus_url, f"{series.name}{{{matchers}}}"), seconds=SECONDS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_is_quiet_while_the_platform_is_healthy(prometheus_url: str, rule: dict[str, Any]) -> None:
    def quiet() -> None:
        assert running.query(prometheus_url, rule["expr"]) == []

    # A machine that was too busy for a moment is well again in the next one; what is wrong stays so.
    if rule["alert"] not in NOT_ABOUT_HEALTH:
        running.until(quiet, seconds=SECONDS)


def test_prometheus_evaluates_every_rule_without_an_error(prometheus_url: str) -> None:
    answer = httpx.get(f"{prometheus_url}/api/v1/rules").json()
    evaluated = [rule for group in answer["data"]["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in evaluated if rule["type"] == "alerting"} == {rule["alert"] for rule in rules()}
    assert {(rule["health"], rule.get("lastError", "")) for rule in evaluated} == {("ok", "")}


def test_the_services_expose_what_is_declared_and_nobody_by_name(
    prometheus_url: str, platform: running.Platform
) -> None:
    scraped = httpx.get(f"{prometheus_url}/api/v1/label/__name__/values").json()["data"]
    ours = {name for name in scraped if name.startswith("duban_")}
    assert "duban_hazards_open" in ours
    known = declared().keys()
    assert {name for name in ours if not {name, family(name)} & known} == set()
    for service in platform.settings.services:
        exposition = httpx.get(f"{platform.url(service)}/metrics").text
        assert "LIVE-" not in exposition, f"{service} names a hazard"


def _sees(url: str, expression: str) -> None:
    assert running.query(url, expression), f"Prometheus does not see {expression}"


def _rectify(platform: running.Platform, reference: str) -> None:
    data = {
        "reference": reference,
        "measures": "更换探测器并完成标定，验收记录已归档",
        "completed_on": "2026-03-02",
        "submitted_by": "principal-live",
    }
    running.send(platform, COUNTY, "duban.hazard.rectified.v1", data)


def _confirm(platform: running.Platform, reference: str, *, days: int) -> None:
    hazard = running.hazard(platform, COUNTY, reference)

    def confirmed() -> None:
        # Days are short here: one that was near when it was chosen may be over when it is sent.
        body = {
            "grade": "general",
            "responsible_unit": "emergency_management",
            "deadline_on": (platform.today() + timedelta(days=days)).isoformat(),
        }
        _command(platform, hazard, "confirm", body)

    running.until(confirmed, seconds=SECONDS)


def _command(platform: running.Platform, hazard: dict[str, Any], verb: str, body: dict[str, Any]) -> None:
    platform.call("POST", "ledger", f"/v1/hazards/{hazard['hazard_id']}/{verb}", REGULATOR, json=body)
