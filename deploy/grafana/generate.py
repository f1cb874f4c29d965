"""Writes `dashboards/*.json`; `--check` only says whether they are what the definitions give.

Run `python -m deploy.grafana.generate --profile DIRECTORY` for another city: only the names of counties differ.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.definitions import ALL
from deploy.grafana.definitions.names import Names

HERE: Final = Path(__file__).resolve().parent
DASHBOARDS: Final = HERE / "dashboards"
PROFILE: Final = HERE.parent / "profiles" / "jincheng"


def render(names: Names) -> dict[str, str]:
    """Map each file name to the JSON text it should hold."""
    rendered = {}
    for name, build in ALL.items():
        board = build(names).build()
        for number, panel in enumerate(board.panels or (), start=1):
            panel.id_val = number
        text = json.dumps(board, cls=JSONEncoder, ensure_ascii=False, indent=2, sort_keys=True)
        rendered[f"{name}.json"] = text + "\n"
    return rendered


def stale(names: Names) -> list[str]:
    """Name the committed files that differ from what the definitions give, missing and left-over ones included."""
    wanted = render(names)
    present = {path.name: path.read_text(encoding="utf-8") for path in DASHBOARDS.glob("*.json")}
    return sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))


def main(arguments: list[str] | None = None) -> int:
    """Write, or with `--check` compare; 1 when something is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--profile", type=Path, default=PROFILE)
    chosen = parser.parse_args(arguments)
    names = Names.of(chosen.profile)
    if chosen.check:
        for name in (differing := stale(names)):
            print(f"stale: {DASHBOARDS / name}", file=sys.stderr)  # noqa: T201
        return 1 if differing else 0
    for name, text in render(names).items():
        (DASHBOARDS / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
