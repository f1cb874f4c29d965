"""A block of ports is taken as a whole, or not at all."""

from __future__ import annotations

import socket

import pytest

from deploy.local import ports
from deploy.local.ephemeral import free_ports
from deploy.local.settings import LOOPBACK, Settings, load
from deploy.local.trouble import Trouble


def block(base: int) -> Settings:
    return load({"DUBAN_PORT_BASE": str(base), "DUBAN_KAFKA_BOOTSTRAP": "kafka:9092"})


def test_a_block_of_which_one_port_is_listened_on_is_passed_by() -> None:
    first, second = block(21_300), block(22_500)
    if not all(ports.is_free(port) for each in (first, second) for _, port in ports.ports_of(each)):
        pytest.skip("somebody listens on the ports of this test")
    with socket.socket() as holder:
        holder.bind((LOOPBACK, first.port("webhook")))
        holder.listen()
        assert ports.first_free([first, second]) is second
        with pytest.raises(Trouble, match="No block of ports is free"):
            ports.first_free([first])


def test_ports_beside_the_block_count_with_it() -> None:
    (beside,) = free_ports(1)
    alone = block(beside - 500)
    with socket.socket() as holder:
        holder.bind((LOOPBACK, beside))
        holder.listen()
        with pytest.raises(Trouble):
            ports.first_free([alone], beside=[500])
