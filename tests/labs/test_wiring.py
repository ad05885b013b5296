"""Labs whose LANs are segments over one network (`wiring: vxlan`): the same tables, verbs and packets as on bridges.

And what only segments can: LANs of two addresses, a prefix that the machine itself uses, hundreds of LANs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from lab_bench import LABS, PATIENCE, Bench, until, up
from on_engine import own
from processes import catenet
from rip_tables import wrong

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import LABEL_UNDERLAY, networks_of
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.operations.reset import reset
from catenet.orchestrator.status.state import lab_state

pytestmark = pytest.mark.engine

WITHIN = f"{PATIENCE:g}s"
SMALL = """
wiring: vxlan
lans: {{pair: {{prefix: 10.73.0.0/31}}, thin: {{prefix: 10.73.0.4/30}}, machines: {{prefix: {prefix}}}}}
nodes:
  h1: {{lans: [pair]}}
  r: {{lans: [pair, thin], services: [rip]}}
  s: {{lans: [thin, machines], services: [rip]}}
  h2: {{lans: [machines]}}
"""
MANY = 300


@pytest.mark.lab("five-routers", wiring="vxlan")
class TestFiveRouters:
    def test_the_engine_has_one_network_and_the_lab_all_its_lans(self, lab: LabUnderTest) -> None:
        (network,) = networks_of(lab.engine, lab.name)
        assert network.labels[LABEL_UNDERLAY] == "1"
        state = lab_state(lab.engine, lab.running)
        assert {lan.name: (lan.word, [*lan.nodes]) for lan in state.lans} == {
            lan: ("up", sorted(node.name for node in lab.model.on_lan(lan))) for lan in lab.model.lans
        }

    def test_the_tables_of_the_slides(self, lab: LabUnderTest) -> None:
        until(lambda: wrong(lab))
        lab.check(within=WITHIN)

    def test_a_cut_and_its_healing(self, lab: LabUnderTest) -> None:
        with lab.cut("link1"):
            until(lambda: wrong(lab, cut={"link1"}))
            lab.check("D5", "D3", within=WITHIN)
        assert wrong(lab) == []

    def test_a_silent_cut_leaves_the_carrier(self, lab: LabUnderTest) -> None:
        with lab.cut("link1", silent=True):
            lab.wait_for(ping={"from": "a", "to": "b", "answered": False}, within="0s")
            assert "LOWER_UP" in lab["a"].run("ip", "link", "show", "link1").stdout
            until(lambda: wrong(lab, silent={("a", "link1"), ("b", "link1")}))
        assert wrong(lab) == []

    def test_a_dead_router_comes_back_to_the_same_place(self, lab: LabUnderTest) -> None:
        """Its devices are new, and have the same hardware addresses: its neighbours need not ask again."""
        before = hardware(lab, "b")
        with lab["b"].kill():
            until(lambda: wrong(lab, dead={"b"}))
        assert wrong(lab) == []
        assert hardware(lab, "b") == before and len(set(before.values())) == len(before)

    def test_a_capture_has_the_frames_of_its_lan_and_no_others(self, lab: LabUnderTest) -> None:
        ends = {"10.0.1.1", "10.0.1.2"}
        with lab.capture("link1") as packets:
            for address in ends:  # until each has been heard of by an unmodified tcpdump
                command = ("tcpdump", "-Z", "root", "-ni", "link1", "-c", "1", "udp port 520 and src", address)
                heard = lab["a"].run(*command, within=WITHIN)
                assert heard.returncode == 0, heard.last_words
        assert {str(packet.source.address) for packet in packets if packet.source} == ends

    def test_packets_as_long_as_ethernets_pass_unbroken_and_longer_ones_in_parts(self, lab: LabUnderTest) -> None:
        assert lab["a"].ping("b", number=2, size=1472).received == 2
        assert lab["a"].run("ping", "-M", "do", "-c", "1", "-W", "1", "-s", "1473", "10.0.1.2").returncode != 0
        assert lab["a"].ping("c", number=2, size=8000).received == 2

    def test_the_network_that_carries_them_is_no_part_of_the_lab(self, lab: LabUnderTest) -> None:
        """No router tells of it, nobody reaches another by it, and it is nothing that `reset` would mend."""
        told = {row["prefix"] for node in lab for row in lab[node].show("routes")}
        assert told == {str(lan.prefix) for lan in lab.model.lans.values()}
        assert lab["a"].run("ping", "-c", "1", "-W", "1", place(lab, "b")).returncode != 0
        assert reset(lab.engine, lab.running).remarks == ()

    def test_who_is_disconnected_and_connected_again_is_back_on_all_its_lans(self, lab: LabUnderTest) -> None:
        client = docker.from_env()
        (network,) = client.networks.list(names=[networks_of(lab.engine, lab.name)[0].name])
        container, address = lab.running.node("b").name, place(lab, "b")
        network.disconnect(container)
        assert lab.running.lans_of(lab.running.node("b")) == ()
        network.connect(container, ipv4_address=address)
        client.close()
        until(lambda: wrong(lab))

    def test_up_again_finds_nothing_to_do_and_keeps_the_wiring(self, lab: LabUnderTest) -> None:
        words = ("up", str(LABS / "five-routers"), "--name", lab.name, "--dry-run")
        assert catenet(*words) == "nothing to do\n"
        assert "create network" in catenet(*words, "--wiring", "bridge")


def hardware(lab: LabUnderTest, node: str) -> dict[str, str]:
    """LAN → the node's hardware address there."""
    return {row["lan"]: row["hardware"] for row in lab[node].show("links")}


def place(lab: LabUnderTest, node: str) -> str:
    """Its address in the network that carries the segments."""
    (endpoint,) = lab.engine.inspect(lab.running.node(node).name)["NetworkSettings"]["Networks"].values()  # type: ignore[index]
    return str(endpoint["IPAddress"])


@pytest.mark.lab("internet", wiring="vxlan")
def test_names_pages_and_paths_of_internet(lab: LabUnderTest) -> None:
    lab.check("F4", "F1", "G1", "G3", "G5", "D1", "B2", within=WITHIN)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A /31, a /30, and a prefix that is the machine's."""
    folder = tmp_path_factory.mktemp("small")
    folder.chmod(0o755)
    (folder / "lab.yaml").write_text(SMALL.format(prefix=Prefix.of(machine(), 24)))
    with up(folder, own("segments")) as bench:
        yield bench


def machine() -> Address:
    """One of its addresses."""
    return next(iter(connect().host_addresses()))


def test_lans_of_two_addresses_and_a_prefix_that_the_machine_uses(small: Bench) -> None:
    """Both addresses of a /31 are hosts' (RFC 3021 section 2.1)."""
    assert [str(small.lab.nodes[node].address_on("pair")) for node in ("h1", "r")] == ["10.73.0.0", "10.73.0.1"]
    far = str(small.lab.nodes["h2"].address_on("machines"))
    until(lambda: small.run("h1", "ping", "-c", "1", "-W", "1", far).returncode)
    hops = small.run("h1", "traceroute", "-n", "-q", "1", far).stdout.splitlines()[1:]
    assert [line.split()[1] for line in hops] == ["10.73.0.1", "10.73.0.6", far]


def test_the_machine_whose_prefix_that_is_has_no_part_in_it(small: Bench) -> None:
    """Without segments such a LAN is refused: the machine would answer for its address on the bridge."""
    assert small.lab.lans["machines"].prefix.holds(machine())
    owners = [node for node in small.lab.nodes if small.lab.nodes[node].address_on("machines") == machine()]
    seen = small.run("h2", "sh", "-c", f"ping -c 1 -W 1 {machine()}; ip neigh show {machine()} nud reachable").stdout
    assert owners or (" 0 received" in seen and "lladdr" not in seen)


def test_two_copies_with_the_same_addresses_side_by_side(small: Bench) -> None:
    with up(small.folder, own("segments-2")) as other:
        other.do("cut", "thin")
        states = [lab_state(bench.engine, bench.running).lans for bench in (small, other)]
        assert [{lan.name: lan.word for lan in lans}["thin"] for lans in states] == ["up", "cut"]
        assert (
            small.run("r", "ping", "-c", "1", "-W", "2", str(small.lab.nodes["s"].address_on("thin"))).returncode == 0
        )


def test_hundreds_of_lans(tmp_path: Path) -> None:
    """Of bridges a machine has room for a few hundred, and each takes 80 ms to make."""
    tmp_path.chmod(0o755)
    names = ", ".join(f"l{number}" for number in range(MANY))
    lans = ", ".join(f"l{number}: {{}}" for number in range(MANY))
    (tmp_path / "lab.yaml").write_text(
        f"wiring: vxlan\nlans: {{{lans}}}\nnodes: {{a: {{lans: [{names}]}}, b: {{lans: [{names}]}}}}"
    )
    with up(tmp_path, own("hundreds")) as bench:
        assert len(networks_of(bench.engine, bench.copy)) == 1
        until(lambda: [lan for lan in lab_state(bench.engine, bench.running).lans if lan.word != "up"])
        far = str(bench.lab.nodes["b"].address_on(f"l{MANY - 1}"))
        assert bench.run("a", "ping", "-c", "1", "-W", "2", far).returncode == 0
