"""Machines that keep what comes to them, on a simulated network of two nodes or of many in a line; tests tell them
what they want."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from network import Network

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.machine import Datagram, Endpoint, NextHop, OpenPort, Send

__all__ = ["B2", "GROUP", "A", "Aware", "B", "Inbox", "do", "line", "net", "to_b"]

A, B, B2 = (Address.parse(each) for each in ("10.0.1.1", "10.0.1.2", "10.0.2.2"))
GROUP = Address.parse("224.0.0.9")


class Inbox:
    """Keeps what comes to it, and what became of its ports."""

    def __init__(self, *actions: Any) -> None:
        self.actions = list(actions)
        self.got: list[Any] = []
        self.opened: list[Any] = []
        self.failed: list[tuple[Any, str]] = []

    def receive(self, packet: Any, now: float) -> None:
        self.got.append(packet)

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> None: ...

    def take_actions(self) -> list[Any]:
        actions, self.actions = self.actions, []
        return actions


class Aware(Inbox):
    def port_opened(self, asked: OpenPort, port: Any, now: float) -> None:
        self.opened.append(port)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        self.failed.append((asked.port, why))


def net(a: tuple[Any, ...], *b: tuple[Any, ...], make: type[Inbox] = Aware) -> tuple[Network, Any, list[Any]]:
    """A machine on node a, on link1; those of node b, on link1 and link2. Each by its first actions."""
    network = Network(seed=1)
    network.add_lan("link1", "10.0.1.0/24")
    network.add_lan("link2", "10.0.2.0/24")
    first, others = make(), [make() for _ in b]
    network.add_node("a", {"link1": str(A)}, lambda node: first)
    makes: list[Callable[[Any], Any]] = [lambda node, one=one: one for one in others]
    network.add_node("b", {"link1": str(B), "link2": str(B2)}, *makes)
    for process, actions in zip([*network.nodes["b"].processes, *network.nodes["a"].processes], [*b, a], strict=True):
        process.machine.actions += actions
        network.settle(process)
    network.run(0.1)
    return network, first, others


def do(network: Network, name: str, *actions: Any) -> None:
    network.call(name, lambda machine, now: machine.actions.extend(actions))
    network.run(0.1)


def to_b(number: int, source: int = 7, **more: Any) -> Send:
    return Send(Datagram(b"x", Endpoint(ANY, source), Endpoint(B, number), **more))


def line(routers: int = 3) -> Iterator[tuple[str, dict[str, str], dict[Prefix, NextHop]]]:
    """a, routers r1, r2 …, b on the LANs l0, l1 … one behind the other: each one's name, addresses, and ways to the
    LANs on which it is not."""
    for number, name in enumerate(["a", *(f"r{number + 1}" for number in range(routers)), "b"]):
        lans = {f"l{number}": f"10.0.{number}.1"} if number <= routers else {}
        lans |= {f"l{number - 1}": f"10.0.{number - 1}.2"} if number else {}
        onward, back = (f"10.0.{number}.2", f"l{number}"), (f"10.0.{number - 1}.1", f"l{number - 1}")
        ways = {lan: onward if lan > number else back for lan in range(routers + 1) if lan not in (number, number - 1)}
        yield (
            name,
            lans,
            {Prefix.parse(f"10.0.{lan}.0/24"): NextHop(Address.parse(via), by) for lan, (via, by) in ways.items()},
        )
