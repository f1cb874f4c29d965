from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from duban_contracts.conformance import check

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python ?(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_the_readmes_first_event_runs_and_would_be_taken() -> None:
    names: dict[str, Any] = {}
    (first,) = (code for kind, code in BLOCKS if not kind)
    exec(first, names)  # noqa: S102  (the documented program is the thing under test)
    (finding,) = check(names["body"], county="140502")
    assert not finding.refused
    assert names["report"].sector == "hazchem"


def test_the_readmes_stories_run() -> None:
    names: dict[str, Any] = {}
    (stories,) = (code for kind, code in BLOCKS if kind == "stories")
    exec(stories, names)  # noqa: S102
    assert names["mended"].facts.state == "closed"
    assert names["given_time"].facts.deadline_on == names["june"](20)
    assert names["alarm"].due_at == names["local"](4)


def test_the_readmes_other_programs_are_python_and_their_imports_exist() -> None:
    for kind, code in BLOCKS:
        compile(code, kind, "exec")
        for line in re.findall(r"^from duban_contracts.*$", code, flags=re.MULTILINE):
            exec(line, {})  # noqa: S102
