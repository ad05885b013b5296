"""Nothing of a lab is reachable from outside it, nothing outside from it, and a node may do only what it must."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import docker
import pytest
from docker.models.containers import Container
from lab_bench import Bench, up
from on_engine import claimed, own

from catenet.nodes.address import Address
from catenet.orchestrator.backend.protocols import LABEL_LAB

pytestmark = pytest.mark.engine

COPY, OUTSIDER = own("isolation"), own("outsider")
PORT = 47771  # of nodes
NODES = ("host", "router", "name-server", "resolver", "web-server")
LAB = """
lans:
  left: {prefix: 10.71.1.0/24}
  right: {prefix: 10.71.2.0/24}
nodes:
  host: {lans: [left], services: [browse]}
  router: {lans: [left, right], services: [rip]}
  name-server: {lans: [right], services: {nameserver: {zones: [root]}}}
  resolver: {lans: [right], services: [resolver]}
  web-server: {lans: [right], services: {web: {root: site}}}
"""
SAY = "import socket,sys;socket.socket(2,2).sendto(sys.argv[1].encode(),(sys.argv[2],int(sys.argv[3])))"
# linux/capability.h: 10 NET_BIND_SERVICE, 12 NET_ADMIN, 13 NET_RAW
CAPABILITIES = 1 << 10 | 1 << 12 | 1 << 13
ALLOWED = {
    "Privileged": None,
    "CapDrop": ["ALL"],
    "CapAdd": ["NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE"],
    "SecurityOpt": ["no-new-privileges"],
    "PidMode": None,
    "IpcMode": "private",
    "UTSMode": None,
    "UsernsMode": None,
    "GroupAdd": None,
    "Devices": None,
    "DeviceRequests": None,
    "DeviceCgroupRules": None,
    "Binds": None,
    "Tmpfs": None,
    "VolumesFrom": None,
    "PortBindings": None,
    "PublishAllPorts": None,
    "Links": None,
    "ExtraHosts": None,
}
"""Of HostConfig, as `docker inspect` shows it; None stands for whatever is nothing: false, empty, absent."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("lab")
    (folder / "lab.yaml").write_text(LAB)
    (folder / "pages" / "site").mkdir(parents=True)
    before = _listening()
    with up(folder, COPY) as bench:
        assert _listening() - before == set()
        yield bench


def _listening() -> set[tuple[str, int]]:
    """The labs' ports, of those on which the machine listens."""
    ports = {(kind, int(port, 16)) for kind in ("tcp", "udp") for port in _local_ports(kind)}
    return {(kind, port) for kind, port in ports if port in (53, 80, 520)}


def _local_ports(kind: str) -> list[str]:
    return [line.split()[1].partition(":")[2] for line in Path("/proc/net", kind).read_text().splitlines()[1:]]


@pytest.fixture(scope="module")
def outsider(lab: Bench) -> Iterator[Container]:
    """A container on the engine's default bridge: it has the machine as its router."""
    client = docker.from_env()
    image = lab.engine.inspect(lab.running.node("host").name)["Image"]
    with claimed(OUTSIDER):
        made = client.containers.run(
            str(image), ["100000"], entrypoint="sleep", labels={LABEL_LAB: OUTSIDER}, detach=True, init=True
        )
        made.reload()  # it has its address by now
        yield made
    client.close()


@pytest.fixture(scope="module")
def bridges(lab: Bench) -> dict[str, str]:
    """LAN → the machine's bridge."""
    client = docker.from_env()
    networks = {lan: client.networks.get(network.name) for lan, network in lab.running.lans.items()}
    client.close()
    return {lan: f"br-{network.id[:12]}" for lan, network in networks.items()}


def addresses(lab: Bench, node: str) -> list[str]:
    return [str(place.address) for place in lab.lab.nodes[node].attachments]


def test_the_machine_has_neither_address_nor_route_on_a_lan(bridges: dict[str, str]) -> None:
    routes = Path("/proc/net/route").read_text()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for bridge in bridges.values():
            assert Path("/sys/class/net", bridge).exists()
            with pytest.raises(OSError, match="Cannot assign requested address"):
                fcntl.ioctl(probe, 0x8915, struct.pack("256s", bridge.encode()))  # SIOCGIFADDR
            assert bridge not in routes


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may take a bridge's link-local address away")
def test_the_machine_has_no_link_local_address_on_a_lan(bridges: dict[str, str]) -> None:
    assert not [line for line in Path("/proc/net/if_inet6").read_text().splitlines() if line.split()[-1] in bridges]
    for bridge in bridges.values():
        assert Path("/proc/sys/net/ipv6/conf", bridge, "disable_ipv6").read_text() == "1\n"


def test_what_is_sent_from_outside_reaches_no_node(lab: Bench, outsider: Container) -> None:
    """Each node hears first what a neighbour says after the machine and the outsider have said their word."""
    for node, neighbour in zip(NODES, ("router", "host", "router", "web-server", "resolver"), strict=True):
        with lab.tcpdump(node, "-A", "-c", "1", "udp", "port", str(PORT)) as heard:
            for address in addresses(lab, node):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as machine, contextlib.suppress(OSError):
                    machine.sendto(b"from-the-machine", (address, PORT))
                outsider.exec_run(["python3", "-c", SAY, "from-outside", address, str(PORT)])
            lab.run(neighbour, "python3", "-c", SAY, "from-within", addresses(lab, node)[0], str(PORT))
            text = heard()
        assert "from-within" in text, text


def _tried(lab: Bench, node: str, targets: list[str]) -> str:
    """Which of the targets answer to pings from the node, all at once."""
    pings = "".join(f"(ping -c1 -W1 {target} >/dev/null 2>&1 && echo {target}) & " for target in targets)
    return lab.sh(node, f"{pings} wait")


def _outside(lab: Bench, outsider: Container) -> list[str]:
    """The machine's addresses, the outsider's, and of each LAN the one that is the engine's."""
    machine = [str(address) for address in lab.engine.host_addresses()]
    assert machine
    reserved = {str(lan.gateway) for lan in lab.lab.lans.values()}
    reserved |= {str(Address(network.prefixes[0].broadcast - 1)) for network in lab.running.lans.values()}
    return [*machine, str(outsider.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]), *sorted(reserved)]


def test_nothing_outside_answers_to_any_node(lab: Bench, outsider: Container) -> None:
    targets = _outside(lab, outsider)
    with ThreadPoolExecutor(len(NODES)) as pool:
        assert list(pool.map(lambda node: _tried(lab, node, targets), NODES)) == [""] * len(NODES)
    for node in NODES:
        default = lab.sh(node, "ip route show default")
        assert default == "" if node == "router" else re.match(r"default via 10\.71\.\d\.\d+ dev", default), default
        assert lab.run(node, "dig", "+tries=1", "+time=1", "@127.0.0.11", "router").returncode != 0
        assert "127.0.0.11" not in lab.sh(node, "cat /etc/resolv.conf")


def test_a_default_route_to_the_engines_address_leads_nowhere(lab: Bench, outsider: Container) -> None:
    targets = _outside(lab, outsider)

    def tried(node: str) -> str:
        before = lab.sh(node, "ip route show default")
        gateway = addresses(lab, node)[0].rpartition(".")[0] + ".254"
        lab.sh(node, f"ip route replace default via {gateway}; ip route add 0.0.0.0/1 via {gateway}")
        answered = _tried(lab, node, targets)
        lab.sh(node, "ip route del 0.0.0.0/1")
        assert lab.sh(node, "ip route show default") == before, node  # a way out of the lab does not stay
        return answered

    with ThreadPoolExecutor(len(NODES)) as pool:
        assert list(pool.map(tried, NODES)) == [""] * len(NODES)


def test_who_writes_the_bridges_hardware_address_by_hand_is_not_heard(
    lab: Bench, outsider: Container, bridges: dict[str, str]
) -> None:
    """The machine would take the frames, for itself and to forward them: it must drop what comes by this bridge."""
    hardware = Path("/sys/class/net", bridges["left"], "address").read_text().strip()
    machine = [str(address) for address in lab.engine.host_addresses()]
    gateway = "10.71.1.254"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("", 0))
        ear.settimeout(200)
        port = str(ear.getsockname()[1])
        lab.sh("host", f"ip neigh replace {gateway} lladdr {hardware} dev left; ip route add 0.0.0.0/1 via {gateway}")
        lab.sh("host", f"ip route add 128.0.0.0/1 via {gateway}")
        for address in machine:
            lab.run("host", "python3", "-c", SAY, "from-the-lab", address, port)
        assert _tried(lab, "host", _outside(lab, outsider)) == ""
        lab.sh("host", f"ip route del 0.0.0.0/1; ip route del 128.0.0.0/1; ip neigh del {gateway} dev left")
        outsider.exec_run(["python3", "-c", SAY, "from-outside", machine[0], port])
        assert ear.recv(100) == b"from-outside"  # the ear hears, and heard nothing before


def test_routes_of_the_machine_itself_do_not_matter(lab: Bench) -> None:
    """A VPN's, say, for the very addresses: the machine takes no part in the LANs, so it never looks at its routes."""
    client = docker.from_env()
    image = str(lab.engine.inspect(lab.running.node("host").name)["Image"])

    def route(verb: str) -> None:
        client.containers.run(
            image,
            ["route", verb, "unreachable", "10.71.0.0/16", "metric", str(os.getpid())],  # another run has its own
            entrypoint="ip",
            network_mode="host",
            cap_add=["NET_ADMIN"],
            remove=True,
        )

    route("replace")
    try:
        assert lab.run("host", "ping", "-c1", "-W100", addresses(lab, "web-server")[0]).returncode == 0
    finally:
        route("del")
        client.close()


def test_a_node_is_allowed_what_the_design_names_and_nothing_else(lab: Bench) -> None:
    running = lab.running
    networks = {network.name for network in running.lans.values()}
    for container in running.containers.values():
        found = cast("dict[str, Any]", lab.engine.inspect(container.name))
        assert {key: found["HostConfig"].get(key) or None for key in ALLOWED} == ALLOWED
        assert found["HostConfig"]["NetworkMode"] in networks
        assert set(found["NetworkSettings"]["Networks"]) <= networks
        assert not any(found["NetworkSettings"]["Ports"].values())
        (mount,) = found["Mounts"]
        assert (mount["Type"], mount["Destination"], mount["RW"]) == ("bind", "/lab", False)
        assert mount["Source"] == str(lab.folder)


@pytest.mark.parametrize("process", [1, "self"])
def test_a_process_in_a_node_has_these_capabilities_and_gets_no_more(lab: Bench, process: int | str) -> None:
    for node in NODES:
        lines = lab.sh(node, f"cat /proc/{process}/status").splitlines()
        fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        assert {int(fields[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")} == {CAPABILITIES}
        assert int(fields["CapAmb"], 16) == 0
        assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")
