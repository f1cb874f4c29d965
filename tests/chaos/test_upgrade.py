"""How the rehearsal of an upgrade replaces one service; the rehearsal itself is `make upgrade`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.program import Program, configuration
from deploy.local.settings import Settings, load
from tests.chaos.upgrade import ORDER, _section, _with

pytestmark = pytest.mark.pure

NAMES = ("gateway", "ledger", "scheduler")


def written(root: str) -> str:
    settings: Settings = replace(load({}), root=Path(root))
    return configuration(settings, [Program(name, ["run", name], 1, {"PYTHONPATH": root}) for name in NAMES])


@pytest.mark.parametrize("name", NAMES)
def test_one_service_is_replaced_and_put_back_and_the_others_stay(name: str) -> None:
    before, after = written("/before"), written("/after")
    mixed = _with(before, name, _section(after, name))
    assert mixed.count("directory=/after") == 1
    assert "directory=/after" in _section(mixed, name)
    assert all(_section(mixed, other) == _section(before, other) for other in NAMES if other != name)
    assert _with(mixed, name, _section(before, name)) == before


def test_every_service_is_replaced_and_who_reads_comes_before_who_writes() -> None:
    assert sorted(ORDER) == sorted(load({}).services)
    for reader, writer in (("scheduler", "ledger"), ("statistics", "ledger"), ("ledger", "gateway")):
        assert ORDER.index(reader) < ORDER.index(writer)
    assert ORDER.index("notifications") < ORDER.index("scheduler")


def test_a_service_that_is_not_configured_is_named() -> None:
    with pytest.raises(LookupError, match="statistics"):
        _section(written("/before"), "statistics")
