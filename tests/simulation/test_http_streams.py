"""HTTP in the simulated network: a server behind a router, whose handler answers after a delay, and clients."""

from __future__ import annotations

import pytest
from network import Network

from catenet.nodes.address import Address, Prefix
from catenet.nodes.application.http.client import ResponseReader
from catenet.nodes.application.http.exchange import Exchange, Whole
from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.response import DatedFields
from catenet.nodes.application.http.served import ServedSite
from catenet.nodes.application.http.server import Server
from catenet.nodes.machine import Action, Connect, Endpoint, Machine, NextHop, Report, SetRoute, Stream

SERVER = Endpoint(Address.parse("10.0.2.80"), 80)
DELAY, CONTENT = 1.5, b"late " * 40_000


class Late:
    """Answers each request after DELAY seconds."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Exchange]] = []

    def request(self, exchange: Exchange) -> None:
        self.due.append((exchange.now + DELAY, exchange))

    def content(self, exchange: Exchange, data: bytes) -> None: ...

    def more(self, exchange: Exchange) -> None: ...

    def gone(self, exchange: Exchange) -> None: ...

    def whole(self, request: Request, dated: DatedFields) -> Whole | None:
        return None

    def next_wake(self) -> float | None:
        return min((when for when, _ in self.due), default=None)

    def wake(self, now: float) -> None:
        while self.due and self.due[0][0] <= now:
            _, exchange = self.due.pop(0)
            exchange.respond(200, (("Content-Type", "text/plain"),), CONTENT)


class Fetch(Stream):
    """A client's connection."""

    def __init__(self, path: str) -> None:
        self.reader = ResponseReader(Request.of("GET", path, (("Host", "10.0.2.80"),)), 1_000_000)

    def receive_data(self, data: bytes, now: float) -> None:
        self.reader.receive_data(data)

    def receive_eof(self, now: float) -> None:
        if not self.reader.finished:
            self.reader.receive_eof()

    def data_to_send(self) -> bytes:
        return self.reader.data_to_send()

    @property
    def finished(self) -> bool:
        return self.reader.finished

    def take_reports(self) -> list[Report]:
        return []


class Browser(Machine):
    """Fetches a page as it starts."""

    def __init__(self, gateway: str) -> None:
        to = Prefix.parse("10.0.2.0/24")
        self.actions: list[Action] = [
            SetRoute(to, (NextHop(Address.parse(gateway), "near"),)),
            Connect(SERVER, 1, 10.0),
        ]
        self.page: Fetch | None = None
        self.failed = ""

    def accepted(self, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        raise AssertionError("it has no port")

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        self.page = Fetch("/")
        return self.page

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        self.failed = why

    def next_wake(self) -> float | None:
        return None

    def take_actions(self) -> list[Action]:
        actions, self.actions = self.actions, []
        return actions


class Router(Machine):
    """Its kernel forwards."""

    def next_wake(self) -> float | None:
        return None

    def take_actions(self) -> list[Action]:
        return []


class Site(ServedSite):
    """The server's machine, with a way back."""

    def take_actions(self) -> list[Action]:
        actions = super().take_actions()
        if not self.routed:
            self.routed = True
            actions = [*actions, SetRoute(Prefix.parse("10.0.1.0/24"), (NextHop(Address.parse("10.0.2.1"), "far"),))]
        return actions

    routed = False


def world(seed: int, clients: int = 2) -> Network:
    network = Network(seed)
    network.add_lan("near", "10.0.1.0/24")
    network.add_lan("far", "10.0.2.0/24")
    network.add_node("r", {"near": "10.0.1.1", "far": "10.0.2.1"}, lambda node: Router())

    def site(node: object) -> Site:
        server = Server(Late(), wall_clock=lambda: 1e9, idle=15.0, count=lambda counter, by=1: None)
        return Site(server, 80, dict, lambda: None)

    network.add_node("web", {"far": "10.0.2.80"}, site)
    for number in range(clients):
        network.add_node(
            f"c{number}", {"near": f"10.0.1.{number + 10}"}, lambda node: Browser("10.0.1.1"), offset=number
        )
    return network


def pages(network: Network) -> list[bytes]:
    browsers = [node.machine for name, node in network.nodes.items() if name[0] == "c"]
    return [each.page.reader.content for each in browsers if each.page is not None and each.page.finished]


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_that_is_late_is_whole_by_a_network_that_loses_and_reorders(seed: int) -> None:
    network = world(seed)
    for lan in network.lans:
        network.impair(lan, delay=0.02, jitter=0.01, loss=0.05)
    network.run(DELAY / 2)
    assert pages(network) == []
    network.run(30)
    assert pages(network) == [CONTENT, CONTENT]


def test_a_cut_while_the_answer_is_under_way_delays_it() -> None:
    network = world(1, clients=1)
    network.run(DELAY)
    network.cut("far", silent=True)
    network.run(5)
    assert pages(network) == []
    network.heal("far")
    network.run(5)
    assert pages(network) == [CONTENT]


def test_the_same_seed_gives_the_same_run() -> None:
    def run(seed: int) -> float | None:
        network = world(seed)
        network.impair("near", delay=0.02, jitter=0.01, loss=0.1)
        return network.run_until(lambda: len(pages(network)) == 2, within=60, step=0.001)

    assert run(1) == run(1) != run(2)
    assert run(1) is not None
