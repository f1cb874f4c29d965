"""How the feed is put together: the consumer of all counties' feedback, the route, and the forgetting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from duban_contracts.topics import feedback_topic
from services.chassis.assembly import Part, Platform
from services.chassis.web.waiters import Waiters
from services.gateway.feed.handlers import Feeds
from services.gateway.feed.http import Deps, router
from services.gateway.feed.model import Lengthened
from services.gateway.settings import Settings

_FORGET_SECONDS: Final = 600


def wire(platform: Platform[Settings]) -> Part:
    """Return the feed's part of the gateway."""
    settings = platform.settings
    county_of = {feedback_topic(each.code, settings.topic_prefix): each.code for each in platform.city.counties}
    feeds = Feeds(platform.database, platform.clock, county_of, settings.feed_days)
    waiters = Waiters(feeds.ends, clock=platform.clock)

    def tell(lengthened: Sequence[Lengthened]) -> None:
        for each in lengthened:
            waiters.tell(each.county, each.last)

    platform.database.after_commit(Lengthened, tell)

    return Part(
        routers=[router(Deps(feeds, waiters))],
        consumers=[platform.consumer("feedback", list(county_of), feeds.take_in)],
        waiters=[waiters],
        jobs=[platform.every(_FORGET_SECONDS, feeds.forget, name="feed")],
    )
