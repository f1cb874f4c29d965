"""Every table says how it grows: what is said names tables that are there, functions that are there, and settings that are there."""

from __future__ import annotations

import re
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Final

import msgspec
import pytest

from tools.generate.growth import Growth, declared

pytestmark = pytest.mark.pure
ROOT: Final = Path(__file__).parents[3]
PRUNED: Final = sorted(
    {(each.pruned, each.by) for tables in declared().values() for each in tables.values() if each.pruned}
)


def tables_by_owner() -> dict[str, dict[str, str]]:
    """What docs/tables.md, which is made from PostgreSQL's own catalogue, says of each table."""
    found: dict[str, dict[str, str]] = {}
    for part in (ROOT / "docs" / "tables.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        head, *sections = part.split("\n### ")
        owner = "chassis" if "(chassis)" in head else head.split()[0]
        found[owner] = {section.split("\n")[0]: section.split("\n")[2] for section in sections}
    return found


def test_every_table_is_bounded_pruned_by_a_policy_or_kept_for_a_reason_and_nothing_else_is_spoken_of() -> None:
    said = {owner: {table: each.told for table, each in tables.items()} for owner, tables in declared().items()}
    assert tables_by_owner() == said


@pytest.mark.parametrize(("function", "by"), PRUNED)
def test_whoever_prunes_is_there_and_goes_by_a_setting_that_is_there(function: str, by: str) -> None:
    module, _, name = function.partition(":")
    assert callable(attrgetter(name)(import_module(module)))
    settings = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert all(setting in settings for setting in re.findall(r"DUBAN_[A-Z_]+", by))


@pytest.mark.parametrize("text", ["{}", '{bounded = "a", kept = "b"}', '{pruned = "a:b"}', '{kept = "a", by = "b"}'])
def test_what_is_said_of_a_table_is_one_thing(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.toml.decode(f"table = {text}", type=dict[str, Growth])
