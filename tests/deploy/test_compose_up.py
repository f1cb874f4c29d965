"""What up.sh passes on to the service `backup`, and what it lays out for Prometheus, by a `docker` that only says what it was asked."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.composition import read, up
from tests.deploy.expressions import ROOT

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("words", [["beside"], ["restore"], ["keep"], ["base"], [""], [], ["list", "restore"], ["run"]])
def test_the_bundle_passes_on_only_what_changes_nothing_of_the_server(tmp_path: Path, words: list[str]) -> None:
    done, asked = _up(tmp_path, "backup", *words)
    assert (done, asked) == (2, "")


@pytest.mark.parametrize(
    ("word", "told"), [("take", "base"), ("list", "list"), ("verify", "verify"), ("check", "check")]
)
def test_the_bundle_takes_lists_and_checks_backups(tmp_path: Path, word: str, told: str) -> None:
    done, asked = _up(tmp_path, "backup", word)
    assert (done, asked.split()[-5:]) == (0, ["exec", "-T", "backup", "/backup.sh", told])


def test_every_series_of_services_and_machine_carries_the_name_of_the_city(tmp_path: Path) -> None:
    assert {each["labels"]["city"] for file in ("duban", "node") for each in _scraped(tmp_path, file)} == {"jincheng"}
    (tmp_path / "compose" / "city.env").write_text("DUBAN_CITY=nan-shan   # ours\n", encoding="utf-8")
    assert {each["labels"]["city"] for file in ("duban", "node") for each in _scraped(tmp_path, file)} == {"nan-shan"}
    # Prometheus is another user.
    assert all(file.stat().st_mode & 0o004 for file in (tmp_path / "compose" / "targets").glob("*.yml"))


def test_an_edge_is_missed_only_where_one_was_chosen(tmp_path: Path) -> None:
    targets = tmp_path / "compose" / "targets"
    _laid_out(tmp_path)
    for layers, watched in (("edge observability", True), ("observability", False)):
        (tmp_path / "compose" / "city.env").write_text(f"LAYERS={layers}\n", encoding="utf-8")
        _up(tmp_path / "compose", "ps")
        assert (targets / "edge.yml").exists() == watched


@pytest.mark.parametrize("name", ["", "南山", "a/b", "Nanshan"])
def test_a_city_of_which_a_label_can_not_be_made_is_refused_before_anything_starts(tmp_path: Path, name: str) -> None:
    _laid_out(tmp_path)
    (tmp_path / "compose" / "city.env").write_text(f"DUBAN_CITY={name}\n", encoding="utf-8")
    assert _up(tmp_path / "compose") == (2, "")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("DUBAN_SUBNET=10.9.8.0/24", 2),
        ("DUBAN_SUBNET=10.9.8.0", 2),
        ("DUBAN_SUBNET=10.9.8.0/24\nDUBAN_SUBNET_GIVEN_OUT=10.9.8.128/16", 2),
        ("DUBAN_SUBNET=10.9.8.0/24\nDUBAN_SUBNET_GIVEN_OUT=10.9.8.128/25\nLAYERS=edge", 2),
        ("DUBAN_EDGE_ADDRESS=172.31.251.130\nLAYERS=edge", 2),
        ("DUBAN_SUBNET=10.9.8.0/24\nDUBAN_SUBNET_GIVEN_OUT=10.9.8.128/25\nLAYERS=observability", 0),
        ("DUBAN_SUBNET=10.9.8.0/24\nDUBAN_SUBNET_GIVEN_OUT=10.9.8.128/25\nDUBAN_EDGE_ADDRESS=10.9.8.2\nLAYERS=edge", 0),
    ],
)
def test_a_network_whose_parts_do_not_fit_is_refused_before_anything_starts(
    tmp_path: Path, lines: str, status: int
) -> None:
    (tmp_path / "city.env").write_text(lines + "\n", encoding="utf-8")
    done, asked = _up(tmp_path)
    assert (done, bool(asked)) == (status, status == 0)
    # Whoever looks or puts an end to it is let.
    assert _up(tmp_path, "ps")[0] == 0


@pytest.mark.parametrize(("layers", "drops"), [("observability", 1), ("", 1), ("observability backup", 0)])
def test_who_leaves_the_backup_out_leaves_no_slot_for_which_the_log_is_kept(
    tmp_path: Path, layers: str, drops: int
) -> None:
    (tmp_path / "city.env").write_text(f"LAYERS={layers}\n", encoding="utf-8")
    done, asked = _up(tmp_path)
    started, *later = asked.removeprefix("compose").split("compose --env-file")
    assert (done, "--remove-orphans" in started) == (0, True)
    assert sum("pg_drop_replication_slot(slot_name)" in each and "'duban_backup'" in each for each in later) == drops


@pytest.mark.parametrize(("layers", "forgets"), [("observability", 1), ("", 0), ("observability backup", 0)])
def test_who_leaves_the_backup_out_is_not_called_for_how_it_last_stood(
    tmp_path: Path, layers: str, forgets: int
) -> None:
    (tmp_path / "city.env").write_text(f"LAYERS={layers}\n", encoding="utf-8")
    done, asked = _up(tmp_path)
    assert (done, asked.count("run --rm --no-deps -T forget")) == (0, forgets)
    forget = read("observability")["services"]["forget"]
    assert (forget["command"], forget["volumes"]) == (["rm", "-f", "/watched/backup.prom"], ["watched:/watched"])


def test_a_slot_that_nobody_reads_never_fills_the_disk() -> None:
    for command in (read("")["services"]["postgres"]["command"], read("backup")["services"]["postgres"]["command"]):
        (bound,) = (each.partition("=")[2] for each in command if each.startswith("max_slot_wal_keep_size="))
        assert 0 < int(bound.removesuffix("GB")) <= 16
    # What the layer repeats of the core's command is the core's.
    assert set(read("")["services"]["postgres"]["command"]) <= set(read("backup")["services"]["postgres"]["command"])


def _laid_out(place: Path) -> None:
    """The folders that up.sh reads, as in a checkout."""
    targets = Path("prometheus") / "targets" / "compose"
    shutil.copytree(ROOT / "deploy" / targets, place / targets, dirs_exist_ok=True)
    (place / "compose" / "targets").mkdir(parents=True, exist_ok=True)


def _scraped(place: Path, file: str) -> list[dict[str, Any]]:
    """The targets of a file, once up.sh was run in a checkout below `place`."""
    _laid_out(place)
    assert _up(place / "compose", "ps")[0] == 0
    scraped: list[dict[str, Any]] = yaml.safe_load(
        (place / "compose" / "targets" / f"{file}.yml").read_text(encoding="utf-8")
    )
    return scraped


def _up(place: Path, *words: str) -> tuple[int, str]:
    done = up(place, *words)
    return done.returncode, "".join(line for line in done.stdout.splitlines() if line.startswith("compose"))
