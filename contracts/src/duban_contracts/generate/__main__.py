"""Write what is generated from the catalogue, check that it is fresh, or keep it as a release."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

from duban_contracts.generate.code_tables import guides
from duban_contracts.generate.files import generated, release, stale, write

_HERE = Path(__file__).resolve().parents[3]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns 1 when files are stale or a release exists already."""
    parser = argparse.ArgumentParser(prog="python -m duban_contracts.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a file is stale")
    parser.add_argument("--release", action="store_true", help="keep schemas, fixtures, codes under released/<version>")
    parser.add_argument("--directory", type=Path, default=_HERE, help="the contracts directory of a checkout")
    chosen = parser.parse_args(arguments)
    if not (chosen.directory / "pyproject.toml").is_file():
        parser.error(f"{chosen.directory} is no checkout of the contract; name one with --directory")
    version = installed_version("duban-contracts")
    files = {**generated(version), **guides(chosen.directory)}
    old = stale(chosen.directory, files)
    if chosen.check:
        return _report(old)
    write(chosen.directory, files)
    sys.stdout.write(f"{len(files)} files, {len(old)} of them changed\n")
    if chosen.release:
        try:
            sys.stdout.write(f"released {release(chosen.directory, version, files)}\n")
        except FileExistsError:
            sys.stderr.write(f"{version} was released before; raise the version in contracts/pyproject.toml\n")
            return 1
    return 0


def _report(old: list[str]) -> int:
    for name in old:
        sys.stderr.write(f"stale: contracts/{name}\n")
    if old:
        sys.stderr.write("run: python -m duban_contracts.generate\n")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
