"""A block of ports is taken as a whole, or not at all."""

from __future__ import annotations

import socket
from itertools import pairwise

import pytest

from deploy.local import ports
from deploy.local.ports import free_block, free_ports
from deploy.local.settings import LOOPBACK, Settings, load
from deploy.local.trouble import Trouble


def block(base: int) -> Settings:
    return load({"DUBAN_PORT_BASE": str(base), "DUBAN_KAFKA_BOOTSTRAP": "kafka:9092"})


OFFSETS = [port - 10_000 for _, port in ports.ports_of(block(10_000))]


def free(*beside: int) -> Settings:
    return block(free_block([*OFFSETS, *beside]))


def test_a_block_of_which_one_port_is_listened_on_is_passed_by() -> None:
    first, second = free(), free()
    with socket.socket() as holder:
        holder.bind((LOOPBACK, first.port("webhook")))
        holder.listen()
        assert ports.first_free([first, second]) is second
        with pytest.raises(Trouble, match="No block of ports is free"):
            ports.first_free([first])


def test_ports_beside_the_block_count_with_it() -> None:
    alone = free(500)
    beside = alone.port_base + 500
    assert ports.first_free([alone], beside=[500]) is alone
    with socket.socket() as holder:
        holder.bind((LOOPBACK, beside))
        holder.listen()
        with pytest.raises(Trouble):
            ports.first_free([alone], beside=[500])


def test_no_port_is_given_twice_and_each_worker_of_a_run_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    of_each = []
    for worker in ("gw0", "gw1", None):
        monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "2")
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker) if worker else monkeypatch.delenv("PYTEST_XDIST_WORKER")
        of_each.append(set(free_ports(50)))
    assert [len(given) for given in of_each] == [50] * 3
    assert len(set.union(*of_each)) == 150
    spans = sorted((min(given), max(given)) for given in of_each)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_a_worker_that_came_in_place_of_one_that_died_has_ports_whatever_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "4")
    of_each = []
    for worker in ("gw0", "gw1", "gw2", "gw3", "gw4"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        of_each.append(set(free_ports(50)))
    assert len(set.union(*of_each)) == 250, "the first has a share of its own"
    for worker in ("gw5", "gw123"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        assert len(set(free_ports(50))) == 50


def test_where_somebody_listens_everywhere_no_port_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _: False)
    with pytest.raises(Trouble, match="No ports are free"):
        free_ports(1)


def test_where_every_port_was_given_those_come_again_that_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "2000")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw7")
    monkeypatch.setattr(ports, "is_free", lambda _: True)
    assert len(set(free_ports(20))) <= 5
