"""The Chinese names of fields, for sentences about what is wrong in them: those that fields say themselves, and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import inspect

import duban_contracts.events
from duban_contracts.catalogue import registered
from duban_contracts.topics import TopicFamily

# Importing the models has filled the catalogue.
_MODULES: Final = duban_contracts.events.MODULES
# Of what the envelope has, what commands have, and what many fields share.
_COMMON: Final = {
    # envelope
    "id": "事件编号",
    "source": "事件来源",
    "type": "事件类型",
    "subject": "主题",
    "time": "时间",
    "specversion": "CloudEvents 版本",
    "datacontenttype": "内容类型",
    "partitionkey": "记录的键",
    "data": "事件内容",
    "document": "事件",
    # claims
    "county": "县区代码",
    "reference": "县级编号",
    "channel": "发现渠道",
    "sector": "行业领域",
    "enterprise": "生产经营单位",
    "name": "名称",
    "uscc": "统一社会信用代码",
    "place": "地点",
    "description": "隐患描述",
    "suggested_grade": "建议等级",
    "township": "乡镇(街道)",
    "measures": "整改措施",
    "submitted_by": "提交账号",
    "evidence": "佐证材料",
    "sha256": "SHA-256 摘要",
    "responsible_post": "责任岗位",
    "funds_yuan": "整改资金",
    "contingency": "应急预案",
    "summary": "办理情况",
    "figures": "数据",
    "form": "表单",
    "demand": "所要求的材料",
    # commands
    "grade": "隐患等级",
    "responsible_unit": "责任单位",
    "unit": "单位",
    "deadline_on": "整改期限",
    "criterion": "判定标准条款",
    "reason": "理由",
    "review": "审核意见",
    "role": "岗位",
}


def names_of(model: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a struct, and of the structs in it, that say their Chinese name (`called` or `past`), with it."""
    for field in msgspec.structs.fields(model):
        for described in _inside(inspect.type_info(field.type)):
            if isinstance(described, inspect.Metadata) and "zh" in (described.extra or {}):
                yield field.encode_name, str((described.extra or {})["zh"])
            elif isinstance(described, inspect.StructType):
                yield from names_of(described.cls)


def _inside(described: Any) -> Iterator[inspect.Type]:
    """Yield a type and those that it is made of, down to structs."""
    yield described
    if isinstance(described, inspect.Metadata):
        yield from _inside(described.type)
    elif isinstance(described, inspect.UnionType):
        for each in described.types:
            yield from _inside(each)
    elif isinstance(described, inspect.VarTupleType | inspect.ListType):
        yield from _inside(described.item_type)


def with_names(common: Mapping[str, str], said: Iterator[tuple[str, str]]) -> Mapping[str, str]:
    """Return `common` and what fields say; raises ValueError where one name of a field would have two Chinese ones."""
    found = dict(common)
    for name, zh in said:
        if found.setdefault(name, zh) != zh:
            raise ValueError(f"the field {name} is called {found[name]} and {zh}")
    return MappingProxyType(found)


# What a county says is checked by its fields, what the platform says is not.
_CLAIMS: Final = [entry.model for entry in registered() if entry.family is TopicFamily.CLAIMS]
FIELD_NAMES_ZH: Final = with_names(_COMMON, (named for model in _CLAIMS for named in names_of(model)))
