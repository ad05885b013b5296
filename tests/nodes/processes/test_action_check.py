"""What is right in the actions of a user's machine passes as it is; test_machine_program has what is not."""

from __future__ import annotations

import pytest

from catenet.nodes.address import ANY, Prefix
from catenet.nodes.machine import (
    Action,
    ClosePort,
    Connect,
    Datagram,
    DeleteRoute,
    Endpoint,
    Ethernet,
    Flush,
    Frame,
    Ip,
    IpPacket,
    JoinGroup,
    LeaveGroup,
    NextHop,
    OpenPort,
    Report,
    Send,
    SetRoute,
    Tcp,
    Udp,
)
from catenet.nodes.processes.action_check import CheckedMachine

HERE = Endpoint(ANY, 7)
NET = Prefix.parse("10.0.9.0/24")


class Wants:
    """Wants this, once."""

    def __init__(self, *actions: Action) -> None:
        self.actions = list(actions)

    def receive(self, packet: Datagram, now: float) -> None: ...

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> None: ...

    def take_actions(self) -> list[Action]:
        actions, self.actions = self.actions, []
        return actions


class Hello(Datagram):
    """A kind of the user's own, with an annotation that is no field."""

    greeted: str


ACTIONS: list[Action] = [
    Send(Datagram(b"", HERE, HERE)),
    Send(Hello(b"", HERE, HERE)),
    Send(IpPacket(b"", ANY, ANY, 253)),
    Send(Frame(b"", b"", bytes(6), 0x88B5, "lan")),
    SetRoute(NET, (NextHop(ANY, "lan"),), 2),
    DeleteRoute(NET),
    Report("mine.said", "", {"of": None}),
    OpenPort(Udp(7)),
    OpenPort(Tcp(7, tls=True), tag=1),
    ClosePort(Ip(253, "lan")),
    JoinGroup(Ethernet(0x88B5, "lan"), bytes(6)),
    LeaveGroup(Udp(7), ANY, "lan"),
    Connect(HERE, 1, 0.5, "a"),
    Connect(HERE, 1, 5),  # whole seconds
    Flush(NextHop(ANY, 7)),  # type: ignore[arg-type]  # whether it is a Stream, its class does not tell
]


@pytest.mark.parametrize("action", ACTIONS, ids=str)
def test_an_action_of_the_right_types_passes_as_it_is(action: Action) -> None:
    assert CheckedMachine(Wants(action)).take_actions() == [action]


@pytest.mark.parametrize("action", ACTIONS[:-1], ids=str)
def test_each_field_of_another_type_is_named(action: Action) -> None:
    for name in action._fields:
        wrong = action._replace(**{name: 1j})
        with pytest.raises(TypeError, match=rf"^{type(action).__name__}\.{name} is 1j, a complex; it should be "):
            CheckedMachine(Wants(wrong)).take_actions()
