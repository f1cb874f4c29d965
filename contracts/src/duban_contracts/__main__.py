"""`duban-contracts`: what a county's people call from the command line.

duban-contracts verify …    is the ledger's history what it was? (see `verify --help`)
duban-contracts check …     would these events be taken? (as `python -m duban_contracts.conformance`)
"""

from __future__ import annotations

import sys

UNKNOWN = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the first word names; 2 for one that is none, or that lacks its extra."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["check"]:
        from duban_contracts.conformance.__main__ import main as check  # noqa: PLC0415

        return check(words[1:])
    if words[:1] == ["verify"]:
        try:
            from duban_contracts.verify.command import main as verify  # noqa: PLC0415 - needs an extra
        except ModuleNotFoundError as missing:
            sys.stderr.write(f"{missing.name}: in a checkout: pip install './contracts[verify]'\n")
            return UNKNOWN
        return verify(words[1:])
    sys.stderr.write(__doc__ or "")
    return UNKNOWN


if __name__ == "__main__":
    sys.exit(main())
