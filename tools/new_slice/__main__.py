"""`make new-slice S=ledger N=listings ROWS="SY29"`: write the files of a new slice, name it, say what is left to do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tools.generate.parts import SERVICES
from tools.new_slice.naming import in_bootstrap, in_fill, in_layers, in_reads, in_rights
from tools.new_slice.template import files, fill

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.new_slice", description=__doc__)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("noun", help="one noun of the domain, in the plural where it has one: listings")
    parser.add_argument("rows", nargs="*", help="the feature rows that it carries: SY29")
    parser.add_argument("--list", action="store_true", dest="listed", help="with a route that lists it page by page")
    parser.add_argument("--sector", action="store_true", help="its rows are of a sector: in scopes, and as a filter")
    parser.add_argument("--zh", help="the noun as people see it: 挂牌")
    chosen = parser.parse_args(arguments)
    service, noun = chosen.service, chosen.noun
    if not noun.isidentifier() or not noun.islower():
        parser.error(f"{noun} is no name for a folder of Python code")
    if (root / "services" / service / noun).exists():
        parser.error(f"services/{service}/{noun} is there already")
    bootstrap = root / "services" / service / "bootstrap.py"
    if chosen.sector and not chosen.listed:
        parser.error("a sector is of what is listed: say --list, too")
    walled = "walled=True" in bootstrap.read_text(encoding="utf-8")
    made = files(service, noun, chosen.rows, zh=chosen.zh, listed=chosen.listed, sector=chosen.sector, walled=walled)
    for name, text in made.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {name}\n")
    _named(bootstrap, "SLICES", service, noun, in_bootstrap)
    _named(root / "pyproject.toml", "the layers of [tool.importlinter]", service, noun, in_layers)
    if chosen.listed:
        _named_with_its_list(root, service, noun, sector=chosen.sector)
    sys.stdout.write(
        f"Next: say what it owns in services/{service}/README.md, and in tools/generate/growth.toml how its table grows; then `make generate`.\n"
    )
    return 0


def _named_with_its_list(root: Path, service: str, noun: str, *, sector: bool) -> None:
    # Where they are many they stand in a module of their own.
    tests = root / "services" / service / "tests"
    apart = tests / "specimens.py"
    _named(apart if apart.exists() else tests / "test_rights.py", "its specimens", service, noun, in_rights)
    million = root / "tests" / "load" / "million"
    apart = million / "reads" / f"{service}.py"
    place, asked = "what is asked of a large database", partial(in_reads, sector=sector)
    _named(apart if apart.exists() else million / "reads" / "others.py", place, service, noun, asked)
    statement = fill(noun, sector=sector)
    filled = million / "sql" / f"{service}.sql"
    _named(filled, "rows of it in a large database", service, noun, lambda text, *_: in_fill(text, statement))


def _named(path: Path, place: str, service: str, noun: str, naming: Callable[[str, str, str], str | None]) -> None:
    made = naming(path.read_text(encoding="utf-8"), service, noun) if path.exists() else None
    if made is None:
        sys.stdout.write(f"Name `{noun}` yourself in {path.name}: {place}.\n")
    else:
        path.write_text(made, encoding="utf-8")
        sys.stdout.write(f"named it in {path.name}\n")


if __name__ == "__main__":
    sys.exit(main())
