from __future__ import annotations

from duban_contracts.kafka_users import ADMIN, Operation, Quota, Resource, Right, User
from services.chassis.publishing.users import Binding, Changes, State, binding, compare

WRITES = Right(Resource.TOPIC, "county.140502.v1", Operation.WRITE)
GROUPS = Right(Resource.GROUP, "county-140502", Operation.READ, prefixed=True)
COUNTY = User("county-140502", (WRITES, GROUPS), Quota())
QUOTA = Quota().values()


def state(*bindings: Binding, users: tuple[str, ...] = (), **quotas: dict[str, float]) -> State:
    return State(
        frozenset(users), frozenset(bindings), {name.replace("_", "-"): value for name, value in quotas.items()}
    )


def test_an_empty_broker_lacks_everything() -> None:
    changes = compare(state(), [COUNTY])
    assert changes.lines() == [
        "+ county-140502: user",
        "+ county-140502: Write Topic county.140502.v1",
        "+ county-140502: Read Group county-140502*",
        "~ county-140502: quota producer_byte_rate 2097152",
        "~ county-140502: quota consumer_byte_rate 8388608",
        "~ county-140502: quota request_percentage 50",
    ]


def test_a_broker_that_holds_what_is_declared_needs_no_change() -> None:
    there = state(
        binding("county-140502", WRITES),
        binding("county-140502", GROUPS),
        users=("county-140502", ADMIN),
        county_140502=QUOTA,
    )
    assert not compare(there, [COUNTY])


def test_a_right_given_by_hand_is_too_much_and_a_strangers_is_none_of_our_business() -> None:
    by_hand = binding("county-140502", Right(Resource.TOPIC, "ledger.hazard.v1", Operation.READ))
    denied = by_hand._replace(permission=2, operation=7)
    stranger = binding("somebody", WRITES)
    there = state(
        *(binding("county-140502", right) for right in COUNTY.rights),
        *(by_hand, denied, stranger),
        users=("county-140502",),
        county_140502=QUOTA,
    )
    assert compare(there, [COUNTY]).lines() == [
        "- county-140502: Read Topic ledger.hazard.v1",
        "- county-140502: deny 7 Topic ledger.hazard.v1",
    ]


def test_a_county_that_left_is_named_with_its_rights_and_quotas() -> None:
    there = state(binding("county-140599", WRITES), users=("county-140599", ADMIN), county_140599={"x": 1.0})
    assert compare(there, []) == Changes(
        (), ("county-140599",), (), (binding("county-140599", WRITES),), {"county-140599": [("x", 0.0, True)]}
    )


def test_another_measure_is_a_change() -> None:
    there = state(
        *(binding("county-140502", right) for right in COUNTY.rights),
        users=("county-140502",),
        county_140502={**QUOTA, "request_percentage": 1.0, "controller_mutation_rate": 5.0},
    )
    assert compare(there, [COUNTY]).quotas == {
        "county-140502": [("request_percentage", 50.0, False), ("controller_mutation_rate", 0.0, True)]
    }
