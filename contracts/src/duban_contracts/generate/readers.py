"""The page of readers: which events a hazard has, and what they are called. What each reader does is written by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from duban_contracts.codec import event_types
from duban_contracts.topics import TopicFamily

# Seen from `contracts/`.
_PAGE: Final = "../docs/readers.md"
_PREFIX: Final = "duban.hazard."
_ROW: Final = re.compile(r"^\| `(\w+)` [^|]+ \|(.+)\|$", re.MULTILINE)
_TABLE: Final = re.compile(rf"(?:{_ROW.pattern}\n)+", re.MULTILINE)
_UNREAD: Final = "|".join([" — nothing follows from it "] * 3)


def page(directory: Path) -> dict[str, str]:
    """Return the page by its path from `directory` (`contracts/` of a checkout); none where it is not there."""
    path = directory / _PAGE
    return {_PAGE: with_events(path.read_text(encoding="utf-8"))} if path.is_file() else {}


def with_events(text: str) -> str:
    """Return the page with a row for every event of a hazard, under its Chinese name.

    Rows stay in their order and keep what they say; a new event comes last, as one that nobody makes anything of. Raises
    ValueError for a page without the table.
    """
    found = _TABLE.search(text)
    if found is None:
        raise ValueError("the page of readers has no table of a hazard's events")
    names = _names()
    said = {name: cells for name, cells in _ROW.findall(found.group()) if name in names}
    rows = {**said, **{name: _UNREAD for name in names if name not in said}}
    table = "".join(f"| `{name}` {names[name]} |{cells}|\n" for name, cells in rows.items())
    return text[: found.start()] + table + text[found.end() :]


def _names() -> dict[str, str]:
    return {
        entry.name.split(".")[2]: entry.title_zh
        for entry in event_types()
        if entry.family is TopicFamily.HAZARD and entry.name.startswith(_PREFIX)
    }
