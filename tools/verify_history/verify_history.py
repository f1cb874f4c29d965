#!/usr/bin/env python3
"""Check an export of the ledger's history offline. Standard library only; shares no code with the service.

The export is JSON lines, one record a line, as `GET /v1/history?format=jsonl` gives them. Records are of hazards and of
accidents (type `duban.accident.…`), whose id stands in `hazard_id`, too. Each record's digest is SHA-256 over the fields below, each preceded by its length in bytes as 8 octets, big-endian:

    algorithm, previous digest (32 bytes; zeros before version 1), hazard_id, version (decimal), event_id, type,
    time, cause_id, payload

A chain shows that nothing within it was changed, removed or put in. It can't show that its last records were cut
off: for that keep the heads of an earlier check (--write-heads) and ask for them later (--expect-heads).

Exit status: 0 whole, 1 broken, 2 not readable.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ALGORITHM = "duban-history-1"
Record = dict[str, Any]
Chain = dict[int, tuple[int, Record]]
OF_ACCIDENTS = "duban.accident."
FIELDS = ("hazard_id", "event_id", "type", "time", "cause_id", "payload")


class Unreadable(Exception):
    """The export is not what an export looks like."""


def digest(previous: bytes, record: Record) -> bytes:
    """Return the digest that `record` must carry when `previous` (32 bytes) is the one before it."""
    parts = [
        ALGORITHM.encode(),
        previous,
        record["hazard_id"].encode(),
        str(record["version"]).encode(),
        record["event_id"].encode(),
        record["type"].encode(),
        record["time"].encode(),
        record["cause_id"].encode(),
        record["payload"].encode(),
    ]
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()


def read(lines: Iterable[str]) -> tuple[dict[str, Chain], list[str]]:
    """Return {hazard_id: {version: (line number, record)}}, and complaints about records that are there twice."""
    chains: dict[str, Chain] = {}
    complaints: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        record = parse(number, line)
        chain = chains.setdefault(record["hazard_id"], {})
        known = chain.get(record["version"])
        if known is not None and known[1] != record:
            complaints.append(f"line {number}: {name(record)} stands at line {known[0]} with other content")
        chain.setdefault(record["version"], (number, record))
    return chains, complaints


def parse(number: int, line: str) -> Record:
    """Return the record of one line; raises Unreadable."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise Unreadable(f"line {number}: no JSON ({error})") from error
    if not isinstance(record, dict) or record.get("algorithm") != ALGORITHM:
        raise Unreadable(f"line {number}: algorithm must be {ALGORITHM}")
    wrong = [field for field in (*FIELDS, "digest") if not isinstance(record.get(field), str)]
    if wrong or type(record.get("version")) is not int or record["version"] < 1:
        raise Unreadable(f"line {number}: {', '.join(wrong) or 'version'} is missing or of the wrong type")
    checked: Record = record
    return checked


def name(record: Record) -> str:
    """Return how a record is called in a complaint."""
    return f"{kind(record)} {record['hazard_id']} version {record['version']}"


def kind(record: Record) -> str:
    """Return whether a record is of a hazard or of an accident."""
    return "accident" if record["type"].startswith(OF_ACCIDENTS) else "hazard"


def check(chain: Chain) -> list[str]:
    """Return the complaints about the chain of one hazard or accident."""
    previous, expected = bytes(32), 1
    complaints: list[str] = []
    for version in sorted(chain):
        number, record = chain[version]
        if version != expected:
            complaints.append(f"line {number}: {name(record)} follows version {expected - 1}: records are missing")
        elif digest(previous, record).hex() != record["digest"]:
            complaints.append(f"line {number}: {name(record)} (event {record['event_id']}) was changed")
        complaints += disagreements(number, record)
        # Go on from what the record claims, so that one fault is named once.
        previous, expected = bytes.fromhex(record["digest"]), version + 1
    return complaints


def disagreements(number: int, record: Record) -> list[str]:
    """Return the complaints about a payload that speaks of another hazard or accident than its record."""
    what = kind(record)
    try:
        spoken_of = json.loads(record["payload"])[what][f"{what}_id"]
    except (ValueError, KeyError, TypeError):
        return [f"line {number}: {name(record)} has a payload that can't be read"]
    if spoken_of != record["hazard_id"]:
        return [f"line {number}: {name(record)} has a payload about {what} {spoken_of}"]
    return []


def check_heads(chains: dict[str, Chain], heads: dict[str, tuple[int, str]]) -> list[str]:
    """Return the complaints about heads of an earlier check that are no longer in the chains."""
    complaints = []
    for hazard_id, (version, expected) in sorted(heads.items()):
        _, record = chains.get(hazard_id, {}).get(version) or (0, {"digest": None})
        if record["digest"] != expected:
            what = "is gone" if record["digest"] is None else "has another digest"
            complaints.append(f"hazard {hazard_id} version {version} of the earlier check {what}")
    return complaints


def heads_of(chains: dict[str, Chain]) -> dict[str, tuple[int, str]]:
    """Return {hazard_id: [newest version, its digest]}."""
    return {hazard_id: (max(chain), chain[max(chain)][1]["digest"]) for hazard_id, chain in chains.items()}


def lines_of(export: str) -> list[str]:
    """Return the lines of a file, or of standard input for `-`."""
    if export == "-":
        return sys.stdin.readlines()
    with Path(export).open(encoding="utf-8", newline="\n") as file:
        return file.readlines()


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one export, say what was found, and return the exit status."""
    parser = argparse.ArgumentParser(description="Check an export of the ledger's history offline.")
    parser.add_argument("export", help="JSON lines; - reads standard input")
    parser.add_argument(
        "--write-heads", metavar="FILE", help="keep the newest digest of every hazard and accident here"
    )
    parser.add_argument("--expect-heads", metavar="FILE", help="heads of an earlier check that must still be there")
    options = parser.parse_args(arguments)
    try:
        chains, complaints = read(lines_of(options.export))
        for chain in chains.values():
            complaints += check(chain)
        if options.expect_heads:
            complaints += check_heads(chains, json.loads(Path(options.expect_heads).read_text(encoding="utf-8")))
    except (Unreadable, OSError, ValueError) as error:
        say(f"unreadable: {error}")
        return 2
    for complaint in complaints:
        say(f"BROKEN {complaint}")
    records = sum(len(chain) for chain in chains.values())
    accidents = sum(kind(next(iter(chain.values()))[1]) == "accident" for chain in chains.values())
    beside = f" and {accidents} accidents" if accidents else ""
    say(f"{records} records of {len(chains) - accidents} hazards{beside}: {'BROKEN' if complaints else 'whole'}")
    if options.write_heads and not complaints:
        Path(options.write_heads).write_text(json.dumps(heads_of(chains), indent=0, sort_keys=True), encoding="utf-8")
    return 1 if complaints else 0


def say(text: str) -> None:
    """Write one line to standard output."""
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
