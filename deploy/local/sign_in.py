"""People's sign-in on this machine: the development issuer as a process, what services are told of it, and its tokens."""

from __future__ import annotations

import base64
import json
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Final

from deploy.local import leftovers
from deploy.local.program import Program
from deploy.local.settings import LOOPBACK
from deploy.local.trouble import Trouble
from duban_contracts.profile import ProfileError, load_city
from services.chassis.access.accounts import load_accounts
from services.chassis.access.roles import INTEGRATORS, holds

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.settings import Settings
    from duban_contracts.profile import City
    from services.chassis.access.accounts import Account

AUDIENCE: Final = "duban"
NAME: Final = "issuer"
_PRIORITY: Final = 21
_SECONDS: Final = 10


def url(port: int) -> str:
    """Return the issuer's address, which is its name."""
    return f"http://{LOOPBACK}:{port}"


def credentials(settings: Settings) -> Path:
    """Return where the issuer keeps its key and its one secret."""
    return settings.credentials / NAME


def offered(settings: Settings) -> bool:
    """Return whether there is an issuer here: for an example, never for a city in production. Raises `Trouble`."""
    return not _read(settings)[0].production


def _read(settings: Settings) -> tuple[City, tuple[Account, ...]]:
    try:
        city = load_city(settings.profile)
        return city, load_accounts(settings.profile, city)
    except (OSError, ProfileError) as error:
        raise Trouble(
            f"The city profile cannot be used: {error}.", "Correct it, or name another with DUBAN_PROFILE."
        ) from error


def program(settings: Settings) -> Program:
    """Return the issuer as a process."""
    environment = {
        "DUBAN_PROFILE": str(settings.profile),
        "DUBAN_ISSUER_PORT": str(settings.port(NAME)),
        "DUBAN_ISSUER_CREDENTIALS": str(credentials(settings)),
        "DUBAN_OIDC_AUDIENCE": AUDIENCE,
        leftovers.MARK: str(settings.home),
    }
    return Program(NAME, [sys.executable, "-m", "deploy.local.issuer"], _PRIORITY, environment)


def environment(settings: Settings) -> dict[str, str]:
    """Return what services are told, so that they take the issuer's tokens."""
    return {
        "DUBAN_OIDC_ISSUER": url(settings.port(NAME)),
        "DUBAN_OIDC_AUDIENCE": AUDIENCE,
        "DUBAN_OIDC_PEOPLE": "claims",
        "DUBAN_OIDC_ACCOUNT_CLAIM": "duban_account",
    }


def account_of(settings: Settings, wanted: str) -> str:
    """Return the account that `wanted` means: itself, or the first one of a role (`county-regulator`). Raises `Trouble`."""
    people = [account for account in _read(settings)[1] if not holds(account, INTEGRATORS)]
    for account in people:
        if account.account == wanted:
            return wanted
    for account in people:
        if account.role == wanted.replace("-", "_"):  # a name, not a decision
            return account.account
    roles = dict.fromkeys(account.role.replace("_", "-") for account in people)
    raise Trouble(
        f"Nobody called {wanted!r} signs in here." if wanted else "Whose token?",
        f"Use `make token AS=NAME` with a role ({', '.join(roles)}) or an account of {settings.profile / 'accounts.json'}.",
    )


def token(settings: Settings, account: str) -> str:
    """Ask the running issuer for a token of `account`. Raises `Trouble`."""
    file = credentials(settings) / "secret"
    if not offered(settings):
        raise Trouble("This is a city in production.", "Its own provider gives tokens.")
    try:
        secret = file.read_text(encoding="utf-8").strip()
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{url(settings.port(NAME))}/token",
            data=b"grant_type=client_credentials",
            headers={"Authorization": "Basic " + base64.b64encode(f"{account}:{secret}".encode()).decode()},
        )
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            given: str = json.load(answer)["access_token"]
    except (OSError, urllib.error.URLError) as error:
        raise Trouble(
            f"The issuer gives no token: {error}.", "Is the platform up? `make up`, `make status`."
        ) from error
    return given
