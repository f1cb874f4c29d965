"""What the county guide says of numbers, addresses and installing is so, in both languages."""

from __future__ import annotations

import json
import re
from typing import Final

import pytest
from pydantic_settings import BaseSettings

from deploy.local.settings import ROOT
from duban_contracts.codes import CODES
from services.gateway.settings import Settings as Gateway
from services.ledger.settings import Settings as Ledger
from services.notifications.settings import Settings as Notifications
from services.scheduler.settings import Settings as Scheduler

DOCS: Final = ROOT / "docs"
GUIDES: Final = ("county-guide.md", "county-guide.zh-CN.md")
SERVICES: Final[dict[str, type[BaseSettings]]] = {
    "GATEWAY": Gateway,
    "LEDGER": Ledger,
    "SCHEDULER": Scheduler,
    "NOTIFICATIONS": Notifications,
}
RULE: Final = re.compile(r"^(\d+)\. \*\*(.+?)\*\*", re.MULTILINE)
FROM_AN_INDEX: Final = re.compile(r"pip install [^\n`]*(?<!/)duban[-_]contracts")


def rules(page: str) -> list[tuple[str, str]]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return RULE.findall(text[text.index("\n## 7. ") : text.index("\n## 8. ")])


@pytest.mark.parametrize("page", GUIDES)
def test_the_rules_are_numbered_one_after_the_other(page: str) -> None:
    assert [int(number) for number, _ in rules(page)] == list(range(1, len(rules(GUIDES[0])) + 1))


@pytest.mark.parametrize(
    ("page", "pattern"), [(GUIDES[0], r"\brule (\d+)"), (GUIDES[1], r"规则 ?第? ?(\d+)")], ids=["English", "Chinese"]
)
def test_a_rule_that_is_named_by_its_number_is_the_one_that_is_meant(page: str, pattern: str) -> None:
    text, said = (DOCS / page).read_text(encoding="utf-8"), dict(rules(page))
    named = re.findall(pattern, text)
    assert sorted(named) == ["11", "7"]
    assert said["7"] in {"Send when it happens", "随时发生随时报"}
    assert said["11"] in {"Numbers that look the same are the same.", "看起来相同的编号就是同一编号。"}


@pytest.mark.parametrize("page", GUIDES)
def test_the_guide_names_each_service_it_sends_one_to_by_its_own_port(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    said = dict(re.findall(r"^export ([A-Z]+)=http://127\.0\.0\.1:(\d+)$", text, re.MULTILINE))
    assert said == {name: str(settings.model_fields["http_port"].default) for name, settings in SERVICES.items()}


@pytest.mark.parametrize("page", GUIDES)
def test_what_the_guide_asks_of_a_service_is_there_for_a_countys_key(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    rights = (DOCS / "rights.md").read_text(encoding="utf-8").splitlines()
    rows = re.findall(r"^\| `\$([A-Z]+)` \| [^|]+ \| (.+) \|$", text, re.MULTILINE)
    assert {name for name, _ in rows} == set(SERVICES)
    for name, told in rows:
        paths = json.loads((DOCS / "openapi" / f"{name.lower()}.json").read_text(encoding="utf-8"))["paths"]
        for path in re.findall(r"`(/v1/[a-z-]+)`", told):
            assert path in paths or any(found.startswith(f"{path}/") for found in paths)
            assert any("`integrator`" in row and re.search(rf"[A-Z] {path}[`/]", row) for row in rights), path


def test_a_refusal_that_a_county_is_told_to_expect_is_one_that_something_says() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for top in ("services", "contracts/src")
        for path in sorted((ROOT / top).rglob("*.py"))
        if "tests" not in path.parts
    )
    assert [name for name, meaning in CODES.items() if meaning.county and f'"{name}"' not in code] == []


def test_nobody_is_told_to_take_the_contract_from_an_index_where_its_name_is_anybodys() -> None:
    told = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for top in ("README.md", "README.zh-CN.md", "docs", "contracts", "services")
        for path in ([ROOT / top] if (ROOT / top).is_file() else sorted((ROOT / top).rglob("*")))
        if path.suffix in {".md", ".py"} and (found := FROM_AN_INDEX.search(path.read_text(encoding="utf-8")))
    ]
    assert told == []
