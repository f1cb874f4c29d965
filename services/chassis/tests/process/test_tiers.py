"""What `make unit` leaves unread holds no test that it should run, and what holds one is not left unread."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.chassis.testing.tiers import left_out


def test_no_file_with_a_pure_test_is_left_out(request: pytest.FixtureRequest) -> None:
    """Of all files that this run has collected: those of the whole tree in `make test`."""
    files = {item.getparent(pytest.Module) for item in request.session.items if item.get_closest_marker("pure")}
    found = [
        each.nodeid
        for each in files
        if each and isinstance(each.parent, pytest.Collector) and left_out(each.path, each.parent)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("async def test_a(database: str, tmp_path: Path) -> None: ...\n", True),
        ("def test_a(\n    tmp_path: Path,\n    database: str,\n) -> None: ...\n", True),
        ("class TestA:\n    def test_a(self, kafka_bootstrap: str) -> None: ...\n", True),
        ("pytestmark = pytest.mark.servers\n\n\ndef test_a() -> None: ...\n", True),
        ("@pytest.mark.servers\n@pytest.mark.timeout(9)\ndef test_a() -> None: ...\n", True),
        ("def test_a(database: str) -> None: ...\n\n\ndef test_b() -> None: ...\n", False),
        ("@pytest.mark.servers\ndef test_a() -> None: ...\n\n\ndef test_b() -> None: ...\n", False),
        ("def test_a(database: str) -> None: ...\n\n\nTestLife = Life.TestCase\n", False),
        ("def test_a(database: str) -> None: ...\n\n\ntest_b = test_of(1)\n", False),
        ("from services.a.test_b import test_b\n\n\ndef test_a(database: str) -> None: ...\n", False),
        ('@pytest.mark.parametrize("database", ["a"])\ndef test_a(database: str) -> None: ...\n', False),
        (
            '@pytest.mark.parametrize("n, database", [(1, "a")])\ndef test_a(n: int, database: str) -> None: ...\n',
            False,
        ),
        ("@pytest.fixture\ndef database() -> str: ...\n\n\ndef test_a(database: str) -> None: ...\n", False),
        ("def helper(database: str) -> None: ...\n", False),
    ],
)
def test_a_file_is_left_out_when_each_of_its_tests_says_that_it_needs_servers(
    text: str, *, out: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(text, encoding="utf-8")
    module = request.node.getparent(pytest.Module)
    assert left_out(file, module.parent) is out
