"""Where the demo's letters arrive: a real SMTP server and a webhook endpoint, both on loopback only.

Every mail is kept as `received/mail/NNNNNN.eml`, every verified webhook as `received/webhooks/NNNNNN.json`; a second
delivery of the same thing is a second file, so that an audit can count. Faults on purpose, to practise with:
mail to `bounce*@` is refused for good (550), mail to `later*@` is refused once for now (451);
`/hooks/gone*` answers 410, `/hooks/later*` answers 503 once for each message.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import itertools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from aiosmtpd.smtp import SMTP
from fastapi import FastAPI, Request, Response
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiosmtpd.smtp import Envelope, Session


class Mailbox:
    """The SMTP server's handler; replies as RFC 5321 and RFC 3463 have them."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._numbers = _numbers_after(directory)
        self._put_off: set[tuple[str, str]] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse `bounce*@` for good, take everybody else."""
        if address.startswith("bounce"):
            return "550 5.1.1 mailbox unavailable"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message as it came, with its envelope recipients in `X-Envelope-To`."""
        content = envelope.original_content or b""
        message_id = str(_parse(content).get("Message-ID", ""))
        recipients = ",".join(envelope.rcpt_tos)
        if recipients.startswith("later") and (recipients, message_id) not in self._put_off:
            self._put_off.add((recipients, message_id))
            return "451 4.3.0 try again later"
        stamped = f"X-Envelope-To: {recipients}\r\n".encode() + content
        await asyncio.to_thread(_keep, self.directory / f"{next(self._numbers):06d}.eml", stamped)
        return "250 2.0.0 accepted"


def webhook_app(directory: Path, secret: str) -> FastAPI:
    """Build the webhook endpoint: `POST /hooks/<name>`; `GET /received` lists what arrived on both channels."""
    hooks = directory / "webhooks"
    hooks.mkdir(parents=True, exist_ok=True)
    numbers = _numbers_after(hooks)
    verifier = Webhook(secret)
    put_off: set[str] = set()
    app = FastAPI(title="Duban demo receivers", openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/hooks/{name:path}")
    async def receive(name: str, request: Request) -> Response:
        body = await request.body()
        headers = dict(request.headers)
        try:
            verifier.verify(body, headers, json_parse=False)
        except WebhookVerificationError as error:
            return Response(f"signature refused: {error}", status_code=401)
        message_id = headers["webhook-id"]
        if name.startswith("gone"):
            return Response("gone", status_code=410)
        if name.startswith("later") and message_id not in put_off:
            put_off.add(message_id)
            return Response("later", status_code=503)
        kept = {"name": name, "webhook_id": message_id, "timestamp": headers["webhook-timestamp"]}
        document = json.dumps(kept | {"body": body.decode()}, ensure_ascii=False).encode()
        await asyncio.to_thread(_keep, hooks / f"{next(numbers):06d}.json", document)
        return Response(status_code=204)

    @app.get("/received")
    async def received() -> dict[str, Any]:
        return await asyncio.to_thread(arrived, directory)

    return app


def arrived(directory: Path) -> dict[str, Any]:
    """List what the receivers kept under `directory`, oldest first, without bodies."""
    mails = [(path, _parse(path.read_bytes())) for path in sorted((directory / "mail").glob("*.eml"))]
    hooks = [json.loads(path.read_bytes()) for path in sorted((directory / "webhooks").glob("*.json"))]
    return {
        "mail": [
            {
                "file": path.name,
                "to": str(mail.get("X-Envelope-To", "")),
                "message_id": str(mail.get("Message-ID", "")),
                "subject": str(mail.get("Subject", "")),
            }
            for path, mail in mails
        ],
        "webhooks": [{name: hook[name] for name in ("name", "webhook_id", "timestamp")} for hook in hooks],
    }


async def serve(directory: Path, *, host: str, smtp_port: int, webhook_port: int, secret: str) -> None:
    """Run both receivers until the process is told to stop."""
    mailbox = Mailbox(directory / "mail")
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(
        lambda: SMTP(mailbox, hostname="duban.invalid", enable_SMTPUTF8=True, loop=loop), host, smtp_port
    )
    config = uvicorn.Config(
        webhook_app(directory, secret), host=host, port=webhook_port, log_level="warning", access_log=False
    )
    async with smtp:
        await uvicorn.Server(config).serve()


def _parse(content: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def _keep(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".part")
    fresh.write_bytes(content)
    fresh.replace(path)


def _numbers_after(directory: Path) -> Iterator[int]:
    taken = [int(path.stem) for path in directory.iterdir() if path.stem.isdigit()]
    return itertools.count(max(taken, default=0) + 1)


if __name__ == "__main__":
    asyncio.run(
        serve(
            Path(os.environ["DUBAN_RECEIVED"]),
            host="127.0.0.1",
            smtp_port=int(os.environ["DUBAN_SMTP_PORT"]),
            webhook_port=int(os.environ["DUBAN_WEBHOOK_PORT"]),
            secret=os.environ["DUBAN_WEBHOOK_SECRET"],
        )
    )
