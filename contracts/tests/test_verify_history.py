"""A county's own files held against each other: what a ledger that rewrote its history can't hide (promise P4)."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from duban_contracts.cloudevents import CloudEvent, to_structured
from duban_contracts.codec import lookup
from duban_contracts.examples import example_event
from duban_contracts.verify.copy import leaf_of
from duban_contracts.verify.evidence import Evidence
from duban_contracts.verify.findings import Finding
from duban_contracts.verify.notes import Key, key_of
from duban_contracts.verify.tree import leaf_hash

pytestmark = pytest.mark.promise("P4")

ORIGIN = "duban/140500/ledger"
SIGNING = Ed25519PrivateKey.generate()
HISTORY = [leaf_hash(b"%d" % number) for number in range(8)]
REWRITTEN = [*HISTORY[:1], *(leaf_hash(b"other %d" % number) for number in range(1, 8))]


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def half(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1."""
    if len(leaves) == 1:
        return leaves[0]
    left = half(len(leaves))
    return node(root(leaves[:left]), root(leaves[left:]))


def growth(old: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2."""
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    left = half(len(leaves))
    if old <= left:
        return [*growth(old, leaves[:left], whole=whole), root(leaves[left:])]
    return [*growth(old - left, leaves[left:], whole=False), root(leaves[:left])]


def key(name: str = ORIGIN) -> Key:
    raw = b"\x01" + SIGNING.public_key().public_bytes_raw()
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex()
    return key_of(f"{name}+{key_id}+{b64encode(raw).decode()}")


def checkpoint(leaves: Sequence[bytes], *, origin: str = ORIGIN, signer: str = ORIGIN) -> str:
    text = f"{origin}\n{len(leaves)}\n{b64encode(root(leaves)).decode()}\n"
    signature = b64encode(key(signer).key_id + SIGNING.sign(text.encode())).decode()
    return f"{text}\n\u2014 {signer} {signature}\n"


def grown(old: int, leaves: Sequence[bytes]) -> str:
    hashes = "".join(f"{b64encode(each).decode()}\n" for each in growth(old, leaves))
    return f"old {old}\n{hashes}\n{checkpoint(leaves)}"


def seen(*files: str | bytes, keys: Sequence[Key] = ()) -> list[Finding]:
    """What is found where files 0, 1 … are given."""
    evidence = Evidence(keys or [key()])
    for number, each in enumerate(files):
        evidence.add(str(number), each if isinstance(each, bytes) else each.encode())
    return evidence.findings()


def wrong(findings: Sequence[Finding]) -> list[str]:
    return [finding.en for finding in findings if finding.holds is False]


def left_open(findings: Sequence[Finding]) -> list[str]:
    return [finding.en.partition(" steps")[0] for finding in findings if "no proof of consistency" in finding.en]


def test_a_key_speaks_for_the_log_of_its_name_alone() -> None:
    """Else a second history, signed by the same key, would be another log's, and nothing would contradict the first."""
    other = checkpoint(REWRITTEN[:3], origin=f"{ORIGIN}2")
    assert wrong(seen(checkpoint(HISTORY[:3]), other)) == [f"1: speaks for {ORIGIN}2, its key for {ORIGIN}"]
    told = checkpoint(REWRITTEN[:3], origin=f"{ORIGIN}2", signer=f"{ORIGIN}2")
    assert wrong(seen(checkpoint(HISTORY[:3]), told)) == ["1: is signed by no key that is trusted"]
    assert wrong(seen(told, keys=[key(), key(f"{ORIGIN}2")])) == []


def test_a_root_that_nothing_leads_to_is_not_hidden_by_a_proof_that_stands_there_twice() -> None:
    once, invented = grown(1, HISTORY[:2]), checkpoint(REWRITTEN[:3])
    for files in ([once, once, invented], [once, once, grown(2, HISTORY[:2]), invented]):
        found = seen(checkpoint(HISTORY[:1]), *files)
        assert (wrong(found), left_open(found)) == ([], ["1"])


@pytest.mark.parametrize(
    ("files", "steps"),
    [
        ([checkpoint(HISTORY[:1]), grown(1, HISTORY[:2]), grown(2, HISTORY[:5])], []),
        # Both 3 and 5 are how 8 begins, so 3 is how 5 begins.
        ([checkpoint(HISTORY[:3]), checkpoint(HISTORY[:5]), grown(3, HISTORY), grown(5, HISTORY)], []),
        # One begins both, and says nothing of how they stand to each other.
        ([checkpoint(HISTORY[:1]), grown(1, HISTORY[:3]), grown(1, REWRITTEN[:5])], ["1"]),
        # One proof is lacking: from 3 to 5.
        ([checkpoint(HISTORY[:3]), checkpoint(HISTORY[:1]), grown(1, HISTORY[:5])], ["1"]),
        ([checkpoint(HISTORY[:1]), checkpoint(HISTORY[:3]), checkpoint(HISTORY[:5])], ["2"]),
        # That a tree is itself leads nowhere.
        ([checkpoint(HISTORY[:1]), grown(2, HISTORY[:2])], ["1"]),
    ],
)
def test_steps_between_checkpoints_are_shown_by_what_leads_from_one_to_the_other(
    files: Sequence[str], steps: list[str]
) -> None:
    found = seen(*files)
    assert (wrong(found), left_open(found)) == ([], steps)


def test_the_tree_of_these_tests_is_the_one_that_proofs_are_checked_in() -> None:
    for size in range(1, 9):
        for old in range(1, size + 1):
            assert wrong(seen(checkpoint(HISTORY[:old]), grown(old, HISTORY[:size]))) == []


CONFIRMED = example_event(lookup("duban.hazard.confirmed.v1"))
OTHERWISE = msgspec.structs.replace(CONFIRMED, data=CONFIRMED.data.replace(b"2026", b"2025"))
RENAMED = msgspec.structs.replace(OTHERWISE, id="00000000-0000-7000-8000-000000000000")


def lines(*events: CloudEvent) -> bytes:
    return b"".join(msgspec.json.encode(to_structured(event)) + b"\n" for event in events)


def test_a_record_that_was_told_in_two_ways_is_a_rewriting_in_whatever_order_the_files_are_given() -> None:
    assert OTHERWISE.data != CONFIRMED.data
    for files in ([lines(CONFIRMED), lines(OTHERWISE)], [lines(OTHERWISE), lines(CONFIRMED)]):
        assert len(wrong(seen(*files))) == 1
    [told] = wrong(seen(lines(CONFIRMED, OTHERWISE, CONFIRMED)))
    assert told == f"0: event {CONFIRMED.id} says something else than in 0: history was rewritten"
    assert wrong(seen(lines(CONFIRMED, CONFIRMED), lines(CONFIRMED))) == []


def test_nor_does_another_id_hide_it() -> None:
    [told] = wrong(seen(lines(CONFIRMED), lines(RENAMED)))
    what = f"{CONFIRMED.subject} v{CONFIRMED.aggregateversion}"
    assert told == f"1: {what} is another event than in 0: history was rewritten"


def test_a_proof_is_held_against_the_record_that_came_first() -> None:
    leaves = [leaf_of(OTHERWISE)]
    proof = (
        f"c2sp.org/tlog-proof@v1\nextra {b64encode(CONFIRMED.id.encode()).decode()}\nindex 0\n\n{checkpoint(leaves)}"
    )
    assert wrong(seen(lines(OTHERWISE), proof)) == []
    assert len(wrong(seen(lines(CONFIRMED), proof))) == 1
    assert len(wrong(seen(lines(CONFIRMED), proof, lines(OTHERWISE)))) == 2
