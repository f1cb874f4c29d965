"""Writes `dashboards/*.json`; `--check` only says whether they are what the definitions give.

They are the same for every city: the names of counties come with the metrics (`duban_county_info`).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.definitions import ALL

HERE: Final = Path(__file__).resolve().parent
DASHBOARDS: Final = HERE / "dashboards"
PROFILE: Final = HERE.parent / "profiles" / "jincheng"


def render() -> dict[str, str]:
    """Map each file name to the JSON text it should hold."""
    rendered = {}
    for name, build in ALL.items():
        board = build().build()
        for number, panel in enumerate(board.panels or (), start=1):
            panel.id_val = number
        text = json.dumps(board, cls=JSONEncoder, ensure_ascii=False, indent=2, sort_keys=True)
        rendered[f"{name}.json"] = text + "\n"
    return rendered


def stale() -> list[str]:
    """Name the committed files that differ from what the definitions give, missing and left-over ones included."""
    wanted = render()
    present = {path.name: path.read_text(encoding="utf-8") for path in DASHBOARDS.glob("*.json")}
    return sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))


def main(arguments: list[str] | None = None) -> int:
    """Write, or with `--check` compare; 1 when something is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args(arguments)
    if chosen.check:
        for name in (differing := stale()):
            print(f"stale: {DASHBOARDS / name}", file=sys.stderr)  # noqa: T201
        return 1 if differing else 0
    wanted = render()
    for path in DASHBOARDS.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (DASHBOARDS / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
