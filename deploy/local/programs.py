"""The list of supervised processes: what is run, in which order, and what each one is told."""

from __future__ import annotations

import sys
from types import MappingProxyType
from typing import TYPE_CHECKING

from deploy.local import backup, certificates, checkpoints, leftovers, provision, secrets_store, security, vault
from deploy.local.program import Program
from deploy.local.settings import LOOPBACK
from duban_contracts.kafka_users import service_user

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deploy.local.kafka import Cluster
    from deploy.local.parts import Parts
    from deploy.local.settings import Instance, Settings

_POSTGRES, _KAFKA, _RECEIVERS, _SERVICES = 10, 11, 20, 30
_VAULTED = "ledger"  # the one service that opens the vault
_SIGNS = "ledger"


def servers(settings: Settings, parts: Parts) -> list[Program]:
    """PostgreSQL and Kafka, as far as they are ours; stopped last."""
    programs = []
    if parts.postgres:
        account = parts.postgres.account
        user = account.name if account else None
        programs.append(Program("postgres", parts.postgres.command(), _POSTGRES, stop_signal="INT", user=user))
        if settings.backup:
            programs.append(backup.archive(parts.postgres).receiver())
    if parts.kafka:
        programs += [
            Program(
                settings.kafka_process(node.number),
                parts.kafka.command(node),
                _KAFKA,
                _mark(settings) | _certificate(parts.kafka),
                stop_seconds=40,
                group="kafka",
            )
            for node in parts.kafka.nodes
        ]
    return programs


def receivers(settings: Settings) -> Program:
    """Where the demo's letters arrive."""
    environment = {
        "DUBAN_RECEIVED": str(settings.home / "received"),
        "DUBAN_BOUNCE_MAILDIR": str(bounces(settings)),
        "DUBAN_SMTP_PORT": str(settings.port("smtp")),
        "DUBAN_WEBHOOK_PORT": str(settings.port("webhook")),
        "DUBAN_WEBHOOK_SECRET": provision.webhook_secret(settings),
    }
    command = [sys.executable, "-m", "deploy.local.receivers"]
    return Program("receivers", command, _RECEIVERS, environment | _mark(settings))


def bounces(settings: Settings) -> Path:
    """Where the demo's mail server puts letters that come back, and notifications reads them."""
    return settings.home / "received" / "bounces"


def services(
    settings: Settings,
    dsns: Mapping[str, str],
    vault_dsn: str | None = None,
    beside: Mapping[str, str] = MappingProxyType({}),
) -> list[Program]:
    """Return the services' processes, in the order of the settings file; the ledger alone is told of the vault.

    `beside` is what all of them are told in addition.
    """
    return [
        Program(
            instance.name,
            [sys.executable, "-m", f"services.{name}"],
            _SERVICES + nth,
            service_environment(settings, name, dsns[name], vault_dsn if name == _VAULTED else None)
            | _of_instance(settings, instance)
            | dict(beside),
            stop_seconds=30,
        )
        for nth, name in enumerate(built(settings))
        for instance in settings.instances(name)
    ]


def built(settings: Settings) -> list[str]:
    """Name the services of this checkout that can be started."""
    return [name for name in settings.services if (settings.root / "services" / name / "__main__.py").exists()]


def service_environment(settings: Settings, name: str, dsn: str, vault_dsn: str | None = None) -> dict[str, str]:
    """Everything one service is told; no other DUBAN_ variable reaches it."""
    return {
        **_of_instance(settings, settings.instances(name)[0]),
        "DUBAN_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        **_secrets(
            settings,
            name,
            {
                "DUBAN_POSTGRES_DSN": dsn,
                "DUBAN_WEBHOOK_SECRET": provision.webhook_secret(settings),
                **({"DUBAN_VAULT_POSTGRES_DSN": vault_dsn} if vault_dsn else {}),
            },
        ),
        **({"DUBAN_VAULT_KEYRING": str(vault.keys(settings))} if vault_dsn else {}),
        **(checkpoints.environment(settings) if name == _SIGNS else {}),
        "DUBAN_HTTP_HOST": LOOPBACK,
        "DUBAN_PROFILE": str(settings.profile),
        "DUBAN_TOPIC_PREFIX": settings.topic_prefix,
        "DUBAN_LOG_LEVEL": settings.log_level,
        "DUBAN_SMTP_HOST": LOOPBACK,
        "DUBAN_SMTP_PORT": str(settings.port("smtp")),
        "DUBAN_WEBHOOK_BASE": f"http://{LOOPBACK}:{settings.port('webhook')}",
        "DUBAN_BOUNCE_MAILDIR": str(bounces(settings)),
        "PYTHONUNBUFFERED": "1",
        **settings.clock,
        **_mark(settings),
    }


def _of_instance(settings: Settings, instance: Instance) -> dict[str, str]:
    """Return what differs between two processes of a service."""
    state = settings.home / "state" / instance.name
    state.mkdir(parents=True, exist_ok=True)
    return {"DUBAN_HTTP_PORT": str(instance.port), "DUBAN_DATA_DIRECTORY": str(state)}


def _certificate(cluster: Cluster) -> dict[str, str]:
    """Return what changes when the nodes' certificate is made anew: the supervisor restarts what is told other things."""
    return {"DUBAN_CERTIFICATE_ENDS": str(certificates.ends(cluster.security.node))} if cluster.security else {}


def _secrets(settings: Settings, service: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return how a service is told its secrets: by files when the platform is secured, else in its environment."""
    secured = security.of(settings)
    if secured is None:
        return dict(values)
    told = secured.environment(service_user(service))
    for name, value in values.items():
        file = settings.credentials / "services" / f"{service}.{name.removeprefix('DUBAN_').lower()}"
        secrets_store.write_private(file, value)
        told[f"{name}_FILE"] = str(file)
    return told


def _mark(settings: Settings) -> dict[str, str]:
    return {leftovers.MARK: str(settings.home)}
