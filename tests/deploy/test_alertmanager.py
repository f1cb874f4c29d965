"""Alertmanager: its routes, what holds back what, a city's receivers and the words of a letter."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from deploy.kubernetes import alerting as alerting_of_a_cluster
from deploy.local.trouble import Trouble
from deploy.prometheus import alerting
from tests.deploy.expressions import ROOT

pytestmark = pytest.mark.servers

PROMETHEUS = ROOT / "deploy" / "prometheus"


def _run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout or done.stderr


def test_amtool_accepts_the_alertmanager_configuration(amtool: Path) -> None:
    assert "SUCCESS" in _run(amtool, "check-config", PROMETHEUS / "alertmanager.yml")


@pytest.mark.parametrize(
    ("alert", "severity", "receiver"),
    [
        ("DubanDeadMansSwitch", "none", "outside-watch"),
        ("DubanPipelineStale", "critical", "operators"),
        ("DubanCertificateEnding", "warning", "letters"),
        # What says nothing of itself is taken for grave.
        ("SomebodyElses", "page", "operators"),
    ],
)
def test_alerts_are_routed_to_those_who_should_see_them(amtool: Path, alert: str, severity: str, receiver: str) -> None:
    command = (amtool, "config", "routes", "test", f"--config.file={PROMETHEUS / 'alertmanager.yml'}")
    assert _run(*command, f"alertname={alert}", f"severity={severity}").strip() == receiver


def test_a_letter_comes_in_the_working_day_of_the_city_and_a_page_at_any_hour() -> None:
    configured = yaml.safe_load((PROMETHEUS / "alertmanager.yml").read_text(encoding="utf-8"))
    at_hours = {each["receiver"]: each.get("active_time_intervals") for each in configured["route"]["routes"]}
    assert at_hours == {"outside-watch": None, "operators": None, "letters": ["working-days"]}
    ((span,),) = (each["time_intervals"] for each in configured["time_intervals"])
    ((begins, ends),) = ((each["start_time"], each["end_time"]) for each in span["times"])
    assert (span["weekdays"], span.get("location")) == (["monday:friday"], None)
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    in_the_city = [
        (monday + timedelta(hours=int(each[:2]), minutes=int(each[3:]))).astimezone(ZoneInfo("Asia/Shanghai"))
        for each in (begins, ends)
    ]
    assert [f"{each:%A %H:%M}" for each in in_the_city] == ["Monday 08:00", "Monday 18:00"]
    (on_a_cluster,) = yaml.safe_load(alerting_of_a_cluster.render())["spec"]["muteTimeIntervals"]
    assert on_a_cluster["timeIntervals"] == [
        {"weekdays": span["weekdays"], "times": [{"startTime": begins, "endTime": ends}]}
    ]


def test_who_names_nobody_for_letters_gets_them_where_pages_go() -> None:
    named = {
        each["name"]: each
        for each in _called({"operators": {"webhook_configs": [{"url": "https://desk"}]}})["receivers"]
    }
    assert named["letters"]["webhook_configs"] == named["operators"]["webhook_configs"]
    own = {
        "operators": {"webhook_configs": [{"url": "https://desk"}]},
        "letters": {"webhook_configs": [{"url": "https://box"}]},
    }
    named = {each["name"]: each for each in _called(own)["receivers"]}
    assert named["letters"]["webhook_configs"] == [{"url": "https://box"}]


def _called(receivers: dict[str, Any]) -> dict[str, Any]:
    configured: dict[str, Any] = yaml.safe_load(alerting.with_receivers(receivers))
    return configured


def test_a_citys_receivers_stand_behind_the_committed_routes(amtool: Path, tmp_path: Path) -> None:
    example = yaml.safe_load((PROMETHEUS / "receivers.example.yml").read_text(encoding="utf-8"))
    shutil.copytree(alerting.TEMPLATES, tmp_path / "templates")
    (tmp_path / "alertmanager.yml").write_text(alerting.with_receivers(example), encoding="utf-8")
    assert "1 templates" in _run(amtool, "check-config", tmp_path / "alertmanager.yml")
    committed = yaml.safe_load((PROMETHEUS / "alertmanager.yml").read_text(encoding="utf-8"))
    found = _called(example)
    assert (found["route"], found["inhibit_rules"]) == (committed["route"], committed["inhibit_rules"])
    with pytest.raises(Trouble, match="No route leads to nobody"):
        alerting.with_receivers({"nobody": {}})


def test_a_letter_about_an_outage_is_chinese_and_names_the_page_to_open(amtool: Path, tmp_path: Path) -> None:
    data = {
        "status": "firing",
        "commonLabels": {"severity": "critical", "city": "jincheng"},
        "alerts": [
            {
                "status": "firing",
                "annotations": {
                    "summary": "kafka 没有应答",
                    "description": "所有依赖它的服务都得不到应答。",
                    "runbook_url": "https://wiki.example/docs/runbooks/DubanDependencyDown.md",
                },
                "startsAt": "2026-11-26T04:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
            }
        ],
    }
    told = tmp_path / "data.json"
    told.write_text(json.dumps(data), encoding="utf-8")
    render = (amtool, "template", "render", f"--template.glob={alerting.TEMPLATES}/*.tmpl", f"--template.data={told}")
    subject = _run(*render, '--template.text={{ template "duban.subject" . }}').strip()
    text = _run(*render, '--template.text={{ template "duban.text" . }}')
    assert subject == "【紧急】jincheng · kafka 没有应答"
    assert "处置：https://wiki.example/docs/runbooks/DubanDependencyDown.md" in text


def _inhibited(source: dict[str, str], target: dict[str, str]) -> bool:
    """Whether the committed configuration holds `target` back while `source` fires."""

    def matches(texts: list[str], labels: dict[str, str]) -> bool:
        for text in texts:
            name, kind, value = re.fullmatch(r'(\w+)(=~|=)"?(.*?)"?', text.strip()).groups()  # type: ignore[union-attr]
            if not re.fullmatch(value if kind == "=~" else re.escape(value), labels.get(name, "")):
                return False
        return True

    configured = yaml.safe_load((PROMETHEUS / "alertmanager.yml").read_text(encoding="utf-8"))
    return any(
        matches(rule["source_matchers"], source)
        and matches(rule["target_matchers"], target)
        and all(source.get(label, "") == target.get(label, "") for label in rule.get("equal", []))
        for rule in configured["inhibit_rules"]
    )


AWAY = [
    {"alertname": name}
    for name in ("DubanHeartbeatStale", "DubanOutboxNotDraining", "DubanPipelineStale", "DubanConsumerNotReading")
] + [{"alertname": "DubanBudgetBurningFast", "slo": "intake"}, {"alertname": "DubanAnswersFailing"}]


@pytest.mark.parametrize("dependency", ["kafka", "postgres"])
def test_what_follows_from_an_outage_is_held_back_in_the_same_city_and_only_there(dependency: str) -> None:
    root = {"alertname": "DubanDependencyDown", "dependency": dependency, "city": "a"}
    assert all(_inhibited(root, {**each, "city": "a"}) for each in AWAY)
    assert not any(_inhibited(root, {**each, "city": "b"}) for each in AWAY)
    assert not _inhibited(root, {"alertname": "DubanSupervisionMissed", "city": "a"})


def test_a_service_that_is_gone_explains_what_it_owes_and_no_more() -> None:
    root = {"alertname": "DubanServiceDown", "service": "ledger", "city": "a"}
    assert _inhibited(root, {"alertname": "DubanHeartbeatStale", "service": "scheduler", "city": "a"})
    assert _inhibited(root, {"alertname": "DubanConsumerMissing", "service": "ledger", "city": "a"})
    assert not _inhibited(root, {"alertname": "DubanConsumerMissing", "service": "gateway", "city": "a"})
    assert not _inhibited(root, {"alertname": "DubanNoticesPending", "city": "a"})


@pytest.mark.parametrize("name", ["DubanTargetDown", "DubanCrashLoop"])
def test_one_replica_that_is_down_holds_back_nothing_of_what_the_others_say(name: str) -> None:
    root = {"alertname": name, "service": "ledger", "instance": "ledger-2:18081", "city": "a"}
    owed = [
        {"alertname": "DubanPipelineStale", "service": "ledger", "consumer": "ledger.claims"},
        {"alertname": "DubanConsumerHalted", "service": "ledger", "consumer": "ledger.claims"},
        {"alertname": "DubanOutboxNotDraining", "service": "ledger"},
        {"alertname": "DubanSupervisionDelayed"},
        {"alertname": "DubanBudgetBurningFast", "slo": "supervision"},
    ]
    assert not any(_inhibited(root, {**each, "city": "a"}) for each in owed)


def test_a_server_that_is_away_explains_nothing_of_another_one() -> None:
    kafka = [{"alertname": name, "city": "a"} for name in ("DubanKafkaOffline", "DubanTransactionOpen")]
    root = {"alertname": "DubanDependencyDown", "city": "a"}
    assert all(_inhibited({**root, "dependency": "kafka"}, each) for each in kafka)
    assert not any(_inhibited({**root, "dependency": "postgres"}, each) for each in kafka)


def test_clocks_hold_back_heartbeats_only_where_the_ledger_does() -> None:
    late = {"alertname": "DubanHeartbeatStale", "consumer": "scheduler.hazards", "service": "scheduler", "city": "a"}
    apart = {"alertname": "DubanBrokerClockApart", "service": "ledger", "city": "a"}
    assert _inhibited({**apart, "withheld": "yes"}, late)
    assert not _inhibited({**apart, "withheld": "no"}, late)


def test_an_alert_holds_back_none_of_its_own_name() -> None:
    assert not any(_inhibited({**labels, "city": "a"}, {**labels, "city": "a"}) for labels in AWAY)
