"""In the simulated network: a name server that answers by who asks, as that of a CDN; and one whose zone changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from dns_world import LAN, Client, served_resolver
from hypothesis import given, settings
from hypothesis import strategies as st
from network import Network

from catenet.nodes.address import Address, Prefix
from catenet.nodes.application.dns.config import ResolverOptions
from catenet.nodes.application.dns.message import Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.nameserver import Find, Nameserver
from catenet.nodes.application.dns.records import A, Record, Type
from catenet.nodes.application.dns.resolver import PORT
from catenet.nodes.application.dns.served import ServedNameserver
from catenet.nodes.application.dns.zone import Zone, ZoneAnswer, Zones
from catenet.nodes.machine import Datagram, Endpoint

SERVER, RESOLVER = "192.31.8.53", "192.31.128.53"
CLIENTS = {"north": "192.31.8.7", "south": "192.31.128.7"}
CACHES = {"192.31.0.0/17": "192.31.8.80", "192.31.128.0/17": "192.31.128.80"}
WWW = Name.parse("www.cdn")
ZONE = "$TTL 300\n@ SOA ns root 1 2 3 4 60\n@ NS ns\nns A 192.31.8.53\norigin A 192.31.8.81\nwww A 192.31.8.81\n"


def nearest(caches: Mapping[str, str], asked: list[str]) -> Find:
    """A chooser: the cache on whose half of the network the client is."""
    near = {Prefix.parse(prefix): Address.parse(address) for prefix, address in caches.items()}

    def find(question: Question, client: Address) -> ZoneAnswer | None:
        asked.append(str(question.name))
        if (question.name, question.type) != (WWW, Type.A):
            return None
        address = next(address for prefix, address in near.items() if prefix.holds(client))
        return ZoneAnswer(answers=(Record(WWW, Type.A, 20, A(address)),), tailored=True)

    return find


class World:
    """A name server, two clients, and a resolver in the south."""

    def __init__(self, seed: int = 0) -> None:
        self.found: list[str] = []
        self.network = Network(seed)
        self.network.add_lan(LAN, "192.31.0.0/16")
        zones = Zones([Zone.from_file(Name.parse("cdn"), ZONE, "cdn.zone"), Zone.from_hosts(Name.root, WWW, {})])
        self.server = Nameserver(zones, lambda counter: None, find=nearest(CACHES, self.found))
        self.network.add_node("ns", {LAN: SERVER}, lambda node: ServedNameserver(self.server))
        self.network.add_node(
            "resolver",
            {LAN: RESOLVER},
            lambda node: served_resolver(ResolverOptions(), {"ns": Address.parse(SERVER)}, node, Counter()),
        )
        self.clients = {name: Client() for name in CLIENTS}
        for name, address in CLIENTS.items():
            self.network.add_node(name, {LAN: address}, lambda node: self.clients[node.name])
        self._id = 0

    def send(self, client: str, name: str, server: str = SERVER) -> None:
        self._id += 1
        query = Message(self._id, recursion_desired=True, question=Question(Name.parse(name), Type.A))
        ends = Endpoint(Address.parse(CLIENTS[client]), 5000), Endpoint(Address.parse(server), PORT)
        self.network.send(client, Datagram(query.pack(), *ends))

    def ask(self, client: str, name: str, server: str = SERVER) -> str:
        self.send(client, name, server)
        self.network.run(2.0)
        (answer,) = self.clients[client].answers
        self.clients[client].answers.clear()
        return str(answer.answers[0])


def test_a_cdn_answers_by_who_asks() -> None:
    world = World()
    for _ in range(2):
        assert world.ask("north", "www.cdn") == "www.cdn 20 A 192.31.8.80"
        assert world.ask("south", "www.cdn") == "www.cdn 20 A 192.31.128.80"
        assert {world.ask(client, "origin.cdn") for client in CLIENTS} == {"origin.cdn 300 A 192.31.8.81"}
    assert world.found == ["www.cdn", "www.cdn", "origin.cdn", "www.cdn", "www.cdn"]  # the other one is prepared


def test_of_whoever_asks_a_resolver_a_cdn_sees_the_resolver() -> None:
    """And what the resolver has learnt is for all its clients (RFC 7871 section 1)."""
    world = World()
    assert {world.ask(client, "www.cdn", RESOLVER)[-14:] for client in CLIENTS} == {" 192.31.128.80"}
    assert world.found.count("www.cdn") == 1


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(["north", "south", "change"]), max_size=30))
def test_a_zone_is_changed_while_it_is_asked(seed: int, steps: list[str]) -> None:
    """Questions are on their way, answers overtake one another: each is of the version served when it was made."""
    world = World(seed)
    world.network.impair(LAN, delay=0.01, jitter=0.01)
    served = ["192.31.8.81"]
    for step in steps:
        if step != "change":
            world.send(step, "origin.cdn")
            world.network.run(0.005)
            continue
        zone = world.server.zones.by_origin[Name.parse("cdn")]
        served.append(f"192.31.9.{len(served)}")
        old = Record(Name.parse("origin.cdn"), Type.A, 0, A(Address.parse(served[-2])), 254)
        new = Record(Name.parse("origin.cdn"), Type.A, len(served), A(Address.parse(served[-1])))
        world.server.replace(zone.apply([old, new]))
    world.network.run(1.0)
    answers = [answer for client in world.clients.values() for answer in client.answers]
    assert len(answers) == sum(step != "change" for step in steps)
    for answer in answers:
        (record,) = answer.answers
        version = served.index(str(record.data))
        assert record.ttl == (300 if version == 0 else version + 1)
    world.send("north", "origin.cdn")
    world.network.run(1.0)
    assert str(world.clients["north"].answers[-1].answers[0].data) == served[-1]
