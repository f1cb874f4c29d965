"""The findings in words: Chinese for the county office, English for the engineer, JSON for a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import msgspec

from duban_contracts.conformance.check import Finding
from duban_contracts.legible import legible
from duban_contracts.refusals import Refusal

_WORDS: Final = {
    "zh": {
        "event": "第 {number} 条 {id}",
        "passed": "通过",
        "refused": "不予受理",
        "advice": "建议",
        "sum": "共 {all} 条，通过 {passed} 条，不予受理 {refused} 条",
    },
    "en": {
        "event": "event {number} {id}",
        "passed": "passes",
        "refused": "would be refused",
        "advice": "advice",
        "sum": "{all} events, {passed} pass, {refused} would be refused",
    },
}


def as_text(findings: Sequence[Finding], language: str = "zh") -> str:
    """Return the report in `language` (`zh` or `en`): a line for each event, one for each fault, a sum."""
    words = _WORDS[language]
    lines: list[str] = []
    for finding in findings:
        name = words["event"].format(number=finding.index + 1, id=legible(finding.id or "?"))
        lines.append(f"{name}: {words['refused' if finding.refused else 'passed']}")
        lines.extend(f"    {_fault(fault, language)}" for fault in finding.violations)
        lines.extend(f"    {words['advice']}: {_fault(fault, language)}" for fault in finding.advice)
    refused = sum(finding.refused for finding in findings)
    lines.append(words["sum"].format(all=len(findings), passed=len(findings) - refused, refused=refused))
    return "\n".join(lines) + "\n"


def _fault(fault: Refusal, language: str) -> str:
    said = fault.message if language == "zh" else f"{fault.field} {fault.rule}"
    return f"{said} [{fault.code}]"


def as_json(findings: Sequence[Finding]) -> bytes:
    """Return the findings as one JSON array, for a pipeline."""
    documents = [
        asdict(finding)
        | {
            "violations": [msgspec.to_builtins(fault) for fault in finding.violations],
            "advice": [msgspec.to_builtins(fault) for fault in finding.advice],
            "refused": finding.refused,
        }
        for finding in findings
    ]
    return msgspec.json.format(msgspec.json.encode(documents), indent=2) + b"\n"
