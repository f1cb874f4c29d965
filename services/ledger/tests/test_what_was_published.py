"""Everything the ledger published while the other tests ran keeps to the closed contract."""

from __future__ import annotations

from duban_contracts.codec import lookup
from duban_contracts.topics import TopicFamily
from duban_contracts.validation import check_payload
from services.chassis.testing import kafka as chassis_testing
from services.ledger.tests.people import FOREIGN, HOME
from services.ledger.tests.world import World, envelope, mended, new_reference, reported


async def test_every_published_event_fits_the_closed_contract(world: World) -> None:
    hazard = await world.confirmed()
    await world.claim(mended(hazard["reference"]), reported(hazard["reference"], place="别处"))
    longest = envelope(reported(new_reference()), event_id="甲" * 512)
    await world.claim(longest)

    def all_read() -> None:
        assert any(longest.id.encode() in event.data or longest.id in event.data.decode() for event in world.feedback())

    await chassis_testing.eventually(all_read)
    published = [*world.topic(TopicFamily.HAZARD), *world.feedback(HOME), *world.feedback(FOREIGN)]
    assert {event.type for event in published if check_payload(lookup(event.type), event.data)} == set()
    assert {"duban.hazard.submitted.v1", "duban.claim.rejected.v1"} <= {event.type for event in published}
