"""The key that this platform's ledger signs its checkpoints with: made on first use, a development key like all here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deploy.local import secrets_store

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.settings import Settings

# A demonstration lasts minutes; an installation keeps to the default of some minutes.
_SECONDS = 10


def key(settings: Settings) -> Path:
    """Where the signing keys are kept."""
    return settings.credentials / "checkpoint-key.pem"


def verifier_keys(settings: Settings) -> Path:
    """Where the keys stand that outsiders verify checkpoints with, one a line."""
    return settings.credentials / "checkpoint-verifier-keys.txt"


def environment(settings: Settings) -> dict[str, str]:
    """Return what the ledger is told; makes the key where there is none."""
    prepare(key(settings), verifier_keys(settings), settings.profile)
    return {"DUBAN_CHECKPOINT_KEY": str(key(settings)), "DUBAN_CHECKPOINT_SECONDS": str(_SECONDS)}


def prepare(file: Path, public: Path, profile: Path) -> str:
    """Make a key where there is none, write down in `public` how its signatures are verified, and return that in a line."""
    # Imported here: `down` and `status` should work while a service's code does not.
    from services.ledger.checkpoints.handlers.keys import fresh_key, keys_of  # noqa: PLC0415

    if not file.exists():
        secrets_store.write_private(file, fresh_key().decode())
    city = json.loads((profile / "city.json").read_bytes())["code"]
    verified_by = keys_of(file, city).verifier_keys()
    public.write_text("".join(f"{each}\n" for each in verified_by), encoding="utf-8")
    return f"checkpoints: verified by {' '.join(verified_by)}"
