"""Each failure that the README names has the test that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
README = (TESTS.parent / "README.md").read_text(encoding="utf-8")
TABLE = README.partition("## What went wrong elsewhere")[2].partition("\n## ")[0]
ROWS = [line for line in TABLE.splitlines() if "::" in line]


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip() for row in ROWS])
def test_a_named_failure_has_its_tests(row: str) -> None:
    named = re.findall(r"`([a-z_]+/test_[a-z_]+\.py)::(test_\w+)`", row)
    assert named
    for file, name in named:
        assert re.search(rf"^(async )?def {name}\(", (TESTS / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_all_eleven_are_named() -> None:
    assert len(ROWS) == 11
