"""The rules that docs/duties.md shows are rules, in both languages alike."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from services.scheduler.duties.model.rules import Deadline, Occasional, Quota, Recurrence, Rule, Season

DOCS = Path(__file__).parents[4] / "docs"
SHOWN = re.compile(r'`(\{"by": [^`…]+\})`')


def rules(page: str) -> list[Rule]:
    found = SHOWN.findall((DOCS / page).read_text(encoding="utf-8"))
    return [msgspec.json.decode(text, type=Rule) for text in found]


def test_the_rules_that_the_page_shows_are_read_by_the_scheduler() -> None:
    assert [type(each) for each in rules("duties.md")] == [
        Quota,
        Quota,
        Recurrence,
        Recurrence,
        Deadline,
        Season,
        Occasional,
    ]


def test_both_languages_show_the_same_rules() -> None:
    assert rules("duties.zh-CN.md") == rules("duties.md")
