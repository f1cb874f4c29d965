"""The cases of promtool's unit tests, each alert's beside the rules that it is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

Rule = dict[str, Any]


def alert_by_alert(unit_tests: Iterable[Path], directory: Path) -> list[Path]:
    """Write the same cases into `directory`, a file for each alert that they ask for; return the files.

    promtool evaluates all rules of a file at each step of each case, and there are 65 of them where a case asks for one: that was
    nine tenths of its time. A case that asks for more than one alert, or for an expression, stays beside all rules.
    """
    return [file for path in unit_tests for file in _divided(path, directory)]


def _divided(path: Path, directory: Path) -> Iterator[Path]:
    unit_test = _read(path)
    groups = [group for name in unit_test["rule_files"] for group in _read(path.parent / name)["groups"]]
    cases = defaultdict(list)
    for case in unit_test["tests"]:
        cases[_alert_of(case)].append(case)
    for alert, its_cases in cases.items():
        rules = directory / f"{path.stem}.{alert}.rules.yml"
        rules.write_text(_yaml({"groups": groups if alert is None else list(_only(alert, groups))}), encoding="utf-8")
        divided = rules.with_suffix(".test.yml")
        divided.write_text(_yaml({**unit_test, "rule_files": [rules.name], "tests": its_cases}), encoding="utf-8")
        yield divided


def _alert_of(case: dict[str, Any]) -> str | None:
    asked = {each["alertname"] for each in case.get("alert_rule_test", ())}
    return asked.pop() if len(asked) == 1 and "promql_expr_test" not in case else None


def _only(alert: str, groups: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the groups with this alert, and with what it or something needed records; in their order."""
    rules = [rule for group in groups for rule in group["rules"]]
    needed = [rule for rule in rules if rule.get("alert") == alert]
    for rule in needed:
        needed += [each for each in rules if each not in needed and each.get("record", "\n") in rule["expr"]]
    for group in groups:
        if kept := [rule for rule in group["rules"] if rule in needed]:
            yield {**group, "rules": kept}


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
