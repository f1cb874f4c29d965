"""What a member of a group says of all its partitions at once: never more of any than is applied, at the cost of one row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.consuming import progress
from services.chassis.consuming.floor import Floor, Standing, reckon
from services.chassis.consuming.progress import NOTHING_KNOWN, WITHIN
from services.chassis.storage.database import Database, connect
from services.chassis.storage.schema import CHASSIS_MIGRATIONS, migrate

pytestmark = pytest.mark.promise("P3")
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
PARTITIONS = [TopicPartition(f"county.14050{n}.v1", 0) for n in range(4)]
MEMBERS = [UUID(int=n) for n in (1, 2)]
TENTH = WITHIN / 5


@dataclass
class Group:
    """Two members, what each of them applied, and what stands in the tables: a model of both without a server."""

    reader: dict[TopicPartition, UUID] = field(default_factory=lambda: dict.fromkeys(PARTITIONS, MEMBERS[0]))
    applied: dict[TopicPartition, datetime] = field(default_factory=lambda: dict.fromkeys(PARTITIONS, NOON))
    rows: dict[TopicPartition, tuple[datetime, UUID | None]] = field(default_factory=dict)
    floors: dict[UUID, datetime] = field(default_factory=dict)

    def standing(self) -> Mapping[TopicPartition, Standing]:
        return {
            partition: Standing(at, follows, self.floors.get(follows) if follows else None)
            for partition, (at, follows) in self.rows.items()
        }

    def observe(self, member: UUID) -> None:
        mine = {partition: self.applied[partition] for partition in PARTITIONS if self.reader[partition] == member}
        if not mine:
            return
        floor = self.floors.get(member)
        said = reckon(self.standing(), mine, consumer="c", member=member, floor=floor)
        for row in said.rows:
            self.rows[TopicPartition(row.topic, row.partition)] = (row.applied_through, row.follows)
        if said.floor is not None:
            assert floor is None or said.floor >= floor
            self.floors[member] = said.floor


steps = st.one_of(
    st.tuples(st.just("apply"), st.sampled_from(PARTITIONS), st.integers(0, 12)),
    st.tuples(st.just("hand over"), st.sampled_from(PARTITIONS), st.sampled_from([0, 1])),
    st.tuples(st.just("observe"), st.just(PARTITIONS[0]), st.sampled_from([0, 1])),
)


@given(st.lists(steps, max_size=60))
def test_nothing_is_ever_known_that_is_not_applied_nor_forgotten_that_was(
    happens: list[tuple[str, TopicPartition, int]],
) -> None:
    group = Group()
    known: dict[TopicPartition, datetime] = {}
    for what, partition, number in happens:
        if what == "apply":
            group.applied[partition] += number * TENTH
        elif what == "hand over":
            group.reader[partition] = MEMBERS[number]
        else:
            group.observe(MEMBERS[number])
        for each, standing in group.standing().items():
            assert known.get(each, NOTHING_KNOWN) <= standing.known <= group.applied[each]
            known[each] = standing.known
    # Once each has told of what it has, nothing is known later than `WITHIN` before it.
    for member in MEMBERS:
        group.observe(member)
    for each, standing in group.standing().items():
        assert group.applied[each] - WITHIN <= standing.known <= group.applied[each]


def test_partitions_that_keep_step_cost_no_row() -> None:
    group = Group()
    group.observe(MEMBERS[0])
    for tenths in range(1, 9):
        group.applied = {partition: NOON + tenths * TENTH + n * TENTH for n, partition in enumerate(PARTITIONS)}
        said = reckon(group.standing(), group.applied, consumer="c", member=MEMBERS[0], floor=group.floors[MEMBERS[0]])
        assert said.rows == []
        group.observe(MEMBERS[0])
        assert group.floors[MEMBERS[0]] == NOON + tenths * TENTH


@pytest.fixture
async def chassis(database: str) -> AsyncIterator[Database]:
    await migrate(database, CHASSIS_MIGRATIONS / "none")
    connected = await connect(database, application_name="test")
    yield connected
    await connected.close()


async def observed(chassis: Database, floor: Floor, applied: Mapping[TopicPartition, datetime]) -> None:
    async with chassis.transaction() as connection:
        await floor.note(connection, applied)


async def through(chassis: Database) -> dict[str, datetime]:
    async with chassis.acquire() as connection:
        return await progress.through(connection, "c", [partition.topic for partition in PARTITIONS], 1)


async def test_a_second_on_which_nothing_came_writes_one_row(chassis: Database) -> None:
    floor = Floor("c")
    await observed(chassis, floor, dict.fromkeys(PARTITIONS, NOON))
    versions = "SELECT array_agg(xmin::text ORDER BY topic) FROM consumer_progress"
    async with chassis.acquire() as connection:
        before = await connection.fetchval(versions)
        later = NOON + timedelta(seconds=1)
        await observed(chassis, floor, dict.fromkeys(PARTITIONS, later))
        assert await connection.fetchval(versions) == before
    assert await through(chassis) == dict.fromkeys((partition.topic for partition in PARTITIONS), later)


async def test_a_partition_is_handed_over_and_neither_member_says_anything_of_the_others(chassis: Database) -> None:
    first, second = Floor("c"), Floor("c")
    moved, *kept = PARTITIONS
    await observed(chassis, first, dict.fromkeys(PARTITIONS, NOON))
    # It belongs to the second one now, which has not told yet.
    later = NOON + timedelta(seconds=9)
    await observed(chassis, first, dict.fromkeys(kept, later))
    assert await through(chassis) == {moved.topic: NOON, **{partition.topic: later for partition in kept}}
    await observed(chassis, second, {moved: later + WITHIN})
    await observed(chassis, first, dict.fromkeys(kept, later + WITHIN))
    assert set((await through(chassis)).values()) == {later + WITHIN}


async def test_a_batch_tells_of_its_own_partitions_between_two_seconds(chassis: Database) -> None:
    floor = Floor("c")
    ahead, *others = PARTITIONS
    await observed(chassis, floor, dict.fromkeys(PARTITIONS, NOON))
    async with chassis.transaction() as connection:
        await progress.note(connection, {ahead: NOON + WITHIN}, consumer="c")
    assert await through(chassis) == {ahead.topic: NOON + WITHIN, **{each.topic: NOON for each in others}}


async def test_what_members_said_that_are_gone_is_forgotten_once_nothing_follows_it(chassis: Database) -> None:
    gone, heir = Floor("c"), Floor("c")
    await observed(chassis, gone, dict.fromkeys(PARTITIONS, NOON))
    await observed(chassis, heir, dict.fromkeys(PARTITIONS, NOON + timedelta(minutes=1)))
    await observed(chassis, Floor("c"), dict.fromkeys(PARTITIONS, NOON + timedelta(hours=2)))
    async with chassis.acquire() as connection:
        # The heir was still followed when the third one came.
        assert await connection.fetchval("SELECT count(*) FROM consumer_floor") == 2
    assert set((await through(chassis)).values()) == {NOON + timedelta(hours=2)}
