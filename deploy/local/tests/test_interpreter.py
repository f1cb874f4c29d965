"""`.venv` is made with a Python that was built with optimisation, where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.local.interpreter import Kind, kind
from deploy.local.settings import ROOT

CHOOSES = ROOT / "deploy" / "local" / "interpreter.sh"
ASKS = ROOT / "deploy" / "local" / "interpreter.py"


@pytest.mark.parametrize(
    ("version", "configured", "prefix", "expected"),
    [
        ((3, 10), "'--enable-optimizations'", "/usr", Kind.OLD),
        (
            (3, 11),
            "'--prefix=/root/.pyenv/versions/3.11.7' '--enable-shared'",
            "/root/.pyenv/versions/3.11.7",
            Kind.PLAIN,
        ),
        ((3, 11), "'--enable-shared' '--prefix=/usr' '--with-computed-gotos'", "/usr", Kind.OPTIMISED),
        ((3, 13), "'--enable-optimizations' '--with-lto'", "/usr/local", Kind.OPTIMISED),
        ((3, 13), None, "C:\\Python313", Kind.OPTIMISED),
    ],
    ids=["too old", "pyenv", "Debian", "the official image", "Windows"],
)
def test_a_python_is_judged_by_its_version_and_by_how_it_was_built(
    version: tuple[int, int], configured: str | None, prefix: str, expected: Kind
) -> None:
    """Arguments as those Pythons tell them."""
    assert kind(version, configured, prefix) is expected


@pytest.mark.servers
def test_the_first_optimised_python_is_chosen_before_an_earlier_plain_one(tmp_path: Path) -> None:
    """What a Python answers to interpreter.py is played by scripts; the choice among answers is real."""
    _answers(tmp_path, "python3.13", "plain")
    optimised = _answers(tmp_path, "python3.12", "optimised")
    _answers(tmp_path, "python3", "optimised")

    assert _chosen(f"{tmp_path}:{os.defpath}") == str(optimised)


@pytest.mark.servers
def test_a_plain_python_is_chosen_where_there_is_no_other(tmp_path: Path) -> None:
    """Nobody is kept from trying Duban by how a Python was built."""
    _answers(tmp_path, "python3.12", "old")
    plain = _answers(tmp_path, "python3.11", "plain")

    assert _chosen(f"{tmp_path}:{os.defpath}", "python3.13-of-nobody", "python3.12", "python3.11") == str(plain)


@pytest.mark.servers
def test_nothing_is_chosen_where_no_python_will_do(tmp_path: Path) -> None:
    """Make says then what is needed."""
    _answers(tmp_path, "python3", "old")

    assert not _chosen(f"{tmp_path}:{os.defpath}", "python3")


@pytest.mark.servers
def test_what_is_chosen_on_this_machine_runs_and_no_candidate_is_better() -> None:
    """With the real interpreters that are here."""
    chosen = _chosen(os.environ["PATH"])
    told = subprocess.run([chosen, ASKS], capture_output=True, text=True, check=True).stdout.strip()

    found = [path for name in ("python3.13", "python3.12", "python3.11", "python3") if (path := shutil.which(name))]
    kinds = {subprocess.run([path, ASKS], capture_output=True, text=True, check=False).stdout.strip() for path in found}
    assert told == (Kind.OPTIMISED.value if Kind.OPTIMISED.value in kinds | {told} else Kind.PLAIN.value)


def _answers(folder: Path, name: str, answer: str) -> Path:
    script = folder / name
    script.write_text(f"#!/bin/sh\necho {answer}\n", encoding="utf-8")
    script.chmod(0o755)
    return script


def _chosen(path: str, *names: str) -> str:
    """Return what is chosen with this PATH; `dirname` is all that the choice needs beside Pythons."""
    found = subprocess.run(["/bin/sh", CHOOSES, *names], env={"PATH": path}, capture_output=True, text=True, check=True)
    return found.stdout.strip()
