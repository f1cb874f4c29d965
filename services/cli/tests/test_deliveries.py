"""`duban deliveries retry`, asked of a notifications that goes on meanwhile."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services.cli.command_line import app


def delivery(name: str) -> dict[str, Any]:
    return {"delivery_id": name, "channel": "email", "county": "140502", "state": "pending"}


@pytest.mark.parametrize(
    ("words", "still", "code", "wanted"),
    [
        (["--channel", "email"], [], 0, "1 件此间已自行发出"),
        (["--channel", "email"], ["b"], 1, "✗ b：该送达当前状态不允许此操作"),
        (["a", "b"], [], 1, "✗ b：该送达当前状态不允许此操作"),
    ],
)
def test_what_went_out_by_itself_between_look_and_word_is_no_failure_unless_it_was_named(
    monkeypatch: pytest.MonkeyPatch, words: list[str], still: list[str], code: int, wanted: str
) -> None:
    asked: list[str] = []

    def request(verb: str, url: str, *, params: dict[str, str] | None = None, **_: Any) -> httpx.Response:
        if verb == "POST":
            asked.append(url.removeprefix("http://notifications/v1/deliveries/"))
            refused = url.endswith("/b/retry")
            return httpx.Response(409 if refused else 200, json={"detail": "该送达当前状态不允许此操作"})
        assert params is not None
        there = [] if params["state"] != "pending" else (still if asked else ["a", "b"])
        return httpx.Response(200, json={"items": [delivery(name) for name in there], "next": None})

    monkeypatch.setattr(httpx, "request", request)
    monkeypatch.setenv("DUBAN_NOTIFICATIONS_URL", "http://notifications")
    monkeypatch.setenv("DUBAN_KEY", "secret")
    ran = CliRunner().invoke(app, ["deliveries", "retry", *words])
    assert (ran.exit_code, asked) == (code, ["a/retry", "b/retry"])
    assert wanted in ran.output
    assert "已重新发送 1 件" in ran.output
