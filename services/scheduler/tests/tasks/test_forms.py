"""What a kind records is a JSON Schema of the profile; a submission is held to it, and only sums leave the service."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from duban_contracts.codec import decode
from duban_contracts.days import Zone
from duban_contracts.events.tasks import TaskSubmitted
from duban_contracts.profile import ProfileError
from services.scheduler.tasks.handlers.forms import Form, Forms, load_forms
from services.scheduler.tasks.handlers.taskbook import load_task_policy
from services.scheduler.tasks.moves import Submit
from services.scheduler.tasks.tables import rows
from services.scheduler.tests.bench import PROFILE
from services.scheduler.tests.tasks.stage import OWNER, Stage, report

DRILL: dict[str, Any] = {
    "site": "示例一号仓库（虚构）",
    "areas": ["甲区", "乙区"],
    "participants": 60,
    "evaluated": True,
}


def forms() -> Forms:
    return load_forms(PROFILE)


def test_the_example_city_has_forms_that_are_schemas_and_a_policy() -> None:
    assert {"training", "drill", "inspection"} <= forms().by_kind.keys()
    assert forms().check("drill", DRILL) is None
    assert load_task_policy(PROFILE, Zone("Asia/Shanghai")).returned_days == 3


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"participants": 0}, "form.participants"),
        ({"areas": []}, "form.areas"),
        ({"areas": ["甲区", "甲区"]}, "form.areas"),
        ({"leader": "某人"}, "form"),
        ({"site": None}, "form.site"),
    ],
)
def test_a_form_that_breaks_its_schema_is_refused_at_its_field(changed: dict[str, Any], field: str) -> None:
    said = forms().check("drill", {**DRILL, **changed})
    assert said is not None
    assert (said.code, said.field) == ("form-invalid", field)


def test_a_kind_without_a_form_takes_none_and_a_required_form_is_demanded() -> None:
    unknown = forms().check("gathering", {"x": 1})
    assert unknown is not None
    assert unknown.code == "form-invalid"
    assert forms().check("gathering", None) is None
    strict = Forms({"drill": Form(title="演练", required=True, schema={"type": "object"})})
    missing = strict.check("drill", None)
    assert missing is not None
    assert missing.code == "form-required"


def test_a_profile_whose_form_is_no_schema_is_refused_with_its_place(tmp_path: Path) -> None:
    for schema, field in (({"type": "objekt"}, ".type"), ({"type": "array"}, ".type")):
        wrong = {"forms": {"drill": {"title": "演练", "schema": schema}}}
        (tmp_path / "forms.json").write_text(json.dumps(wrong), encoding="utf-8")
        with pytest.raises(ProfileError) as raised:
            load_forms(tmp_path)
        assert raised.value.field == f"$.forms.drill.schema{field}"


async def test_a_drill_is_filed_with_its_areas_and_only_its_sums_are_published(stage: Stage) -> None:
    stage.taskbook = replace(stage.taskbook, forms=forms())
    task = report(kind="drill", figures=("participants",))
    await stage.plan(task)
    await stage.tick()
    assert await stage.move(task, Submit(summary="已演练", form={**DRILL, "areas": []}), OWNER) == "form-invalid"
    await stage.move(task, Submit(summary="已演练", form=DRILL), OWNER)
    [told] = [data for data in map(decode, await stage.said(task)) if isinstance(data, TaskSubmitted)]
    assert (told.figures, "甲区" in str(told)) == ({"participants": 60}, False)
    async with stage.database.acquire() as connection:
        assert await rows.form_of(connection, task.task_id) == DRILL
