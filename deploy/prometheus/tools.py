"""Finds Prometheus, Alertmanager and their tools, or unpacks Debian's packages of them without installing anything.

No language's package index ships these binaries. Debian does, and `apt-get download` and `dpkg-deb -x` need
neither root nor a service that starts by itself: apt checks each archive against the signed lists, and the files
land under `.duban/cache/tools`. The binaries need nothing but libc.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.local.settings import load
from deploy.local.trouble import Trouble

PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "amtool": "prometheus-alertmanager",
    "prometheus-alertmanager": "prometheus-alertmanager",
}
_REMEDY = "Put prometheus, promtool, amtool and prometheus-alertmanager on PATH, or run this on Debian or Ubuntu."
# Debian's Alertmanager takes no configuration unless the template of its letters stands at this place. In the copy that we
# unpack the place is the directory in which it is started, a path of the same length: it stands there with its templates.
_TEMPLATES = "usr/share/prometheus/alertmanager"
_BUILT_IN = f"/{_TEMPLATES}".encode()
_STARTED_IN = b"." + b"/" * (len(_BUILT_IN) - 1)


def find(name: str, directory: Path | None = None) -> Path | None:
    """Return the binary on PATH, else one unpacked earlier, else None."""
    if on_path := shutil.which(name):
        return Path(on_path)
    unpacked = _place(_home(directory), name)
    return unpacked if unpacked.exists() else None


def ensure(name: str, directory: Path | None = None) -> Path:
    """Return the binary, fetched first when it is nowhere. Raises `Trouble` when this machine has no way to get it."""
    if found := find(name, directory):
        return found
    fetch(PACKAGES[name], _home(directory))
    if found := find(name, directory):
        return found
    raise Trouble(f"Debian's package {PACKAGES[name]} holds no {name}.", _REMEDY)


def fetch(package: str, home: Path) -> None:
    """Download one Debian package and put its binaries under `home`. Raises `Trouble`.

    Each binary appears whole, by a rename: of two processes that look for it at once, one would else run the file
    that the other is still writing, which Linux refuses with "Text file busy".
    """
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix="download-") as scratch:
        unpack(package, Path(scratch), home / "apt")
        for template in Path(scratch, _TEMPLATES).glob("*.tmpl"):
            _put(template, home / "alertmanager" / template.name)
        for binary in Path(scratch, "usr", "bin").iterdir():
            if binary.name == "prometheus-alertmanager":
                binary.write_bytes(binary.read_bytes().replace(_BUILT_IN, _STARTED_IN))
            _put(binary, _place(home, binary.name))


def unpack(package: str, into: Path, state: Path) -> None:
    """Download one Debian package and unpack it below `into`; apt may keep lists of its own in `state`. Raises `Trouble`."""
    if missing := [tool for tool in ("apt-get", "dpkg-deb") if not shutil.which(tool)]:
        raise Trouble(f"{package} is not installed and {missing[0]} is not here to fetch it.", _REMEDY)
    into.mkdir(parents=True, exist_ok=True)
    _download(package, into, state)
    for archive in into.glob("*.deb"):
        _run(["dpkg-deb", "-x", str(archive), str(into)], into)


def _place(home: Path, name: str) -> Path:
    return home / "alertmanager" / name if name == "prometheus-alertmanager" else home / "usr" / "bin" / name


def _put(file: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    file.replace(place)


def _download(package: str, into: Path, state: Path) -> None:
    """With the machine's package lists when they are usable, else with private ones under `state`."""
    try:
        _run(["apt-get", "-q", "download", package], into)
    except Trouble:
        for part in ("lists/partial", "cache/archives/partial"):
            (state / part).mkdir(parents=True, exist_ok=True)
        private = ["-o", f"Dir::State::lists={state / 'lists'}", "-o", f"Dir::Cache={state / 'cache'}"]
        _run(["apt-get", "-q", *private, "update"], into)
        _run(["apt-get", "-q", *private, "download", package], into)


def _run(command: list[str], directory: Path) -> None:
    done = subprocess.run(  # noqa: S603 - apt and dpkg with our own arguments
        command, cwd=directory, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Trouble(f"`{' '.join(command[:2])} ...` failed: {last}", _REMEDY)


def _home(directory: Path | None) -> Path:
    return directory or load().cache / "tools"


def main() -> int:
    """Print where each binary stands, fetching what is missing."""
    try:
        for name in PACKAGES:
            print(f"{name}: {ensure(name)}")  # noqa: T201
    except Trouble as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
