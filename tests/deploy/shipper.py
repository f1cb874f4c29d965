"""The shipper of logs as its container runs it, from Debian's package, unpacked and not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from deploy.local.settings import load
from deploy.prometheus import tools
from tests.deploy.expressions import ROOT

LOGS: Final = ROOT / "deploy" / "logs"
# rsyslogd, and the two libraries of its own that it needs.
_PACKAGES: Final = ("rsyslog", "libestr0", "libfastjson4")


def ensure() -> Path:
    """Return the directory in which rsyslog is unpacked. Raises Trouble."""
    home = load().cache / "tools" / "rsyslog"
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent, prefix="download-") as scratch:
            for package in _PACKAGES:
                tools.unpack(package, Path(scratch, "rsyslog"), home.parent / "apt")
            try:
                Path(scratch, "rsyslog").rename(home)
            except OSError:  # Another process was first.
                shutil.rmtree(Path(scratch, "rsyslog"))
    return home


def laid_out(name: str, place: Path) -> Path:
    """Write a configuration with the container's places below `place`; return its file."""
    for directory in ("containers", "pods", "logs", "state"):
        (place / directory).mkdir(exist_ok=True)
    for file in LOGS.glob("*.conf"):
        text = file.read_text(encoding="utf-8").replace("/etc/duban/logs/", f"{place}/")
        for there in ("/containers/", "/var/log/pods/", "/logs/%", "/state"):
            text = text.replace(f'"{there}', f'"{place}/{there.removeprefix("/var/log/").lstrip("/")}')
        (place / file.name).write_text(text, encoding="utf-8")
    return place / name


def command(rsyslog: Path, configuration: Path, *more: str) -> tuple[list[str], dict[str, str]]:
    """Return how rsyslogd is started, and with which environment."""
    library = next(rsyslog.glob("usr/lib/*/libestr.so.0")).parent
    words = [str(rsyslog / "usr" / "sbin" / "rsyslogd"), "-f", str(configuration), "-M", str(library / "rsyslog")]
    return [*words, *more], {**os.environ, "LD_LIBRARY_PATH": str(library)}


def checked(rsyslog: Path, configuration: Path) -> subprocess.CompletedProcess[str]:
    """Let rsyslog check a configuration."""
    words, environment = command(rsyslog, configuration, "-N1")
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60)
