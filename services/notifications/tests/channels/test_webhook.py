"""The webhook without a network: what is signed, what is said, and which settings must not run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from deploy.local.receivers import hooks
from services.notifications.channels import webhook
from services.notifications.channels.webhook import (
    CHANNEL,
    Signer,
    UnsafeSettings,
    WebhookSettings,
    document,
    endpoint_secret,
    open_webhooks,
)
from services.notifications.tests.parcels import PARCEL, means
from services.notifications.tests.world import SECRET


def test_sender_and_receiver_derive_the_same_secret_and_each_endpoint_its_own() -> None:
    assert endpoint_secret(SECRET, "140502/a") == hooks.endpoint_secret(SECRET, "140502/a")
    assert endpoint_secret(SECRET, "140502/a") != endpoint_secret(SECRET, "140502/b")


def test_a_signature_is_right_for_an_instant_in_any_zone() -> None:
    now = datetime.now(UTC)
    for zone in (UTC, timezone(timedelta(hours=8))):
        headers = Signer([SECRET]).headers("e", message_id="m", at=now.astimezone(zone), body="{}")
        Webhook(endpoint_secret(SECRET, "e")).verify("{}", headers)


def test_the_demonstrations_secret_does_not_leave_the_machine() -> None:
    hook = "{webhook_base}/hooks/140502/fire_rescue"
    outside = WebhookSettings(base="https://hooks.city.example")
    with pytest.raises(UnsafeSettings, match=r"set DUBAN_WEBHOOK_SECRET: webhooks go to hooks\.city\.example"):
        open_webhooks(means(addresses=[hook]), outside)
    open_webhooks(means(addresses=[]), outside)
    open_webhooks(means(addresses=[hook]), WebhookSettings(base="http://127.0.0.1:18026"))
    open_webhooks(means(addresses=[hook]), outside.model_copy(update={"secret": SecretStr("our-own")}))


def test_a_letter_is_told_whole_with_what_it_is_about() -> None:
    told = msgspec.json.decode(document(PARCEL))
    assert told == {
        "type": "duban.letter.issued",
        "timestamp": "2026-03-06T00:00:00Z",
        "data": {
            "letter_id": str(PARCEL.content.letter_id),
            "number": "晋市安委办督〔2026〕12号",
            "kind": "urging",
            "title": "关于督促整改逾期事故隐患（JC-1）的函",
            "text": "正文\n第二行\n",
            "about": {"kind": "hazard", "id": "h-1", "number": "JC-1"},
            "county": "140502",
            "unit": "fire_rescue",
            "due_on": "2026-03-05",
        },
    }


def test_repeats_are_dropped_by_the_receiver_so_an_unknown_outcome_may_be_tried_again() -> None:
    assert CHANNEL.drops_repeats


def test_the_profiles_addresses_stand_on_the_settings_base() -> None:
    settings = WebhookSettings(base="https://hooks.city.example/")
    assert settings.url("{webhook_base}/hooks/1") == "https://hooks.city.example/hooks/1"
    assert settings.url("https://elsewhere.example/x") == "https://elsewhere.example/x"


def test_a_signer_without_a_secret_is_refused() -> None:
    for masters in ([], [""], ["one", ""]):
        with pytest.raises(ValueError, match="at least one"):
            Signer(masters)


def test_the_keeper_of_an_offices_system_is_told_its_secret_and_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DUBAN_WEBHOOK_SECRET", f"{SECRET}, the-old-one")
    monkeypatch.setattr("sys.argv", ["webhook", "140502/fire_rescue"])
    webhook.main()
    assert capsys.readouterr().out == endpoint_secret(SECRET, "140502/fire_rescue") + "\n"
    monkeypatch.delenv("DUBAN_WEBHOOK_SECRET")
    with pytest.raises(SystemExit, match="set DUBAN_WEBHOOK_SECRET"):
        webhook.main()
    monkeypatch.setattr("sys.argv", ["webhook", "fire_rescue"])
    with pytest.raises(SystemExit, match="usage"):
        webhook.main()
