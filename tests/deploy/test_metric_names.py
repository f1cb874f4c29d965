"""Every metric, label and bucket that a rule or a panel names is declared in the services' code."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import prometheus_client
import pytest
from prometheus_client import Histogram
from prometheus_client.utils import floatToGoString

from contracts.tests.tables import each
from tests.deploy import foreign
from tests.deploy.declarations import declared
from tests.deploy.expressions import ROOT, Expression, every, family, recorded, selected

# Prometheus, Alertmanager, the client library, node_exporter and the kubelet make these.
SCRAPED = foreign.EVERY | {
    "up",
    "process_start_time_seconds",
    "alertmanager_notifications_failed_total",
    "prometheus_notifications_alertmanagers_discovered",
    "prometheus_notifications_dropped_total",
    "prometheus_rule_evaluation_failures_total",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
}
TARGET_LABELS = {"job", "instance", "service", "city"}
# Labels of what others scrape, and those that a rule gives to what it records.
GIVEN_LABELS = foreign.LABELS | {"integration", "rule_group", "fstype", "slo", "stage", "consumer", "probe"}
RECORDED = {rule["record"] for rule in recorded()}
EXPRESSIONS = every()


def in_every_expression(check: Callable[[Expression], None]) -> Callable[[], None]:
    """Make a test of a check of one expression: all pass it, or are named by their places."""

    def test() -> None:
        each(EXPRESSIONS, check, name=lambda expression: expression.place)

    return test


@pytest.mark.parametrize("service", ["chassis", "gateway", "ledger", "scheduler", "notifications", "statistics"])
def test_every_service_declares_its_metrics_in_one_module(service: str) -> None:
    folder = "chassis/telemetry" if service == "chassis" else service
    assert Path(ROOT / "services" / folder / "metrics.py").exists()


@in_every_expression
def test_every_metric_in_an_expression_is_declared(expression: Expression) -> None:
    for series in selected(expression.text):
        if series.name not in SCRAPED | RECORDED:
            assert series.name in declared() or isinstance(declared().get(family(series.name)), Histogram), series.name


@in_every_expression
def test_every_label_in_an_expression_is_declared(expression: Expression) -> None:
    allowed = TARGET_LABELS | GIVEN_LABELS
    for series in selected(expression.text):
        metric = declared().get(series.name) or declared().get(family(series.name))
        labels = set(metric._labelnames) if metric else set()
        labels |= {"le"} if series.name.endswith("_bucket") else set()
        given = TARGET_LABELS | (GIVEN_LABELS if series.name in SCRAPED | RECORDED else set())
        assert {name for name, _ in series.matchers} <= labels | given
        allowed |= labels
    grouped = re.findall(r"\bby \(([^)]*)\)", expression.text)
    assert {label.strip() for group in grouped for label in group.split(",")} <= allowed


@in_every_expression
def test_every_bucket_bound_in_an_expression_exists(expression: Expression) -> None:
    for series in selected(expression.text):
        if bound := dict(series.matchers).get("le"):
            histogram = declared()[family(series.name)]
            assert isinstance(histogram, Histogram)
            written = {floatToGoString(upper) for upper in histogram._upper_bounds}  # type: ignore[no-untyped-call]
            assert bound in written


def test_every_declared_metric_follows_the_naming_rules() -> None:
    for name, metric in declared().items():
        assert re.fullmatch(r"duban_[a-z0-9_]+", name)
        assert metric._documentation
        if isinstance(metric, Histogram):
            assert name.endswith("_seconds"), f"{name}: a histogram here measures time, in the base unit"
        if isinstance(metric, prometheus_client.Gauge) and "timestamp" in name:
            assert name.endswith("_timestamp_seconds"), name
        assert not {"hazard_id", "enterprise", "reporter", "path", "error"} & set(metric._labelnames), name
