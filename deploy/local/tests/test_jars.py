from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from deploy.local import jars
from deploy.local.settings import load
from deploy.local.trouble import Trouble


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Three small jars of which the sums are known."""
    for name in ("a.jar", "b.jar", "c.jar"):
        (tmp_path / name).write_bytes(name.encode() * 100)
    return tmp_path


@pytest.fixture
def sums(directory: Path) -> dict[str, str]:
    return {path.name: hashlib.sha512(path.read_bytes()).hexdigest() for path in directory.glob("*.jar")}


def test_jars_with_the_pinned_sums_are_accepted(directory: Path, sums: dict[str, str]) -> None:
    jars.verify(directory, sums)


def test_one_flipped_bit_is_refused_and_the_jar_is_named(directory: Path, sums: dict[str, str]) -> None:
    content = bytearray((directory / "b.jar").read_bytes())
    content[7] ^= 1
    (directory / "b.jar").write_bytes(content)
    with pytest.raises(Trouble, match=r"b\.jar is not the file this repository pins"):
        jars.verify(directory, sums)


def test_a_jar_without_a_sum_is_refused(directory: Path, sums: dict[str, str]) -> None:
    (directory / "d.jar").write_bytes(b"stranger")
    with pytest.raises(Trouble, match=r"not in jars\.sha512: d\.jar"):
        jars.verify(directory, sums)


def test_a_missing_jar_is_named(directory: Path, sums: dict[str, str]) -> None:
    (directory / "c.jar").unlink()
    with pytest.raises(Trouble, match=r"missing, e\.g\. c\.jar"):
        jars.verify(directory, sums)


def test_the_committed_sums_cover_the_pinned_kafka() -> None:
    expected = jars.expected_sums()
    for _, artifact, version in jars.coordinates():
        assert f"{artifact}-{version}.jar" in expected
    assert all(len(digest) == 128 for digest in expected.values())


def test_a_flipped_bit_in_the_real_broker_jar_stops_the_start(tmp_path: Path) -> None:
    real = jars.ensure(load().cache)
    copy = tmp_path / real.name
    shutil.copytree(real, copy)
    broker = copy / f"kafka_2.13-{jars.kafka_version()}.jar"
    content = bytearray(broker.read_bytes())
    content[len(content) // 2] ^= 1
    broker.write_bytes(content)
    with pytest.raises(Trouble, match=broker.name):
        jars.ensure(tmp_path)
