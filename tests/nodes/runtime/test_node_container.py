"""A node as a container: host h1, router r, host h2. The engine gives other addresses than the lab's, on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from on_engine import claimed, own
from small_lab import OWN, PING, R1, RIP, Small, rows

from catenet.nodes.address import Address
from catenet.nodes.control.config import CONFIG_VARIABLE
from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import Question
from catenet.orchestrator.backend.protocols import LABEL_LAB
from catenet.orchestrator.observe.ask import ControlConnections

pytestmark = pytest.mark.engine

LAB = own("node")


@pytest.fixture(scope="module")
def small() -> Iterator[Small]:
    with claimed(LAB) as engine:
        made = Small(engine, LAB, {"rip": RIP}, "kernel")
        yield made
        made.client.close()


def is_right(small: Small) -> None:
    """What must hold at every start and after every reconnect."""
    ping, own, out, default = small.run_each("h1", PING, OWN, "ip route get 127.0.0.11", "ip route show default")
    assert " 2 received" in ping
    assert own.split() == ["10.0.1.7/24"]
    assert out == "RTNETLINK answers: No route to host\n"  # the engine's DNS
    assert "via 10.0.1.1 " in default
    assert len(default.splitlines()) == 1
    offload = "ethtool -k $(ip -o link show dev lan1 | cut -d: -f2 | cut -d@ -f1)"
    own, link, way, offloads = small.run_each("r", OWN, "ip link show dev lan1", "ip route get 192.0.2.1", offload)
    assert sorted(own.split()) == ["10.0.1.1/24", "10.0.2.1/24"]
    assert "altname lan1" in link
    assert way.startswith("RTNETLINK answers: Network is unreachable")
    for feature in ("tx-checksumming", "tx-tcp-segmentation", "generic-segmentation-offload"):
        assert f"{feature}: off" in offloads


def test_the_lab_has_its_own_addresses_and_no_way_out(small: Small) -> None:
    is_right(small)
    for lan in small.lans.values():
        assert "Unreachable" in small.run("h1", f"ping -c1 -W100 {lan.gateway}")
    assert "nameserver" not in small.run("h1", "cat /etc/resolv.conf")
    for transport in ("+notcp", "+tcp"):
        assert "unreachable" in small.run("h1", f"dig {transport} +tries=1 @127.0.0.11 {LAB}-r")


def test_a_killed_node_comes_back_as_it_was(small: Small) -> None:
    for node in ("r", "h1"):
        small.engine.kill(f"{LAB}-{node}")
        small.start(node)
    is_right(small)


@pytest.mark.parametrize(("node", "lan"), [("r", "lan2"), ("r", "lan1"), ("h1", "lan1")])
def test_a_lan_disconnected_and_connected_again(small: Small, node: str, lan: str) -> None:
    small.reconnect(node, lan)
    small.wait(lambda: "via 10.0.1.1 " in small.run("h1", "ip route show default"))
    is_right(small)


def test_a_lan_connected_again_by_hand_with_whatever_address_the_engine_gives(small: Small) -> None:
    small.reconnect("h1", "lan1", by_hand=True)
    small.wait(lambda: "via 10.0.1.1 " in small.run("h1", "ip route show default"))
    is_right(small)
    small.engine.kill(f"{LAB}-h1")
    small.start("h1")
    is_right(small)


def test_cut_and_heal(small: Small) -> None:
    small.ask("h1", Question("link", {"lan": "lan1", "condition": {"up": False}}))
    assert small.run("h1", "ip route") == ""
    assert not small.pings()
    small.ask("h1", Question("link", {"lan": "lan1", "condition": {"up": True}}))
    is_right(small)
    small.wait(lambda: [event.kind for event in small.events("h1")][-2:] == ["link.down", "link.up"])


def test_a_silent_lan_drops_everything_leaves_the_carrier_and_is_healed(small: Small) -> None:
    silence = Question("link", {"lan": "lan1", "condition": {"up": True, "silent": True}})
    downs = small.count("r", "link.down")
    small.ask("r", silence)
    small.run("r", "ip neigh flush all")
    assert not small.pings()
    assert "LOWER_UP" in small.run("r", "ip link show lan1")
    # ARP is dropped too: h1 is told of r's address by nobody.
    small.run("h1", "ip neigh flush all; ping -c1 -W1 10.0.1.1")
    assert " lladdr " not in small.run("h1", "ip neigh show 10.0.1.1")
    assert [row["silent"] for row in rows(small.ask("r", Question("show", {"what": "links"})))] == [True, False]
    small.wait(lambda: small.events("r")[-1].kind == "link.silent")
    assert small.count("r", "link.down") == downs
    small.ask("r", Question("link", {"lan": "lan1", "condition": {"up": True}}))
    small.wait(lambda: small.events("r")[-1].kind == "link.up")
    is_right(small)
    assert "silent" not in small.run("r", "nft list tables")


def test_a_silence_ends_with_the_interface_that_it_was_on(small: Small) -> None:
    small.ask("h1", Question("link", {"lan": "lan1", "condition": {"up": True, "silent": True}}))
    small.reconnect("h1", "lan1", by_hand=True)
    assert "silent" not in small.run("h1", "nft list tables")
    is_right(small)
    small.ask("h1", Question("link", {"lan": "lan1", "condition": {"up": True, "silent": True}}))
    small.engine.kill(f"{LAB}-h1")
    small.start("h1")
    assert [row["silent"] for row in rows(small.ask("h1", Question("show", {"what": "links"})))] == [False]
    is_right(small)


WRONG = "02:00:00:00:00:01"


def mislead(small: Small, node: str, address: Address, lan: str) -> None:
    """The node remembers where the address was before; the second announcement of a test before this one undoes it."""
    remember = f"ip neigh replace {address} lladdr {WRONG} nud stale dev {lan}"
    small.wait(lambda: WRONG in small.run(node, f"{remember}; ip neigh show {address}"))


def learns(small: Small, node: str, address: Address, owner: str, lan: str) -> None:
    """The node comes to know where the address is now. Nothing is sent to it, so nobody asks for it."""
    hardware = next(
        row["hardware"] for row in rows(small.ask(owner, Question("show", {"what": "links"}))) if row["lan"] == lan
    )
    small.wait(lambda: f"lladdr {hardware} " in small.run(node, f"ip neigh show {address}"))


def restart(small: Small, node: str, _lan: str) -> None:
    small.engine.kill(f"{LAB}-{node}")
    small.start(node)


def cut_and_heal(small: Small, node: str, lan: str) -> None:
    for up in (False, True):
        small.ask(node, Question("link", {"lan": lan, "condition": {"up": up}}))


def silence_and_heal(small: Small, node: str, lan: str) -> None:
    for silent in (True, False):
        small.ask(node, Question("link", {"lan": lan, "condition": {"up": True, "silent": silent}}))


def change_hardware(small: Small, node: str, lan: str) -> None:
    small.run(node, f"ip link set dev {lan} address 02:00:00:00:00:02")


@pytest.mark.parametrize("event", [restart, Small.reconnect, cut_and_heal, silence_and_heal, change_hardware])
def test_5227_2_3_an_address_is_announced_whenever_it_is_there_anew(
    small: Small, event: Callable[[Small, str, str], None]
) -> None:
    """Docker 28 gives it another hardware address at each start; older engines do not, so h1 is misled here."""
    mislead(small, "h1", R1, "lan1")
    event(small, "r", "lan1")
    learns(small, "h1", R1, "r", "lan1")
    is_right(small)


def test_5227_2_3_it_is_announced_twice_and_in_the_form_of_a_request(small: Small) -> None:
    announcements = f"arp src host {R1} and arp dst host {R1}"  # and not what its kernel asks for
    ear = small.engine.execute(f"{LAB}-h1", ["tcpdump", "-Z", "root", "-enli", "lan1", "-c", "2", announcements])
    said = b""
    while b"listening on" not in said:
        said += (ear.read(200) or (2, b""))[1]
    cut_and_heal(small, "r", "lan1")
    while (piece := ear.read(200)) is not None:
        said += piece[1]
    ear.close()
    packets = [line for line in said.decode().splitlines() if "ARP" in line]
    assert len(packets) == 2, said.decode()
    for packet in packets:
        assert f"> ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Request who-has {R1} tell {R1}, " in packet


def test_a_paused_node_learns_it_too(small: Small) -> None:
    """Its kernel goes on."""
    mislead(small, "h1", R1, "lan1")
    small.engine.pause(f"{LAB}-h1")
    restart(small, "r", "lan1")
    small.engine.resume(f"{LAB}-h1")
    learns(small, "h1", R1, "r", "lan1")


def test_who_was_silent_forgets_what_may_have_changed_meanwhile(small: Small) -> None:
    small.ask("h1", Question("link", {"lan": "lan1", "condition": {"up": True, "silent": True}}))
    mislead(small, "h1", R1, "lan1")
    small.run("h1", "ip neigh replace 10.0.1.9 lladdr 02:00:00:00:00:09 nud permanent dev lan1")
    small.ask("h1", Question("link", {"lan": "lan1", "condition": {"up": True}}))
    assert WRONG not in small.run("h1", "ip neigh show")
    assert "PERMANENT" in small.run("h1", "ip neigh show 10.0.1.9")  # somebody's own
    small.run("h1", "ip neigh del 10.0.1.9 dev lan1")
    is_right(small)


def test_one_program_carries_many_questions_and_ends_with_its_stream(small: Small) -> None:
    def carriers() -> int:
        return len(small.run("r", "grep -lx nc /proc/[0-9]*/comm").split())

    with ControlConnections(small.engine) as connections:
        for _ in range(5):
            assert connections.ask(small.container("r"), Question("status"), 200).error is None
        assert carriers() == 1
        small.engine.kill(f"{LAB}-r")
        small.start("r")
        assert connections.ask(small.container("r"), Question("status"), 200).error is None
        assert carriers() == 1
        known = small.container("r")
        small.engine.pause(f"{LAB}-r")
        assert "is paused" in str(connections.ask(known, Question("status"), 200).error)
        small.engine.resume(f"{LAB}-r")
        assert connections.ask(known, Question("status"), 200).error is None
    small.wait(lambda: carriers() == 0)


def test_a_pause_is_outlived(small: Small) -> None:
    small.engine.pause(f"{LAB}-r")
    assert small.pings()  # the kernel forwards; only the daemon stands still
    small.engine.resume(f"{LAB}-r")
    status = small.ask("r", Question("status"))
    assert isinstance(status, dict)
    assert status["ready"] is True


def test_an_idle_router_is_light(small: Small) -> None:
    small.engine.kill(f"{LAB}-r")
    small.start("r")
    pss = int(small.run("r", "grep ^Pss: /proc/1/smaps_rollup").split()[1])
    user, system = (int(ticks) for ticks in small.run("r", "cut -d' ' -f14,15 /proc/1/stat").split())
    assert pss <= 30 * 1024
    bare = float(small.run("r", "python3 -c 'import asyncio, os; print(sum(os.times()[:2]))'"))
    assert (user + system) / 100 <= 6 * bare  # seconds: what Python's own start takes on this machine is the measure
    assert "libssl" not in small.run("r", "cat /proc/1/maps")


def test_a_stop_is_obeyed_and_said(small: Small) -> None:
    container = small.client.containers.get(f"{LAB}-r")
    container.stop(timeout=200)
    assert container.wait()["StatusCode"] == 0  # it has ended by itself: a killed one says 137
    assert "node.stopping" in [event.kind for event in small.events("r")]
    small.start("r")
    is_right(small)


def test_a_wrong_configuration_ends_the_node_with_the_reason(small: Small) -> None:
    container = small.client.containers.create(
        small.image, environment={CONFIG_VARIABLE: '{"lab": 1}'}, network_mode="none", labels={LABEL_LAB: LAB}
    )
    container.start()
    assert container.wait()["StatusCode"] == 2
    (event,) = filter(None, map(Event.parse, container.logs(stderr=False).decode().splitlines()))
    assert (event.kind, event.text) == ("node.failed", "CATENET_NODE.lab 1 is no str")
    assert container.logs(stdout=False).decode() == "catenet: CATENET_NODE.lab 1 is no str\n"
