"""A broken rule of the contract, in words for a machine, an engineer and a clerk."""

from __future__ import annotations

from typing import Final

import msgspec

from duban_contracts.legible import legible


class Violation(msgspec.Struct, frozen=True):
    """One broken rule: `field` is a JSON path (`$.enterprise.uscc`) or an envelope attribute's name.

    `rule` says in English what was expected, `code` is stable and meant for programs, `message_zh` is for people.
    """

    field: str
    rule: str
    code: str
    message_zh: str


FIELD_NAMES_ZH: Final = {
    "county": "县区代码",
    "reference": "县级编号",
    "channel": "发现渠道",
    "sector": "行业领域",
    "enterprise": "生产经营单位",
    "name": "名称",
    "uscc": "统一社会信用代码",
    "place": "地点",
    "description": "隐患描述",
    "found_on": "发现日期",
    "suggested_grade": "建议等级",
    "township": "乡镇(街道)",
    "measures": "整改措施",
    "completed_on": "完成日期",
    "submitted_by": "提交账号",
    "evidence": "佐证材料",
    "sha256": "SHA-256 摘要",
    "responsible_post": "责任岗位",
    "type": "事件类型",
    "data": "事件内容",
}

# What people read, by code; {detail} is the limit, the list of values, or the pattern.
MESSAGES_ZH: Final = {
    "bad-envelope": "不符合 CloudEvents 1.0 信封的要求",
    "not-json": "内容不是合法的 JSON",
    "wrong-type": "类型不符，应为{detail}",
    "missing-field": "缺少必填项",
    "unknown-field": "契约中没有此字段，请核对拼写",
    "too-short": "过短，至少{detail}个字符",
    "too-long": "过长，最多{detail}个字符",
    "wrong-format": "格式不符",
    "control-character": "含有不允许的控制字符",
    "unknown-value": "取值不在允许范围内：{detail}",
    "out-of-range": "数值超出范围，{detail}",
    "bad-date": "应为日期，形如 2026-11-21",
    "bad-time": "应为带时区的时间，形如 2026-11-21T08:30:00+08:00",
    "unknown-sector": "不是已发布的行业领域代码",
    "uscc-check-character": "校验码不正确，请核对 18 位代码",
    "unknown-event-type": "不是契约中的事件类型",
    "not-a-claim": "此类事件不由县区系统上报",
    "county-mismatch": "与上报通道所属县区不一致",
    "id-reused": "同一来源和编号的事件已有不同内容，重发须内容一致，新事件须用新编号",
    "too-many-events": "一批最多{detail}条",
    "key-not-reference": "Kafka 记录的键应为县级编号，否则同一隐患的先后顺序没有保证",
}


def violation(code: str, field: str, rule: str, detail: str = "") -> Violation:
    """Return the violation of `code` at `field` with its Chinese message; foreign text is made legible."""
    last = field.rpartition(".")[2].partition("[")[0]
    label = FIELD_NAMES_ZH.get(last)
    shown = legible(field) if label is None else f"{label}({legible(field)})"
    message = f"{shown}：{MESSAGES_ZH[code].format(detail=detail)}"
    return Violation(field=legible(field), rule=legible(rule), code=code, message_zh=message)
