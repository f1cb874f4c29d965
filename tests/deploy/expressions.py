"""Every PromQL expression that Duban ships: from the rules file and from the dashboards as committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser
import yaml

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy" / "prometheus" / "rules" / "duban.rules.yml"
OBJECTIVES = RULES.with_name("objectives.rules.yml")
FILES = sorted(RULES.parent.glob("*.rules.yml"))
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
VARIABLES = {"$__rate_interval": "1m", "$__range": "1h", "$county": ".*", "$city": ".*", "$service": ".*"}
_SUFFIXES = ("_bucket", "_count", "_sum")


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression and the place a person would look for it."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Selected:
    """One metric selector inside an expression: the series name and its label matchers."""

    name: str
    matchers: tuple[tuple[str, str], ...]


def rules() -> list[dict[str, Any]]:
    """The alerts."""
    return [rule for rule in _all_rules() if "alert" in rule]


def recorded() -> list[dict[str, Any]]:
    """The rules that record a series under a name of their own."""
    return [rule for rule in _all_rules() if "record" in rule]


@cache
def _all_rules() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def dashboards() -> dict[str, dict[str, Any]]:
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DASHBOARDS.glob("*.json"))}


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, board in dashboards().items():
        for panel in board["panels"]:
            if panel["type"] != "row":
                yield f"{name}: {panel['title']}", panel


def every() -> list[Expression]:
    from_rules = [Expression(rule["alert"], rule["expr"]) for rule in rules()]
    from_rules += [
        Expression(":".join((rule["record"], *rule.get("labels", {}).values())), rule["expr"]) for rule in recorded()
    ]
    from_panels = [
        Expression(place, filled(target["expr"])) for place, panel in panels() for target in panel["targets"]
    ]
    return from_rules + from_panels


def filled(text: str) -> str:
    """Grafana's variables replaced by what Grafana would put there."""
    for variable, value in VARIABLES.items():
        text = text.replace(variable, value)
    return text


def selected(text: str) -> list[Selected]:
    """All metric selectors of one expression. Raises ValueError when it is not PromQL."""
    found: list[Selected] = []

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector) and node.name:
            matchers = tuple((matcher.name, matcher.value) for matcher in node.matchers.matchers)
            found.append(Selected(node.name, matchers))
        for child in _children(node):
            visit(child)

    visit(promql_parser.parse(text))
    return found


def family(series: str) -> str:
    """Name of the metric family that a series name belongs to."""
    for suffix in _SUFFIXES:
        if series.endswith(suffix):
            return series.removesuffix(suffix)
    return series


def _children(node: Any) -> Iterator[Any]:
    for attribute in ("lhs", "rhs", "expr", "param", "vector_selector"):
        child = getattr(node, attribute, None)
        if isinstance(child, promql_parser.Expr):
            yield child
    yield from getattr(node, "args", None) or ()
