"""What is printed on the pages of docs/clients."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from deploy.local.settings import ROOT
from tests.clients.toolchains import RUNNERS, Program

PAGES: Final = ROOT / "docs" / "clients"
BLOCK: Final = re.compile(r"^```([a-z]*)(?: ([\w/.]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ENGLISH: Final = sorted(page for page in PAGES.glob("*.md") if not page.name.endswith(".zh-CN.md"))


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """Return the blocks of a page: language, the file it is printed as, text."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


PROGRAMS: Final = [
    Program(language, name, text)
    for page in ENGLISH
    for language, name, text in blocks(page)
    if language in RUNNERS and name
]
OVER_HTTPS: Final = [program for program in PROGRAMS if "https" in program.name.lower()]
