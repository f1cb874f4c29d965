"""The duty desk: a mail server and a webhook that Alertmanager calls. Whoever calls without its credentials is refused."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from deploy.local.ports import free_ports
from deploy.local.receivers import mail
from deploy.local.receivers.store import Store, parse
from deploy.local.settings import LOOPBACK
from deploy.prometheus import alerting

_MAILBOX: Final = "duty@desk.example"
_OUTSIDE: Final = "/outside"


@dataclass(frozen=True, slots=True)
class Call:
    """One message of Alertmanager's: when it came (wall), what it says of its group, and the alerts in it."""

    at: float
    status: str
    group: str
    alerts: tuple[tuple[str, str, str], ...]  # name, severity, status

    @property
    def wakes(self) -> bool:
        """Whether this one calls somebody at night: something critical fires."""
        return any(severity == "critical" and status == "firing" for _, severity, status in self.alerts)


@dataclass
class Desk:
    """What arrived so far, and where Alertmanager finds the desk."""

    directory: Path
    smtp_port: int
    http_port: int
    credential: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    calls: list[Call] = field(default_factory=list)
    refused: int = 0
    watched: int = 0  # how often the dead man's switch arrived outside
    closed: bool = False

    def receivers(self) -> dict[str, dict[str, Any]]:
        """Return the committed routes' receivers: who is on duty by mail and webhook, and who watches the watchers."""
        on_duty = alerting.by_mail(LOOPBACK, self.smtp_port, _MAILBOX) | {"webhook_configs": [self._hook("/calls")]}
        return {"operators": on_duty, "outside-watch": {"webhook_configs": [self._hook(_OUTSIDE)]}}

    def mails(self) -> list[tuple[float, str]]:
        """Return (when, subject) of every mail that came."""
        files = sorted((self.directory / "mail").glob("*.eml"))
        return [(file.stat().st_mtime, str(parse(file.read_bytes())["Subject"])) for file in files]

    def take(self, path: str, authorization: str, body: bytes) -> int:
        """Keep one call; return the status to answer."""
        if self.closed:
            return 503
        if not hmac.compare_digest(authorization, f"Bearer {self.credential}"):
            self.refused += 1
            return 401
        if path == _OUTSIDE:
            self.watched += 1
            return 204
        told = json.loads(body)
        alerts = tuple(
            (each["labels"]["alertname"], each["labels"].get("severity", ""), each["status"]) for each in told["alerts"]
        )
        self.calls.append(Call(time.time(), told["status"], told["groupKey"], alerts))
        return 204

    def _hook(self, path: str) -> dict[str, Any]:
        return {
            "url": f"http://{LOOPBACK}:{self.http_port}{path}",
            "send_resolved": True,
            "http_config": {"authorization": {"type": "Bearer", "credentials": self.credential}},
        }


@contextmanager
def desk(directory: Path) -> Iterator[Desk]:
    """Open the desk on two free ports."""
    smtp_port, http_port = free_ports(2)
    open_desk = Desk(directory, smtp_port, http_port)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(open_desk.take(self.path, self.headers.get("Authorization") or "", body))
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing: what came is kept."""

    server = ThreadingHTTPServer((LOOPBACK, open_desk.http_port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(mail.listen(Store(directory / "mail", ".eml"), host=LOOPBACK, port=open_desk.smtp_port))
    threading.Thread(target=loop.run_forever, daemon=True).start()
    try:
        yield open_desk
    finally:
        loop.call_soon_threadsafe(loop.stop)
        server.shutdown()
        server.server_close()
