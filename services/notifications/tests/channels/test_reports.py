"""Reports of mail servers are read as RFC 3464 has them, and nothing else is."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.receivers.mail import delivery_report
from deploy.local.receivers.store import parse
from services.notifications.channels.email import EmailCarrier, EmailSettings
from services.notifications.channels.model.reports import Action, NoReport, read_reports
from services.notifications.tests.parcels import PARCEL, means

TO = "xiaofang@140502.example"
ID = str(PARCEL.delivery_id)
OTHER = str(UUID(int=8))
# As Postfix writes it.
REPORT = f"""\
From: MAILER-DAEMON@relay.example
To: duban@jincheng.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
Original-Envelope-Id: none
Arrival-Date: Fri,  6 Mar 2026 09:00:00 +0800 (CST)

Final-Recipient: rfc822; {TO}
Original-Recipient: rfc822;{TO.upper()}
Action: failed
Status: 5.1.1 (unknown user)
Remote-MTA: dns; mx.example
Diagnostic-Code: smtp; 550 5.1.1 <{TO}>:
    no such user

--b
Content-Type: message/rfc822

From: duban@jincheng.example
Message-ID: <{ID}@jincheng.example>
Subject: x

text
--b--
"""


def read(text: str) -> list[tuple[str, str, str, str]]:
    found = read_reports(text.encode())
    return [(str(each.delivery_id), each.action, each.status, each.detail) for each in found]


def test_a_report_says_which_letter_came_back_and_why() -> None:
    [report] = read_reports(REPORT.encode())
    assert report.delivery_id == PARCEL.delivery_id
    assert report.recipients == {TO}
    assert (report.action, report.status) == (Action.FAILED, "5.1.1")
    assert report.detail == "smtp; 550 5.1.1 <<address>>: no such user"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("message/rfc822\n", "text/rfc822-headers\n"),
        ("message/rfc822\n", "message/global-headers\n"),
        ("\n", "\r\n"),
        ("report-type=delivery-status; ", ""),
        ("multipart/report", "Multipart/Report"),
        (f"Message-ID: <{ID}@jincheng.example>\n", f"Message-ID:\n <{ID.upper()}@elsewhere.example>\n"),
        ("Original-Recipient", "X-None"),
    ],
)
def test_servers_write_reports_in_many_ways(old: str, new: str) -> None:
    assert old in REPORT
    assert [found[:3] for found in read(REPORT.replace(old, new))] == [(ID, "failed", "5.1.1")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Original-Envelope-Id: none", f"Original-Envelope-Id: {ID}"),
        ("To: duban@", f"To: bounces+{ID}@"),
        ("To: duban@", f"Delivered-To: bounces+{ID}@"),
    ],
)
def test_without_the_letters_message_id_its_envelope_names_the_delivery(old: str, new: str) -> None:
    text = REPORT.replace("Message-ID", "X-None")
    assert [found[0] for found in read(text.replace(old, new))] == [ID]
    with pytest.raises(NoReport, match="no-delivery"):
        read(text)


@pytest.mark.parametrize(
    ("old", "new", "action", "status"),
    [
        ("Action: failed", "Action: Delayed ", Action.DELAYED, "5.1.1"),
        ("Status: 5.1.1 (unknown user)", "Status: 4.4.7", Action.FAILED, "4.4.7"),
        ("Status: 5.1.1 (unknown user)", "Status: five", Action.FAILED, "5.0.0"),
        ("Status: 5.1.1 (unknown user)", "X-None: 1", Action.FAILED, "5.0.0"),
        ("Action: failed\nStatus: 5.1.1 (unknown user)", "Action: delayed", Action.DELAYED, "4.0.0"),
        ("Action: failed\nStatus: 5.1.1 (unknown user)", "Action: relayed", Action.RELAYED, "2.0.0"),
    ],
)
def test_what_the_server_did_and_its_status_are_read(old: str, new: str, action: Action, status: str) -> None:
    assert old in REPORT
    assert [found[1:3] for found in read(REPORT.replace(old, new))] == [(action, status)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no-delivery-status"),
        ("From: a@x.example\nSubject: 自动回复：休假\n\nhello", "no-delivery-status"),
        (REPORT.replace("multipart/report", "multipart/mixed"), "no-delivery-status"),
        (REPORT.replace("message/delivery-status", "text/plain"), "no-delivery-status"),
        (REPORT.replace("Original-Envelope-Id: none", f"Original-Envelope-Id: {OTHER}"), "contradictory"),
        (REPORT.replace("Action: failed", "Action: eaten"), "no-recipient"),
        (REPORT.replace("Action: failed", "Action:"), "no-recipient"),
        (REPORT.replace("-Recipient", "-None"), "no-recipient"),
        (REPORT[: REPORT.index("Message-ID")], "no-delivery"),
        ("Content-Type: message/rfc822\n\n" + REPORT, "no-delivery-status"),
    ],
    ids=range(10),
)
def test_what_is_no_report_about_a_letter_of_ours_says_why(text: str, code: str) -> None:
    with pytest.raises(NoReport, match=f"^{code}$"):
        read(text)


def test_the_demonstrations_mail_server_writes_such_reports() -> None:
    letter = parse(EmailCarrier(means(), EmailSettings()).message(PARCEL, TO))
    [report] = read_reports(delivery_report(letter, TO, "duban@jincheng.example"))
    assert (report.delivery_id, report.recipients, report.action) == (
        PARCEL.delivery_id,
        frozenset({TO}),
        Action.FAILED,
    )
    assert report.detail == "smtp; 550 5.1.1 <<address>>: 用户不存在"


@given(st.binary(max_size=500))
def test_no_bytes_make_the_reader_stumble(raw: bytes) -> None:
    with suppress(NoReport):
        read_reports(raw)


@given(st.integers(0, len(REPORT)), st.integers(0, 60), st.binary(max_size=60))
def test_no_damage_to_a_report_makes_the_reader_stumble(at: int, length: int, instead: bytes) -> None:
    raw = REPORT.encode()
    with suppress(NoReport):
        for report in read_reports(raw[:at] + instead + raw[at + length :]):
            assert report.detail.encode().decode().isprintable()
            assert report.status.encode()[:1] in b"245"
