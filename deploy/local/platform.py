"""The platform as a whole: which processes it has, in which order they come up, where they are found."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deploy.local import (
    checkpoints,
    doctor,
    leftovers,
    parts,
    placement,
    programs,
    provision,
    readiness,
    recovery,
    secrets_store,
    security,
    sign_in,
    vault,
)
from deploy.local.done import Done
from deploy.local.program import Program
from deploy.local.settings import LOOPBACK
from deploy.local.supervisord import Supervisor
from deploy.local.trouble import Trouble
from duban_contracts.kafka_users import ADMIN, OPERATOR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deploy.local.parts import Parts
    from deploy.local.settings import Instance, Settings

Say = Callable[[str], None]
_LIVES = 5  # a process seen under more ids than this keeps dying


def up(settings: Settings, say: Say) -> None:
    """Bring everything up and wait until it is ready; safe to repeat. Raises `Trouble`."""
    with _alone(settings):
        doctor.insist(settings)
        settings = replace(settings, clock=_clock(settings, say))
        prepared = parts.prepare(settings)
        dsns = provision.service_dsns(settings, prepared.superuser_dsn)
        first = [*programs.servers(settings, prepared), programs.receivers(settings)]
        issuer = sign_in.offered(settings)
        first += [sign_in.program(settings)] if issuer else []
        told = sign_in.environment(settings) if issuer else {}
        services = programs.services(settings, dsns, vault.dsn(settings, prepared.superuser_dsn), told)
        supervisor = Supervisor(settings)
        supervisor.configure([*first, *services])
        asyncio.run(_servers(settings, supervisor, prepared, first, say))
        recovery.keep(settings, prepared, say)
        asyncio.run(_services(settings, supervisor, prepared, services, dsns, say))


def down(settings: Settings, say: Say) -> None:
    """Stop everything, services first; also what an earlier run left without a supervisor."""
    stopped, ended = Supervisor(settings).shutdown(), leftovers.end(settings)
    for orphan in ended:
        say(f"ended {orphan.name} (pid {orphan.pid}), which ran without its supervisor")
    told = "stopped; `make up` continues where it was, `make reset` forgets everything"
    say(told if stopped or ended else "nothing was running")


def reset(settings: Settings, say: Say) -> None:
    """Stop everything and forget its state; what was downloaded stays."""
    down(settings, say)
    with contextlib.suppress(Trouble):
        account = placement.account_for(settings.home / "postgres" / "data")
        elsewhere = placement.data_base(settings.home, account)
        shutil.rmtree(elsewhere, ignore_errors=True)
    for name in ("kafka", "postgres", "credentials", "logs", "received", "state"):
        shutil.rmtree(settings.home / name, ignore_errors=True)
    for name in ("supervisord.conf", "supervisord.pid", "supervisor.sock"):
        (settings.home / name).unlink(missing_ok=True)
    say(f"forgot the state under {settings.home}")


def addresses(settings: Settings) -> list[tuple[str, str]]:
    """Return what can be looked at, and where."""
    web = [(instance.name, f"http://{LOOPBACK}:{instance.port}") for instance in settings.processes]
    postgres = "outside (DUBAN_POSTGRES_DSN)" if settings.outside_postgres else _postgres_address(settings)
    issuer = f"{sign_in.url(settings.port(sign_in.NAME))}  (make token AS=county-regulator)"
    return [
        *web,
        ("Kafka", settings.kafka_bootstrap),
        ("PostgreSQL", postgres),
        ("mail (demo)", f"smtp://{LOOPBACK}:{settings.port('smtp')}"),
        *([("sign-in (demo)", issuer)] if sign_in.offered(settings) else []),
        ("webhooks (demo)", f"http://{LOOPBACK}:{settings.port('webhook')}/received"),
        ("passwords, keys", str(settings.credentials)),
        ("checkpoints' public key", str(checkpoints.verifier_keys(settings))),
        *([("Kafka's users", str(settings.credentials / "kafka"))] if settings.secure else []),
        ("logs", str(settings.logs)),
    ]


def environment(settings: Settings) -> dict[str, str]:
    """Return what the `duban` command has to know. Raises `Trouble` before the first `up`."""
    if not (settings.credentials / "databases.json").exists():
        raise Trouble("There is no platform here yet.", "`make up` makes one.")
    superuser = settings.outside_postgres or f"postgresql://{_postgres_address(settings)}/postgres"
    dsns = provision.service_dsns(settings, superuser)
    secured = security.of(settings)
    return {
        "DUBAN_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        **(secured.environment(OPERATOR) if secured else {}),
        "DUBAN_TOPIC_PREFIX": settings.topic_prefix,
        "DUBAN_TOPIC_REPLICATION": str(settings.topic_replication),
        "DUBAN_PROFILE": str(settings.profile),
        "DUBAN_LOGS": str(settings.logs),
        **{f"DUBAN_{name.upper()}_DSN": dsn for name, dsn in dsns.items()},
        "DUBAN_VAULT_DSN": vault.dsn(settings, superuser),
        "DUBAN_VAULT_KEYRING": str(vault.keys(settings)),
        "DUBAN_CHECKPOINT_KEY": str(checkpoints.key(settings)),
        **{f"DUBAN_{name.upper()}_URL": f"http://{LOOPBACK}:{settings.port(name)}" for name in settings.services},
        **recovery.environment(settings),
    }


def _clock(settings: Settings, say: Say) -> dict[str, str]:
    """Choose the services' clock: what the environment asks for, else what this platform's data was made with.

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


async def _servers(settings: Settings, supervisor: Supervisor, prepared: Parts, first: list[Program], say: Say) -> None:
    for program in first:
        supervisor.start(program)
    brokers = settings.brokers if prepared.kafka else 1
    await asyncio.gather(
        readiness.wait_for(
            "PostgreSQL",
            lambda: readiness.postgres(prepared.superuser_dsn),
            settings.waits["postgres"],
            "See `make logs S=postgres`.",
        ),
        readiness.wait_for(
            "Kafka",
            lambda: readiness.kafka(security.broker(settings, ADMIN), brokers, every=prepared.kafka is not None),
            settings.waits["kafka"],
            f"See `make logs S={settings.kafka_process(1)}`.",
        ),
    )
    demands = ", SASL_SSL, users and rights" if settings.secure else ""
    say(f"PostgreSQL and Kafka ({brokers} broker{'s' if brokers > 1 else ''}{demands}) are ready")


async def _services(
    settings: Settings, supervisor: Supervisor, prepared: Parts, services: list[Program], dsns: dict[str, str], say: Say
) -> None:
    built = programs.built(settings)
    await provision.databases(prepared.superuser_dsn, dsns)
    done = Done()
    if services:
        # Imported here: `down` and `status` should work while a service's code does not.
        from deploy.local import provision_city  # noqa: PLC0415

        reached = vault.dsn(settings, prepared.superuser_dsn)
        done += await vault.prepare(prepared.superuser_dsn, reached, vault.keys(settings))
        mine = {name: dsns[name] for name in built}
        done += await provision_city.everything(settings, mine)
        for line in done.lines:
            say(line)
        await provision_city.divide_rights(prepared.superuser_dsn, mine)
    for program in services:
        supervisor.start(program)
    started = [instance for instance in settings.processes if instance.service in built]
    await asyncio.gather(*(_ready(settings, supervisor, instance, say) for instance in started))
    if missing := sorted(set(settings.services) - set(built)):
        say(f"not in this checkout, so not started: {', '.join(missing)}")
    done.check()


async def _ready(settings: Settings, supervisor: Supervisor, instance: Instance, say: Say) -> None:
    name, url = instance.name, f"http://{LOOPBACK}:{instance.port}/readyz"
    remedy = f"See `make logs S={name}`."
    seen: set[int] = set()
    last_look = -1.0

    async def check() -> str | None:
        nonlocal last_look
        answer = await readiness.http(url)
        if answer is None or time.monotonic() - last_look < 1:
            return answer
        last_look = time.monotonic()
        state = next(row for row in await asyncio.to_thread(supervisor.states) if row.name == name)
        last_line = _last_line(settings.logs / f"{name}.log")
        seen.add(state.pid)
        if state.state == "FATAL" or len(seen) > _LIVES:
            raise Trouble(f"{name} keeps dying: {last_line}", remedy)
        return f"{answer}; {last_line}" if state.state == "RUNNING" else f"{state.state}; {last_line}"

    await readiness.wait_for(name, check, settings.waits["services"], remedy)
    say(f"{name} is ready")


def _last_line(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "its log is empty"
    return "it wrote no log"
