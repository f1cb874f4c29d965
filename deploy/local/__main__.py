"""Command line of the platform on one machine: `python -m deploy.local up | down | status | ...`."""

# ruff: noqa: T201, PLC0415
# It prints, for that is its work; each command imports only what it needs, so that all of them stay quick.

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time

from deploy.local.settings import Settings, load
from deploy.local.trouble import Trouble


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (help_text, _) in COMMANDS.items():
        command = commands.add_parser(name, help=help_text)
        if name == "restore":
            command.add_argument(
                "--until", help="an instant, such as 2026-11-26T08:00:00+08:00; without it, all there is"
            )
        if name in {"logs", "restart", "psql"}:
            command.add_argument("process", nargs="?", help="e.g. ledger, kafka, postgres")
        if name == "token":
            command.add_argument("account", nargs="?", default="", help="a role or an account, e.g. county-regulator")
    parsed = parser.parse_args(arguments)
    try:
        return COMMANDS[parsed.command][1](load(), parsed)
    except Trouble as trouble:
        print(f"✗ {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `make status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _up(settings: Settings, _parsed: argparse.Namespace) -> int:
    from deploy.local import platform

    began = time.monotonic()
    platform.up(settings, lambda line: print(f"  {line}"))
    print(f"✓ ready after {time.monotonic() - began:.1f} s\n")
    _print_table(platform.addresses(settings))
    return 0


def _down(settings: Settings, _parsed: argparse.Namespace) -> int:
    from deploy.local import platform

    platform.down(settings, print)
    return 0


def _reset(settings: Settings, _parsed: argparse.Namespace) -> int:
    from deploy.local import platform

    platform.reset(settings, print)
    return 0


def _status(settings: Settings, _parsed: argparse.Namespace) -> int:
    from deploy.local import platform
    from deploy.local.supervisord import Supervisor

    states = Supervisor(settings).states()
    if not states:
        print("The platform is not running. `make up` starts it.")
        return 3
    now = time.time()
    rows = [
        (
            row.name,
            f"{row.state:<9} pid {row.pid:<7} up {now - row.since:.0f} s" if row.pid else f"{row.state} {row.note}",
        )
        for row in states
    ]
    _print_table(rows)
    print()
    _print_table(platform.addresses(settings))
    return 0 if all(row.state == "RUNNING" for row in states) else 1


def _restart(settings: Settings, parsed: argparse.Namespace) -> int:
    from deploy.local.supervisord import Supervisor

    supervisor = Supervisor(settings)
    known = {row.name: row for row in supervisor.states()}
    if parsed.process not in known:
        raise Trouble(f"There is no process {parsed.process!r} here.", f"Known: {', '.join(known) or 'none'}.")
    supervisor.stop(known[parsed.process])
    supervisor.start(known[parsed.process])
    return 0


def _logs(settings: Settings, parsed: argparse.Namespace) -> int:
    known = sorted(path.stem for path in settings.logs.glob("*.log")) if settings.logs.is_dir() else []
    if parsed.process not in known:
        wanted = f"There is no log of {parsed.process!r}." if parsed.process else "Whose log?"
        raise Trouble(wanted, f"Use `make logs S=NAME` with one of: {', '.join(known) or 'none yet'}.")
    follow = ["-F"] if sys.stdout.isatty() else []
    os.execvp(  # noqa: S606
        "tail",  # noqa: S607 - the reader's own tail
        ["tail", "-n", "200", *follow, str(settings.logs / f"{parsed.process}.log")],
    )


def _doctor(settings: Settings, _parsed: argparse.Namespace) -> int:
    from deploy.local import doctor

    findings = doctor.examine(settings)
    for finding in findings:
        print(f"{'✓' if finding.good else '✗'} {finding.subject:<16} {finding.text}")
    return 0 if all(finding.good for finding in findings) else 1


def _env(settings: Settings, _parsed: argparse.Namespace) -> int:
    from deploy.local import platform
    from deploy.local.settings import LOOPBACK
    from deploy.prometheus.local import PORT_OFFSET

    watching = f"http://{LOOPBACK}:{settings.port_base + PORT_OFFSET}"
    for name, value in {**platform.environment(settings), "DUBAN_PROMETHEUS_URL": watching}.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _backup(settings: Settings, _parsed: argparse.Namespace) -> int:
    from deploy.local import recovery

    recovery.back_up(settings, lambda line: print(f"  {line}"))
    return 0


def _restore(settings: Settings, parsed: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from deploy.local import recovery
    from services.cli.archive import instant

    try:
        until = instant(parsed.until, datetime.now(UTC)) if parsed.until else None
    except ValueError as refused:
        raise Trouble(f"--until: {refused}.", "An instant that has been, with its offset.") from refused
    recovery.restore(settings, until, lambda line: print(f"  {line}"))
    return 0


def _psql(settings: Settings, parsed: argparse.Namespace) -> int:
    from deploy.local import platform, postgres

    dsn = platform.environment(settings).get(f"DUBAN_{(parsed.process or 'ledger').upper()}_DSN")
    if dsn is None:
        raise Trouble(f"There is no service {parsed.process}.", "Name one: make psql S=ledger.")
    binary = str(postgres.binaries()[0] / "psql")
    os.execv(binary, [binary, dsn])  # noqa: S606 - the terminal is the person's from here on


def _token(settings: Settings, parsed: argparse.Namespace) -> int:
    from deploy.local import sign_in

    account = sign_in.account_of(settings, parsed.account)
    if account != parsed.account:
        print(account, file=sys.stderr)
    print(sign_in.token(settings, account))
    return 0


def _fetch(settings: Settings, _parsed: argparse.Namespace) -> int:
    from deploy.local import jars

    if not settings.outside_kafka:
        directory = jars.ensure(settings.cache)
        print(f"  Kafka {jars.kafka_version()}: {len(jars.expected_sums())} jars in {directory}, sums as pinned")
    return 0


def _print_table(rows: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"  {name:<{width}}  {value}")


COMMANDS = {
    "up": ("start everything and wait until it is ready", _up),
    "down": ("stop everything", _down),
    "status": ("what runs, and where", _status),
    "restart": ("restart one process", _restart),
    "logs": ("show one process's log, and follow it on a terminal", _logs),
    "doctor": ("find what would stop the platform from starting", _doctor),
    "reset": ("stop, and forget all state", _reset),
    "backup": ("take a base backup of PostgreSQL (after BACKUP=1 make up)", _backup),
    "restore": ("replace PostgreSQL's data by what the backups hold", _restore),
    "env": ("print what the duban command has to know of this platform, as lines for a shell (with passwords)", _env),
    "psql": ("open a service's database", _psql),
    "token": ("print a token of an example account, for `Authorization: Bearer`", _token),
    "fetch": ("download Kafka's jars", _fetch),
}

if __name__ == "__main__":
    sys.exit(main())
