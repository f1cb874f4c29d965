"""Files of criteria for tests; every clause is invented."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, Final

import msgspec
from openpyxl import Workbook

from services.ledger.criteria.model.standards import Standard
from services.ledger.criteria.model.workbook import COLUMNS

CLAUSES: Final = [{"code": "1", "text": "示例条款一"}, {"code": "3.2", "text": "示例条款三之二"}]


def version(sector: str = "hazchem", name: str = "2023", **fields: Any) -> dict[str, Any]:
    """One version as the JSON form says it; `fields` replace what it says."""
    said: dict[str, Any] = {
        "sector": sector,
        "version": name,
        "title": "示例行业重大事故隐患判定标准（虚构）",
        "document": "示例〔2023〕1号",
        "in_force_on": "2023-05-15",
        "clauses": CLAUSES,
    }
    return said | fields


def as_json(*versions: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"lists": list(versions)})


def as_workbook(rows: Iterable[Sequence[Any]], header: Sequence[str] = tuple(COLUMNS)) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["示例：重大事故隐患判定标准"])
    sheet.append(list(header))
    for row in rows:
        sheet.append(list(row))
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def rows(standards: Iterable[Standard]) -> list[list[Any]]:
    """The rows of a workbook; a version's own words stand at its first clause only."""
    found = []
    for each in standards:
        head = [each.sector, each.version, each.title, each.document, each.in_force_on, each.until_on]
        for place, clause in enumerate(each.clauses):
            found.append([*(head if place == 0 else [None] * len(head)), clause.code, clause.text])
    return found
