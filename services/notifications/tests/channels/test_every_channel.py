"""What every channel does, whatever it is: each bench on the receivers of the demonstration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from pkgutil import iter_modules

import pytest

from deploy.local.ports import free_ports
from duban_contracts.vocabulary import DELIVERY_CHANNELS
from services.notifications.channels.model.answers import Answer, Away, Verdict
from services.notifications.channels.model.channel import Carrier, Parcel
from services.notifications.channels.model.destinations import DestinationPolicy
from services.notifications.channels.model.text import CUT
from services.notifications.tests.bench import Bench
from services.notifications.tests.installation import BENCHES, receiving
from services.notifications.tests.parcels import HERE, PARCEL, means
from services.notifications.tests.specimen import ROBOT
from services.notifications.tests.world import Receivers

pytestmark = [pytest.mark.promise("P9"), pytest.mark.servers]

every_channel = pytest.mark.parametrize("bench", [*BENCHES, ROBOT], ids=lambda bench: bench.channel.code)
# Within the first half a connection comes about, after the whole nothing does.
SHORT = "2"


def addressed(address: str) -> str:
    return address.replace("{endpoint}", PARCEL.endpoint or "")


@asynccontextmanager
async def opened(
    bench: Bench, receivers: Receivers, policy: DestinationPolicy = HERE, timeout: str = "25"
) -> AsyncIterator[Carrier]:
    channel = bench.led_to(receivers, **{bench.timeout: timeout})
    carrier = channel.opened(means(policy, [addressed(address) for address in bench.addresses]))
    try:
        yield carrier
    finally:
        await carrier.close()


async def sent(
    bench: Bench, receivers: Receivers, address: str, parcel: Parcel = PARCEL, timeout: str = "25"
) -> Answer:
    async with opened(bench, receivers, timeout=timeout) as carrier:
        return await carrier.send(parcel, addressed(address))


def said(text: str) -> list[str]:
    return text.rstrip().splitlines()


def test_each_term_has_a_bench_and_each_bench_a_term() -> None:
    files = [module.name for module in iter_modules([str(Path(__file__).parent / "benches")])]
    assert sorted(files) == sorted(term.code for term in DELIVERY_CHANNELS)
    assert [bench.channel.code for bench in BENCHES] == [term.code for term in DELIVERY_CHANNELS]


@every_channel
async def test_a_letter_arrives_as_it_is_written_and_again_only_where_repeats_are_not_dropped(
    tmp_path: Path, bench: Bench
) -> None:
    async with receiving(tmp_path) as receivers:
        answers = [await sent(bench, receivers, bench.taken) for _ in range(2)]
        assert [answer.verdict for answer in answers] == [Verdict.ACCEPTED] * 2
        copies = 1 if bench.channel.drops_repeats else 2
        assert [said(text) for text in bench.arrived(receivers)] == [said(PARCEL.content.body)] * copies


@every_channel
async def test_a_refusal_is_for_good_and_a_receiver_that_is_busy_is_asked_again(tmp_path: Path, bench: Bench) -> None:
    async with receiving(tmp_path) as receivers:
        for (address, code), verdict in ((bench.refused, Verdict.PERMANENT), (bench.busy, Verdict.TRANSIENT)):
            answer = await sent(bench, receivers, address)
            assert (answer.verdict, answer.code) == (verdict, code)
        assert bench.arrived(receivers) == []


@every_channel
async def test_who_takes_a_letter_and_never_answers_leaves_the_outcome_unknown(tmp_path: Path, bench: Bench) -> None:
    async with receiving(tmp_path) as receivers:
        answer = await sent(bench, receivers, bench.silent, timeout=SHORT)
        assert (answer.verdict, answer.code) == (Verdict.UNKNOWN, "no-answer")
        assert len(bench.arrived(receivers)) == 1


@every_channel
async def test_a_closed_port_is_a_passing_trouble_and_a_receiver_is_reached_without_a_word(
    tmp_path: Path, bench: Bench
) -> None:
    async with receiving(tmp_path) as receivers:
        smtp, http = free_ports(2)
        closed = replace(receivers, smtp_port=smtp, webhook_port=http)
        answer = await sent(bench, closed, bench.taken)
        assert (answer.verdict, answer.code, answer.away) == (Verdict.TRANSIENT, "connect-failed", Away.UNREACHED)
        for each, reached in ((closed, False), (receivers, True)):
            async with opened(bench, each) as carrier:
                assert await carrier.reachable(addressed(bench.taken)) is reached
        assert bench.arrived(receivers) == []


@pytest.mark.parametrize(
    "bench", [bench for bench in [*BENCHES, ROBOT] if bench.forbidden], ids=lambda bench: bench.channel.code
)
async def test_a_host_that_the_profile_does_not_allow_is_never_called(tmp_path: Path, bench: Bench) -> None:
    nowhere = DestinationPolicy(frozenset({"127.0.0.1", "localhost"}), loopback=False)
    async with receiving(tmp_path) as receivers:
        async with opened(bench, receivers, nowhere) as carrier:
            answer = await carrier.send(PARCEL, addressed(bench.taken))
            assert not await carrier.reachable(addressed(bench.taken))
        assert (answer.verdict, answer.code) == (Verdict.PERMANENT, bench.forbidden)
        assert bench.arrived(receivers) == []


@every_channel
async def test_the_longest_text_arrives_whole_or_says_that_it_was_cut(tmp_path: Path, bench: Bench) -> None:
    body = '督促整改"隐患"\\<br>\n' * 4_000
    longest = replace(PARCEL, content=replace(PARCEL.content, body=body)).within(
        bench.channel.longest, bench.channel.size
    )
    assert bench.channel.longest is None or bench.channel.size(longest.content) <= bench.channel.longest
    async with receiving(tmp_path) as receivers:
        assert (await sent(bench, receivers, bench.taken, longest)).verdict is Verdict.ACCEPTED
        [text] = bench.arrived(receivers)
    assert said(text) == said(body) or said(text)[-1] == CUT.strip()


@every_channel
async def test_an_address_stands_in_no_log_and_in_no_answer(
    tmp_path: Path, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    addresses = [bench.taken, bench.refused[0], bench.busy[0]]
    async with receiving(tmp_path) as receivers:
        answers = [await sent(bench, receivers, address) for address in addresses]
        async with opened(bench, receivers) as carrier:
            assert await carrier.reachable(addressed(bench.taken))
    # The receivers run in this process; the mail server's own log names mailboxes.
    logged = "".join(record.getMessage() for record in caplog.records if record.name != "mail.log")
    assert all(bench.hidden in addressed(address) for address in addresses)
    assert bench.hidden not in logged
    assert not [answer for answer in answers if bench.hidden in answer.code + answer.detail]


@every_channel
def test_the_channel_knows_its_own_addresses(bench: Bench) -> None:
    assert all(bench.channel.is_address(addressed(address)) for address in bench.addresses)
