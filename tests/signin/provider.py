"""A real, independent provider as a process: the certified `oidc-provider` of Node, and a browser in small before it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from joserfc.jwk import ECKey, KeyParameters, RSAKey

from deploy.local.ports import free_ports

HERE: Final = Path(__file__).parent / "node"
NODE: Final = shutil.which("node") or "node"
AUDIENCE: Final = "duban"
CALLBACK: Final = "https://office.city.example/callback"
CLIENT: Final = "office"
# Who there is, by subject, and what the provider was set up to say of them.
PEOPLE: Final = {
    "6f1c-regulator": {
        "duban_account": "regulator-140502-1",
        "duban_role": "county_regulator",
        "duban_area": "140502",
        "duban_unit": "emergency_management",
        "duban_sectors": "*",
    },
    "77aa-operator": {"duban_role": "operator", "duban_area": "140500", "duban_sectors": ["coal_mine"]},
    "0000-guest": {"email": "guest@city.example"},
}


@dataclass(frozen=True)
class Signed:
    """What an application has after a person signed in."""

    access_token: str
    id_token: str
    nonce: str


def new_key(kid: str, algorithm: str = "ES256") -> dict[str, Any]:
    """Return a private key to sign with, as a provider is given it."""
    said: KeyParameters = {"kid": kid, "use": "sig", "alg": algorithm}
    made = RSAKey.generate_key(2048, said) if algorithm == "RS256" else ECKey.generate_key("P-256", said)
    return dict(made.as_dict(private=True))


@dataclass
class Provider:
    """One provider at one address, which it keeps when it is started anew."""

    home: Path
    packages: Path
    port: int = field(default_factory=lambda: free_ports(1)[0])
    _process: subprocess.Popen[str] | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *keys: dict[str, Any]) -> None:
        """Run it with these keys, of which the first signs; return when it listens."""
        shutil.copy(HERE / "provider.mjs", self.home)
        if not (self.home / "node_modules").exists():
            (self.home / "node_modules").symlink_to(self.packages)
        told = {"issuer": self.issuer, "port": self.port, "audience": AUDIENCE, "lifetime": 3600}
        file = self.home / "settings.json"
        file.write_text(json.dumps({**told, "keys": keys, "people": PEOPLE}), encoding="utf-8")
        with (self.home / "provider.log").open("ab") as log:
            self._process = subprocess.Popen(
                [NODE, "provider.mjs", file.name], cwd=self.home, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said == "ready\n", (self.home / "provider.log").read_text(encoding="utf-8")

    def stop(self) -> None:
        """End it; nobody listens at its address from then on."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def sign_in(self, subject: str) -> Signed:
        """Sign somebody in as a browser and an application do: authorization code, PKCE (RFC 7636), nonce."""
        verifier, nonce, state = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": CLIENT,
            "response_type": "code",
            "scope": "openid",
            "redirect_uri": CALLBACK,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "nonce": nonce,
            "state": state,
        }
        with httpx.Client(base_url=self.issuer, timeout=60) as browser:
            back = self._through_the_forms(browser, browser.get("/auth", params=asked), subject)
            assert back["state"] == [state]
            assert back["iss"] == [self.issuer]
            given = browser.post(
                "/token",
                data={
                    "grant_type": "authorization_code",
                    "client_id": CLIENT,
                    "code": back["code"][0],
                    "code_verifier": verifier,
                    "redirect_uri": CALLBACK,
                },
            )
        assert given.status_code == 200, given.text
        return Signed(given.json()["access_token"], given.json()["id_token"], nonce)

    def _through_the_forms(self, browser: httpx.Client, answer: httpx.Response, subject: str) -> dict[str, list[str]]:
        for _ in range(10):
            if answer.is_redirect:
                where = urljoin(self.issuer, answer.headers["location"])
                if where.startswith(CALLBACK):
                    return parse_qs(urlsplit(where).query)
                answer = browser.get(where)
                continue
            assert answer.status_code == 200, answer.text
            form = re.search(r'action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="([^"]+)"', answer.text)
            assert form is not None, answer.text
            assert prompt is not None, answer.text
            answer = browser.post(form[1], data={"prompt": prompt[1], "login": subject, "password": "any"})
        raise AssertionError("the provider never came back")
