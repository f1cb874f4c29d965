from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.year.script import ZONE, Asked, Fate, Verb, deal, next_act

DAY = timedelta(days=1)
ASKED = [Asked(f"{number:032x}", date(2024, 1, 1), date(2024, 1, 1) + number * DAY) for number in range(60)]


def test_the_same_seed_deals_the_same_fates_and_another_seed_others() -> None:
    assert deal(1, ASKED) == deal(1, ASKED[::-1]) != deal(2, ASKED)


def test_every_fate_is_met_within_a_few_tasks() -> None:
    for first in range(0, 28, 14):
        assert set(list(deal(3, ASKED).values())[first : first + 14]) == set(Fate)


@given(
    st.sampled_from(Fate),
    st.dates(date(2024, 1, 1), date(2024, 12, 31)),
    st.integers(0, 92),
    st.integers(1, 12),
    st.uuids().map(str),
)
def test_people_act_in_order_and_see_a_task_when_it_opens(
    fate: Fate, opens_on: date, days: int, more: int, task_id: str
) -> None:
    asked, done, last, before = Asked(task_id, opens_on, opens_on + days * DAY), list[Verb](), date.min, None
    while act := next_act(fate, asked, done, last):
        assert act.at.date() >= opens_on
        assert before is None or act.at > before
        done, last, before = [*done, act.verb], act.at.astimezone(ZONE).date(), act.at
        if act.verb in {Verb.RETURN, Verb.RENEW} and last > asked.due_on - DAY:
            asked = Asked(task_id, opens_on, last + more * DAY)
    assert len(done) <= 5
