"""The e-mail without a network: what is written into a message, and what is a mailbox."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.notifications.channels.email import EMAIL, EmailCarrier, EmailSettings, is_mailbox
from services.notifications.tests.parcels import PARCEL, means


def test_every_attempt_writes_the_same_message_id() -> None:
    carrier = EmailCarrier(means(), EmailSettings())
    mails = [carrier.message(replace(PARCEL, attempt=attempt), "a@x.example") for attempt in (1, 2)]
    for mail in mails:
        assert mail.count(f"Message-ID: <{PARCEL.delivery_id}@jincheng.example>".encode()) == 1


def test_no_server_drops_repeats_so_an_unknown_outcome_is_a_persons_decision() -> None:
    assert not EMAIL.drops_repeats


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
