from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban_contracts.generate.families import FAMILIES
from duban_contracts.kafka_users import (
    OPERATOR,
    Operation,
    Quota,
    Quotas,
    Resource,
    Right,
    User,
    city_users,
    county_user,
    load_quotas,
    service_user,
)
from duban_contracts.profile import ProfileError
from duban_contracts.topics import CONSUMERS, WRITERS, TopicFamily, city_topics

COUNTIES = ["140502", "140521"]


def users(prefix: str = "") -> dict[str, User]:
    return {user.name: user for user in city_users(COUNTIES, prefix)}


def reaches(right: Right, name: str) -> bool:
    return name.startswith(right.name) if right.prefixed else name == right.name


def test_a_county_writes_its_claims_reads_its_answers_and_has_groups_of_its_own_and_no_more() -> None:
    assert {str(right) for right in users()["county-140502"].rights} == {
        "Write Topic county.140502.v1",
        "Read Topic county.140502.feedback.v1",
        "Read Group county-140502*",
        "Write TransactionalId county-140502*",
    }


@given(st.lists(st.from_regex(r"\A[0-9]{6}\Z"), min_size=2, max_size=6, unique=True), st.sampled_from(["", "demo."]))
def test_no_right_of_a_county_reaches_what_is_anothers_or_the_citys(counties: list[str], prefix: str) -> None:
    by_name = {user.name: user for user in city_users(counties, prefix)}
    for county in counties:
        own = {f"{prefix}county.{county}.v1", f"{prefix}county.{county}.feedback.v1"}
        rights = by_name[county_user(county)].rights
        for topic in city_topics(counties, prefix):
            touched = any(right.resource is Resource.TOPIC and reaches(right, topic.name) for right in rights)
            assert touched == (topic.name in own)
        groups = [right for right in rights if right.resource is not Resource.TOPIC]
        foreign = [f"{prefix}{each.group}" for each in CONSUMERS] + [county_user(c) for c in counties if c != county]
        assert not any(reaches(right, name) for right in groups for name in foreign)


def test_a_service_may_do_what_the_declared_topics_and_consumers_say() -> None:
    scheduler = {str(right) for right in users("demo.")[service_user("scheduler")].rights}
    assert scheduler == {
        "Read Topic demo.ledger.hazard.v1",
        "Write Topic demo.ledger.hazard.v1",  # a dead letter that is reinserted
        "Read Group demo.scheduler.hazards",
        "Write Topic demo.scheduler.hazards.dlq.v1",
        *(f"{how} Topic demo.county.{county}.v1" for county in COUNTIES for how in ("Read", "Write")),
        *(f"Write Topic demo.county.{county}.feedback.v1" for county in COUNTIES),
        "Read Group demo.scheduler.claims",
        "Write Topic demo.scheduler.claims.dlq.v1",
        "Write Topic demo.scheduler.supervision.v1",
        "Write Topic demo.scheduler.task.v1",
    }
    for reader in CONSUMERS:
        rights = users()[service_user(reader.service)].rights
        assert Right(Resource.GROUP, reader.group, Operation.READ) in rights


def test_only_statistics_touches_its_own_table() -> None:
    touching = {
        user.name for user in users().values() for right in user.rights if right.name == "statistics-hazards-changelog"
    }
    assert touching == {service_user("statistics"), OPERATOR}


def test_the_operator_looks_at_everything_and_changes_nothing() -> None:
    rights = users()[OPERATOR].rights
    assert {right.name for right in rights if right.resource is Resource.TOPIC} == {
        topic.name for topic in city_topics(COUNTIES)
    }
    assert Operation.WRITE not in {right.operation for right in rights}


def test_who_writes_is_said_in_the_documents_as_well() -> None:
    assert set(WRITERS) == set(TopicFamily)
    for family, services in WRITERS.items():
        assert all(service in FAMILIES[family].written_by for service in services)


def test_counties_have_quotas_and_services_none() -> None:
    quotas = Quotas(exceptions={"140521": Quota(producer_byte_rate=4096)})
    by_name = {user.name: user.quota for user in city_users(COUNTIES, quotas=quotas)}
    assert by_name["county-140502"] == Quota()
    assert by_name["county-140521"] == Quota(producer_byte_rate=4096)
    assert by_name[service_user("ledger")] is by_name[OPERATOR] is None


def test_a_profile_without_quotas_has_the_usual_ones(tmp_path: Path) -> None:
    assert load_quotas(tmp_path, COUNTIES) == Quotas()


@pytest.mark.parametrize(
    ("given_quotas", "field"),
    [
        ({"exceptions": {"999999": {}}}, "$.exceptions.999999"),
        ({"counties": {"producer_byte_rate": 1}}, "$.counties.producer_byte_rate"),
        ({"counties": {"speed": 1}}, "$.counties"),
    ],
)
def test_wrong_quotas_are_refused_by_field(tmp_path: Path, given_quotas: dict[str, object], field: str) -> None:
    (tmp_path / "quotas.json").write_text(json.dumps(given_quotas))
    with pytest.raises(ProfileError) as refused:
        load_quotas(tmp_path, COUNTIES)
    assert refused.value.field == field


def test_the_examples_quotas_are_the_usual_ones() -> None:
    profile = Path(__file__).parents[2] / "deploy" / "profiles" / "jincheng"
    assert load_quotas(profile, COUNTIES) == Quotas()
