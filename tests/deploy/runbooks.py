"""The commands that the runbooks name, and what stands in the place of each of their placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tests.deploy.expressions import ROOT

PAGES: Final = ROOT / "docs" / "runbooks"
Kind = Literal["make", "duban", "curl", "sql", "http"]
_KINDS: Final[Mapping[str, Kind]] = {
    "make": "make",
    "duban": "duban",
    "curl": "curl",
    "SELECT": "sql",
    "DELETE": "sql",
    "GET": "http",
    "POST": "http",
}
# A code span may go on in the next line; a block is a fence or four blanks.
_SPAN: Final = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_BLOCK: Final = re.compile(r"^(?:```\w*\n(.*?)^```|((?:    \S.*\n?)+))", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """One command of one page, as it is written there."""

    page: str
    kind: Kind
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text}"


def pages() -> list[Path]:
    """Return the page of each alert."""
    return sorted(page for page in PAGES.glob("*.md") if page.stem != "README")


def commands_of(page: Path) -> list[Command]:
    """Return the commands of a page, in their order, each once."""
    text = page.read_text(encoding="utf-8")
    found = [*_lines(text), *(" ".join(span.split()) for span in _SPAN.findall(text))]
    return list(dict.fromkeys(Command(page.stem, kind, each) for each in found if (kind := _kind(each))))


def every() -> list[Command]:
    """Return the commands of all pages and of the pages' README."""
    return [command for page in (*pages(), PAGES / "README.md") for command in commands_of(page)]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put a value in the place of each placeholder. Raises KeyError for one that is not known."""
    return re.sub(r"<([a-z-]+)>|\{([a-z]+)\}", lambda found: values[found[1] or found[2]], text)


def _lines(text: str) -> Iterator[str]:
    for fenced, indented in _BLOCK.findall(text):
        yield from (line.strip() for line in (fenced or indented).splitlines())


def _kind(text: str) -> Kind | None:
    word, _, rest = text.partition(" ")
    return _KINDS.get(word) if rest else None
