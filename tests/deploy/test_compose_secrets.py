"""Secrets of compose: files that up.sh makes, one directory a container; none in an environment, and none is lost on the way."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import pytest

from deploy.docker.provision import service_dsns, vault_dsn
from services.chassis.process.secret_files import DIRECTORY
from tests.deploy.composition import COMPOSE, compose, secrets, up
from tools.generate.parts import SERVICES
from tools.generate.settings import variables_of

pytestmark = pytest.mark.servers

MOUNTED: Final = "/run/secrets/duban"
# Named by the compose files: what up.sh makes is asked by tests, and not wherever tests are collected.
CONTAINERS: Final = sorted(
    name for name, each in compose()["services"].items() if "./secrets/" in str(each.get("volumes"))
)
SMTP: Final = ("notifications", "DUBAN_SMTP_PASSWORD")
BEFORE: Final = """DUBAN_POSTGRES_PASSWORD=aaa
DUBAN_GATEWAY_PASSWORD=bbb
DUBAN_LEDGER_PASSWORD=ccc
DUBAN_SCHEDULER_PASSWORD=ddd
DUBAN_NOTIFICATIONS_PASSWORD=eee
DUBAN_STATISTICS_PASSWORD=fff
DUBAN_WEBHOOK_SECRET=new,old
GRAFANA_ADMIN_PASSWORD=hhh
DUBAN_SMTP_USERNAME="duban@city"   # ours
DUBAN_SMTP_PASSWORD='it is # $5'
"""


def test_no_secret_is_committed_and_no_file_names_one() -> None:
    kept_out = (COMPOSE / ".gitignore").read_text(encoding="utf-8").split()
    assert {"secrets/*", "secrets.env*", "city.env", "certificates/*"} <= set(kept_out)
    for file in (".env", *(each.name for each in COMPOSE.glob("compose*.yaml"))):
        text = (COMPOSE / file).read_text(encoding="utf-8").replace("DUBAN_SECRETS", "")
        assert not re.search(r"_(PASSWORD|KEYS|SECRET|DSN)(=|\}|: (?!/run/))|://\w+:\S+@", text), file


def test_the_secrets_are_made_once_and_nobody_else_comes_to_them(tmp_path: Path) -> None:
    assert up(tmp_path).returncode == 0
    place = tmp_path / "secrets"
    first = {file: file.read_text(encoding="utf-8") for file in place.rglob("*") if file.is_file()}
    assert place.stat().st_mode & 0o777 == 0o700
    # The containers' users are others than ours.
    assert {file.stat().st_mode & 0o777 for file in first} == {0o644}
    assert {each.stat().st_mode & 0o777 for each in place.iterdir()} == {0o755}
    assert len(set(re.findall(r"[0-9a-f]{48}", "".join(first.values())))) == 9
    done = up(tmp_path, "ps")
    assert {file: file.read_text(encoding="utf-8") for file in place.rglob("*") if file.is_file()} == first
    shown = done.stdout + done.stderr + (tmp_path / "environ").read_text(encoding="utf-8")
    assert not [value for value in first.values() if value.strip() in shown]


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_container_has_its_own_secrets_and_no_others(container: str) -> None:
    mounted = [each for each in compose()["services"][container]["volumes"] if "./secrets" in each]
    assert mounted == [f"./secrets/{container}:{MOUNTED}:ro"]
    environ = compose()["services"][container]["environment"]
    files = {name: value for name, value in environ.items() if name.endswith("_FILE")}
    if DIRECTORY in environ:
        assert (environ[DIRECTORY], files) == (MOUNTED, {})
    else:
        assert set(files.values()) == {f"{MOUNTED}/{name}" for name in secrets()[container]}


def test_every_directory_that_is_made_is_a_containers() -> None:
    assert sorted(secrets()) == CONTAINERS


def test_what_a_service_is_told_so_is_a_setting_of_it_and_the_same_password_makes_its_role() -> None:
    for service in SERVICES:
        assert secrets()[service].keys() <= variables_of(service).keys()
        password = secrets()["provision"][f"DUBAN_{service.upper()}_PASSWORD"]
        dsn = f"postgresql://duban_{service}:{password}@postgres:5432/duban_{service}"
        assert secrets()[service]["DUBAN_POSTGRES_DSN"] == secrets()["duban"][f"DUBAN_{service.upper()}_DSN"] == dsn
    superuser = secrets()["postgres"]["DUBAN_POSTGRES_PASSWORD"]
    assert secrets()["provision"]["DUBAN_POSTGRES_DSN"] == f"postgresql://postgres:{superuser}@postgres:5432/postgres"
    assert secrets()["backup"]["PGPASSWORD"] == superuser


@pytest.mark.parametrize("password", ["p@ss/w%41", "a#b?c:d e", "it's \"$x\\n\\", "AZaz09._~-*+", "密码"])
@pytest.mark.parametrize(("before", "after"), [("", "\n"), ("\ufeff", " \t\r\n\n"), ("", "")])
def test_whatever_characters_a_password_has_its_service_and_the_step_that_makes_its_role_say_the_same(
    tmp_path: Path, password: str, before: str, after: str
) -> None:
    names = {service: f"DUBAN_{service.upper()}_PASSWORD" for service in (*SERVICES, "vault")}
    place = tmp_path / "secrets"
    _filled(place / "provision", dict.fromkeys(names.values(), f"{before}{password}{after}"))
    # PostgreSQL's image takes all but the line's end.
    _filled(place / "postgres", {"DUBAN_POSTGRES_PASSWORD": f"{password}\n"})
    assert up(tmp_path, "ps").returncode == 0
    told = {DIRECTORY: str(place / "provision")}
    for service, dsn in service_dsns(SERVICES, told).items():
        assert (place / service / "DUBAN_POSTGRES_DSN").read_text(encoding="utf-8") == f"{dsn}\n"
        assert (place / "duban" / f"DUBAN_{service.upper()}_DSN").read_text(encoding="utf-8") == f"{dsn}\n"
    assert (place / "ledger" / "DUBAN_VAULT_POSTGRES_DSN").read_text(encoding="utf-8") == f"{vault_dsn(told)}\n"
    superuser = urlsplit((place / "provision" / "DUBAN_POSTGRES_DSN").read_text(encoding="utf-8").rstrip())
    assert (superuser.username, unquote(superuser.password or "")) == ("postgres", password)
    assert (superuser.hostname, superuser.port, superuser.path) == ("postgres", 5432, "/postgres")
    assert (place / "backup" / "PGPASSWORD").read_text(encoding="utf-8") == f"{password}\n"


def _filled(place: Path, files: dict[str, str]) -> None:
    place.mkdir(parents=True)
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8", newline="")


def test_what_an_installation_of_before_has_is_taken_over_and_what_it_lacked_is_made(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text(BEFORE, encoding="utf-8")
    assert up(tmp_path, "ps").returncode == 0
    found = {f"{each.parent.name}/{each.name}": each.read_text().rstrip() for each in tmp_path.glob("secrets/*/*")}
    assert found["postgres/DUBAN_POSTGRES_PASSWORD"] == found["backup/PGPASSWORD"] == "aaa"
    assert found["ledger/DUBAN_POSTGRES_DSN"] == "postgresql://duban_ledger:ccc@postgres:5432/duban_ledger"
    assert found["notifications/DUBAN_WEBHOOK_SECRET"] == "new,old"
    assert found["grafana/GRAFANA_ADMIN_PASSWORD"] == "hhh"
    assert found["notifications/DUBAN_SMTP_USERNAME"] == "duban@city"
    assert found["notifications/DUBAN_SMTP_PASSWORD"] == "it is # $5"
    # The vault came later than this installation.
    assert re.fullmatch(r"[0-9a-f]{48}", found["provision/DUBAN_VAULT_PASSWORD"])
    assert not (tmp_path / "secrets.env").exists()
    assert (tmp_path / "secrets.env.before").read_text(encoding="utf-8") == BEFORE
    # What a city then says in a file stays.
    (tmp_path / "secrets" / "notifications" / "DUBAN_WEBHOOK_SECRET").write_text("newer\n", encoding="utf-8")
    added = tmp_path / "secrets" / "notifications" / "DUBAN_IMAGINED_SECRET"
    added.write_text("ours\n", encoding="utf-8")
    added.chmod(0o600)
    assert up(tmp_path, "ps").returncode == 0
    assert (tmp_path / "secrets" / "notifications" / "DUBAN_WEBHOOK_SECRET").read_text() == "newer\n"
    assert (added.read_text(), added.stat().st_mode & 0o777) == ("ours\n", 0o644)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("export DUBAN_LEDGER_PASSWORD=ccc", "ccc"),
        ("  DUBAN_LEDGER_PASSWORD = ccc  # costs $5", "ccc"),
        ('DUBAN_LEDGER_PASSWORD="c c" # "ours"', "c c"),
        ("DUBAN_LEDGER_PASSWORD='c$c\\c'", "c$c\\c"),
        ("DUBAN_LEDGER_PASSWORD=c#c'c\r", "c#c'c"),
    ],
)
def test_a_password_is_taken_over_as_compose_read_it(tmp_path: Path, line: str, value: str) -> None:
    said = BEFORE.replace("DUBAN_LEDGER_PASSWORD=ccc", line)
    (tmp_path / "secrets.env").write_text(said, encoding="utf-8", newline="")
    assert up(tmp_path, "ps").returncode == 0
    file = tmp_path / "secrets" / "provision" / "DUBAN_LEDGER_PASSWORD"
    assert file.read_text(encoding="utf-8") == f"{value}\n"


@pytest.mark.parametrize("name", [*re.findall(r"^(\w+)=", BEFORE, re.MULTILINE), "DUBAN_VAULT_PASSWORD"])
@pytest.mark.parametrize("value", ["a$$b", "$HOME", "a\\b", '"a$b"', '"a\\"b"', "'a\\'b'", "'a", '"a" b', "#a"])
def test_what_compose_would_have_read_otherwise_is_left_to_the_city(tmp_path: Path, name: str, value: str) -> None:
    _is_refused_untouched(tmp_path, f"{BEFORE}{name}={value}\n", f"{name} in deploy/compose/secrets.env holds a quote")


@pytest.mark.parametrize("container", ["postgres", "provision", "notifications", "grafana"])
def test_a_value_that_no_quotes_can_hold_there_goes_into_the_file_that_is_named(tmp_path: Path, container: str) -> None:
    names = re.findall(r"^(\w+)=", BEFORE, re.MULTILINE)
    name = next(each for each in reversed(names) if each in secrets()[container] or (container, each) == SMTP)
    value, refused = "it's $5\\", tmp_path / "refused"
    refused.mkdir()
    (refused / "secrets.env").write_text(f"{BEFORE}{name}='{value}'\n", encoding="utf-8")
    file = f"secrets/{container}/{name}"
    assert f"with ' beside $ or \\ into the file deploy/compose/{file}," in up(refused, "ps").stderr
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(f"{value}\n", encoding="utf-8")
    left = "".join(line for line in BEFORE.splitlines(keepends=True) if not line.startswith(name))
    (tmp_path / "secrets.env").write_text(left, encoding="utf-8")
    done = up(tmp_path, "ps")
    assert (done.returncode, (tmp_path / file).read_text(encoding="utf-8")) == (0, f"{value}\n"), done.stderr
    assert (tmp_path / "secrets.env.before").exists()


@pytest.mark.parametrize("name", re.findall(r"^((?!DUBAN_SMTP)\w+)=", BEFORE, re.MULTILINE))
@pytest.mark.parametrize("line", ["{}=", '{}=""', "# {}=aaa"])
def test_no_new_password_is_made_for_a_database_that_knows_one(tmp_path: Path, name: str, line: str) -> None:
    said = re.sub(f"^{name}=.*", line.format(name), BEFORE, flags=re.MULTILINE)
    _is_refused_untouched(tmp_path, said, f"{name} is empty in deploy/compose/secrets.env")


def _is_refused_untouched(place: Path, said: str, sentence: str) -> None:
    (place / "secrets.env").write_text(said, encoding="utf-8")
    done = up(place, "ps")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(sentence)
    assert (place / "secrets.env").read_text(encoding="utf-8") == said
    assert not (place / "secrets").exists()


def test_a_take_over_that_was_broken_off_is_repeated_with_the_same_passwords(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text(BEFORE, encoding="utf-8")
    blocked = tmp_path / "secrets" / "statistics"
    blocked.parent.mkdir()
    blocked.write_text("in the way", encoding="utf-8")
    assert up(tmp_path, "ps").returncode != 0
    vault = (tmp_path / "secrets" / "provision" / "DUBAN_VAULT_PASSWORD").read_text()
    blocked.unlink()
    assert up(tmp_path, "ps").returncode == 0
    assert (tmp_path / "secrets" / "provision" / "DUBAN_VAULT_PASSWORD").read_text() == vault
    assert (tmp_path / "secrets" / "provision" / "DUBAN_STATISTICS_PASSWORD").read_text() == "fff\n"
