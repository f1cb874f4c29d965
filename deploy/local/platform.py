"""The platform as a whole: which processes it has, in which order they come up, where they are found."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deploy.local import doctor, jars, java, kafka, leftovers, postgres, provision, readiness, secrets_store
from deploy.local.settings import LOOPBACK
from deploy.local.supervision import Program, Supervisor
from deploy.local.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deploy.local.settings import Settings

_BACKING, _RECEIVING, _SERVING = 10, 20, 30


@dataclass(frozen=True, slots=True)
class Parts:
    """The two servers behind the services, prepared; None where an outside one is used."""

    kafka: kafka.Cluster | None
    postgres: postgres.Server | None
    superuser_dsn: str


def up(settings: Settings, say: Callable[[str], None]) -> None:
    """Bring everything up and wait until it is ready; safe to repeat. Raises `Trouble`."""
    with _alone(settings):
        doctor.insist(settings)
        settings = replace(settings, clock=_clock(settings, say))
        parts = _prepare(settings)
        dsns = provision.service_dsns(settings, parts.superuser_dsn)
        programs = [*_backing(settings, parts), _receivers(settings), *_services(settings, dsns)]
        supervisor = Supervisor(settings)
        supervisor.configure(programs)
        asyncio.run(_start(settings, supervisor, parts, dsns, programs, say))


def down(settings: Settings, say: Callable[[str], None]) -> None:
    """Stop everything, services first; also what an earlier run left without a supervisor."""
    stopped = Supervisor(settings).shutdown()
    ended = leftovers.end(settings)
    for orphan in ended:
        say(f"ended {orphan.name} (pid {orphan.pid}), which ran without its supervisor")
    if not stopped and not ended:
        say("nothing was running")
    else:
        say("stopped; `make up` continues where it was, `make reset` forgets everything")


def reset(settings: Settings, say: Callable[[str], None]) -> None:
    """Stop everything and forget its state; what was downloaded stays."""
    down(settings, say)
    with contextlib.suppress(Trouble):
        account = postgres.placement.account_for(settings.home / "postgres" / "data")
        elsewhere = postgres.placement.data_base(settings.home, account)
        shutil.rmtree(elsewhere, ignore_errors=True)
    for name in ("kafka", "postgres", "credentials", "logs", "received", "state"):
        shutil.rmtree(settings.home / name, ignore_errors=True)
    for name in ("supervisord.conf", "supervisord.pid", "supervisor.sock"):
        (settings.home / name).unlink(missing_ok=True)
    say(f"forgot the state under {settings.home}")


def addresses(settings: Settings) -> list[tuple[str, str]]:
    """What can be looked at, and where."""
    web = [(name, f"http://{LOOPBACK}:{settings.port(name)}") for name in settings.services]
    return [
        *web,
        ("Kafka", settings.kafka_bootstrap),
        (
            "PostgreSQL",
            "outside (DUBAN_POSTGRES_DSN)" if settings.outside_postgres else _postgres_address(settings),
        ),
        ("mail (demo)", f"smtp://{LOOPBACK}:{settings.port('smtp')}"),
        ("webhooks (demo)", f"http://{LOOPBACK}:{settings.port('webhook')}/received"),
        ("passwords, keys", str(settings.credentials)),
        ("logs", str(settings.logs)),
    ]


def built(settings: Settings) -> list[str]:
    """The services of this checkout that can be started."""
    return [name for name in settings.services if (settings.root / "services" / name / "__main__.py").exists()]


def _clock(settings: Settings, say: Callable[[str], None]) -> dict[str, str]:
    """The services' clock: what the environment asks for, else what this platform's data was made with.

    Falling back to the wall clock after a compressed demo would turn time back under the recorded events.
    """
    file = settings.home / "state" / "clock.json"
    kept: dict[str, str] = secrets_store.read_json(file)
    asked = dict(settings.clock)
    if not asked:
        if kept:
            say(f"the clock goes on as it was started ({kept.get('DUBAN_CLOCK_RATE', '1')} x); `make reset` ends that")
        return kept
    if "DUBAN_CLOCK_ORIGIN_WALL" not in asked:
        before = {name: value for name, value in kept.items() if name != "DUBAN_CLOCK_ORIGIN_WALL"}
        now = datetime.now(UTC).isoformat()
        asked["DUBAN_CLOCK_ORIGIN_WALL"] = kept["DUBAN_CLOCK_ORIGIN_WALL"] if before == asked else now
    secrets_store.write_json(file, asked)
    return asked


def _postgres_address(settings: Settings) -> str:
    return f"{LOOPBACK}:{settings.port('postgres')}"


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One `up` at a time; the kernel frees this lock when its holder dies, so it is never stale."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        lock = (settings.home / "up.lock").open("w")
    except OSError as error:
        raise Trouble(
            f"{settings.home} cannot be written: {error.strerror}.", "Choose another place with DUBAN_HOME."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Trouble("Another `make up` is at work here.", "Wait for it.") from error
        yield


def _prepare(settings: Settings) -> Parts:
    with ThreadPoolExecutor(max_workers=2) as pool:
        cluster = pool.submit(_prepare_kafka, settings)
        server = pool.submit(_prepare_postgres, settings)
        ours = server.result()
        dsn = settings.outside_postgres or (ours.dsn() if ours else "")
        return Parts(cluster.result(), ours, dsn)


def _prepare_kafka(settings: Settings) -> kafka.Cluster | None:
    if settings.outside_kafka:
        return None
    nodes = tuple(
        kafka.Node(nth + 1, settings.port("kafka", nth), settings.port("controller", nth), home)
        for nth, home in enumerate(settings.kafka_homes)
    )
    cluster = kafka.Cluster(nodes, jars.ensure(settings.cache), java.find(), settings.kafka_heap)
    cluster.prepare()
    return cluster


def _prepare_postgres(settings: Settings) -> postgres.Server | None:
    if settings.outside_postgres:
        return None
    server = postgres.server(
        settings.home, settings.port("postgres"), settings.credentials / "postgres", settings.postgres_options
    )
    server.initialise()
    leftovers.clear_stale_lock(server.data)
    return server


def _backing(settings: Settings, parts: Parts) -> list[Program]:
    programs = []
    if parts.postgres:
        account = parts.postgres.account
        programs.append(
            Program(
                "postgres",
                parts.postgres.command(),
                _BACKING,
                stop_signal="INT",
                user=account.name if account else None,
            )
        )
    if parts.kafka:
        several = len(parts.kafka.nodes) > 1
        programs += [
            Program(
                f"kafka-{node.number}" if several else "kafka",
                parts.kafka.command(node),
                _BACKING + node.number,
                _mark(settings),
                stop_seconds=40,
            )
            for node in parts.kafka.nodes
        ]
    return programs


def _receivers(settings: Settings) -> Program:
    environment = {
        "DUBAN_RECEIVED": str(settings.home / "received"),
        "DUBAN_SMTP_PORT": str(settings.port("smtp")),
        "DUBAN_WEBHOOK_PORT": str(settings.port("webhook")),
        "DUBAN_WEBHOOK_SECRET": provision.webhook_secret(settings),
    }
    command = [sys.executable, "-m", "deploy.local.receivers"]
    return Program("receivers", command, _RECEIVING, environment | _mark(settings))


def _services(settings: Settings, dsns: dict[str, str]) -> list[Program]:
    return [
        Program(
            name,
            [sys.executable, "-m", f"services.{name}"],
            _SERVING + nth,
            service_environment(settings, name, dsns[name]),
        )
        for nth, name in enumerate(built(settings))
    ]


def service_environment(settings: Settings, name: str, dsn: str) -> dict[str, str]:
    """Everything one service is told; it reads nothing else."""
    state = settings.home / "state" / name
    state.mkdir(parents=True, exist_ok=True)
    return {
        "DUBAN_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "DUBAN_POSTGRES_DSN": dsn,
        "DUBAN_HTTP_HOST": LOOPBACK,
        "DUBAN_HTTP_PORT": str(settings.port(name)),
        "DUBAN_PROFILE": str(settings.profile),
        "DUBAN_TOPIC_PREFIX": settings.topic_prefix,
        "DUBAN_LOG_LEVEL": settings.log_level,
        "DUBAN_STATE_DIRECTORY": str(state),
        "DUBAN_SMTP_HOST": LOOPBACK,
        "DUBAN_SMTP_PORT": str(settings.port("smtp")),
        "DUBAN_WEBHOOK_BASE": f"http://{LOOPBACK}:{settings.port('webhook')}",
        "DUBAN_WEBHOOK_SECRET": provision.webhook_secret(settings),
        "PYTHONUNBUFFERED": "1",
        **settings.clock,
        **_mark(settings),
    }


def _mark(settings: Settings) -> dict[str, str]:
    return {leftovers.MARK: str(settings.home)}


async def _start(  # noqa: PLR0913 - one caller, and these are the things that start
    settings: Settings,
    supervisor: Supervisor,
    parts: Parts,
    dsns: dict[str, str],
    programs: list[Program],
    say: Callable[[str], None],
) -> None:
    for program in programs:
        if program.priority < _SERVING:
            supervisor.start(program.name)
    brokers = settings.brokers if parts.kafka else 1
    hint = "See `make logs S={}`."
    await asyncio.gather(
        readiness.wait_for(
            "PostgreSQL",
            lambda: readiness.postgres(parts.superuser_dsn),
            settings.waits["postgres"],
            hint.format("postgres"),
        ),
        readiness.wait_for(
            "Kafka",
            lambda: readiness.kafka(settings.kafka_bootstrap, brokers, every=bool(parts.kafka)),
            settings.waits["kafka"],
            hint.format("kafka"),
        ),
    )
    say(f"PostgreSQL and Kafka ({brokers} broker{'s' if brokers > 1 else ''}) are ready")
    await provision.databases(parts.superuser_dsn, dsns)
    names = built(settings)
    if names:
        # Imported here: `down` and `status` should work while a service's code does not.
        from deploy.local import provision_city  # noqa: PLC0415

        for line in await provision_city.everything(settings, {name: dsns[name] for name in names}):
            say(line)
    for name in names:
        supervisor.start(name)
    await asyncio.gather(*(_ready(settings, supervisor, name) for name in names))
    if missing := [name for name in settings.services if name not in names]:
        say(f"not in this checkout, so not started: {', '.join(missing)}")


async def _ready(settings: Settings, supervisor: Supervisor, name: str) -> None:
    url = f"http://{LOOPBACK}:{settings.port(name)}/readyz"

    async def check() -> str | None:
        answer = await readiness.http(url)
        if answer is None:
            return None
        states = {state.name: state for state in await asyncio.to_thread(supervisor.states)}
        if states[name].state == "FATAL":
            raise Trouble(
                f"{name} keeps dying: {_last_line(settings.logs / f'{name}.log')}", f"See `make logs S={name}`."
            )
        return f"{states[name].state}, {url}: {answer}"

    await readiness.wait_for(name, check, settings.waits["services"], f"See `make logs S={name}`.")


def _last_line(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "its log is empty"
    return "it wrote no log"
