"""A running city, a marked reporter whom it must not betray, and how to speak to it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from deploy.local import ephemeral
from services.chassis.testing.searching import Marked
from tests.deploy import running
from tests.system import canary
from tests.system.canary import Spans

ENTERPRISE: Final = "91140500MA0EXAMPL1"


def digits(number: int) -> str:
    return "".join(secrets.choice("123456789") for _ in range(number))


@dataclass
class City:
    """A running platform with its vault, and what is looked for in it."""

    running: running.Platform
    home: Path
    spans: Spans
    vault_dsn: str
    prefix: str
    bootstrap: str
    name: str = field(default_factory=lambda: f"举报人{secrets.token_hex(8)}")
    phone: str = field(default_factory=lambda: f"139{digits(12)}")
    id_number: str = field(default_factory=lambda: digits(18))
    contact: str = field(default_factory=lambda: f"信箱{secrets.token_hex(8)}")
    public: str = field(default_factory=lambda: f"公开{secrets.token_hex(8)}")
    tips: list[str] = field(default_factory=list)
    hazards: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = ephemeral.in_own_loop(canary.give_keys(self.running.dsns, ENTERPRISE))

    @property
    def reporter(self) -> dict[str, str]:
        return {"name": self.name, "phone": self.phone, "id_number": self.id_number, "contact": self.contact}

    @property
    def secret(self) -> Marked:
        return Marked([self.name, self.phone, self.id_number, self.contact])

    @property
    def urls(self) -> dict[str, str]:
        return {name: self.running.url(name) for name in self.running.settings.services}

    def post(self, path: str, account: str, body: Any = None, **headers: str) -> httpx.Response:
        token = self.running.keys.get(account) or self.tokens[account]
        auth = {"Authorization": f"Bearer {token}"}
        return httpx.post(self.urls["ledger"] + path, json=body, headers={**auth, **headers}, timeout=60)

    def done(self, path: str, account: str, body: Any = None, **headers: str) -> dict[str, Any]:
        answer = self.post(path, account, body, **headers)
        assert answer.is_success, f"{path}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found


def sent_back(city: City, path: str, account: str, said: dict[str, Any], *texts: str) -> None:
    """Write the reporter into one text after the other; each is refused."""
    for text in texts:
        for part in city.reporter.values():
            answer = city.post(path, account, {**said, text: f"{said[text]}，{part}反映"})
            assert (answer.status_code, answer.json()["code"]) == (422, "identity-in-text"), answer.text
