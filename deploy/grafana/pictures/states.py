"""Which boards are taken in which state: all while every service runs, else those on which the fault is to be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from deploy.grafana.definitions import ALL
from deploy.grafana.pictures.camera import Picture

# Longer than it is played, so that a curve's beginning is seen.
_SECONDS: Final = 300
_LATER_SECONDS: Final = 600
_COUNTY: Final = ({"county": "140502"}, {"county": "城区"})
_LEDGER: Final = ({"service": "ledger"}, {"service": "ledger"})
_CHOSEN: Final = {"duban-county": _COUNTY, "duban-service": _LEDGER}
_UNMEASURED: Final = "duban-hosts"
_NOTHING: Final[tuple[dict[str, str], dict[str, str]]] = ({}, {})


def healthy(out: Path) -> list[Picture]:
    """Return every board while every service runs; of machines nothing is measured here."""
    return [
        Picture(board, out / f"{_short(board)}.png", "各服务运行中", _SECONDS, *_CHOSEN.get(board, _NOTHING))
        for board in ALL
        if board != _UNMEASURED
    ]


def dead(out: Path, service: str) -> list[Picture]:
    """Return the boards that show that a service is dead."""
    title = f"{service} 已停"
    chosen = {"duban-overview": _NOTHING, "duban-stages": _NOTHING}
    chosen["duban-service"] = ({"service": service}, {"service": service})
    return [
        Picture(board, out / f"{_short(board)}-dead.png", title, _LATER_SECONDS, *variables)
        for board, variables in chosen.items()
    ]


def silent(out: Path, county: str, title: str, name: str) -> list[Picture]:
    """Return the boards that show that nothing comes from a county."""
    chosen = {"duban-counties": _NOTHING}
    chosen["duban-county"] = ({"county": county}, {"county": name})
    return [
        Picture(board, out / f"{_short(board)}-silent.png", title, _LATER_SECONDS, *variables)
        for board, variables in chosen.items()
    ]


def _short(board: str) -> str:
    return board.removeprefix("duban-")
