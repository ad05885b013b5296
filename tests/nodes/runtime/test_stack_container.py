"""A router on our own stack between two hosts whose stack is the kernel's: host h1, router r, host h2. The engine gives
other addresses than the lab's, on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from on_engine import claimed, own
from small_lab import OWN, R1, R2, RIP, Small, rows

from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json

pytestmark = pytest.mark.engine

LAB = own("stack")
SETTINGS = "cd /proc/sys/net/ipv4/conf; cat eth*/forwarding eth*/accept_source_route | sort -u"


@pytest.fixture(scope="module")
def small() -> Iterator[Small]:
    with claimed(LAB) as engine:
        made = Small(engine, LAB, {"rip": RIP}, "userspace")
        yield made
        made.client.close()


def is_right(small: Small) -> None:
    """What must hold at every start and after every reconnect: packets cross the router, and its kernel has no part in
    it."""
    assert small.pings()
    own, routes, ping, engines, altname, settings = small.run_each(
        "r", OWN, "ip route", "ping -c1 10.0.1.7", "ip route get 127.0.0.11", "ip link show dev lan1", SETTINGS
    )
    assert (own, routes, settings) == ("", "", "0\n")
    assert ping == "ping: connect: Network is unreachable\n"
    assert engines == "RTNETLINK answers: No route to host\n"
    assert "altname lan1" in altname


def show(small: Small, what: str) -> list[Mapping[str, Json]]:
    return rows(small.ask("r", Question("show", {"what": what})))


def counters(small: Small) -> Mapping[str, int]:
    status = small.ask("r", Question("status"))
    assert isinstance(status, dict)
    services = status["services"]
    assert isinstance(services, dict) and list(services) == ["stack", "rip"]
    stack = services["stack"]
    assert isinstance(stack, dict) and isinstance(stack["counters"], dict)
    return stack["counters"]  # type: ignore[return-value]


def set_link(small: Small, node: str, lan: str, **condition: bool) -> None:
    small.ask(node, Question("link", {"lan": lan, "condition": {"up": True, **condition}}))


def test_packets_cross_it_and_its_kernel_has_no_part_in_it(small: Small) -> None:
    is_right(small)
    assert counters(small)["forwarded"] > 0
    assert [(row["lan"], row["address"], row["stack"]) for row in show(small, "links")] == [
        ("lan1", str(R1), "userspace"),
        ("lan2", str(R2), "userspace"),
    ]
    assert [(row["prefix"], row["via"], row["lan"], row["protocol"]) for row in show(small, "routes")] == [
        ("10.0.1.0/24", None, "lan1", "kernel"),
        ("10.0.2.0/24", None, "lan2", "kernel"),
    ]


def test_the_hosts_tools_see_a_router_like_any_other(small: Small) -> None:
    near, path, big, refused = small.run_each(
        "h1",
        "ping -c2 -i0.2 -W10 10.0.1.1",
        "traceroute -n -w 10 h2",
        "ping -c1 -W10 -s 65507 h2; ping -c1 -W10 -s 65507 10.0.2.1",
        "curl -s -S -m 20 http://10.0.1.1/",
    )
    assert "2 received" in near and "ttl=64" in near
    assert [line.split()[1] for line in path.splitlines()[1:]] == ["10.0.1.1", "10.0.2.7"]
    assert big.count(" 1 received") == 2
    assert "Could not connect" in refused and "timed out" not in refused  # ICMP 3, 2: there is no TCP


def test_a_killed_router_comes_back_as_it_was(small: Small) -> None:
    for node in ("r", "h1", "r"):
        small.engine.kill(f"{LAB}-{node}")
        small.start(node)
        is_right(small)


@pytest.mark.parametrize("lan", ["lan1", "lan2"])
def test_a_lan_disconnected_and_connected_again(small: Small, lan: str) -> None:
    small.reconnect("r", lan)
    is_right(small)


def test_a_lan_connected_again_by_hand_with_whatever_address_the_engine_gives(small: Small) -> None:
    small.reconnect("r", "lan2", by_hand=True)
    is_right(small)
    small.engine.kill(f"{LAB}-r")
    small.start("r")
    is_right(small)


def test_cut_and_heal(small: Small) -> None:
    set_link(small, "r", "lan1", up=False)
    assert [row["prefix"] for row in show(small, "routes")] == ["10.0.2.0/24"]
    assert not small.pings()
    set_link(small, "r", "lan1")
    is_right(small)
    small.wait(lambda: [event.kind for event in small.events("r")][-2:] == ["link.down", "link.up"])


def test_a_silent_lan_drops_everything_leaves_the_carrier_and_is_healed(small: Small) -> None:
    is_right(small)
    set_link(small, "r", "lan1", silent=True)
    assert " 0 received" in small.run("h1", "ping -c1 -W1 10.0.1.1")
    assert " 0 received" in small.run("h1", "ping -c1 -W1 h2")
    assert "LOWER_UP" in small.run("r", "ip link show lan1")
    set_link(small, "r", "lan1")
    assert "silent" not in small.run("r", "nft list tables")
    is_right(small)


def test_who_was_silent_forgets_what_may_have_changed_meanwhile(small: Small) -> None:
    is_right(small)
    set_link(small, "r", "lan1", silent=True)
    assert {row["lan"] for row in show(small, "arp")} == {"lan1", "lan2"}
    set_link(small, "r", "lan1")
    assert {row["lan"] for row in show(small, "arp")} == {"lan2"}
    is_right(small)


def test_a_flush_empties_its_caches(small: Small) -> None:
    is_right(small)
    small.ask("r", Question("flush"))
    assert show(small, "arp") == []
    is_right(small)


def restart(small: Small) -> None:
    small.engine.kill(f"{LAB}-r")
    small.start("r")


def reconnect(small: Small) -> None:
    small.reconnect("r", "lan1")


def cut_and_heal(small: Small) -> None:
    set_link(small, "r", "lan1", up=False)
    set_link(small, "r", "lan1")


def silence_and_heal(small: Small) -> None:
    set_link(small, "r", "lan1", silent=True)
    set_link(small, "r", "lan1")


def change_hardware(small: Small) -> None:
    small.run("r", "ip link set dev lan1 address 02:00:00:00:00:02")


@pytest.mark.parametrize("event", [restart, reconnect, cut_and_heal, silence_and_heal, change_hardware])
def test_its_address_is_announced_whenever_it_is_there_anew(small: Small, event: Callable[[Small], None]) -> None:
    """Nothing is sent to it meanwhile, so nobody asks for it."""
    wrong = "02:00:00:00:00:01"
    remember = f"ip neigh replace {R1} lladdr {wrong} nud stale dev lan1"
    small.wait(lambda: wrong in small.run("h1", f"{remember}; ip neigh show {R1}"))
    event(small)
    hardware = next(row["hardware"] for row in show(small, "links") if row["lan"] == "lan1")
    small.wait(lambda: f"lladdr {hardware} " in small.run("h1", f"ip neigh show {R1}"))
    is_right(small)


def test_an_address_that_somebody_gives_its_kernel_does_not_stay(small: Small) -> None:
    small.run("r", "ip address add 10.0.1.99/24 dev lan1; ip address add 10.0.1.1/24 dev lan1")
    small.wait(lambda: not small.run("r", OWN))
    assert " 0 received" in small.run("h1", "ping -c1 -W1 10.0.1.99")
    is_right(small)


def test_a_paused_router_forwards_nothing_and_goes_on_when_it_is_resumed(small: Small) -> None:
    """Another limit than with the kernel's stack: there only the daemons stand still."""
    is_right(small)
    small.engine.pause(f"{LAB}-r")
    assert " 0 received" in small.run("h1", "ping -c1 -W1 h2")
    small.engine.resume(f"{LAB}-r")
    is_right(small)


def test_a_paused_router_outlives_that_its_lan_is_another_device(small: Small) -> None:
    small.engine.pause(f"{LAB}-r")
    network, container = small.client.networks.get(f"{LAB}_lan2"), small.client.containers.get(f"{LAB}-r")
    network.disconnect(container)
    small.engine.resume(f"{LAB}-r")
    network.connect(container)
    small.wait(lambda: len([row for row in show(small, "links") if row["up"]]) == 2)
    is_right(small)


def test_an_idle_router_is_light(small: Small) -> None:
    restart(small)
    pss = int(small.run("r", "grep ^Pss: /proc/1/smaps_rollup").split()[1])
    assert pss <= 40 * 1024


def test_its_services_hear_and_speak_by_it(small: Small) -> None:
    """RIP's responses, to its group, as a host hears them."""
    heard = small.run("h1", "timeout 20 tcpdump -Z root -nvli lan1 -c 1 'udp port 520 and src 10.0.1.1 and udp[8] = 2'")
    assert "10.0.1.1.520 > 224.0.0.9.520" in heard and "RIPv2, Response" in heard
    assert "bad" not in heard
