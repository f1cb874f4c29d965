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
        "uncertified": "平台会收下，但不予认证",
        "advice": "建议",
        "sum": "共 {all} 条，通过 {passed} 条，不予受理 {refused} 条",
        "also": "，不予认证 {uncertified} 条",
    },
    "en": {
        "event": "event {number} {id}",
        "passed": "passes",
        "refused": "would be refused",
        "uncertified": "would be taken, but is not certified",
        "advice": "advice",
        "sum": "{all} events, {passed} pass, {refused} would be refused",
        "also": ", {uncertified} are not certified",
    },
}


def as_text(findings: Sequence[Finding], language: str = "zh") -> str:
    """Return the report in `language` (`zh` or `en`): a line for each event, one for each fault, a sum."""
    words = _WORDS[language]
    lines: list[str] = []
    for finding in findings:
        name = words["event"].format(number=finding.index + 1, id=legible(finding.id or "?"))
        lines.append(f"{name}: {words[_verdict(finding)]}")
        lines.extend(f"    {_said(fault, language)}" for fault in (*finding.violations, *finding.faults))
        lines.extend(f"    {words['advice']}: {_said(fault, language)}" for fault in finding.advice)
    passed = sum(finding.certified for finding in findings)
    refused = sum(finding.refused for finding in findings)
    left = len(findings) - passed - refused
    total = words["sum"].format(all=len(findings), passed=passed, refused=refused)
    lines.append(total + (words["also"].format(uncertified=left) if left else ""))
    return "\n".join(lines) + "\n"


def _verdict(finding: Finding) -> str:
    if finding.refused:
        return "refused"
    return "passed" if finding.certified else "uncertified"


def _said(fault: Refusal, language: str) -> str:
    said = fault.message if language == "zh" else f"{fault.field or ''} {fault.rule}".strip()
    return f"{said} [{fault.code}]"


def as_json(findings: Sequence[Finding]) -> bytes:
    """Return the findings as one JSON array, for a pipeline."""
    documents = [
        asdict(finding)
        | {
            name: [msgspec.to_builtins(fault) for fault in getattr(finding, name)]
            for name in ("violations", "faults", "advice")
        }
        | {"refused": finding.refused, "certified": finding.certified}
        for finding in findings
    ]
    return msgspec.json.format(msgspec.json.encode(documents), indent=2) + b"\n"
