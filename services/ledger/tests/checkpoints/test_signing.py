"""What is signed with the keys of a file, and what a leaf of the tree says of a record."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.verify.notes import key_of, opened
from services.ledger.checkpoints.handlers.keys import SigningKeys, UnusableKey, fresh_key, keys_of
from services.ledger.checkpoints.model.entry import entry_of, leaf_of
from services.ledger.history.model import Record

pytestmark = pytest.mark.promise("P4")

ROOT = bytes(range(32))
RECORD = Record("hz-1", 2, "e-2", "hazard.planned", "2026-06-01T08:00:00Z", "e-1", "{整改}".encode(), bytes(32))
FIELDS = ("event_id", "type", "time", "cause_id")


def written(folder: Path, *blocks: bytes) -> SigningKeys:
    path = folder / "checkpoint.pem"
    path.write_bytes(b"".join(blocks))
    return keys_of(path, "140500")


def test_while_one_key_takes_over_from_another_both_sign_under_the_name_of_the_citys_log(tmp_path: Path) -> None:
    keys = written(tmp_path, fresh_key(), b"# the next one\n", fresh_key())
    first, second = (key_of(each) for each in keys.verifier_keys())
    assert first.public != second.public
    for trusted in ([first], [second]):
        said = opened(keys.sign(7, ROOT), trusted)
        assert (said.origin, said.size, said.root) == ("duban/140500/ledger", 7, ROOT)
        assert said.keys == (trusted[0].key_id.hex(),)


def test_a_log_can_have_a_name_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, fresh_key()).path
    keys = keys_of(path, "140500", "ledger.example/jincheng")
    [key] = map(key_of, keys.verifier_keys())
    assert (key.name, opened(keys.sign(0, ROOT), [key]).origin) == (
        "ledger.example/jincheng",
        "ledger.example/jincheng",
    )


def test_a_file_without_ed25519_keys_alone_signs_nothing_and_its_message_holds_no_secret(tmp_path: Path) -> None:
    other = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    broken = fresh_key().replace(b"\nMC4", b"\nMC5")
    for blocks, message in [
        ((), "must hold Ed25519 keys and nothing else"),
        ((b"no key",), "must hold Ed25519 keys and nothing else"),
        ((fresh_key(), other), "must hold Ed25519 keys and nothing else"),
        ((fresh_key(), broken), "holds what is no private key in PEM"),
    ]:
        keys = written(tmp_path, *blocks)
        for use in (keys.verifier_keys, lambda keys=keys: keys.sign(1, ROOT)):
            with pytest.raises(UnusableKey) as said:
                use()
            assert str(said.value) == f"{keys.path} {message}"


def test_a_missing_file_and_a_name_that_no_note_can_hold_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnusableKey, match="can't be read: No such file or directory"):
        keys_of(tmp_path / "none.pem", "140500").verifier_keys()
    with pytest.raises(UnusableKey, match="'a b' can't name a log: no spaces, no plus"):
        keys_of(written(tmp_path, fresh_key()).path, "140500", "a b").sign(1, ROOT)


def test_a_leaf_says_the_fields_that_a_county_is_told_each_behind_its_length() -> None:
    parts = ["duban-record-1", "hz-1", "2", "e-2", "hazard.planned", "2026-06-01T08:00:00Z", "e-1", "{整改}"]
    spelled = b"".join(len(part.encode()).to_bytes(8, "big") + part.encode() for part in parts)
    assert entry_of(RECORD) == spelled
    assert leaf_of(RECORD) == hashlib.sha256(b"\0" + spelled).digest()


@given(
    fields=st.sampled_from(list(pairwise(FIELDS))),
    text=st.text("a1", min_size=1, max_size=12),
    cuts=st.sets(st.integers(0, 12), min_size=2, max_size=2),
)
def test_a_text_that_moves_from_one_field_into_the_next_changes_the_leaf(
    fields: tuple[str, str], text: str, cuts: set[int]
) -> None:
    cut_apart = [(text[:cut], text[cut:]) for cut in cuts]
    leaves = {leaf_of(msgspec.structs.replace(RECORD, **dict(zip(fields, cut, strict=True)))) for cut in cut_apart}
    assert len(leaves) == len(set(cut_apart))
