from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from duban_contracts.generate.__main__ import main

CONTRACTS = Path(__file__).parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("schemas", "fixtures", "docs"):
        shutil.copytree(CONTRACTS / name, tmp_path / name)
    for name in ("asyncapi.json", "pyproject.toml"):
        shutil.copy(CONTRACTS / name, tmp_path / name)
    return tmp_path


def test_the_committed_files_are_what_the_catalogue_generates() -> None:
    assert main(["--check", "--directory", str(CONTRACTS)]) == 0


@pytest.mark.parametrize("name", ["asyncapi.json", "docs/event-types.md", "schemas/duban.hazard.reported.v1.json"])
def test_an_edited_file_is_stale_until_it_is_generated_again(
    checkout: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / name).write_text("edited", encoding="utf-8")
    assert main(["--check", "--directory", str(checkout)]) == 1
    assert f"stale: contracts/{name}" in capsys.readouterr().err
    assert main(["--directory", str(checkout)]) == 0
    assert main(["--check", "--directory", str(checkout)]) == 0


def test_a_missing_file_is_stale(checkout: Path) -> None:
    (checkout / "schemas" / "duban.hazard.closed.v1.json").unlink()
    assert main(["--check", "--directory", str(checkout)]) == 1


def test_a_left_over_file_is_stale_and_goes(checkout: Path) -> None:
    left_over = checkout / "schemas" / "duban.hazard.sold.v1.json"
    left_over.write_text("{}", encoding="utf-8")
    assert main(["--check", "--directory", str(checkout)]) == 1
    assert main(["--directory", str(checkout)]) == 0
    assert not left_over.exists()
    assert main(["--check", "--directory", str(checkout)]) == 0


def test_a_version_is_released_once(checkout: Path) -> None:
    assert main(["--release", "--directory", str(checkout)]) == 0
    (released,) = (checkout / "released").iterdir()
    assert (released / "schemas" / "duban.hazard.reported.v1.json").is_file()
    assert (released / "fixtures" / "duban.hazard.reported.v1" / "full.kafka.json").is_file()
    assert main(["--release", "--directory", str(checkout)]) == 1


def test_a_directory_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["--directory", str(tmp_path)])
