"""`python -m services.notifications.delivery bounce`: put one report of a mail server (stdin) into the mailbox.

For mail servers that pipe: `bounces: "|DUBAN_BOUNCE_MAILDIR=... python -m services.notifications.delivery bounce"`. The
service takes it from there. Ends with 75 (try again) when it can't be written, 78 when no mailbox is set.
"""

from __future__ import annotations

import os
import sys

from services.notifications.delivery.handlers import mailbox


def main() -> int:
    """Return the exit code that mail servers understand (sysexits)."""
    if sys.argv[1:] != ["bounce"]:
        sys.stderr.write("usage: python -m services.notifications.delivery bounce < report\n")
        return os.EX_USAGE
    maildir = mailbox.ReportSettings().maildir
    if maildir is None:
        sys.stderr.write("set DUBAN_BOUNCE_MAILDIR\n")
        return os.EX_CONFIG
    try:
        mailbox.put(maildir, mailbox.beginning(sys.stdin.buffer))
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return os.EX_TEMPFAIL
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
