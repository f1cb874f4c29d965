"""The report of a run: Chinese Markdown for the file, JSON for a pipeline, both over the digest of the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import msgspec

from duban_contracts.conformance.check import ZONE
from duban_contracts.conformance.sandbox.evidence import Evidence, Record, Request
from duban_contracts.conformance.sandbox.judge import CHECKS, judge
from duban_contracts.conformance.sandbox.script import Act
from duban_contracts.days import chinese_date
from duban_contracts.refusals import Refusal

KIT: Final = "2"
"""Version of the sandbox's rules: it changes whenever the same evidence could be judged otherwise."""
_MOST_SHOWN: Final = 10
_ACTS: Final = {
    Act.UNAVAILABLE: "503（暂不受理）",
    Act.BROKEN: "502（无内容）",
    Act.LIMITED: "429（过快）",
    Act.LOST: "收下而不应答",
    Act.SLOW: "迟应答",
    Act.ANSWER: "如常应答",
}


@dataclass(frozen=True, slots=True)
class Run:
    """What a run was: the county, the seed of its script, when it ended, the digest of its written evidence."""

    county: str
    seed: int
    ended: datetime
    digest: str


def contract_version() -> str:
    """Return the version of the installed contract."""
    try:
        return version("duban-contracts")
    except PackageNotFoundError:
        return "?"


def as_json(run: Run, evidence: Evidence) -> bytes:
    """Return the report for a pipeline."""
    found = judge(evidence)
    document: dict[str, Any] = {
        "county": run.county,
        "certified": not found,
        "findings": [msgspec.to_builtins(fault) for fault in found],
        "checks": {name: _result(codes, found, evidence, name) for name, codes in CHECKS.items()},
        "events": _events(evidence),
        "seed": run.seed,
        "ended": run.ended,
        "kit": KIT,
        "contract": contract_version(),
        "evidence_sha256": run.digest,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def as_markdown(run: Run, evidence: Evidence) -> str:
    """Return the report that is printed, signed and filed."""
    found = judge(evidence)
    lines = [
        "# 事件报送系统符合性报告",
        "",
        f"**结论：{'符合，予以认证' if not found else '不符合，不予认证'}**",
        "",
        *_about(run, evidence),
        "",
        "## 核验事项",
        "",
        "| 事项 | 结果 |",
        "|---|---|",
        *(f"| {name} | {_WORDS[_result(codes, found, evidence, name)]} |" for name, codes in CHECKS.items()),
    ]
    if found:
        lines += ["", "## 发现的问题", ""]
        lines += [f"{number}. {_shown(fault)}" for number, fault in enumerate(found[:_MOST_SHOWN], start=1)]
        if len(found) > _MOST_SHOWN:
            lines.append(f"\n另有 {len(found) - _MOST_SHOWN} 项，见 report.json。")
    return "\n".join([*lines, *_SIGNATURES]) + "\n"


def _about(run: Run, evidence: Evidence) -> list[str]:
    acts = Counter(Act(fact.act) for fact in evidence if isinstance(fact, Request))
    seen = _events(evidence)
    return [
        "| 项目 | 内容 |",
        "|---|---|",
        f"| 县（市、区）区划代码 | {run.county} |",
        f"| 核验日期 | {chinese_date(ZONE.day_of(run.ended))} |",
        f"| 经 HTTPS | {seen['https']} 条事件，{sum(acts.values())} 次请求 |",
        f"| 经 Kafka | {seen['kafka']} 条事件 |",
        f"| 故障 | {'、'.join(f'{_ACTS[act]} {times} 次' for act, times in sorted(acts.items())) or '无'} |",
        f"| 工具 | 符合性套件 {KIT}，契约 {contract_version()}，种子 {run.seed} |",
        f"| 证据摘要（SHA-256） | `{run.digest}` |",
    ]


_SIGNATURES: Final = (
    "",
    "复核：`python -m duban_contracts.conformance verify report.json evidence.jsonl`，",
    "同一证据由任何人复核，结论相同。",
    "",
    "| 报送系统建设单位（签章） | 核验单位（签章） | 日期 |",
    "|---|---|---|",
    "| | | |",
)
_WORDS: Final = {"passed": "通过", "failed": "**不通过**", "untried": "未涉及"}


def _result(codes: Sequence[str], found: Sequence[Refusal], evidence: Evidence, name: str) -> str:
    if any(fault.code in codes for fault in found):
        return "failed"
    seen = _events(evidence)
    of_kafka = name.startswith("Kafka")
    over_https = set(codes) & {"never-sent-again", "impatient", "unauthenticated"}
    if (of_kafka and not seen["kafka"]) or (over_https and not seen["https"]):
        return "untried"
    return "passed"


def _events(evidence: Evidence) -> dict[str, int]:
    https = {(seen.source, seen.id) for fact in evidence if isinstance(fact, Request) for seen in fact.events}
    kafka = {(fact.event.source, fact.event.id) for fact in evidence if isinstance(fact, Record)}
    return {"https": len(https), "kafka": len(kafka)}


def _shown(fault: Refusal) -> str:
    return f"{fault.message} `{fault.code}`"
