from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.local import doctor, java, leftovers, ports
from deploy.local.security import Security
from deploy.local.settings import LOOPBACK, ROOT, load
from deploy.local.trouble import Trouble
from services.chassis.consuming import codecs

pytestmark = pytest.mark.servers

if TYPE_CHECKING:
    from deploy.local.settings import Settings


def finding(settings: Settings, subject: str) -> doctor.Finding:
    return next(found for found in doctor.examine(settings) if found.subject == subject)


def test_a_machine_in_order_has_no_complaint(settings: Settings) -> None:
    assert [found for found in doctor.examine(settings) if not found.good] == []
    doctor.insist(settings)


def test_a_busy_port_is_named_with_its_part_its_holder_and_what_to_do(settings: Settings) -> None:
    with socket.socket() as holder:
        holder.bind((LOOPBACK, settings.port("ledger")))
        holder.listen()
        with pytest.raises(Trouble) as caught:
            doctor.insist(settings)
    sentence = str(caught.value)
    assert f"Port {settings.port('ledger')} (ledger) is taken" in sentence
    assert f"(pid {os.getpid()})" in sentence
    assert "DUBAN_PORT_BASE" in sentence


def test_the_ports_of_outside_servers_are_not_asked_for(settings: Settings) -> None:
    outside = replace(settings, outside_kafka="kafka.example:9092", outside_postgres="postgresql://db.example")
    assert {name for name, _ in ports.ports_of(outside)} == {*settings.services, "smtp", "webhook", "issuer"}


def test_a_full_disk_is_one_sentence(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage("/")._replace(free=5_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    found = finding(settings, "disk")
    assert not found.good
    assert found.text.startswith("Only 5 MB are free")


def test_a_codec_that_is_not_read_here_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding(settings, "codecs").text == "gzip, snappy, lz4 and zstd are read"
    monkeypatch.setattr(codecs, "_DECODERS", {**codecs._DECODERS, 4: lambda _: b""})
    found = finding(settings, "codecs")
    assert not found.good
    assert "zstd does not give back what was packed" in found.text
    # Nor does a service take it for a batch's fault, whichever codec it meets first.
    codecs._try.cache_clear()
    with pytest.raises(RuntimeError, match="zstd"):
        codecs.unpack(1, b"")


def test_no_java_anywhere_says_how_to_get_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "_candidates", list)
    found = finding(settings, "Java")
    assert not found.good
    assert "make install" in found.text


def test_a_java_that_is_too_old_is_passed_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java.find().major >= 17
    assert java.find().origin != "JAVA_HOME"


def test_a_process_left_by_a_killed_supervisor_is_named_and_can_be_ended(settings: Settings) -> None:
    environment = {**os.environ, leftovers.MARK: str(settings.home)}
    child = subprocess.Popen([sys.executable, "-c", "input()"], env=environment, stdin=subprocess.PIPE)
    try:
        found = finding(settings, "leftovers")
        assert not found.good
        assert f"(pid {child.pid})" in found.text
        assert [orphan.pid for orphan in leftovers.end(settings)] == [child.pid]
        assert child.poll() is not None
        assert finding(settings, "leftovers").good
    finally:
        child.kill()


def test_a_lock_file_that_names_another_programs_process_is_cleared(tmp_path: Path) -> None:
    lock = tmp_path / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n")  # alive, but not PostgreSQL: the number was given out again
    leftovers.clear_stale_lock(tmp_path)
    assert not lock.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_of_somebody_else_is_named() -> None:
    found = finding(load({"DUBAN_HOME": "/usr/duban-of-root"}), "state directory")
    assert not found.good


def test_the_command_line_says_trouble_in_one_line_without_a_traceback(tmp_path: Path) -> None:
    environment = {**os.environ, "DUBAN_HOME": str(tmp_path), "DUBAN_PORT_BASE": "99"}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local", "up"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("✗ DUBAN_PORT_BASE is '99'")
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_end_of_a_secured_kafkas_certificate_is_told(tmp_path: Path) -> None:
    settings = load({"DUBAN_HOME": str(tmp_path), "SECURE": "1"})

    assert finding(settings, "certificate").text == "to be made at the first start"
    security = Security(settings.credentials / "kafka")
    security.prepare()
    assert finding(settings, "certificate").text.startswith("Kafka's, valid until 2")
    security.authority.issue(security.node, valid=timedelta(days=3))
    assert finding(settings, "certificate").text.endswith("; `make up` makes a new one")
