"""The Chinese names of fields, for sentences about what is wrong in them."""

from __future__ import annotations

from typing import Final

FIELD_NAMES_ZH: Final = {
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
    "found_on": "发现日期",
    "suggested_grade": "建议等级",
    "township": "乡镇(街道)",
    "measures": "整改措施",
    "completed_on": "完成日期",
    "submitted_by": "提交账号",
    "evidence": "佐证材料",
    "sha256": "SHA-256 摘要",
    "responsible_post": "责任岗位",
    "funds_yuan": "整改资金",
    "contingency": "应急预案",
    "summary": "办理情况",
    "filed_on": "报送日期",
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
