"""Check events against the contract, or certify a publisher: `sandbox` (see `sandbox --help`).

Exit code 0: all would be taken and certified; 1: some would not; 2: unreadable.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from duban_contracts.conformance.check import Checker, Finding
from duban_contracts.conformance.records import Unreadable
from duban_contracts.conformance.report import as_json, as_text
from duban_contracts.conformance.sandbox import command as sandbox

UNREADABLE = 2
NO_COUNTY = {
    "zh": "未指定 --county：没有核对事件是否属于本县（市、区）",
    "en": "no --county: whether the events are that county's was not checked",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the kit on the named files (`-` reads standard input), or its sandbox."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["sandbox"]:
        return sandbox.main(words[1:])
    if words[:1] == ["verify"]:
        return sandbox.verify(words[1:])
    return _check(words)


def _check(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m duban_contracts.conformance", description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE", help="events as JSON, JSON lines or captured records")
    parser.add_argument("--county", help="six-digit code of the county whose key or topic is used", type=county)
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    chosen = parser.parse_args(words)
    # One checker for all files: an id that is used again in another file is used again.
    checker, certified = Checker(chosen.county), True
    for name in chosen.files:
        try:
            findings = checker.check(_read(name))
        except (OSError, Unreadable) as error:
            sys.stderr.write(f"{name}: {error}\n")
            return UNREADABLE
        _print(name, findings, language=None if chosen.json else chosen.language)
        certified &= all(finding.certified for finding in findings)
    if chosen.county is None:
        sys.stderr.write(f"{NO_COUNTY[chosen.language]}\n")
    return 0 if certified else 1


def county(text: str) -> str:
    """Return a county's code as it is written on the command line; raises what argparse reports."""
    if not re.fullmatch("[0-9]{6}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no six-digit division code")
    return text


def _read(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def _print(name: str, findings: list[Finding], language: str | None) -> None:
    if language is None:
        sys.stdout.write(as_json(findings).decode())
    else:
        sys.stdout.write(f"{name}\n{as_text(findings, language)}")


if __name__ == "__main__":
    sys.exit(main())
