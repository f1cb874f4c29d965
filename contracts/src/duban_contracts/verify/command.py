"""`duban-contracts verify`: check whether the ledger's history is what it was when you kept its checkpoints.

Every FILE says by itself what it is: a checkpoint, a proof of inclusion (.tlog-proof), a proof of consistency, or a copy
of what your county was told (captured records of the feedback topic, lines or pages of the feed). All of them are held
against each other and against the keys.

Exit code 0: everything holds; 1: something does not; 2: not readable.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from duban_contracts.verify.evidence import Evidence
from duban_contracts.verify.findings import Finding, NotVerified
from duban_contracts.verify.notes import Key, key_of

UNREADABLE = 2


def main(words: Sequence[str]) -> int:
    """Check the named files, say what was found a line each, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="duban-contracts verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument(
        "--key",
        action="append",
        required=True,
        help="a verifier key that you trust, or a file of them, one a line; may be given several times",
    )
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    chosen = parser.parse_args(words)
    try:
        keys = [key for given in chosen.key for key in _keys(given)]
        evidence = Evidence(keys)
        for name in chosen.files:
            evidence.add(Path(name).name, Path(name).read_bytes())
    except (OSError, NotVerified) as error:
        said = error.finding.line(chosen.language) if isinstance(error, NotVerified) else str(error)
        sys.stderr.write(f"{said}\n")
        return UNREADABLE
    findings = evidence.findings()
    sys.stdout.writelines(f"{finding.line(chosen.language)}\n" for finding in (*findings, _verdict(findings)))
    return 1 if any(finding.holds is False for finding in findings) else 0


def _keys(given: str) -> list[Key]:
    text = Path(given).read_text(encoding="utf-8") if Path(given).is_file() else given
    return [key_of(line) for line in text.splitlines() if line.strip()]


def _verdict(findings: Sequence[Finding]) -> Finding:
    wrong = sum(finding.holds is False for finding in findings)
    if wrong:
        return Finding(holds=False, zh=f"核验未通过：{wrong} 项不符", en=f"{wrong} things do not hold")
    return Finding(holds=True, zh="核验通过", en="everything holds")
