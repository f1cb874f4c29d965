"""A platform on this machine that no other one meets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deploy.local.ports import free_ports
from deploy.local.settings import Settings, load

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A platform of its own: empty home, ports nobody uses."""
    plain = load({"DUBAN_HOME": str(tmp_path / "home")})
    ports = free_ports(len(plain.port_offsets))
    offsets = dict(zip(plain.port_offsets, ports, strict=True))
    return replace(plain, port_base=0, port_offsets=offsets)
