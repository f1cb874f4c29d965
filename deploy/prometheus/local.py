"""Prometheus beside the platform on one machine: `python -m deploy.prometheus.local`, after `make up`.

The committed configuration and rules, with targets made of the platform's ports; on loopback, data under
`.duban/prometheus`, stopped with Ctrl-C. There is no Alertmanager: alerts are seen at /classic/alerts (Debian's
build) or /alerts.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Final

from deploy.local.settings import LOOPBACK, Settings, load
from deploy.local.trouble import Trouble
from deploy.prometheus import tools

HERE: Final = Path(__file__).resolve().parent
PORT_OFFSET: Final = 1090


def lay_out(home: Path, settings: Settings, *, every_seconds: int | None = None) -> None:
    """Write `prometheus.yml`, the rules and the targets into `home`; `every_seconds` scrapes and evaluates faster."""
    shutil.copytree(HERE / "rules", home / "rules", dirs_exist_ok=True)
    text = (HERE / "prometheus.yml").read_text(encoding="utf-8")
    if every_seconds is not None:
        for slow in ("scrape_interval: 15s", "scrape_timeout: 10s", "evaluation_interval: 15s"):
            text = text.replace(slow, f"{slow.split(':')[0]}: {every_seconds}s")
    (home / "prometheus.yml").write_text(text, encoding="utf-8")
    services = [
        {
            "targets": [f"{LOOPBACK}:{instance.port}" for instance in settings.instances(name)],
            "labels": {"service": name},
        }
        for name in settings.services
    ]
    (home / "targets").mkdir(exist_ok=True)
    for name, groups in (("duban", services), ("alertmanager", []), ("monitoring", [])):
        (home / "targets" / f"{name}.yml").write_text(json.dumps(groups), encoding="utf-8")


def command(binary: Path, home: Path, port: int) -> list[str]:
    """Return the argument vector that runs Prometheus on `home` in the foreground."""
    return [
        str(binary),
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
    ]


def main() -> int:
    """Run Prometheus in place of this process; 1 with one sentence when it cannot be had."""
    try:
        settings = load()
        binary = tools.ensure("prometheus")
    except Trouble as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
        return 1
    home = settings.home / "prometheus"
    lay_out(home, settings)
    port = settings.port_base + PORT_OFFSET
    print(f"Prometheus: http://{LOOPBACK}:{port}", flush=True)  # noqa: T201
    arguments = command(binary, home, port)
    return os.execv(arguments[0], arguments)  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    raise SystemExit(main())
