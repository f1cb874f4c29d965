"""Webhook signatures after standard-webhooks: every endpoint has a secret of its own, two while secrets rotate."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook


def endpoint_secret(master_secret: str, endpoint: str) -> str:
    """Return the secret (`whsec_...`) of one endpoint; the office is told this one and can derive no other's."""
    digest = hmac.new(master_secret.encode(), f"duban-webhook\n{endpoint}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(digest).decode()


class Signer:
    """Signs for any endpoint with each master secret, the current one first."""

    def __init__(self, master_secrets: Sequence[str]) -> None:
        if not master_secrets or not all(master_secrets):
            raise ValueError("at least one webhook master secret is needed")
        self._master_secrets = tuple(master_secrets)

    def headers(self, endpoint: str, *, message_id: str, at: datetime, body: str) -> dict[str, str]:
        """Return webhook-id, webhook-timestamp and webhook-signature; `at` is wall time."""
        # The library reads the wall-clock fields as UTC whatever the zone says.
        moment = at.astimezone(UTC)
        signatures = [
            Webhook(endpoint_secret(secret, endpoint)).sign(msg_id=message_id, timestamp=moment, data=body)
            for secret in self._master_secrets
        ]
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
