"""A listed slice begun in a copy of the house: it is named where it must be, passes every lint, and answers."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.load.million.reads import READS
from tools.generate.parts import SERVICES
from tools.new_slice.__main__ import main
from tools.new_slice.house import ROOT
from tools.new_slice.naming import (
    in_books,
    in_bootstrap,
    in_fill,
    in_growth,
    in_layers,
    in_layers_of_books,
    in_readme,
    in_reads,
    in_rights,
)
from tools.new_slice.tests.copies import runs
from tools.structure import language, layout, size
from tools.structure.source import sources

# What starts programs is no unit test.
pytestmark = pytest.mark.servers

_ROUTES = """
from services.chassis.unconnected import app_without_servers
for service in {services}:
    app = app_without_servers(service)
    for noun in ("oddities", "rarities"):
        assert app.url_path_for("list_" + noun) == "/v1/" + noun
    asked = {{each["name"] for each in app.openapi()["paths"]["/v1/oddities"]["get"]["parameters"]}}
    assert asked == {{"county", "after", "limit"}}
"""

_NEW = re.compile("/oddities|/rarities|bootstrap")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house in which each service has begun to list oddities, and rarities, which are of a sector."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "services", copy / "services", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    (copy / "deploy").mkdir()
    (copy / "deploy" / "profiles").symlink_to(ROOT / "deploy" / "profiles")
    shutil.copytree(ROOT / "tests" / "load", copy / "tests" / "load", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "conftest.py", copy)
    for service in SERVICES:
        assert main([service, "oddities", "--list", "--zh", "任务"], copy) == 0
        assert main([service, "rarities", "--list", "--sector", "--zh", "任务"], copy) == 0
    return copy


def touched(house: Path) -> list[Path]:
    """What the command wrote or changed of Python."""
    services = [house / "services" / service for service in SERVICES]
    places = (*(f"{above}{noun}" for above in ("", "tests/") for noun in ("oddities", "rarities")), "bootstrap.py")
    return [*(service / place for service in services for place in places), *(rights(house, each) for each in SERVICES)]


def rights(house: Path, service: str) -> Path:
    """Where a service's specimens are listed."""
    tests = house / "services" / service / "tests"
    return tests / "specimens.py" if (tests / "specimens.py").exists() else tests / "test_rights.py"


def test_it_is_formatted_and_clean(house: Path) -> None:
    python = [str(path) for path in touched(house)]
    runs(house, "-m", "ruff", "check", "-q", *python)
    runs(house, "-m", "ruff", "format", "--check", "-q", *python)


def test_the_lint_of_the_house_finds_nothing_in_it(house: Path) -> None:
    # What is begun stands in these alone, and lists of codes are held against every enum; the house is 2,000 files.
    modules = list(sources(house, "oddit", "Oddit", "rarit", "Rarit", "StrEnum"))
    python = [path for place in touched(house) for path in (place.rglob("*.py") if place.is_dir() else [place])]
    assert {str(path.relative_to(house)) for path in python} <= {module.path for module in modules}
    found = [*size.check(modules), *layout.check(house), *language.check(modules, house)]
    assert [str(finding) for finding in found if _NEW.search(str(finding))] == []


def test_its_tests_pass(house: Path) -> None:
    tests = [str(path) for path in touched(house) if path.parent.name == "tests" and path.is_dir()]
    runs(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)


def test_it_is_asked_of_a_large_database(house: Path) -> None:
    catalogue = "tests/load/test_million.py::test_a_list_or_a_filter_of_one_that_the_catalogue_does_not_have_is_told"
    runs(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"{catalogue}[{service}]" for service in READS))


def test_a_large_database_has_rows_of_it_and_answers_from_an_index(
    house: Path, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_POSTGRES_DSN", postgres_dsn)
    plans = "tests/load/test_million.py::test_every_list_is_answered_from_an_index_and_touches_little[gateway]"
    runs(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", plans)
    for service in READS:
        filled = (house / "tests/load/million/sql" / f"{service}.sql").read_text(encoding="utf-8")
        assert "INSERT INTO oddity (oddity_id, county)" in filled
        assert "INSERT INTO rarity (rarity_id, county, sector)" in filled


def test_in_a_service_with_a_second_wall_its_table_stands_behind_it_and_is_read_through_it(
    house: Path, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_POSTGRES_DSN", postgres_dsn)
    wall = "services/ledger/tests/test_second_wall.py::test_every_table_stands_behind_the_wall_or_has_a_reason_not_to"
    runs(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", wall)
    read = (house / "services/ledger/oddities/http.py").read_text(encoding="utf-8")
    assert "database.reading(caller.scope, asks=True)" in read


def test_its_list_is_served_by_the_service(house: Path) -> None:
    runs(house, "-c", _ROUTES.format(services=SERVICES))


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_a_layer_beside_the_topmost_slices_and_its_rights_are_tried(house: Path, service: str) -> None:
    rules = tomllib.loads((house / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [rule["layers"] for rule in rules if rule.get("containers") == [f"services.{service}"]]
    assert layers[layers.index("bootstrap") + 1].endswith(" | oddities | rarities")
    assert re.search(r"^ +ODDITIES,\n +RARITIES,$", rights(house, service).read_text(), re.MULTILINE)


def test_its_rights_hold_with_a_sector_and_without(
    house: Path, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_POSTGRES_DSN", postgres_dsn)
    # The gateway has the fewest lists, so that its table of rights is tried in seconds.
    runs(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", "services/gateway/tests/test_rights.py")


def test_a_place_that_does_not_look_as_expected_is_left_to_a_person() -> None:
    assert in_bootstrap("SLICES = all_of_them()\n", "ledger", "oddities") is None
    assert in_layers("[tool.importlinter]\n", "ledger", "oddities") is None
    assert in_rights("assert True\n", "ledger", "oddities") is None
    assert in_reads("STATISTICS = none()\n", "statistics", "oddities") is None
    assert in_layers_of_books("[tool.importlinter]\n", "ledger", "oddities") is None
    assert in_books("BOOKS = every_book()\n", "ledger", "oddities") is None
    assert in_growth("[gateway]\n", "ledger", "oddity", "怪事") is None
    assert in_readme("# Ledger\n", {"Slices": "| `oddities` |"}) is None


def test_rows_of_a_large_database_come_before_what_they_are_drawn_from_goes() -> None:
    statement = "\nINSERT INTO oddity;\n"
    assert in_fill("CREATE;\nDROP TABLE drawn;\n", statement) == "CREATE;\nINSERT INTO oddity;\nDROP TABLE drawn;\n"
    assert in_fill("CREATE;\n", statement) == "CREATE;\nINSERT INTO oddity;\n"


def test_a_list_of_slices_that_grows_too_long_for_its_line_is_broken() -> None:
    slices = ", ".join(f'"{name * 12}": {name * 12}' for name in "abc")
    text = f"from services.ledger.aa.wire import wire as aa\n\nSLICES: Final = {{{slices}}}\n"
    made = in_bootstrap(text, "ledger", "long_names_of_slices")
    assert made is not None
    assert made.endswith('    "long_names_of_slices": long_names_of_slices,\n}\n')
    assert f'    "{"a" * 12}": {"a" * 12},\n' in made
