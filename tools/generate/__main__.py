"""`make generate`: write what is generated; with `--check`, only say what of it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.generate.catalogue import GENERATORS, ROOT, stale


def main(arguments: list[str]) -> int:
    if unknown := [each for each in arguments if each.startswith("-") and each != "--check"]:
        sys.stderr.write(f"{' '.join(unknown)} is unknown: it is [--check] [{' | '.join(GENERATORS)} ...]\n")
        return 2
    checking = "--check" in arguments
    wanted = [name for name in arguments if not name.startswith("-")] or list(GENERATORS)
    changed = 0
    for name in wanted:
        for path, content in stale(GENERATORS[name]()).items():
            changed += 1
            sys.stdout.write(f"{'stale' if checking else 'wrote'}: {path}\n")
            if not checking:
                _write(ROOT / path, content)
    sys.stdout.write(f"{changed} of the generated files {'are stale' if checking else 'changed'}\n")
    return 1 if checking and changed else 0


def _write(path: Path, content: str | None) -> None:
    if content is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
