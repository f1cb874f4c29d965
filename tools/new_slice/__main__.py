"""`make new-slice S=ledger N=listings ROWS="SY29"`: write the files of a new slice, and say what is left to do."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.generate.parts import SERVICES
from tools.new_slice.template import files

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.new_slice", description=__doc__)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("noun", help="one noun of the domain, in the plural where it has one: listings")
    parser.add_argument("rows", nargs="*", help="the feature rows that it carries: SY29")
    chosen = parser.parse_args(arguments)
    if not chosen.noun.isidentifier() or not chosen.noun.islower():
        parser.error(f"{chosen.noun} is no name for a folder of Python code")
    if (root / "services" / chosen.service / chosen.noun).exists():
        parser.error(f"services/{chosen.service}/{chosen.noun} is there already")
    for name, text in files(chosen.service, chosen.noun, chosen.rows).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {name}\n")
    sys.stdout.write(
        f"Next: name `{chosen.noun}` in services/{chosen.service}/bootstrap.py and in the layers of "
        f"[tool.importlinter] in pyproject.toml, say what it owns in services/{chosen.service}/README.md.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
