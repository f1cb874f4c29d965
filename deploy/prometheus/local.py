"""Prometheus and Alertmanager beside the platform on one machine: `make monitor`, after `make up`.

The committed configuration, rules and routes, with targets made of the platform's ports; on loopback, data under
`.duban/prometheus`, stopped with Ctrl-C. Whoever is on duty gets mail through the demo's server: it stands in
`.duban/received`. Alerts are seen at /classic/alerts (Debian's build) or /alerts.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from deploy.local.settings import LOOPBACK, Settings, load
from deploy.local.trouble import Trouble
from deploy.prometheus import alerting, tools

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent.parent
PORT_OFFSET: Final = 1090
DUTY: Final = "duty@jincheng.example"


def lay_out(
    home: Path,
    settings: Settings,
    *,
    every_seconds: int | None = None,
    alertmanager_port: int | None = None,
    port: int | None = None,
) -> None:
    """Write the configuration of both, rules, templates and targets into `home`; `every_seconds` scrapes and evaluates faster.

    Prometheus knows no Alertmanager unless its port is given, and asks itself (DubanRulesFailing) if its own is. `DUBAN_RUNBOOKS` is the address before `docs/runbooks/`, this
    checkout's files if unset.
    """
    shutil.copytree(HERE / "rules", home / "rules", dirs_exist_ok=True)
    text = (HERE / "prometheus.yml").read_text(encoding="utf-8")
    if every_seconds is not None:
        for slow in ("scrape_interval: 15s", "scrape_timeout: 10s", "evaluation_interval: 15s"):
            text = text.replace(slow, f"{slow.split(':')[0]}: {every_seconds}s")
    text = text.replace("${DUBAN_RUNBOOKS}", os.environ.get("DUBAN_RUNBOOKS") or f"{ROOT.as_uri()}/")
    (home / "prometheus.yml").write_text(text, encoding="utf-8")
    shutil.copytree(alerting.TEMPLATES, home / "templates", dirs_exist_ok=True)
    mail = alerting.by_mail(LOOPBACK, settings.port("smtp"), DUTY)
    (home / "alertmanager.yml").write_text(alerting.with_receivers({"operators": mail}), encoding="utf-8")
    services = [
        {
            "targets": [f"{LOOPBACK}:{instance.port}" for instance in settings.instances(name)],
            "labels": {"service": name, "city": settings.profile.name},
        }
        for name in settings.services
    ]
    (home / "targets").mkdir(exist_ok=True)
    others = [{"targets": [f"{LOOPBACK}:{alertmanager_port}"]}] if alertmanager_port else []
    itself = [{"targets": [f"{LOOPBACK}:{port}"]}] if port else []
    for name, groups in (("duban", services), ("alertmanager", others), ("monitoring", others + itself)):
        (home / "targets" / f"{name}.yml").write_text(json.dumps(groups), encoding="utf-8")


def command(binary: Path, home: Path, port: int) -> list[str]:
    """Return the argument vector that runs Prometheus on `home` in the foreground."""
    return [
        str(binary),
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
    ]


def alertmanager(binary: Path, home: Path, port: int) -> list[str]:
    """Return the argument vector that runs Alertmanager on `home`, alone, in the foreground."""
    return [
        str(binary),
        f"--config.file={home / 'alertmanager.yml'}",
        f"--storage.path={home / 'alertmanager'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--cluster.listen-address=",
    ]


def main() -> int:
    """Run both until one ends or Ctrl-C; 1 with one sentence when they cannot be had."""
    try:
        settings = load()
        prometheus, caller = tools.ensure("prometheus"), tools.ensure("prometheus-alertmanager")
    except Trouble as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
        return 1
    home = settings.home / "prometheus"
    seen, called = settings.port_base + PORT_OFFSET, settings.port_base + PORT_OFFSET + 1
    lay_out(home, settings, alertmanager_port=called, port=seen)
    print(f"Prometheus:   http://{LOOPBACK}:{seen}\nAlertmanager: http://{LOOPBACK}:{called}", flush=True)  # noqa: T201
    print(f"Who is called: {DUTY}, by mail to the demo's server ({settings.home / 'received'})", flush=True)  # noqa: T201
    commands = (command(prometheus, home, seen), alertmanager(caller, home, called))
    # Debian's Alertmanager looks for its own templates where it is started (tools.py).
    running = [subprocess.Popen(each, cwd=Path(each[0]).parent) for each in commands]  # noqa: S603 - our own arguments
    try:
        while all(process.poll() is None for process in running):
            time.sleep(0.5)
    except KeyboardInterrupt:
        return 0
    finally:
        for process in running:
            process.terminate()
            process.wait(30)
    return 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    raise SystemExit(main())
