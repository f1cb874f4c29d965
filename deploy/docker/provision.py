"""Makes outside servers ready for one city, once, before the services start: databases, topics, tables, API keys.

Run as `python -m deploy.docker.provision`. Told by the environment: DUBAN_POSTGRES_DSN (may create databases),
DUBAN_KAFKA_BOOTSTRAP, DUBAN_PROFILE, and DUBAN_<SERVICE>_PASSWORD for each service. Every step can be repeated.
With DUBAN_VAULT_PASSWORD the reporters' vault is made, too; its keys, on first use, in the file DUBAN_VAULT_KEYRING names. Without
the password that is refused, and so is DUBAN_VAULT=needed: on a cluster the keys are the ledger's alone, and this step is not shown them.
The key that checkpoints are signed with is made on first use where DUBAN_CHECKPOINT_KEY names a file.
API keys are made on first use and kept in `$DUBAN_HOME/credentials/keys.json`. What operators of a cluster keep is left to them:
DUBAN_DATABASES=given says that roles and databases are there (DUBAN_POSTGRES_DSN is then a member of each role and
may make roles, and is no superuser),
DUBAN_TOPICS=given that topics are (they are compared with what is declared), DUBAN_API_KEYS=none that `duban keys` issues keys. Each variable may be a file instead
(in the directory `DUBAN_SECRETS`, or `DUBAN_POSTGRES_DSN_FILE`); a Kafka that demands users and TLS is reached by the
settings that services know, too (`DUBAN_KAFKA_SECURITY` and so on), as the one who may make topics.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.local import checkpoints, provision, provision_city, settings, vault
from deploy.local.done import Done
from deploy.local.trouble import Trouble
from services.chassis.process.kafka import KafkaSettings
from services.chassis.process.secret_files import UnusableSetting, given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


LASTING: Final = 3
"""How the step ends where no further try mends what is in the way: a cluster's job (k8s/base/provision) makes none."""


def service_dsns(services: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return each service's own DSN on the server that DUBAN_POSTGRES_DSN names. Raises `Trouble`."""
    wanted = ["DUBAN_POSTGRES_DSN", *(_password_name(service) for service in services)]
    found = {name: given(name, environ) for name in wanted}
    if missing := [name for name, value in found.items() if not value]:
        raise Trouble(
            f"{', '.join(missing)} is not set.",
            "Give every database password, in the environment or as a file of that name in DUBAN_SECRETS.",
        )
    server = found["DUBAN_POSTGRES_DSN"] or ""
    return {service: _dsn_as(server, service, found[_password_name(service)] or "") for service in services}


def vault_dsn(environ: Mapping[str, str]) -> str | None:
    """Return the vault's DSN on the same server, None where no password of a vault is given.

    Raises UnusableSetting where it is said to be needed, or its keys are named nevertheless: whoever does so wants a vault.
    """
    name = _password_name(vault.NAME)
    needed = _chosen("DUBAN_VAULT", ("optional", "needed"), environ) == "needed"
    if password := given(name, environ):
        return _dsn_as(given("DUBAN_POSTGRES_DSN", environ) or "", vault.NAME, password)
    if needed:
        raise UnusableSetting(f"DUBAN_VAULT is needed, which needs {name}: there is no vault without it")
    if environ.get("DUBAN_VAULT_KEYRING"):
        raise UnusableSetting(f"DUBAN_VAULT_KEYRING is given, which needs {name}: there is no vault without it")
    return None


async def everything(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Provision all of it; return what was done, one line each. Raises `Trouble`."""
    chosen = settings.load(environ)
    dsns, reached = service_dsns(chosen.services, environ), vault_dsn(environ)
    superuser = given("DUBAN_POSTGRES_DSN", environ) or ""
    makes_databases = _chosen("DUBAN_DATABASES", ("make", "given"), environ) == "make"
    if makes_databases:
        await provision.databases(superuser, dsns)
    broker = KafkaSettings(kafka_bootstrap=chosen.kafka_bootstrap).kafka
    done = await provision_city.everything(
        chosen,
        dsns,
        broker,
        topics_given=_chosen("DUBAN_TOPICS", ("make", "given"), environ) == "given",
        with_keys=_chosen("DUBAN_API_KEYS", ("make", "none"), environ) == "make",
    )
    await provision_city.divide_rights(superuser, dsns)
    if reached:
        file = Path(named) if (named := environ.get("DUBAN_VAULT_KEYRING")) else None
        done += await vault.prepare(superuser, reached, file, given=not makes_databases)
    if signing := environ.get("DUBAN_CHECKPOINT_KEY"):
        key = Path(signing)
        done += Done((checkpoints.prepare(key, key.with_suffix(".pub"), chosen.profile),))
    done.check()
    return done.lines


def _chosen(name: str, choices: tuple[str, str], environ: Mapping[str, str]) -> str:
    text = environ.get(name) or choices[0]
    if text not in choices:
        raise Trouble(f"{name} is {text!r}.", f"It is {' or '.join(choices)}.")
    return text


def _dsn_as(server: str, name: str, password: str) -> str:
    parts = urlsplit(server)
    role, address = provision.role_of(name), parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{address}", path=f"/{role}"))


def _password_name(service: str) -> str:
    return f"DUBAN_{service.upper()}_PASSWORD"


def main() -> int:
    """Provision and say so; 1 with one sentence when something is in the way, `LASTING` when it stays there until a person acts."""
    try:
        for line in asyncio.run(everything(os.environ)):
            print(line)  # noqa: T201
    except (Trouble, UnusableSetting) as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
        # What isn't given yet may come: on a cluster somebody else makes the secrets, and says nothing when.
        return LASTING if isinstance(trouble, Trouble) and trouble.lasting else 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
