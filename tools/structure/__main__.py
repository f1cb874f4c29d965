"""What `make lint` asks of the tree beyond ruff: print what is not as CONTRIBUTING says, and return 1 for it."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.structure import foreign, language, layout, migrations, purity, rows, size, sql
from tools.structure.source import sources


def main() -> int:
    root = Path(__file__).resolve().parents[2]
    modules = list(sources(root))
    found = [
        *size.check(modules),
        *layout.check(root),
        *migrations.check(root),
        *language.check(modules, root),
        *sql.check(modules, root),
        *purity.check(modules),
        *foreign.check(modules),
        *rows.check(modules, root),
    ]
    for finding in found:
        sys.stdout.write(f"{finding}\n")
    summary = f"✗ {len(found)} findings" if found else f"✓ {len(modules)} modules stand as CONTRIBUTING says"
    sys.stdout.write(f"{summary}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
