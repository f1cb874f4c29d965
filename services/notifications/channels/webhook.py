"""接口推送: one signed POST to a county's system, after standard-webhooks; its receiver drops repeats by `webhook-id`.

`DUBAN_WEBHOOK_SECRET=... python -m services.notifications.channels.webhook 140502/emergency_management` prints the
secret of one office, to be handed to its system's keeper.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import msgspec
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict
from standardwebhooks.webhooks import Webhook

from services.chassis.process.secret_files import Environment
from services.notifications.channels.handlers.posting import HttpCarrier, Post
from services.notifications.channels.model.answers import Answer, Response, read_http
from services.notifications.channels.model.channel import MOST_SECONDS, Channel, Means, Parcel

# Known to everybody who reads this file: accepted only while every webhook goes to loopback.
DEMONSTRATION_SECRET: Final = "duban-demonstration-webhook-secret"  # noqa: S105 - public on purpose
_BASE: Final = "{webhook_base}"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
# What systems that forward to a robot hand back of it: -1, 45009 and 45033 of WeCom, busy or over its rate, 130101 and
# 410100 of DingTalk, over its rate. Every other code needs a person.
_BUSY: Final = (-1, 45009, 45033, 130101, 410100)


class UnsafeSettings(ValueError):
    """These settings must not run."""


class WebhookSettings(Environment):
    """What is not the profile's to say: the base of addresses, and the master keys of signatures."""

    model_config = SettingsConfigDict(env_prefix="DUBAN_WEBHOOK_", frozen=True, hide_input_in_errors=True)

    base: str = Field(default="http://127.0.0.1:18026", description="fills {webhook_base} of the profile's contacts")
    secret: SecretStr = Field(
        default=SecretStr(DEMONSTRATION_SECRET),
        description="master secrets of webhook signatures, comma-separated, the current one first; two while rotating",
    )

    timeout: float = Field(default=10.0, gt=0, le=MOST_SECONDS, description="wall seconds for a whole attempt")

    def masters(self) -> list[str]:
        """Return the master secrets, the current one first."""
        return [part.strip() for part in self.secret.get_secret_value().split(",")]

    def url(self, address: str) -> str:
        """Return the URL that an address of contacts.json stands for."""
        return address.replace(_BASE, self.base.rstrip("/"))


def endpoint_secret(master: str, endpoint: str) -> str:
    """Return the secret (`whsec_...`) of one endpoint; the office is told this one and can derive no other's."""
    digest = hmac.new(master.encode(), f"duban-webhook\n{endpoint}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(digest).decode()


class Signer:
    """Signs for any endpoint with each master secret, the current one first."""

    def __init__(self, masters: Sequence[str]) -> None:
        if not masters or not all(masters):
            raise ValueError("at least one webhook master secret is needed")
        self._masters = tuple(masters)

    def headers(self, endpoint: str, *, message_id: str, at: datetime, body: str) -> dict[str, str]:
        """Return webhook-id, webhook-timestamp and webhook-signature; `at` is wall time."""
        # The library reads the wall-clock fields as UTC whatever the zone says.
        moment = at.astimezone(UTC)
        signatures = [
            Webhook(endpoint_secret(master, endpoint)).sign(msg_id=message_id, timestamp=moment, data=body)
            for master in self._masters
        ]
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def document(parcel: Parcel) -> str:
    """Return the body of a letter's webhook: the same bytes on every attempt."""
    letter = parcel.content
    data = {
        "letter_id": str(letter.letter_id),
        "number": letter.number,
        "kind": letter.kind,
        "title": letter.title,
        "text": letter.body,
        "about": letter.about,
        "county": letter.county,
        "unit": letter.unit,
        "due_on": letter.due_on,
    }
    content = {"type": "duban.letter.issued", "timestamp": letter.issued_at, "data": data}
    return msgspec.json.encode(content).decode()


def read_webhook(response: Response) -> Answer:
    """Read a receiver's response (standard-webhooks), and the `errcode` in it, if any."""
    return read_http(response, busy=_BUSY)


def open_webhooks(means: Means, settings: WebhookSettings) -> HttpCarrier:
    """Return the carrier; raises UnsafeSettings for the published secret as soon as a webhook leaves this machine."""
    _check_secret(settings, means.addresses)
    signer = Signer(settings.masters())

    def write(parcel: Parcel, address: str) -> Post:
        body = document(parcel)
        message_id = str(parcel.delivery_id)
        headers = signer.headers(parcel.endpoint or "", message_id=message_id, at=means.wall(), body=body)
        return Post(settings.url(address), body.encode(), headers)

    return HttpCarrier(means.destinations, write=write, read=read_webhook, url=settings.url, timeout=settings.timeout)


def _check_secret(settings: WebhookSettings, addresses: Iterable[str]) -> None:
    """Anybody could sign letters with a secret that everybody knows."""
    if DEMONSTRATION_SECRET not in settings.masters():
        return
    hosts = [urlsplit(settings.url(address)).hostname for address in addresses]
    outside = [host for host in hosts if host not in _LOOPBACK]
    if outside:
        raise UnsafeSettings(
            f"set DUBAN_WEBHOOK_SECRET: webhooks go to {outside[0]}, and the demonstration's secret is public"
        )


# Every attempt of a delivery carries the same `webhook-id`, so a receiver can tell a repeat.
CHANNEL: Final = Channel(code="webhook", drops_repeats=True, settings=WebhookSettings, open=open_webhooks)


def main() -> None:
    """Print the secret that the current master secret gives the endpoint named on the command line."""
    match sys.argv[1:]:
        case [endpoint] if "/" in endpoint:
            masters = WebhookSettings().masters()
        case _:
            raise SystemExit("usage: python -m services.notifications.channels.webhook <county>/<unit>")
    if masters == [DEMONSTRATION_SECRET] or not masters[0]:
        raise SystemExit("set DUBAN_WEBHOOK_SECRET to the service's own")
    sys.stdout.write(endpoint_secret(masters[0], endpoint) + "\n")


if __name__ == "__main__":
    main()
