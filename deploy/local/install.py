"""Makes `.venv` from `requirements.lock`. Standard library only: it runs before anything is installed.

Run by `make install` with any Python 3.11 or newer. Every package is checked against the lock's hashes, uv itself
included. Copes with Debian's Python, which comes without ensurepip.
"""

# ruff: noqa: T201

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
OWN = ("contracts", ".")


class Impossible(Exception):
    """The environment cannot be made here."""


def main() -> int:
    """Make everything; exit status 0, or 1 after one sentence."""
    try:
        python = make_venv()
        uv = find_uv(python)
        install(python, uv)
    except Impossible as problem:
        print(f"✗ {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"✓ {VENV.name} is ready ({version_of(python)})")
    return 0


def make_venv() -> Path:
    """`.venv`'s interpreter; made by the standard library, without pip, unless it is there and works."""
    python = VENV / "bin" / "python"
    if python.exists() and version_of(python):
        return python
    print(f"  making {VENV.name} with {sys.executable} ({version_of(Path(sys.executable))})")
    shutil.rmtree(VENV, ignore_errors=True)
    command = [sys.executable, "-m", "venv", "--without-pip", str(VENV)]
    if run(command) != 0 or not version_of(python):
        raise Impossible(
            f"{sys.executable} cannot make a virtual environment: on Debian or Ubuntu install python3-venv, "
            "elsewhere a complete Python 3.11 or newer, then run make again."
        )
    return python


def find_uv(python: Path) -> list[str]:
    """Find a command that runs uv: the one in `.venv`, on PATH, or fetched with whatever pip can be found."""
    own = VENV / "bin" / "uv"
    if own.exists() and run([str(own), "--version"], quiet=True) == 0:
        return [str(own)]
    if on_path := shutil.which("uv"):
        return [on_path]
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch) / "uv.txt"
        wanted.write_text(pinned("uv"), encoding="utf-8")
        target = ["install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", str(wanted)]
        for pip in pips(python):
            if run([*pip, *target]) == 0 and own.exists():
                return [str(own)]
    raise Impossible(
        "neither uv nor pip could be used: install one of them (on Debian or Ubuntu: python3-venv or python3-pip) "
        "or check the network, then run make again."
    )


def pips(python: Path) -> list[list[str]]:
    """Commands that run a pip for `.venv`, likeliest first."""
    found = []
    if run([str(python), "-m", "ensurepip", "--default-pip"], quiet=True) == 0:
        found.append([str(python), "-m", "pip"])
    # An outside pip (22.3 or newer) installs into another interpreter.
    outside = ([sys.executable, "-m", "pip"], ["pip3"], ["pip"], ["pipx", "run", "pip"])
    found.extend(
        [*candidate, f"--python={python}"]
        for candidate in outside
        if shutil.which(candidate[0]) and run([*candidate, "--version"], quiet=True) == 0
    )
    return found


def pinned(name: str) -> str:
    """Return the lock's entry of one package, with its hashes."""
    entry = re.search(rf"^{re.escape(name)}==.*(?:\n[ \t]+.*)*", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if not entry:
        raise Impossible(f"{LOCK.name} does not name {name}: run `make lock` where uv is installed.")
    return entry.group(0) + "\n"


def install(python: Path, uv: list[str]) -> None:
    """Bring `.venv` to exactly what the lock says, then put our own packages in, editable."""
    print("  installing packages (the first time takes a minute or two)")
    environment = {**os.environ, **index_from_pip(), "VIRTUAL_ENV": str(VENV), "UV_NO_PROGRESS": "1"}
    target = ["--python", str(python), "-q"]
    if run([*uv, "pip", "sync", *target, "--require-hashes", str(LOCK)], environment) != 0:
        raise Impossible("the packages of requirements.lock could not be installed; the lines above say why.")
    own = [part for path in OWN for part in ("-e", str(ROOT / path))]
    if run([*uv, "pip", "install", *target, "--no-deps", "--no-build-isolation", *own], environment) != 0:
        raise Impossible("Duban's own packages could not be installed; the lines above say why.")


def index_from_pip() -> dict[str, str]:
    """Translate pip's settings for uv: whoever configured pip for a mirror or a certificate means uv too."""
    if any(name in os.environ for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX")):
        return {}
    settings: dict[str, str] = {}
    if index := os.environ.get("PIP_INDEX_URL") or pip_setting("index-url"):
        settings["UV_DEFAULT_INDEX"] = index
    if "SSL_CERT_FILE" not in os.environ and (cert := os.environ.get("PIP_CERT") or pip_setting("cert")):
        settings["SSL_CERT_FILE"] = cert
    return settings


def pip_setting(name: str) -> str | None:
    """Read a setting of `[global]` in pip's configuration files."""
    import configparser  # noqa: PLC0415

    home = Path.home()
    places = [Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf"]
    if named := os.environ.get("PIP_CONFIG_FILE"):
        places.append(Path(named))
    parser = configparser.RawConfigParser()
    try:
        parser.read(places, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        return None
    return parser.get("global", name, fallback=None)


def version_of(python: Path) -> str | None:
    """`3.x.y` of an interpreter that runs and is new enough, else None."""
    code = "import sys; sys.version_info >= (3, 11) or sys.exit(1); print(sys.version.split()[0])"
    try:
        done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def run(command: list[str], environment: dict[str, str] | None = None, *, quiet: bool = False) -> int:
    """Exit status of a command; 127 when there is no such command."""
    output = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(  # noqa: S603
            command, env=environment, stdout=output, stderr=output, cwd=ROOT, check=False
        ).returncode
    except OSError:
        return 127


if __name__ == "__main__":
    sys.exit(main())
