"""Unpacking Kafka's compressed batches, with a bound: a batch of a megabyte may unfold to gigabytes.

aiokafka unpacks a batch whole before it hands over a record. So its four functions are replaced by ones that write
into a buffer of fixed size and fail when it is full; what they fail on is set aside by the consumer like anything else
that can't be read. The library is loaded and tried with the first batch that needs it: our own producers compress nothing, and
3 MB of each process waited for a county that does. So `process/lean.py` keeps it from aiokafka, which `install` tells what it can.
"""

from __future__ import annotations

import importlib
import mmap
import struct
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Final

from aiokafka import codec as theirs
from aiokafka.record import default_records

UNPACKED_BYTES: Final = 16 * 2**20
"""The most that one batch may unfold to. The largest default of the usual clients is 1 MiB (franz-go)."""

_XERIAL: Final = b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"


class Unreadable(ValueError):
    """A batch's bytes can't be unpacked: they are no such codec's, or they unfold beyond the bound."""


def unpack(codec: int, payload: bytes) -> bytes:
    """Return the records of a batch, unpacked; `codec` is the number in the batch's attributes. Raises Unreadable."""
    if codec == 0:
        return payload
    if codec not in _DECODERS:
        raise Unreadable(f"codec {codec} is unknown")
    return _once_tried(_DECODERS[codec], payload)


def name_of(codec: int) -> str:
    """Return what people call a codec."""
    return _NAMES.get(codec, f"codec {codec}")


def check() -> None:
    """Unpack a few bytes in every codec; raises Unreadable where the library doesn't do it here."""
    cramjam = _library()
    packers: Mapping[int, Callable[[bytes], Any]] = {
        1: cramjam.gzip.compress,
        2: cramjam.snappy.compress_raw,
        3: cramjam.lz4.compress,
        4: cramjam.zstd.compress,
    }
    for codec, pack in packers.items():
        if _DECODERS[codec](bytes(pack(_SAMPLE))) != _SAMPLE:
            raise Unreadable(f"{name_of(codec)} does not give back what was packed")


def install() -> None:
    """Let aiokafka unpack with the bound. Idempotent; nothing is read before it."""
    for name, decode in (
        ("gzip_decode", _gzip),
        ("snappy_decode", _snappy),
        ("lz4_decode", _lz4),
        ("zstd_decode", _zstd),
    ):
        # The compiled record reader looks these names up in its own module at every batch.
        setattr(_RECORDS, name, partial(_once_tried, decode))
    for name in ("has_snappy", "has_lz4", "has_zstd"):
        # Asked before each batch of that codec.
        setattr(theirs, name, lambda: True)


@cache
def _library() -> Any:
    return importlib.import_module("cramjam")


def _once_tried(decode: Callable[[Any], bytes], payload: Any) -> bytes:
    _try()
    return decode(payload)


@cache
def _try() -> None:
    """Raise RuntimeError where the library doesn't work here: no batch's fault, so it ends the consumer, which has lost nothing."""
    try:
        check()
    except Unreadable as error:
        raise RuntimeError(f"what is compressed can't be read here: {error}") from error


def _bounded(into: Callable[..., int], payload: Any) -> bytes:
    try:
        length = into(payload, _BUFFER)
    except _library().DecompressionError as error:
        raise Unreadable(f"can't be unpacked into {UNPACKED_BYTES} bytes: {error}") from error
    return bytes(memoryview(_BUFFER)[:length])


def _gzip(payload: Any) -> bytes:
    return _bounded(_library().gzip.decompress_into, payload)


def _lz4(payload: Any) -> bytes:
    return _bounded(_library().lz4.decompress_into, payload)


def _zstd(payload: Any) -> bytes:
    return _bounded(_library().zstd.decompress_into, payload)


def _snappy(payload: Any) -> bytes:
    data = bytes(payload)
    if not data.startswith(_XERIAL[:8]):
        return _bounded(_library().snappy.decompress_raw_into, data)
    unpacked = bytearray()
    position = len(_XERIAL)
    while position < len(data):
        if position + 4 > len(data):
            raise Unreadable("a snappy block has no length")
        (length,) = struct.unpack_from("!i", data, position)
        block = data[position + 4 : position + 4 + length]
        if length < 0 or len(block) < length:
            raise Unreadable("a snappy block is longer than its batch")
        unpacked += _bounded(_library().snappy.decompress_raw_into, block)
        if len(unpacked) > UNPACKED_BYTES:
            raise Unreadable(f"can't be unpacked into {UNPACKED_BYTES} bytes")
        position += 4 + length
    return bytes(unpacked)


# One for the process: a batch is unpacked in one step of the event loop. Mapped, so that pages which no batch reached take no
# memory: a bytearray is filled with zeros, and was 17 MB of every service.
_BUFFER: Final = mmap.mmap(-1, UNPACKED_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
_RECORDS: Final[Any] = __import__(default_records.DefaultRecordBatch.__module__, fromlist=["DefaultRecordBatch"])
_DECODERS: Final[Mapping[int, Callable[[Any], bytes]]] = {1: _gzip, 2: _snappy, 3: _lz4, 4: _zstd}
_SAMPLE: Final = "隐患上报".encode()
_NAMES: Final = {0: "none", 1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}
