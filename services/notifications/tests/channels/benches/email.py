"""E-mail at the demonstration's mail server: the mailbox's name says what becomes of a letter."""

from __future__ import annotations

from typing import Final

from services.notifications.channels.email import CHANNEL
from services.notifications.tests.bench import Bench

BENCH: Final = Bench(
    channel=CHANNEL,
    environment=lambda receivers: {"DUBAN_SMTP_PORT": str(receivers.smtp_port)},
    timeout="DUBAN_SMTP_TIMEOUT",
    taken="zhujian@140502.example",
    refused=("unknown.zhujian@140502.example", "550 5.1.1"),
    busy=("full.zhujian@140502.example", "452 4.2.2"),
    silent="mute.zhujian@140502.example",
    forbidden=None,
    arrived=lambda receivers: [mail.get_content() for mail in receivers.mails()],
    hidden="@140502",
)
