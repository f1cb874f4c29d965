"""The rules file, its unit tests, its runbooks and the two servers' configuration."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local import settings
from deploy.local.trouble import Trouble
from deploy.prometheus import local, operator, tools
from duban_contracts.topics import CONSUMERS
from tests.deploy.expressions import FILES, ROOT, RULES, recorded, rules
from tests.deploy.rule_cases import alert_by_alert

pytestmark = pytest.mark.servers

PROMETHEUS = ROOT / "deploy" / "prometheus"
UNIT_TESTS = sorted((ROOT / "tests" / "deploy" / "rules").glob("*.test.yml"))
RUNBOOKS = ROOT / "docs" / "runbooks"
SECTIONS = ("Meaning", "Impact", "Diagnosis", "Mitigation")
NEVER_QUIET = {"DubanDeadMansSwitch"}


def _run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout or done.stderr


def test_promtool_accepts_the_rules(promtool: Path) -> None:
    said = _run(promtool, "check", "rules", *FILES)
    assert sum(map(int, re.findall(r"(\d+) rules found", said))) == len(rules()) + len(recorded())


def test_the_alerts_fire_and_stay_quiet_as_their_unit_tests_say(promtool: Path, tmp_path: Path) -> None:
    files = alert_by_alert(UNIT_TESTS, tmp_path)
    assert sum(len(yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]) for file in files) == len(unit_tests())
    assert _run(promtool, "test", "rules", *files).count("SUCCESS") == len(files)


def test_promtool_notices_a_rule_that_never_fires(promtool: Path, tmp_path: Path) -> None:
    broken = tmp_path / "deploy" / "prometheus" / "rules" / RULES.name
    broken.parent.mkdir(parents=True)
    broken.write_text(RULES.read_text(encoding="utf-8").replace("> 900", "> 9000"), encoding="utf-8")
    copy = tmp_path / "tests" / "deploy" / "rules" / "broken.test.yml"
    copy.parent.mkdir(parents=True)
    text = (ROOT / "tests/deploy/rules/duban.rules.test.yml").read_text(encoding="utf-8")
    # The cases of one alert: the others would only take their time again.
    before, _, after = text.partition("  - name: DubanNoticesPending fires")
    one = after.partition("\n\n")[0]
    copy.write_text(
        f"{before.partition('tests:')[0]}tests:\n  - name: DubanNoticesPending fires{one}\n", encoding="utf-8"
    )

    done = subprocess.run([promtool, "test", "rules", copy], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "DubanNoticesPending" in done.stdout + done.stderr


@cache
def unit_tests() -> list[dict[str, Any]]:
    return [case for path in UNIT_TESTS for case in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_has_a_firing_and_a_quiet_case(rule: dict[str, object]) -> None:
    checks = [
        each for case in unit_tests() for each in case.get("alert_rule_test", []) if each["alertname"] == rule["alert"]
    ]
    assert [check for check in checks if check["exp_alerts"]]
    if rule["alert"] not in NEVER_QUIET:
        assert [check for check in checks if not check["exp_alerts"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_says_in_chinese_what_is_wrong_and_how_grave_it_is(rule: dict[str, dict[str, str]]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "none"}
    for text in ("summary", "description"):
        assert re.search(r"[\u4e00-\u9fff]", rule["annotations"][text])


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_has_a_runbook_with_its_four_sections(rule: dict[str, dict[str, str]]) -> None:
    page = ROOT / rule["annotations"]["runbook_url"].removeprefix("{{ $externalLabels.runbooks }}")
    assert page == RUNBOOKS / f"{rule['alert']}.md"
    assert page.exists(), f"{page} is missing"
    headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == list(SECTIONS)


def test_a_consumer_of_which_nobody_tells_is_an_alarm() -> None:
    expected = {
        (rule["labels"]["consumer"], rule["labels"]["service"])
        for rule in recorded()
        if rule["record"] == "duban:consumer_expected"
    }
    assert expected == {(each.name, each.service) for each in CONSUMERS}, "record every consumer that is expected"


def _seconds(duration: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([smh])", duration).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]


@pytest.mark.parametrize(
    "name",
    [
        "DubanPipelineStale",
        "DubanHeartbeatStale",
        "DubanOutboxNotDraining",
        "DubanConsumerNotReading",
        "DubanConsumerMissing",
        "DubanConsumerHalted",
        "DubanCountyHeld",
        "DubanTransactionOpen",
        "DubanBatchUnreadable",
        "DubanDeadLettersHeld",
        "DubanTargetDown",
        "DubanEdgeDown",
    ],
)
def test_what_stops_events_is_seen_within_two_minutes(name: str) -> None:
    (rule,) = (rule for rule in rules() if rule["alert"] == name)
    age = re.search(r"time\(\) - .*> (\d+)\s*$", rule["expr"])
    configured = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))["global"]
    late = _seconds(configured["scrape_interval"]) + _seconds(configured["evaluation_interval"])
    assert (int(age[1]) if age else 0) + _seconds(rule.get("for", "0s")) + late <= 120


LASTING = [
    rule["alert"]
    for rule in rules()
    if not re.search(r"rate\(|increase\(|absent\(|vector\(|up\{|calendar", rule["expr"])
]


@pytest.mark.parametrize("name", LASTING)
def test_an_alert_about_what_lasts_outlasts_a_restart_of_the_service_that_tells_of_it(name: str) -> None:
    (rule,) = (rule for rule in rules() if rule["alert"] == name)
    assert _seconds(rule["keep_firing_for"]) >= 120


def test_no_runbook_outlives_its_alert() -> None:
    pages = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages == {rule["alert"] for rule in rules()}


def _installed(home: Path, installation: str) -> Path:
    """The configuration as Prometheus finds it in this kind of installation."""
    if installation == "local":
        local.lay_out(home, settings.load({}))
    else:
        shutil.copytree(PROMETHEUS / "rules", home / "rules")
        shutil.copytree(PROMETHEUS / "targets" / installation, home / "targets")
        shutil.copy(PROMETHEUS / "prometheus.yml", home)
    return home


@pytest.mark.parametrize("installation", ["compose", "local"])
def test_promtool_accepts_the_scrape_configuration(promtool: Path, tmp_path: Path, installation: str) -> None:
    home = _installed(tmp_path, installation)
    assert "SUCCESS" in _run(promtool, "check", "config", home / "prometheus.yml")


@pytest.mark.parametrize("installation", ["compose", "local"])
def test_all_five_services_are_scraped_under_the_label_that_the_rules_use(tmp_path: Path, installation: str) -> None:
    targets = _installed(tmp_path, installation) / "targets" / "duban.yml"
    groups = yaml.safe_load(targets.read_text(encoding="utf-8"))
    ports = {group["labels"]["service"]: group["targets"][0].rpartition(":")[2] for group in groups}
    assert ports == {
        "gateway": "18080",
        "ledger": "18081",
        "scheduler": "18082",
        "notifications": "18083",
        "statistics": "18084",
    }


def test_a_faster_prometheus_is_faster_in_everything(tmp_path: Path) -> None:
    local.lay_out(tmp_path, settings.load({}), every_seconds=1)
    configured = yaml.safe_load((tmp_path / "prometheus.yml").read_text(encoding="utf-8"))["global"]
    del configured["external_labels"]
    assert configured == {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}


def test_the_prometheus_rule_for_kubernetes_is_what_the_rules_file_gives() -> None:
    assert operator.TARGET.read_text(encoding="utf-8") == operator.render(), "run: python -m deploy.prometheus.operator"


def test_a_tool_that_is_nowhere_is_explained_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Trouble, match=r"prometheus is not installed and apt-get is not here to fetch it\."):
        tools.ensure("promtool", tmp_path / "empty")


def test_the_prometheus_of_one_machine_asks_itself_and_alertmanager(tmp_path: Path) -> None:
    local.lay_out(tmp_path, settings.load({}), alertmanager_port=9, port=8)
    groups = yaml.safe_load((tmp_path / "targets" / "monitoring.yml").read_text(encoding="utf-8"))
    assert [target for group in groups for target in group["targets"]] == ["127.0.0.1:9", "127.0.0.1:8"]
