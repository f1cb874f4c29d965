"""Every service's README names its tables, each once and no others: what a page forgets is asked for here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tools.generate.growth import declared

pytestmark = pytest.mark.pure
SERVICES: Final = Path(__file__).parents[3] / "services"
# Whose README speaks of which owners of tables (`test_growth` holds these to docs/tables.md).
OWNERS: Final = {
    "chassis": ["chassis"],
    "gateway": ["gateway"],
    "ledger": ["ledger", "vault"],
    "scheduler": ["scheduler"],
    "notifications": ["notifications"],
    "statistics": ["statistics"],
}


def told(text: str) -> list[str]:
    """Return the names of tables in a page's section of tables; a table's first column may name slices instead."""
    [section] = re.findall(r"^## Tables.*?\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    of_slices = re.sub(r"^\|[^|]*\|", "", section, flags=re.MULTILINE) if "| slice |" in section else section
    return re.findall(r"`([a-z][a-z_.]*)`", of_slices)


@pytest.mark.parametrize("service", sorted(OWNERS))
def test_a_readme_names_the_tables_of_its_service_each_once_and_no_other(service: str) -> None:
    tables = [table for owner in OWNERS[service] for table in declared()[owner]]
    assert sorted(told((SERVICES / service / "README.md").read_text(encoding="utf-8"))) == sorted(tables)


def test_a_name_in_the_column_of_slices_is_no_table() -> None:
    assert told("## Tables\n\n| slice | tables |\n|---|---|\n| `tips` | `tip` (`DUBAN_X`) |\n\n## Tests\n`a`\n") == [
        "tip"
    ]
    assert told("## Tables of all\n\n| table | |\n|---|---|\n| `tip` | what `trail.act` is |\n") == ["tip", "trail.act"]
