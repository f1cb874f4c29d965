from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from contracts.tests.tables import each
from duban_contracts.admissible.texts import fits_line
from duban_contracts.catalogue import EventType
from duban_contracts.codec import event_types, lookup
from duban_contracts.generate.__main__ import main
from duban_contracts.generate.admissible_pages import pages
from duban_contracts.generate.code_tables import with_table
from duban_contracts.generate.families import read_by
from duban_contracts.generate.meaning import meaning
from duban_contracts.topics import CONSUMERS, TopicFamily

CONTRACTS = Path(__file__).parents[1]
_RUNS = re.compile(r"^\| U\+([0-9A-F]+)(?: – U\+([0-9A-F]+))? \|", re.MULTILINE)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("schemas", "fixtures", "docs"):
        shutil.copytree(CONTRACTS / name, tmp_path / name)
    for name in ("asyncapi.json", "published.json", "digests.json", "pyproject.toml"):
        shutil.copy(CONTRACTS / name, tmp_path / name)
    return tmp_path


def test_the_committed_files_are_what_the_catalogue_generates() -> None:
    assert main(["--check", "--directory", str(CONTRACTS)]) == 0


def test_each_edited_file_is_stale_until_it_is_generated_again(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited = [
        "asyncapi.json",
        "published.json",
        "docs/event-types.md",
        "docs/codes.zh-CN.md",
        "docs/admissible.md",
        "docs/admissible.zh-CN.md",
        "schemas/duban.hazard.reported.v1.json",
    ]
    for name in edited:
        (checkout / name).write_text("edited", encoding="utf-8")
    assert main(["--check", "--directory", str(checkout)]) == 1
    said = capsys.readouterr().err
    assert [name for name in edited if f"stale: contracts/{name}" not in said] == []
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
    assert (released / "published.json").is_file()
    assert (released / "digests.json").is_file()
    assert main(["--release", "--directory", str(checkout)]) == 1


def test_a_directory_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["--directory", str(tmp_path)])


def test_a_county_guide_with_another_table_of_codes_is_stale(tmp_path: Path) -> None:
    shutil.copytree(CONTRACTS, tmp_path / "contracts", ignore=shutil.ignore_patterns("released", "src", "tests"))
    (tmp_path / "docs").mkdir()
    for page in ("county-guide.md", "county-guide.zh-CN.md", "readers.md"):
        shutil.copy(CONTRACTS.parent / "docs" / page, tmp_path / "docs")
    guide = tmp_path / "docs" / "county-guide.zh-CN.md"
    fresh = guide.read_text(encoding="utf-8")
    guide.write_text(fresh.replace("`rate-limited`", "`too-fast`"), encoding="utf-8")
    assert main(["--check", "--directory", str(tmp_path / "contracts")]) == 1
    assert main(["--directory", str(tmp_path / "contracts")]) == 0
    assert guide.read_text(encoding="utf-8") == fresh


def test_a_county_guide_without_a_place_for_the_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place"):
        with_table("# A guide\n", "en")


def test_the_documents_say_the_whole_docstring_but_not_the_title_twice() -> None:
    def says(entry: EventType) -> None:
        said = meaning(entry)
        whole = " ".join((entry.model.__doc__ or "").split())
        assert whole in {said, f"{entry.title_zh}: {said}"}
        assert not said.startswith(f"{entry.title_zh}: ")

    each(event_types(), says, name=lambda entry: entry.name)


def test_a_colon_inside_a_docstring_cuts_nothing_off() -> None:
    assert meaning(lookup("duban.claim.recorded.v1")).startswith("The claim is in the ledger, once: `number`")


@pytest.mark.parametrize("family", list(TopicFamily))
def test_the_documents_name_the_readers_that_are_declared(family: TopicFamily) -> None:
    named = set(read_by(family).split(", ")) - {"county systems", "nobody yet"}
    assert named == {each.service for each in CONSUMERS if family in each.reads}


def test_the_pages_of_what_a_text_may_hold_name_every_character_that_none_may() -> None:
    unfit = {point for point in range(0x110000) if not fits_line(chr(point))}
    planes = {(plane << 16) + offset for plane in range(1, 17) for offset in (0xFFFE, 0xFFFF)}
    for page in pages().values():
        runs = ((int(first, 16), int(last or first, 16)) for first, last in _RUNS.findall(page))
        assert planes | {point for first, last in runs for point in range(first, last + 1)} == unfit
