"""What holds back what in Alertmanager, over every alert with every label that it may carry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

import pytest
import yaml

from duban_contracts.topics import CONSUMERS
from duban_contracts.vocabulary import DELIVERY_CHANNELS
from tests.deploy.expressions import ROOT, rules

pytestmark = pytest.mark.pure

_SERVICES: Final = ("gateway", "ledger", "scheduler", "notifications", "statistics")
_VALUES: Final[Mapping[str, Sequence[str]]] = {
    "service": _SERVICES,
    "dependency": ("kafka", "postgres", "smtp", "oidc", "vault"),
    "channel": [term.code for term in DELIVERY_CHANNELS],
    "slo": ("intake", "freshness", "supervision", "delivery"),
}
_HEARS: Final = ("scheduler.hazards", "statistics.hazards")
_LETTERS: Final = "delivery"

Labels = Mapping[str, str]


def _variants(rule: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Return the labels with which an alert may come, but for those that no route or inhibition asks for."""
    name, told = rule["alert"], set(re.findall(r"\w+", " ".join(re.findall(r"(?:by|on) \(([^)]*)\)", rule["expr"]))))
    if "consumer" in told or name == "DubanConsumerMissing":
        for each in CONSUMERS:
            if name != "DubanHeartbeatStale" or each.name in _HEARS:
                yield {"consumer": each.name, "service": each.service}
        return
    if name in {"DubanTargetDown", "DubanCrashLoop"}:  # one instance
        told = {"service"}
    if name == "DubanBrokerClockApart":
        yield from ({"service": "ledger", "withheld": "yes"}, {"service": "gateway", "withheld": "no"})
        return
    keys = [key for key in _VALUES if key in told]
    for values in product(*(_VALUES[key] for key in keys)):
        yield dict(zip(keys, values, strict=True))


ALERTS: Final = [
    {"alertname": rule["alert"], "severity": rule["labels"]["severity"], "city": "a", **labels}
    for rule in rules()
    for labels in _variants(rule)
]


def _matches(texts: Sequence[str], labels: Labels) -> bool:
    for text in texts:
        name, kind, value = re.fullmatch(r'(\w+)(=~|=)"?(.*?)"?', text.strip()).groups()  # type: ignore[union-attr]
        if not re.fullmatch(value if kind == "=~" else re.escape(value), labels.get(name, "")):
            return False
    return True


def _held_back() -> dict[int, set[int]]:
    """Return for each alert (its place in ALERTS) those that the committed configuration holds back while it fires."""
    file = ROOT / "deploy" / "prometheus" / "alertmanager.yml"
    found: dict[int, set[int]] = {at: set() for at in range(len(ALERTS))}
    for rule in yaml.safe_load(file.read_text(encoding="utf-8"))["inhibit_rules"]:
        sources = [at for at, labels in enumerate(ALERTS) if _matches(rule["source_matchers"], labels)]
        targets = [at for at, labels in enumerate(ALERTS) if _matches(rule["target_matchers"], labels)]
        for source, target in product(sources, targets):
            if all(ALERTS[source].get(key, "") == ALERTS[target].get(key, "") for key in rule["equal"]):
                found[source].add(target)
    return found


HELD_BACK: Final = _held_back()


def test_nothing_rests_on_an_alert_that_is_held_back_itself() -> None:
    broken = [
        (ALERTS[root], ALERTS[middle], ALERTS[end])
        for root, middles in HELD_BACK.items()
        for middle in middles
        for end in HELD_BACK[middle] - middles - {root}
    ]
    assert not broken, broken[:3]


def test_no_two_alerts_hold_back_each_other() -> None:
    both = [(root, end) for root, ends in HELD_BACK.items() for end in ends if root in HELD_BACK[end]]
    assert not [(ALERTS[root], ALERTS[end]) for root, end in both]


def test_what_calls_nobody_at_night_holds_back_no_page_but_the_budget_of_letters() -> None:
    quiet = [
        (ALERTS[root], ALERTS[end])
        for root, ends in HELD_BACK.items()
        for end in ends
        if ALERTS[root]["severity"] != "critical" and ALERTS[end]["severity"] == "critical"
    ]
    assert quiet
    assert {end.get("slo") for _, end in quiet} == {_LETTERS}


@pytest.mark.parametrize("name", ["DubanSupervisionDelayed", "DubanSupervisionSlow"])
def test_what_statistics_lacks_explains_nothing_of_supervision(name: str) -> None:
    about = {
        at for at, labels in enumerate(ALERTS) if labels["alertname"] == name or labels.get("slo") == "supervision"
    }
    roots = [
        ALERTS[root] for root, ends in HELD_BACK.items() if ends & about and ALERTS[root].get("service") == "statistics"
    ]
    assert roots == []


def test_a_service_that_is_down_is_told_of_once_and_one_instance_of_two_by_itself() -> None:
    for at, labels in enumerate(ALERTS):
        if labels["alertname"] == "DubanServiceDown":
            ends = [ALERTS[end] for end in HELD_BACK[at]]
            assert {"DubanTargetDown"} == {
                end["alertname"] for end in ends if end["alertname"] in {"DubanTargetDown", "DubanServiceDown"}
            }
        if labels["alertname"] == "DubanTargetDown":
            assert not HELD_BACK[at]


def test_a_consumer_that_halted_is_told_of_once_and_no_other_consumer_is_held_back_for_it() -> None:
    names = {"DubanConsumerHalted", "DubanConsumerNotReading", "DubanPipelineStale"}
    halted = [at for at, labels in enumerate(ALERTS) if labels["alertname"] == "DubanConsumerHalted"]
    assert len(halted) == len(CONSUMERS)
    for at in halted:
        ends = [ALERTS[end] for end in HELD_BACK[at] if ALERTS[end]["alertname"] in names]
        assert {end["alertname"] for end in ends} == names - {"DubanConsumerHalted"}
        assert {end["consumer"] for end in ends} == {ALERTS[at]["consumer"]}


def test_defects_and_losses_are_never_held_back() -> None:
    always = {
        "DubanSupervisionMissed",
        "DubanTasksWrong",
        "DubanPlanningWrong",
        "DubanDeadLettersHeld",
        "DubanTrailRowsLost",
    }
    assert not {ALERTS[end]["alertname"] for ends in HELD_BACK.values() for end in ends} & always
