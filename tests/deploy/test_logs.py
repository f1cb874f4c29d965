"""Logs are kept for more than a year: the shipper's configuration by its own check, and by what it makes of rotated files."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.ports import free_ports
from tests.deploy import shipper
from tests.deploy.composition import environment
from tests.deploy.overlays import apart, of_kind, pod
from tests.deploy.shipper import LOGS

# The shipper, kubectl and a shell are started.
pytestmark = pytest.mark.servers

# What is started; the others are parts of these.
CONFIGURATIONS = ("archive.conf", "docker.conf", "kubernetes.conf")
_DAY_SECONDS = 86400
_PATIENCE_SECONDS = 60.0


def record(said: str, tag: str | None = "duban-ledger-1", day: str = "2026-11-26") -> str:
    """A line of Docker's file."""
    attributes = {} if tag is None else {"attrs": {"tag": tag}}
    return json.dumps({"log": said, "stream": "stdout", **attributes, "time": f"{day}T08:00:00.1Z"}) + "\n"


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_passes_the_shippers_own_check_which_finds_faults(
    rsyslog: Path, tmp_path: Path, name: str
) -> None:
    file = shipper.laid_out(name, tmp_path)
    done = shipper.checked(rsyslog, file)
    assert (done.returncode, "rror" in done.stderr) == (0, False), done.stderr
    file.write_text(file.read_text(encoding="utf-8").replace(" ruleset=", " rulesets=", 1), encoding="utf-8")
    assert "rulesets" in shipper.checked(rsyslog, file).stderr


def test_every_line_of_a_container_is_kept_once_by_process_and_day_though_docker_rotates_and_the_shipper_is_started_again(
    rsyslog: Path, tmp_path: Path
) -> None:
    words, told = shipper.command(rsyslog, shipper.laid_out("docker.conf", tmp_path), "-n", "-i", str(tmp_path / "pid"))
    (tmp_path / "containers" / "abc").mkdir()
    docker = tmp_path / "containers" / "abc" / "abc-json.log"
    kept = tmp_path / "logs" / "duban-ledger-1"
    days = ["2026-11-26", "2026-11-26", "2026-11-27"]

    def lines() -> list[str]:
        return [line for day in sorted(kept.glob("*.log")) for line in day.read_text(encoding="utf-8").splitlines()]

    for nth, day in enumerate(days):
        with docker.open("a", encoding="utf-8") as opened:
            opened.writelines(record(f"{nth} {line} 督办\n", day=day) for line in range(300))
            opened.write(record(f"{nth} a long ", day=day) + record("line\n", day=day))
            opened.write(record("not ours\n", tag=None) + record("x\n", tag="../../outside"))
        reading = subprocess.Popen(words, env=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            eventually(lambda wanted=f"{nth} a long line": wanted in lines())  # type: ignore[misc]
            if nth == 0:
                # Docker gives a full file another name, and begins a new one.
                docker.rename(docker.with_name("abc-json.log.1"))
        finally:
            reading.terminate()
            reading.wait(_PATIENCE_SECONDS)
    assert lines() == [
        text for nth in range(3) for text in (*(f"{nth} {line} 督办" for line in range(300)), f"{nth} a long line")
    ]
    assert {path.name for path in kept.iterdir()} == {f"{day}.log" for day in days}
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"containers", "pods", "logs", "state"}


def test_what_pods_say_reaches_the_archive_by_pod_and_day_also_what_they_said_while_it_was_away(
    rsyslog: Path, tmp_path: Path
) -> None:
    node, archive = tmp_path / "node", tmp_path / "archive"
    (port,) = free_ports(1)
    for place in (node, archive):
        place.mkdir()
    reading = shipper.laid_out("kubernetes.conf", node)
    keeping = shipper.laid_out("archive.conf", archive)
    for file, there in ((reading, 'target="127.0.0.1"'), (keeping, 'address="127.0.0.1"')):
        text = (
            file.read_text(encoding="utf-8")
            .replace('target="archive"', there)
            .replace('address="0.0.0.0"', there)
            .replace("10514", str(port))
        )
        text = text.replace('resumeInterval="5"', 'resumeInterval="1"')
        file.write_text(text, encoding="utf-8")
    pod = node / "pods" / "duban_ledger-6d5f-x2x_0b1c" / "service" / "0.log"
    pod.parent.mkdir(parents=True)
    pod.write_text(
        "2026-11-26T23:59:59.1Z stdout P a long \n2026-11-26T23:59:59.2Z stdout F line 督办\n"
        "2026-11-27T00:00:00.1Z stderr F  indented\nnonsense\n",
        encoding="utf-8",
    )
    running = []
    try:
        for file in (reading, keeping):
            words, told = shipper.command(rsyslog, file, "-n", "-i", str(file.with_suffix(".pid")))
            running.append(subprocess.Popen(words, env=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        kept = archive / "logs" / "ledger-6d5f-x2x"
        eventually(lambda: (kept / "2026-11-27.log").exists() and (kept / "2026-11-26.log").exists())
        eventually(lambda: (kept / "2026-11-26.log").read_text(encoding="utf-8") == "a long line 督办\n")
        eventually(lambda: (kept / "2026-11-27.log").read_text(encoding="utf-8") == " indented\n")
    finally:
        for process in running:
            process.terminate()
            process.wait(_PATIENCE_SECONDS)


def test_on_a_cluster_each_node_is_read_and_nothing_but_its_reader_is_more_than_restricted() -> None:
    manifests = apart("platform/logs")
    reader, archive = of_kind(manifests, "DaemonSet")["reader"], of_kind(manifests, "StatefulSet")["archive"]
    for workload in (reader, archive):
        (container,) = pod(workload)["containers"]
        assert container["args"][0].removeprefix("/etc/duban/logs/") in CONFIGURATIONS
    (kept,) = pod(archive)["containers"][0]["env"]
    assert (kept["name"], int(kept["value"]) >= 366) == ("KEEP_DAYS", True)
    mounts = {volume["name"]: volume["hostPath"]["path"] for volume in pod(reader)["volumes"] if "hostPath" in volume}
    writable = [mount["name"] for mount in pod(reader)["containers"][0]["volumeMounts"] if not mount.get("readOnly")]
    assert mounts == {"pods": "/var/log/pods", "state": "/var/lib/duban-logs"}
    assert writable == ["state", "tmp"]
    (port,) = of_kind(manifests, "Service")["archive"]["spec"]["ports"]
    assert f'target="archive" port="{port["port"]}"' in (LOGS / "kubernetes.conf").read_text(encoding="utf-8")
    names = {each["metadata"]["name"] for each in manifests if each["kind"] == "Namespace"}
    assert names == {"duban-logs"}


def tidied(place: Path, days: int) -> int:
    return subprocess.run(
        ["/bin/sh", str(LOGS / "keep.sh"), "tidy"],
        env={"PATH": "/usr/bin:/bin", "LOGS": str(place), "KEEP_DAYS": str(days)},
        capture_output=True,
        check=False,
    ).returncode


def day_before(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


def written(file: Path, text: str, days: float) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    at = time.time() - days * _DAY_SECONDS
    os.utime(file, (at, at))


def test_a_day_is_packed_when_it_is_over_and_goes_after_more_than_a_year(tmp_path: Path) -> None:
    kept = tmp_path / "ledger"
    today, over, late = f"{day_before(0)}.log", f"{day_before(4)}.log", f"{day_before(5)}.log"
    written(kept / today, "x", 1)
    written(kept / over, "x", 3)
    # A day of long ago that is being read only now.
    written(kept / late, "x", 0)
    written(kept / "year.log.gz", "x", 366)
    written(kept / "old.log.gz", "x", 402)
    assert tidied(tmp_path, 400) == 0
    assert {path.name for path in kept.iterdir()} == {today, f"{over}.gz", late, "year.log.gz"}
    assert tidied(tmp_path, 180) == 2, "fewer days than the law's are refused"
    assert int(environment()["DUBAN_LOGS_DAYS"]) >= 366


def test_what_comes_late_for_a_day_that_is_packed_goes_behind_it(tmp_path: Path) -> None:
    day = tmp_path / "ledger" / f"{day_before(9)}.log"
    for text in ("first\n", "second\n", "third\n"):
        written(day, text, 1)
        assert tidied(tmp_path, 400) == 0
    with gzip.open(f"{day}.gz", "rt") as packed:
        assert packed.read() == "first\nsecond\nthird\n"
    assert [path.name for path in day.parent.iterdir()] == [f"{day.name}.gz"]


def started(place: Path, program: str, text: str) -> None:
    (place / program).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (place / program).chmod(0o755)


# What fails: packing itself, of a full disk or a reader that is killed, and putting what is packed on the disk.
@pytest.mark.parametrize(
    ("program", "text"), [("gzip", '/bin/gzip "$@" | head -c 15\nexit 1'), ("sync", "exit 1"), ("mv", "exit 1")]
)
def test_what_can_not_be_packed_stays_as_it_is_also_where_the_keeper_does_it_by_the_hour(
    tmp_path: Path, program: str, text: str
) -> None:
    programs, logs, said = tmp_path / "bin", tmp_path / "logs", tmp_path / "said"
    for place in (programs, logs):
        place.mkdir()
    late, other = logs / "ledger" / f"{day_before(9)}.log", logs / "ledger" / f"{day_before(8)}.log"
    written(late, "first\n", 1)
    assert tidied(logs, 400) == 0
    written(late, "second\n", 1)
    written(other, "other\n", 1)
    started(programs, "rsyslogd", "exec /bin/sleep 600")
    # The first hour is over at once.
    started(programs, "sleep", f'[ ! -e {tmp_path}/slept ] || exec /bin/sleep "$@"\ntouch {tmp_path}/slept')
    started(programs, program, text)
    with said.open("wb") as errors:
        keeper = subprocess.Popen(
            ["/bin/sh", str(LOGS / "keep.sh"), "any.conf"],
            env={"PATH": f"{programs}:/usr/bin:/bin", "LOGS": str(logs)},
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            eventually(lambda: "could not be packed" in said.read_text(encoding="utf-8"))
        finally:
            keeper.terminate()
            keeper.wait(_PATIENCE_SECONDS)
    assert (late.read_text(), other.read_text()) == ("second\n", "other\n")
    assert {path.name for path in late.parent.iterdir()} == {late.name, f"{late.name}.gz", other.name}
    with gzip.open(f"{late}.gz", "rt") as packed:
        assert packed.read() == "first\n"
    # There is room again.
    assert tidied(logs, 400) == 0
    with gzip.open(f"{late}.gz", "rt") as packed:
        assert packed.read() == "first\nsecond\n"


def test_the_keeper_ends_when_its_reader_does(tmp_path: Path) -> None:
    dying = tmp_path / "rsyslogd"
    dying.write_text("#!/bin/sh\nexit 3\n")
    dying.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(LOGS / "keep.sh"), "any.conf"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "LOGS": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=_PATIENCE_SECONDS,
    )
    assert done.returncode == 3
