"""The texts of checkpoints are those of C2SP: others' published keys and notes come out byte for byte, and are read back."""

from __future__ import annotations

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.verify.notes import key_of, opened, proof_of
from services.ledger.checkpoints.model.note import (
    consistency_proof,
    inclusion_proof,
    is_key_name,
    signed,
    text_of,
    verifier_key,
)

pytestmark = pytest.mark.promise("P4")

# The key of Go's checksum database, and the key and note of the documentation of golang.org/x/mod/sumdb/note.
GO = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = TEXT + (
    "\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SIGNATURE = b64decode(NOTE.split()[-1])[4:]

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=5)
SIZES = st.integers(0, 10**18)


@pytest.mark.parametrize("published", [GO, NEUMANN])
def test_a_key_is_written_as_others_publish_theirs(published: str) -> None:
    name, _, encoded = published.split("+", 2)
    assert verifier_key(name, b64decode(encoded)[1:]) == published


def test_a_note_is_written_as_others_write_theirs() -> None:
    public = b64decode(NEUMANN.split("+", 2)[2])[1:]
    Ed25519PublicKey.from_public_bytes(public).verify(SIGNATURE, TEXT.encode())
    assert signed(TEXT, "PeterNeumann", [(public, SIGNATURE)]) == NOTE
    # Two keys of one name sign side by side, while one takes over from the other.
    assert signed(TEXT, "PeterNeumann", [(public, SIGNATURE)] * 2) == NOTE + NOTE.splitlines(keepends=True)[-1]


@given(size=SIZES, root=st.binary(min_size=32, max_size=32), seed=st.binary(min_size=32, max_size=32))
def test_whatever_is_signed_is_read_back_as_it_was(size: int, root: bytes, seed: bytes) -> None:
    private, origin = Ed25519PrivateKey.from_private_bytes(seed), "ledger.example/jincheng"
    public, text = private.public_key().public_bytes_raw(), text_of(origin, size, root)
    key = key_of(verifier_key(origin, public))
    said = opened(signed(text, origin, [(public, private.sign(text.encode()))]), [key])
    assert (key.name, key.public) == (origin, public)
    assert (said.origin, said.size, said.root, said.keys) == (origin, size, root, (key.key_id.hex(),))


@given(number=SIZES, hashes=HASHES)
def test_whatever_is_proved_is_read_back_as_it_was(number: int, hashes: list[bytes]) -> None:
    included = proof_of(inclusion_proof(number, hashes, NOTE, about="140502-2026-000001/1 入账"))
    assert (included.number, included.hashes, included.note) == (number, tuple(hashes), NOTE)
    assert included.extra.decode() == "140502-2026-000001/1 入账"
    grown = proof_of(consistency_proof(number, hashes, NOTE))
    assert (grown.number, grown.hashes, grown.note, grown.extra) == (number, tuple(hashes), NOTE, b"")


def test_proofs_have_the_lines_that_their_specifications_name() -> None:
    assert inclusion_proof(7, [b"\x00"], "note", about="x") == (
        "c2sp.org/tlog-proof@v1\nextra eA==\nindex 7\nAA==\n\nnote"
    )
    assert consistency_proof(7, [b"\x00"], "note") == "old 7\nAA==\n\nnote"


@pytest.mark.parametrize("name", ["sum.golang.org", "ledger.example/晋城"])
def test_what_stands_in_one_word_can_name_a_key(name: str) -> None:
    assert is_key_name(name)


@pytest.mark.parametrize("name", ["", "two words", "two\u3000words", "a+b", "line\nbreak", "\x00"])
def test_nothing_that_a_line_of_a_note_cannot_hold_names_a_key(name: str) -> None:
    assert not is_key_name(name)
