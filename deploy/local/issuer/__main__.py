"""Run the development issuer: DUBAN_PROFILE, DUBAN_ISSUER_PORT, DUBAN_ISSUER_CREDENTIALS, DUBAN_OIDC_AUDIENCE."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import uvicorn
from joserfc.jwk import ECKey

from deploy.local import secrets_store, sign_in
from deploy.local.issuer.app import Issuer, create_app
from deploy.local.settings import LOOPBACK
from deploy.local.trouble import Trouble
from duban_contracts.profile import load_city
from services.chassis.access.accounts import load_accounts
from services.chassis.process.clock import SystemClock


def issuer(profile: Path, port: int, credentials: Path, audience: str) -> Issuer:
    """Return the issuer of a profile's accounts; raises `Trouble` for a city in production."""
    city = load_city(profile)
    if city.production:
        raise Trouble(
            f"{profile} is the profile of a city in production, and this issuer believes anybody.",
            "Connect the city's own provider (DUBAN_OIDC_ISSUER); examples say `production: false` in city.json.",
        )
    return Issuer(
        sign_in.url(port),
        audience,
        load_accounts(profile, city),
        key=_key(credentials / "key.json"),
        secret=secrets_store.secret(credentials / "secret"),
        clock=SystemClock(),
    )


def _key(file: Path) -> ECKey:
    if not file.exists():
        made = ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)
        secrets_store.write_private(file, json.dumps(made.as_dict(private=True)))
    return ECKey.import_key(json.loads(file.read_text(encoding="utf-8")))


def main() -> int:
    port = int(os.environ["DUBAN_ISSUER_PORT"])
    try:
        served = issuer(
            Path(os.environ["DUBAN_PROFILE"]),
            port,
            Path(os.environ["DUBAN_ISSUER_CREDENTIALS"]),
            os.environ["DUBAN_OIDC_AUDIENCE"],
        )
    except Trouble as trouble:
        print(f"✗ {trouble}", file=sys.stderr)  # noqa: T201
        return 1
    uvicorn.run(create_app(served), host=LOOPBACK, port=port, log_level="warning", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
