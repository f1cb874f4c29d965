"""An identity opens for its subject and under its key alone, also after keys were rotated."""

from __future__ import annotations

import os
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ledger.vault.model import envelope, keyring
from services.ledger.vault.model.envelope import BrokenSeal
from services.ledger.vault.model.identity import Identity
from services.ledger.vault.model.keyring import Keyring, UnusableKeyring

SUBJECT = "0190aaaa-0000-7000-8000-000000000001"
OTHER = "0190aaaa-0000-7000-8000-000000000002"
TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=200)
IDENTITIES = st.builds(Identity, name=TEXTS, contact=st.none() | TEXTS, phone=st.none() | st.just("13800000000"))


def ring(key_id: str = "k1") -> Keyring:
    return keyring.fresh(key_id, os.urandom(32), os.urandom(32))


RING = ring()


@pytest.mark.promise("P8")
@given(IDENTITIES)
def test_what_was_sealed_opens_as_it_was_and_nothing_of_it_shows(identity: Identity) -> None:
    sealed = envelope.seal(SUBJECT, identity, RING.sealing, os.urandom)
    assert envelope.open_sealed(SUBJECT, sealed, RING) == identity
    assert (identity.name or "").encode() not in sealed.sealed or len((identity.name or "").encode()) < 4
    assert (sealed.algorithm, sealed.key_id, sealed.key_algorithm) == ("AES-256-GCM", "k1", "AES-256-GCM")


def test_two_names_are_sealed_to_the_same_length_and_never_to_the_same_bytes() -> None:
    short, long = (
        envelope.seal(SUBJECT, Identity(name=name), RING.sealing, os.urandom) for name in ("王", "欧阳" * 10)
    )
    assert len(short.sealed) == len(long.sealed)
    again = envelope.seal(SUBJECT, Identity(name="王"), RING.sealing, os.urandom)
    assert again.sealed != short.sealed
    assert again.wrapped_key != short.wrapped_key


@given(st.sampled_from(["sealed", "wrapped_key"]), st.integers(min_value=0), st.integers(1, 255))
def test_a_record_with_one_byte_changed_does_not_open(field: str, place: int, change: int) -> None:
    sealed = envelope.seal(SUBJECT, Identity(name="王某某"), RING.sealing, os.urandom)
    changed = bytearray(getattr(sealed, field))
    changed[place % len(changed)] ^= change
    with pytest.raises(BrokenSeal):
        envelope.open_sealed(SUBJECT, msgspec.structs.replace(sealed, **{field: bytes(changed)}), RING)


def test_a_record_moved_to_another_subject_or_another_ring_does_not_open() -> None:
    sealed = envelope.seal(SUBJECT, Identity(name="王某某"), RING.sealing, os.urandom)
    with pytest.raises(BrokenSeal):
        envelope.open_sealed(OTHER, sealed, RING)
    with pytest.raises(BrokenSeal):
        envelope.open_sealed(SUBJECT, sealed, ring())
    with pytest.raises(UnusableKeyring):
        envelope.open_sealed(SUBJECT, sealed, ring("k2"))
    with pytest.raises(BrokenSeal):
        envelope.open_sealed(SUBJECT, msgspec.structs.replace(sealed, algorithm="ROT13"), RING)


@given(IDENTITIES)
def test_after_a_rotation_the_record_opens_without_the_old_key_and_was_not_sealed_anew(identity: Identity) -> None:
    sealed = envelope.seal(SUBJECT, identity, RING.sealing, os.urandom)
    both = keyring.rotated(RING, "k2", os.urandom(32))
    assert envelope.open_sealed(SUBJECT, sealed, both) == identity
    wrapped = envelope.rewrap(SUBJECT, sealed, both, os.urandom)
    assert (wrapped.key_id, wrapped.sealed) == ("k2", sealed.sealed)
    assert envelope.open_sealed(SUBJECT, wrapped, keyring.retired(both, "k1")) == identity


def test_the_active_key_stays_and_ids_are_used_once() -> None:
    with pytest.raises(UnusableKeyring):
        keyring.retired(RING, "k1")
    with pytest.raises(UnusableKeyring):
        keyring.rotated(RING, "k1", os.urandom(32))


def test_a_keyring_is_read_as_it_was_written() -> None:
    both = keyring.rotated(RING, "k2", os.urandom(32))
    assert keyring.parse(keyring.written(both)) == both


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.update(active="k9"),
        lambda found: found["keys"][0].update(algorithm="DES"),
        lambda found: found["keys"][0].update(secret="AAAA"),
        lambda found: found["index"].update(secret="AAAA"),
        lambda found: found["index"].update(secret=found["keys"][0]["secret"]),
        lambda found: found["keys"].append(found["keys"][0]),
        lambda found: found.update(further=1),
    ],
)
def test_a_keyring_that_is_wrong_is_refused_without_a_word_of_its_keys(spoil: Any) -> None:
    found = msgspec.json.decode(keyring.written(RING))
    spoil(found)
    with pytest.raises(UnusableKeyring) as refused:
        keyring.parse(msgspec.json.encode(found))
    assert msgspec.json.decode(keyring.written(RING))["keys"][0]["secret"] not in str(refused.value)
    assert str(refused.value) not in {"", "None"}
    assert "secret" not in repr(RING)


@pytest.mark.parametrize(
    "broken", [b"", b"{", b'{"active": "\xff"}', b"[" * 100_000], ids=["empty", "cut", "gbk", "deep"]
)
def test_a_keyring_that_is_no_json_is_refused_like_any_other(broken: bytes) -> None:
    with pytest.raises(UnusableKeyring):
        keyring.parse(broken)


def test_a_digest_is_keyed_in_a_form_that_never_changes_and_by_the_index_key_alone() -> None:
    fixed = keyring.fresh("k1", bytes(32), bytes(range(32)))
    found = envelope.keyed(bytes(32), fixed)
    # HMAC-SHA-256 under the bytes 0 to 31, over "digest", a zero byte and 32 more: it stands in databases.
    assert found.hex() == "41843ab51506c4c2323544379a6f967c9f94b7986d94e3c199638db8382138fd"
    assert envelope.keyed(bytes(32), keyring.rotated(fixed, "k2", os.urandom(32))) == found
    assert envelope.keyed(bytes(32), ring()) != found
