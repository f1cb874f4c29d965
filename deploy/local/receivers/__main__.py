"""Run both receivers: DUBAN_SMTP_PORT, DUBAN_WEBHOOK_PORT, DUBAN_RECEIVERS_DIR, DUBAN_BOUNCE_MAILDIR,
DUBAN_WEBHOOK_SECRET.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

import uvicorn

from deploy.local.receivers import hooks, mail
from deploy.local.receivers.store import Store

LOOPBACK: Final = "127.0.0.1"
_DEMONSTRATION_SECRET: Final = "duban-demonstration-webhook-secret"  # noqa: S105 - public on purpose


async def serve(
    directory: Path, *, smtp_port: int, webhook_port: int, master_secret: str, bounces: Path | None = None
) -> None:
    """Serve until the process is told to stop."""
    app = hooks.create_app(directory, master_secret)
    config = uvicorn.Config(app, host=LOOPBACK, port=webhook_port, log_level="warning", access_log=False)
    async with await mail.listen(
        Store(directory / "mail", ".eml"), host=LOOPBACK, port=smtp_port, bounces=bounces or directory / "bounces"
    ):
        await uvicorn.Server(config).serve()


def main() -> None:
    """Read the environment and serve."""
    environment = os.environ
    directory = environment.get("DUBAN_RECEIVERS_DIR") or environment.get("DUBAN_RECEIVED") or ".duban/received"
    secrets = environment.get("DUBAN_WEBHOOK_SECRET") or _DEMONSTRATION_SECRET
    asyncio.run(
        serve(
            Path(directory),
            smtp_port=int(environment.get("DUBAN_SMTP_PORT", "18025")),
            webhook_port=int(environment.get("DUBAN_WEBHOOK_PORT", "18026")),
            master_secret=secrets.split(",")[0].strip(),
            bounces=Path(bounces) if (bounces := environment.get("DUBAN_BOUNCE_MAILDIR")) else None,
        )
    )


if __name__ == "__main__":
    main()
