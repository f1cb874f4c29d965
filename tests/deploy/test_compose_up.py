"""What up.sh passes on to the service `backup`, by a `docker` that only says what it was asked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.deploy.composition import COMPOSE


@pytest.mark.parametrize("words", [["beside"], ["restore"], ["keep"], ["base"], [""], [], ["list", "restore"], ["run"]])
def test_the_bundle_passes_on_only_what_changes_nothing_of_the_server(tmp_path: Path, words: list[str]) -> None:
    done, asked = _up(tmp_path, "backup", *words)
    assert (done, asked) == (2, "")


@pytest.mark.parametrize(
    ("word", "told"), [("take", "base"), ("list", "list"), ("verify", "verify"), ("check", "check")]
)
def test_the_bundle_takes_lists_and_checks_backups(tmp_path: Path, word: str, told: str) -> None:
    done, asked = _up(tmp_path, "backup", word)
    assert (done, asked.split()[-5:]) == (0, ["exec", "-T", "backup", "/backup.sh", told])


def _up(place: Path, *words: str) -> tuple[int, str]:
    for name in ("up.sh", ".env"):
        (place / name).write_text((COMPOSE / name).read_text(encoding="utf-8"), encoding="utf-8")
    docker = place / "docker"
    docker.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    docker.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(place / "up.sh"), *words],
        env={"PATH": f"{place}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, "".join(line for line in done.stdout.splitlines() if line.startswith("compose"))
