"""Reports of mail servers about letters that they took before: delivery status notifications, RFC 3464. Pure."""

from __future__ import annotations

import email
import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Final
from uuid import UUID

from services.notifications.channels.model.text import one_line, without_addresses

_RETURNED: Final = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)
_STATUS: Final = re.compile(r"\s*([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
# RFC 3463: "other undefined status", for a report that doesn't say.
_NO_STATUS: Final = {"failed": "5.0.0", "delayed": "4.0.0"}
_UUID: Final = re.compile(r"(?<![0-9a-f-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f-])", re.ASCII)
_LONGEST_DETAIL: Final = 300
_MOST_RECIPIENTS: Final = 20


class NoReport(Exception):
    """This mail reports nothing about a letter of ours; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Action(enum.StrEnum):
    """What the reporting server did (RFC 3464 2.3.3). `failed` is final, whatever the status: it tries no more."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a server says of one recipient; `recipients` are the mailboxes it names for it, folded to one case.

    `status` is RFC 3463's (`5.1.1`); `detail` is the remote server's own word, without addresses.
    """

    delivery_id: UUID
    recipients: frozenset[str]
    action: Action
    status: str
    detail: str


def read_reports(raw: bytes) -> Sequence[Report]:
    """Read a mail; raises NoReport for one that is no report or names no delivery of ours, or two of them."""
    try:
        message = email.message_from_bytes(raw)
        parts = _parts(message)
        fields = [_fields(block) for part in parts["message/delivery-status"] for block in _blocks(part)]
        delivery_id = _delivery(message, parts, fields)
    except NoReport:
        raise
    except Exception as error:
        # The parser of mails stumbles over some that nobody should have sent; what it makes of them is nothing to us.
        raise NoReport("unreadable") from error
    reports = [report for each in fields[:_MOST_RECIPIENTS] if (report := _report(delivery_id, each))]
    if not reports:
        raise NoReport("no-recipient")
    return reports


def _parts(message: Message) -> dict[str, list[Message]]:
    """Return the report's own parts by type, and none of what they quote: a letter may quote a report."""
    found: dict[str, list[Message]] = {"message/delivery-status": []}
    if message.get_content_type() == "multipart/report" and message.is_multipart():
        for part in _blocks(message):
            found.setdefault(part.get_content_type(), []).append(part)
    if not found["message/delivery-status"]:
        raise NoReport("no-delivery-status")
    return found


def _blocks(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (each for each in payload if isinstance(each, Message))


def _fields(part: Message) -> dict[str, str]:
    """Return header fields as they came, the first of each name; bytes that are no ASCII stand as surrogates."""
    found: dict[str, str] = {}
    for name, value in part.raw_items():
        found.setdefault(name.lower(), str(value))
    return found


def _delivery(message: Message, parts: dict[str, list[Message]], fields: Sequence[dict[str, str]]) -> UUID:
    """Return the delivery that is spoken of, by the envelope's id, the letter's Message-ID or the address it came to."""
    said = [each.get("original-envelope-id", "") for each in fields]
    for kind in _RETURNED & parts.keys():
        said += [_fields(_returned(part)).get("message-id", "") for part in parts[kind]]
    head = _fields(message)
    said += [head.get(name, "") for name in ("delivered-to", "x-original-to", "to")]
    ids = {UUID(found) for text in said for found in _UUID.findall(text.lower())}
    if len(ids) != 1:
        raise NoReport("contradictory" if ids else "no-delivery")
    return ids.pop()


def _returned(part: Message) -> Message:
    for letter in _blocks(part):
        return letter
    headers = part.get_payload(decode=True)
    return email.message_from_bytes(headers if isinstance(headers, bytes) else b"")


def _report(delivery_id: UUID, fields: dict[str, str]) -> Report | None:
    """Read one group of fields; None for the group about the whole message and for what says nothing we know."""
    named = [_mailbox(fields[name]) for name in ("original-recipient", "final-recipient") if name in fields]
    said = fields.get("action", "").strip().lower()
    if not named or said not in set(Action):
        return None
    status = _STATUS.match(fields.get("status", ""))
    detail = one_line(without_addresses(fields.get("diagnostic-code", "")))
    return Report(
        delivery_id=delivery_id,
        recipients=frozenset(named),
        action=Action(said),
        status=status.group(1) if status else _NO_STATUS.get(said, "2.0.0"),
        detail=detail[:_LONGEST_DETAIL].rstrip(),
    )


def _mailbox(field: str) -> str:
    """Return the mailbox of `rfc822; name@host`."""
    return field.rpartition(";")[2].strip().strip("<>").casefold()
