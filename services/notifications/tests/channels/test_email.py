"""The e-mail without a network: what is written into a message, and what is a mailbox."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from duban_contracts.admissible.texts import fits_line
from services.notifications.channels.email import CHANNEL, EmailCarrier, EmailSettings, is_mailbox
from services.notifications.tests.parcels import PARCEL, means


def test_every_attempt_writes_the_same_message_id() -> None:
    carrier = EmailCarrier(means(), EmailSettings())
    mails = [carrier.message(replace(PARCEL, attempt=attempt), "a@x.example") for attempt in (1, 2)]
    for mail in mails:
        assert mail.count(f"Message-ID: <{PARCEL.delivery_id}@jincheng.example>".encode()) == 1


lines = st.text(min_size=1, max_size=150).filter(fits_line)


@example(" =?utf-8?q?x?= A  B\u3000 ", ["=?utf-8?q?x?=", " A  B\u200b"])
@example("x" * 300, ["."])
@given(lines, st.lists(lines, min_size=1, max_size=5))
def test_a_letter_arrives_as_it_is_written(title: str, body: list[str]) -> None:
    content = replace(PARCEL.content, title=title, body="\n".join(body))
    sent = EmailCarrier(means(), EmailSettings()).message(replace(PARCEL, content=content), "a@x.example")
    mail = email.message_from_bytes(sent, policy=email.policy.default)
    assert mail["Subject"] == f"{title}（{PARCEL.content.number}）"
    assert mail.get_content().removesuffix("\r\n").split("\r\n") == body


def test_no_server_drops_repeats_so_an_unknown_outcome_is_a_persons_decision() -> None:
    assert not CHANNEL.drops_repeats


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("yingji@140502.example", True),
        ("full-2.yingji+a_b@x-y.example", True),
        ("yingji", False),
        ("a@b@c.example", False),
        ("a@x.example\nBcc: b@x.example", False),
        ("a@x.example, b@x.example", False),
        ("应急@x.example", False),
        ("", False),
    ],
)
def test_a_mailbox_is_one_plain_address(text: str, fits: bool) -> None:  # noqa: FBT001 - a parameter of the table
    assert is_mailbox(text) is fits
