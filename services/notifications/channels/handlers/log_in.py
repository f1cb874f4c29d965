"""How we log in at the city's relay: by one method in a session, and what counts as a refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import aiosmtplib

from services.notifications.channels.model.answers import Answer, Away, Verdict, read_smtp
from services.notifications.channels.model.pauses import Pause
from services.notifications.channels.model.text import without_addresses

# The client's own for a line that is no reply lie below.
_FIRST_CODE: Final = 100
# RFC 5321 4.2.1: 5xx.
_NEVER: Final = 5
# RFC 5321 4.2.2, RFC 4954 4: the command or its argument isn't known, so no name and password were looked at.
_NOT_KNOWN: Final = range(500, 505)
_METHODS: Final = {
    "cram-md5": aiosmtplib.SMTP.auth_crammd5,
    "plain": aiosmtplib.SMTP.auth_plain,
    "login": aiosmtplib.SMTP.auth_login,
}
_UNANSWERED: Final = Answer(Verdict.TRANSIENT, "log-in-unanswered", "no answer to the log-in", away=Away.UNSERVED)


class LogIn:
    """Logs in for whatever goes to one relay: not in the pause after a refusal, and behind it one asks for all."""

    def __init__(self, username: str | None, password: str, steady: Callable[[], float]) -> None:
        self.pause: Final = Pause(steady)
        self._username = username
        self._password = password
        self._turn = 0

    async def enter(self, client: aiosmtplib.SMTP) -> None:
        """Connect and log in; raises NotAsked, without asking, in the pause and while another asks for all."""
        with self.pause.asking():
            try:
                await client.connect()
                if self._username is not None:
                    await self._authenticate(client, self._username)
            except aiosmtplib.SMTPResponseException as error:
                if error.code // 100 == _NEVER:
                    self.pause.begin(refused(error))
                raise
            self.pause.end()

    async def _authenticate(self, client: aiosmtplib.SMTP, username: str) -> None:
        """Log in by one method. Each that is refused is a failed log-in, and some relays lock accounts after few.

        A method may be offered and not work: after a refusal the next session takes the next one.
        """
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        offered = client.supported_auth_methods
        if not offered:
            raise aiosmtplib.SMTPNotSupported("the relay offers no way to log in that we know")
        for left in reversed(range(len(offered))):
            turn = self._turn
            method = _METHODS[offered[turn % len(offered)]]
            try:
                await method(client, username, self._password)
            except aiosmtplib.SMTPAuthenticationError as error:
                if error.code // 100 == _NEVER:
                    self._turn = turn + 1
                if error.code not in _NOT_KNOWN or not left:
                    raise
            except (asyncio.CancelledError, TimeoutError, ConnectionError, aiosmtplib.SMTPResponseException):
                # Who holds refusals back longer than we wait, hangs up in place of them or says what is no reply would be
                # asked again and again.
                self._turn = turn + 1
                self.pause.begin(_UNANSWERED)
                raise
            else:
                return


def refused(error: aiosmtplib.SMTPResponseException) -> Answer:
    """Return what a refused greeting or log-in means: the relay's trouble, not the letter's, which must not fail for good."""
    if error.code < _FIRST_CODE:
        return Answer(Verdict.TRANSIENT, "connect-failed", "no SMTP reply", away=Away.UNREACHED)
    # For good, it ends by a person's hand: then the first letter that is taken tells, and nobody asks until then.
    away = Away.UNSERVED if error.code // 100 == _NEVER else Away.UNREACHED
    return replace(read_smtp(error.code, without_addresses(error.message)), verdict=Verdict.TRANSIENT, away=away)
