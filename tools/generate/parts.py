"""The five services, as the local platform lists them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

_PLATFORM: Final = Path(__file__).resolve().parents[2] / "deploy" / "local" / "platform.toml"

SERVICES: Final = tuple(tomllib.loads(_PLATFORM.read_text(encoding="utf-8"))["services"]["names"])
