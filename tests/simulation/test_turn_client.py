"""A client of TURN over a long time: what it has is refreshed, and it hears when it is gone (RFC 8656, 8 to 12).

Public reports of others: relays that died after five minutes (sipsorcery 626), or as a nonce grew old (pion 481).
"""

from __future__ import annotations

from collections.abc import Callable

from network import Network, Node
from phone_world import Gate, Router
from talker import Talker, introduce, servers, supernode

from catenet.nodes.address import Address
from catenet.nodes.application.ice.candidate import Kind
from catenet.nodes.machine import Endpoint

LANS = {"east": "10.0.1.0/24", "west": "10.0.2.0/24", "middle": "10.0.3.0/24"}
SUPERNODE = Endpoint(Address.parse("10.0.3.11"), 3478)


def world(seed: int) -> tuple[Network, Talker, Talker]:
    """Two that show nothing but their relayed addresses, at one supernode."""
    network = Network(seed=seed)
    for name, prefix in LANS.items():
        network.add_lan(name, prefix)
    network.add_node("r", {name: prefix.replace("0/24", "1") for name, prefix in LANS.items()}, Router)
    network.add_node("s", {"middle": str(SUPERNODE.address)}, Gate, lambda node: supernode(node, [*LANS.values()]))
    talkers: list[Talker] = []

    def made(controlling: bool) -> Callable[[Node], Talker]:
        def make(node: Node) -> Talker:
            talkers.append(Talker(node, controlling=controlling, servers=servers([SUPERNODE]), relayed_only=True))
            return talkers[-1]

        return make

    network.add_node("a", {"east": "10.0.1.7"}, made(True), Gate)
    network.add_node("b", {"west": "10.0.2.7"}, made(False), Gate)
    network.run(1.0)
    introduce(network, talkers[0], talkers[1])
    network.run(4.0)
    return network, talkers[0], talkers[1]


def say(network: Network, name: str, talker: Talker) -> None:
    network.call(name, lambda machine, now: talker.stream.send(b"\x80word"))
    network.run(0.1)


def test_what_it_has_is_refreshed_before_it_is_over() -> None:
    """A permission lasts 300 s, an allocation, a channel and a nonce 600 s: two hours of each."""
    network, one, other = world(1)
    assert one.stream.agent.selected is not None and one.stream.agent.selected.local.kind is Kind.RELAYED
    relayed = one.stream.agent.selected.local.endpoint
    for _ in range(24):
        network.run(299.0)
        before = len(one.heard), len(other.heard)
        say(network, "a", one)
        say(network, "b", other)
        assert (len(one.heard), len(other.heard)) == (before[0] + 1, before[1] + 1), network.now
    assert {each.endpoint for each in one.stream.candidates} >= {relayed}, "the same allocation all the time"


def test_nothing_is_sent_to_who_does_not_consent_any_more() -> None:
    """RFC 7675 section 5.1: the supernode has forgotten all, so no answer comes; after thirty seconds it is quiet."""
    network, one, _ = world(3)
    network.kill("s")
    network.start("s")
    network.run(31.0)
    assert not one.stream.agent.may_send
    before = network.sent
    network.call("a", lambda machine, now: one.stream.send(b"\x80word"))
    assert network.sent == before
