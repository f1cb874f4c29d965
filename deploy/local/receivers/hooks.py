"""The demonstration's webhook endpoint: verifies signatures after standard-webhooks, keeps bodies, drops repeats."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from deploy.local.receivers import robots
from deploy.local.receivers.store import Store, arrived

_BEHAVIOURS_WITH_ARGUMENT: Final = frozenset({"flaky", "refuse", "robot"})


def endpoint_secret(master_secret: str, endpoint: str) -> str:
    """Return the secret of one endpoint, as its office was told it (services/notifications/README.md)."""
    digest = hmac.new(master_secret.encode(), f"duban-webhook\n{endpoint}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(digest).decode()


class Hooks:
    """What the endpoint remembers: kept messages, how often each was refused, how often each came again."""

    def __init__(self, directory: Path, master_secret: str) -> None:
        self._store = Store(directory, ".json")
        self._master_secret = master_secret
        self.kept = {json.loads(content)["webhook_id"] for _, content in self._store.contents()}
        self.refused: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()

    async def receive(self, behaviour: str, argument: str, endpoint: str, request: Request) -> Response:
        """Answer one message as its URL asks."""
        body, headers = await request.body(), dict(request.headers)
        try:
            # Only the newest master secret is needed: while secrets rotate, the sender signs with both.
            secret = endpoint_secret(self._master_secret, endpoint)
            Webhook(secret).verify(body, headers, json_parse=False)
        except WebhookVerificationError as error:
            return Response(f"signature refused: {error}", status_code=401)
        message_id = headers["webhook-id"]
        if refusal := self._refusal(behaviour, argument, message_id):
            return refusal
        if message_id in self.kept:
            self.repeated[message_id] += 1
        else:
            self.kept.add(message_id)
            await asyncio.to_thread(self._store.keep, _document(endpoint, headers, body))
        if behaviour == "mute":
            await asyncio.sleep(3600)
        return Response(status_code=204)

    def _refusal(self, behaviour: str, argument: str, message_id: str) -> Response | None:
        if behaviour == "flaky" and self.refused[message_id] < int(argument):
            self.refused[message_id] += 1
            return Response("try again", status_code=503)
        if behaviour == "gone":
            return Response("gone", status_code=410)
        if behaviour == "redirect":
            return Response(status_code=302, headers={"location": "/hooks/elsewhere"})
        if behaviour == "refuse":
            return Response("refused", status_code=int(argument))
        if behaviour == "robot" and argument != "0":
            return JSONResponse({"errcode": int(argument), "errmsg": "refused"})
        return None


def create_app(directory: Path, master_secret: str) -> FastAPI:
    """Return the endpoint's app; `directory` is where all that arrives is kept, for the list of arrivals."""
    hooks = Hooks(directory / "webhooks", master_secret)
    app = FastAPI(title="Duban demonstration receivers", openapi_url=None)
    app.state.hooks = hooks

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/received")
    async def received() -> dict[str, Any]:
        listed = await asyncio.to_thread(arrived, directory)
        return {**listed, "repeated_webhooks": sum(hooks.repeated.values())}

    # Before the endpoint's own route, which takes every path.
    app.include_router(robots.create_router(directory / "robots"))

    @app.post("/{behaviour}/{rest:path}")
    async def receive(behaviour: str, rest: str, request: Request) -> Response:
        argument, endpoint = rest.split("/", 1) if behaviour in _BEHAVIOURS_WITH_ARGUMENT else ("", rest)
        return await hooks.receive(behaviour, argument, endpoint, request)

    return app


def _document(endpoint: str, headers: dict[str, str], body: bytes) -> bytes:
    kept = {
        "endpoint": endpoint,
        "webhook_id": headers["webhook-id"],
        "timestamp": headers["webhook-timestamp"],
        "body": json.loads(body),
    }
    return json.dumps(kept, ensure_ascii=False, indent=1).encode()
