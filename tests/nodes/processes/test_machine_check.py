"""A user's machine has the methods of the contract, whole and as they are called, or it is told so at the start."""

from __future__ import annotations

from typing import Any

import pytest
from machines.frames import Frames
from machines.hello import Hello
from machines.relay import Relay
from machines.tls_echo import TlsEcho

from catenet.nodes import machine as contract
from catenet.nodes.processes.machine_check import OPTIONAL, check_machine

OF_STREAMS = {contract.Throttled, contract.Breakable}
OF_SERVICES = {contract.Explaining, contract.Inspectable, contract.RouteAware, contract.Settling, contract.Working}
NOT_ITS_OWN = "(nodes/machine.py); one of your own needs another name"


class Least:
    """What every machine has, and no more."""

    def receive(self, packet: object, now: float) -> None: ...

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> None: ...

    def take_actions(self) -> list[object]:
        return []


def having(**more: Any) -> object:
    return type("Mine", (Least,), more)()


def test_each_protocol_of_the_contract_that_a_machine_may_have_is_checked() -> None:
    found = {each for each in vars(contract).values() if getattr(each, "_is_runtime_protocol", False)}
    assert found - OF_STREAMS - OF_SERVICES == set(OPTIONAL)


@pytest.mark.parametrize("make", [Frames, Hello, Relay, TlsEcho])
def test_the_machines_of_the_tests_are_whole(make: Any) -> None:
    check_machine(make(None, (), None))


@pytest.mark.parametrize(
    "machine",
    [
        Least(),
        having(flush=lambda self: None),
        having(show=lambda self: None),  # nobody asks a program that
        having(shutdown=lambda self, why="": None),
        having(reply=lambda self, *given: None),
        having(set_interface=lambda self, interface, now: None),
        having(set_interface=lambda self, link, time: None),  # called by place
        having(set_interface=staticmethod(print)),
        having(flush={}.clear),
        having(flush=None),  # as if it were not there
        having(connected=7),  # its own counter; no method says that it wants connections
        having(port_opened=lambda self, asked, port, now: None, port_failed=lambda self, *what: None),
        type("Mine", (Least, contract.PortAware, contract.Accepting, contract.Connecting), {})(),
    ],
)
def test_whole_ones_that_take_their_arguments_pass(machine: object) -> None:
    check_machine(machine)


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (having(wake=None), "Mine has no wake(self, now), as every machine has (nodes/machine.py)"),
        (object(), "object has no receive(self, packet, now), as every machine has (nodes/machine.py)"),
        (
            having(receive=lambda self, packet: None),
            f"Mine.receive should read receive(self, packet, now): it is a method of Machine {NOT_ITS_OWN}",
        ),
        (
            having(port_opened=lambda self, asked, port, now: None),
            "Mine has port_opened, and no port_failed(self, asked, why, now): "
            f"who has one method of PortAware has them all {NOT_ITS_OWN}",
        ),
        (
            having(port_failed=lambda self, asked, why, now: None, port_opened=None),
            "Mine has port_failed, and no port_opened(self, asked, port, now): "
            f"who has one method of PortAware has them all {NOT_ITS_OWN}",
        ),
        (
            having(reply=lambda self, packet: None),
            f"Mine.reply should read reply(self, data, now): it is a method of Answering {NOT_ITS_OWN}",
        ),
        (having(flush=True), f"Mine.flush should read flush(self): it is a method of Flushable {NOT_ITS_OWN}"),
        (
            having(shutdown=lambda self, now: None),
            f"Mine.shutdown should read shutdown(self): it is a method of Stoppable {NOT_ITS_OWN}",
        ),
        (
            having(set_interface=lambda self, interface, *, now: None),
            "Mine.set_interface should read set_interface(self, interface, now): "
            f"it is a method of InterfaceAware {NOT_ITS_OWN}",
        ),
    ],
)
def test_what_is_lacking_or_reads_otherwise_is_named(machine: object, why: str) -> None:
    with pytest.raises(TypeError) as refused:
        check_machine(machine)
    assert str(refused.value) == why
