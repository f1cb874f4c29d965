"""Check events against the contract. Exit code 0: all would be taken; 1: some would be refused; 2: unreadable."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from duban_contracts.conformance.check import Finding, check
from duban_contracts.conformance.records import Unreadable
from duban_contracts.conformance.report import as_json, as_text

UNREADABLE = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the kit on the named files; `-` reads standard input."""
    parser = argparse.ArgumentParser(prog="python -m duban_contracts.conformance", description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE", help="events as JSON, JSON lines or captured records")
    parser.add_argument("--county", help="six-digit code of the county whose key or topic is used")
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    chosen = parser.parse_args(arguments)
    refused = False
    for name in chosen.files:
        try:
            findings = check(_read(name), chosen.county)
        except (OSError, Unreadable) as error:
            sys.stderr.write(f"{name}: {error}\n")
            return UNREADABLE
        _print(name, findings, language=None if chosen.json else chosen.language)
        refused |= any(finding.refused for finding in findings)
    return 1 if refused else 0


def _read(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def _print(name: str, findings: list[Finding], language: str | None) -> None:
    if language is None:
        sys.stdout.write(as_json(findings).decode())
    else:
        sys.stdout.write(f"{name}\n{as_text(findings, language)}")


if __name__ == "__main__":
    sys.exit(main())
