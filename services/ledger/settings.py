"""What the ledger is told from outside."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from services.chassis.process.secret_files import UnusableSetting
from services.chassis.process.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the ledger: the common ones, on its own port, and where the vault is.

    Without a vault tips are taken without a reporter's identity only.
    """

    http_port: int = 18081
    vault_postgres_dsn: str | None = Field(
        default=None, description="the vault's own database, as a role that can do nothing else (see the README)"
    )
    vault_keyring: Path | None = Field(default=None, description="file of the vault's keys; `duban vault` makes it")
    checkpoint_key: Path | None = Field(
        default=None,
        description="file of the Ed25519 keys (PEM) that checkpoints of the history are signed with; without it none are made",
    )
    checkpoint_origin: str = Field(
        default="", description="the name of this log and of its keys, for good; empty means duban/<city's code>/ledger"
    )
    checkpoint_seconds: float = Field(
        default=300, gt=0, description="how often a checkpoint is made where something was recorded"
    )

    @property
    def vault(self) -> tuple[str, Path] | None:
        """The vault's database and the file of its keys, None where an installation has no vault.

        Raises UnusableSetting for one without the other: a name with a slip in it must not look like an installation that
        wants no vault.
        """
        database = self.vault_postgres_dsn or None
        keyring = None if self.vault_keyring == Path() else self.vault_keyring  # an empty variable
        if database is None and keyring is None:
            return None
        if database is None or keyring is None:
            missing, there = "DUBAN_VAULT_POSTGRES_DSN", "DUBAN_VAULT_KEYRING"
            if keyring is None:
                missing, there = there, missing
            raise UnusableSetting(f"{there} is given, which needs {missing}: a vault is both, and no vault is neither")
        return database, keyring

    def go_together(self) -> None:
        """Refuse half a vault, beside what no service can do with."""
        super().go_together()
        _ = self.vault
