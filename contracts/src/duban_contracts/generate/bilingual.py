"""Tables of a page that is written in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple


class Words(NamedTuple):
    """A text in both languages."""

    zh: str
    en: str


YES, NO = Words("可以", "yes"), Words("不可以", "no")
IS, IS_NOT = Words("是", "yes"), Words("否", "no")
COLON: Final = Words("：", ": ")


def section(language: str, title: Words, said: Words, columns: Words, rows: Iterable[Iterable[str]]) -> str:
    """Return a heading, what is said below it, and a table."""
    head = getattr(columns, language)
    lines = [head, "|" + "---|" * (head.count("|") - 1), *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join([f"## {getattr(title, language)}", "", getattr(said, language), "", *lines, ""])
