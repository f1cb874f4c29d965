"""Batches read by ourselves say what the client library says; and no bytes make the reader do anything but refuse."""

from __future__ import annotations

import contextlib
from typing import Any

import cramjam
import pytest
from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.consuming import codecs
from services.chassis.consuming.codecs import UNPACKED_BYTES, Unreadable, unpack
from services.chassis.consuming.record_batches import first_batch
from services.chassis.testing.foreign import empty_batch

codecs.install()

optional = st.none() | st.binary(max_size=40)
records = st.lists(
    st.tuples(optional, optional, st.lists(st.tuples(st.text(max_size=8), optional), max_size=3)),
    min_size=1,
    max_size=8,
)


def built(wanted: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]], codec: int) -> bytes:
    builder = empty_batch(codec)
    for number, (key, value, headers) in enumerate(wanted):
        builder.append(number, timestamp=1_000 + number, key=key, value=value, headers=headers)
    return bytes(builder.build())


@given(records, st.sampled_from([0, 1, 2, 3, 4]))
def test_a_batch_is_read_as_the_client_reads_it(
    wanted: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]], codec: int
) -> None:
    data = built(wanted, codec)
    batch = first_batch(data + b"what follows")
    assert (batch.base_offset, batch.last_offset, batch.raw) == (0, len(wanted) - 1, data)
    ours = [(r.offset, r.timestamp, r.key, r.value, r.headers) for r in batch.records()]
    theirs = [
        (r.offset, r.timestamp, r.key, r.value, [(name, value or b"") for name, value in r.headers])
        for r in DefaultRecordBatch(data)
    ]
    assert ours == theirs


@given(st.binary(max_size=200), st.sampled_from([0, 1, 2, 3, 4]))
def test_any_bytes_in_a_right_frame_are_records_or_refused(noise: bytes, codec: int) -> None:
    frame = bytearray(built([(None, b"x", [])], 0)[:61])
    frame[8:12] = (49 + len(noise)).to_bytes(4)
    frame[21:23] = codec.to_bytes(2)
    with contextlib.suppress(Unreadable):
        first_batch(bytes(frame) + noise).records()


def test_a_batch_of_more_records_than_are_handed_over_together_is_refused_unread() -> None:
    records = b"\x0c\0\0\0\0\0\0" * 2_000_000
    packed = bytes(cramjam.zstd.compress(records))
    assert len(packed) < 2**20, "a broker takes it"
    frame = bytearray(built([(None, b"x", [])], 0)[:61])
    frame[8:12] = (49 + len(packed)).to_bytes(4)
    frame[21:23] = (4).to_bytes(2)
    frame[57:61] = (2_000_000).to_bytes(4)
    with pytest.raises(Unreadable, match="2000000 records"):
        first_batch(bytes(frame) + packed).records()


@given(st.binary(max_size=100))
def test_any_bytes_are_a_batch_or_refused(noise: bytes) -> None:
    with contextlib.suppress(Unreadable):
        first_batch(noise)


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
def test_a_batch_that_unfolds_beyond_the_bound_is_refused_before_it_takes_the_memory(codec: int) -> None:
    pack: dict[int, Any] = {
        1: cramjam.gzip.compress,
        2: cramjam.snappy.compress_raw,
        3: cramjam.lz4.compress,
        4: cramjam.zstd.compress,
    }
    fits, bomb = bytes(UNPACKED_BYTES), bytes(UNPACKED_BYTES + 1)
    assert len(unpack(codec, bytes(pack[codec](fits)))) == UNPACKED_BYTES
    with pytest.raises(Unreadable):
        unpack(codec, bytes(pack[codec](bomb)))


def test_the_client_itself_unpacks_with_the_bound() -> None:
    with pytest.raises(Unreadable):
        list(DefaultRecordBatch(built([(None, bytes(UNPACKED_BYTES + 1), [])], 4)))


def test_an_unknown_codec_and_an_old_format_are_refused() -> None:
    with pytest.raises(Unreadable, match="codec 6"):
        unpack(6, b"")
    old = bytearray(built([(None, b"x", [])], 0))
    old[16] = 1
    with pytest.raises(Unreadable, match="older"):
        first_batch(bytes(old))
