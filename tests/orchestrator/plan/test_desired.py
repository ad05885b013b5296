"""What a lab needs of the engine."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

import catenet
from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import options_class
from catenet.nodes.control.config import NodeConfig
from catenet.nodes.runtime.options import build_options
from catenet.orchestrator.backend.protocols import LABEL_HASH, Network
from catenet.orchestrator.lab.addressing import free_prefixes
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.plan.desired import Desired, PlanError, desired
from catenet.orchestrator.plan.wiring import SPARE

LABS = Path(catenet.__file__).parent / "labs"
INTERNET = load(LABS / "internet" / "lab.yaml")
IMAGE = "catenet/node:1"
LANS = "lans: {l: {prefix: 10.0.1.0/24}, m: {prefix: 10.0.2.0/24}}"
ZONE = "$TTL 5\n@ SOA ns host 1 2 3 4 5\n@ NS ns.elsewhere.\n"


def lab(text: str) -> Lab:
    return parse(text.encode(), "lab.yaml")


def config(wanted: Desired, node: str) -> NodeConfig:
    """What the node will read of its variable."""
    spec = next(spec for spec in wanted.containers if spec.labels["catenet.node"] == node)
    return NodeConfig.from_json(spec.environment["CATENET_NODE"])


def network(prefix: str, name: str = "other", copy: str = "") -> Network:
    return Network(name, (Prefix.parse(prefix),), {"catenet.lab": copy} if copy else {})


def test_when_it_was_brought_up_is_told_to_the_nodes_and_is_no_reason_to_make_anything_anew() -> None:
    early, late = (desired(INTERNET, "mine", IMAGE, began=began) for began in (1_800_000_000, 1_800_000_060))
    assert {spec.labels["catenet.began"] for spec in (*early.networks, *early.containers)} == {"1800000000"}
    assert {config(early, node).began for node in INTERNET.nodes} == {1_800_000_000}
    hashes = [[spec.labels[LABEL_HASH] for spec in (*each.networks, *each.containers)] for each in (early, late)]
    assert hashes[0] == hashes[1]


def test_a_path_that_no_engine_can_be_told_is_the_users_mistake() -> None:
    with pytest.raises(PlanError, match=r"has a byte that is no UTF-8: name the lab's folder otherwise"):
        desired(replace(INTERNET, file=Path("/labs/b\udcffd/lab.yaml")), "mine", IMAGE)


def test_names_and_labels() -> None:
    wanted = desired(INTERNET, "mine", IMAGE)
    link1 = next(spec for spec in wanted.networks if spec.name == "mine_link1")
    assert (str(link1.prefix), str(link1.gateway)) == ("10.1.1.0/24", "10.1.1.254")
    assert link1.labels["catenet.lan"] == link1.labels["com.docker.compose.network"] == "link1"
    router = wanted.containers[0]
    assert (router.name, router.hostname, router.image) == ("mine-a", "a", IMAGE)
    assert router.endpoints == {
        "mine_link1": Address.parse("10.1.1.1"),
        "mine_link3": Address.parse("10.1.3.1"),
        "mine_eurecom": Address.parse("192.31.33.1"),
    }
    labels = dict(router.labels)
    assert labels.pop("catenet.hash") == labels.pop("com.docker.compose.config-hash")
    assert labels == {
        "catenet.lab": "mine",
        "catenet.node": "a",
        "catenet.file": str(INTERNET.file),
        "com.docker.compose.project": "mine",
        "com.docker.compose.service": "a",
        "com.docker.compose.container-number": "1",
        "com.docker.compose.oneoff": "False",
    }
    assert router.data == (LABS / "internet").resolve()
    assert router.capabilities == ("NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE")


def test_routers_forward_and_hosts_do_not() -> None:
    forward = {
        spec.labels["catenet.node"]: spec.sysctls["net.ipv4.ip_forward"]
        for spec in desired(INTERNET, "x", IMAGE).containers
    }
    assert {node for node, value in forward.items() if value == "1"} == {"a", "b", "c", "d", "e", "f1", "f3"}
    assert set(forward.values()) == {"0", "1"}


def test_source_routes_are_followed_by_none_but_who_says_so() -> None:
    """The kernel asks both `all` and the interface; the interface's is the node's own work, and `default` is for those
    that come while it looks away."""
    text = f"name: x\n{LANS}\nnodes:\n  a: {{lans: [l, m], source_routes: follow}}\n  b: {{lans: [l]}}\n"
    for each, follows in ((lab(text), {"a"}), (INTERNET, set())):
        wanted = desired(each, "x", IMAGE)
        for spec in wanted.containers:
            node = spec.labels["catenet.node"]
            value = "1" if node in follows else "0"
            assert [spec.sysctls[f"net.ipv4.conf.{where}.accept_source_route"] for where in ("all", "default")] == [
                value,
                value,
            ]
            assert config(wanted, node).source_routes == ("follow" if node in follows else "refuse")


def test_where_a_node_has_its_own_stack_the_kernel_forwards_and_answers_nothing() -> None:
    own_stack = "stack: userspace, source_routes: follow"
    text = f"name: x\n{LANS}\nnodes:\n  a: {{lans: [l, m], {own_stack}}}\n  b: {{lans: [l, m]}}\n"
    wanted = desired(lab(text), "x", IMAGE)
    own = {spec.labels["catenet.node"]: spec.sysctls for spec in wanted.containers}
    assert {key: value for key, value in own["a"].items() if own["b"].get(key) != value} == {
        "net.ipv4.ip_forward": "0",
        "net.ipv4.conf.all.arp_ignore": "8",
        "net.ipv4.conf.default.arp_ignore": "8",
        "net.ipv4.icmp_echo_ignore_all": "1",
    }
    assert own["a"]["net.ipv4.conf.all.accept_source_route"] == "0"
    a, b = config(wanted, "a"), config(wanted, "b")
    assert (a.stack, a.forward, a.source_routes, b.stack) == ("userspace", True, "follow", "kernel")


@pytest.mark.usefixtures("own_service")
def test_where_a_service_sees_all_that_crosses_its_node_the_kernel_forwards_nothing_by_itself() -> None:
    """The node says so by each interface, once the service's rules are there; and its own connections have ports that
    the service gives to nobody."""
    text = "name: x\nlans: {a: {prefix: 10.0.1.0/24}, b: {prefix: 10.0.2.0/24}}\nnodes:\n"
    text += "".join(
        f"  {node}: {{lans: {{a: 10.0.1.{at}, b: 10.0.2.{at}}}, services: [{service}]}}\n"
        for at, (node, service) in enumerate({"guarded": "gate", "other": "rip"}.items(), 1)
    )
    wanted = desired(lab(text), "x", IMAGE)
    own = {spec.labels["catenet.node"]: spec.sysctls for spec in wanted.containers}
    assert config(wanted, "guarded").forward
    assert own["guarded"]["net.ipv4.ip_forward"] == "0"
    assert own["guarded"]["net.ipv4.ip_local_port_range"] == "64512 65535"
    assert own["other"]["net.ipv4.ip_forward"] == "1"
    assert own["other"].keys() == own["guarded"].keys() - {"net.ipv4.ip_local_port_range"}


def test_what_a_node_is_told() -> None:
    told = config(desired(INTERNET, "mine", IMAGE), "dns.eurecom.fr")
    assert (told.lab, told.node, told.forward, told.events) == ("internet", "dns.eurecom.fr", False, "json")
    assert str(told.gateway) == "192.31.33.1"
    assert str(told.nameserver) == "192.31.33.53"
    assert {str(address): name for address, name in told.names.items()} == {
        "192.31.33.1": "a",
        "192.31.33.7": "surf.eurecom.fr",
        "192.31.33.53": "dns.eurecom.fr",
    }
    assert told.told == {
        "resolver": {"hints": {"a.root-servers.net": "192.31.53.53", "b.root-servers.net": "192.31.54.53"}}
    }


def test_a_resolver_with_root_servers_of_its_own_is_told_none() -> None:
    text = """
lans: {l: {}}
nodes:
  s: {lans: [l], services: {nameserver: {zones: [root]}}}
  r: {lans: [l], services: {resolver: {hints: {x: 10.0.1.1}}}}
  d: {lans: [l], services: [resolver]}
"""
    wanted = desired(lab(text), "x", IMAGE)
    assert {name: config(wanted, name).told for name in "srd"} == {
        "s": {},
        "r": {},
        "d": {"resolver": {"hints": {"s": "10.0.1.1"}}},
    }


def test_a_supernode_is_told_the_lans_to_which_it_relays() -> None:
    text = """
lans: {home: {prefix: 192.168.7.0/24}, net: {prefix: 10.3.0.0/16}}
nodes:
  s: {lans: [net], services: {supernode: {secret: not a good one}}}
  h: {lans: [home]}
"""
    wanted = desired(lab(text), "x", IMAGE)
    assert config(wanted, "s").told == {"supernode": {"lans": ["192.168.7.0/24", "10.3.0.0/16"]}}


TLS = """
name: shop
lans: {l: {}, m: {}}
nodes:
  h: {lans: [l]}
  w: {lans: [l, m], services: {web: {root: site, tls: on}}}
  x: {lans: [l], services: {web: {root: site}}}
"""


def test_who_speaks_tls_is_told_its_certificate_and_everybody_the_authoritys() -> None:
    wanted = desired(lab(TLS), "mine", IMAGE)
    told = {node: config(wanted, node).told for node in "hwx"}
    assert (told["h"], told["x"]) == ({}, {})
    assert set(told["w"]["web"]) == {"certificate", "private_key"}
    authorities = {config(wanted, node).authority for node in "hwx"}
    (authority,) = (x509.load_pem_x509_certificate(each.encode()) for each in authorities)
    certificate = x509.load_pem_x509_certificate(str(told["w"]["web"]["certificate"]).encode())
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["w"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["10.0.1.2", "10.0.2.1"]


def test_certificates_are_the_same_each_time_so_that_nothing_is_made_anew() -> None:
    hashes = [[spec.labels[LABEL_HASH] for spec in desired(lab(TLS), copy, IMAGE).containers] for copy in ("a", "b")]
    assert hashes[0] == hashes[1]


def test_a_lab_without_tls_has_no_authority_and_loads_nothing_for_one() -> None:
    wanted = desired(lab(TLS.replace(", tls: on", "")), "mine", IMAGE)
    assert {config(wanted, node).authority for node in "hwx"} == {""}
    assert "authority" not in wanted.containers[0].environment["CATENET_NODE"]
    program = (
        "import sys, catenet.orchestrator.cli, catenet.orchestrator.plan.desired; print('cryptography' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_options_are_complete_and_read_back() -> None:
    wanted = desired(INTERNET, "mine", IMAGE)
    for node in INTERNET.nodes.values():
        for service, options in node.services.items():
            told = config(wanted, node.name).services[service]
            assert build_options(service, options_class(service), told) == options
    assert config(wanted, "a").services["rip"]["update"] == 5.0


def test_names_are_told_where_there_is_no_resolver() -> None:
    wanted = desired(lab("lans: {l: {}, m: {}}\nnodes: {r: {lans: [l, m]}, h: {lans: [m]}}"), "x", IMAGE)
    assert {name: str(address) for name, address in config(wanted, "h").hosts.items()} == {
        "r": "10.0.1.1",
        "h": "10.0.2.2",
    }


def test_a_zone_without_a_file_is_told_its_names(tmp_path: Path) -> None:
    text = (
        "lans: {l: {}}\nname: x\nnodes:\n"
        "  ns.x.edu: {lans: [l], services: {nameserver: {zones: [x.edu, org]}}}\n"
        "  www.x.edu: {lans: [l]}\n  xx.edu: {lans: [l]}\n  r: {lans: [l], services: [resolver]}\n"
        "  root: {lans: [l], services: {nameserver: {zones: [root]}}}\n"
    )
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / "org.zone").write_text(ZONE)
    wanted = desired(parse(text.encode(), "lab.yaml", tmp_path), "x", IMAGE)
    assert list(config(wanted, "ns.x.edu").hosts) == ["ns.x.edu", "www.x.edu"]
    assert len(config(wanted, "root").hosts) == 5
    assert config(wanted, "www.x.edu").hosts == {}


def test_a_taken_prefix_is_the_engines_matter_only() -> None:
    wanted = desired(INTERNET, "mine", IMAGE, [network("10.1.0.0/22", "other")])
    prefixes = {spec.name: spec.prefix for spec in wanted.networks}
    spare = [prefixes[f"mine_link{number}"] for number in (1, 2, 3)]
    assert len(set(spare)) == 3 and all(SPARE.holds(prefix.network) and prefix.length == 24 for prefix in spare)
    assert str(prefixes["mine_link4"]) == "10.1.4.0/24"
    interface = config(wanted, "b").interfaces[0]
    assert (interface.lan, str(interface.address), interface.length) == ("link1", "10.1.1.2", 24)
    assert interface.engine == spare[0].network + 2
    assert wanted.containers[1].endpoints["mine_link1"] == interface.engine


def test_a_lan_that_holds_an_address_of_the_machine_is_refused() -> None:
    with pytest.raises(
        PlanError, match=r"LAN link1 has the prefix 10\.1\.1\.0/24, in which .* address 10\.1\.1\.77 lies"
    ):
        desired(INTERNET, "mine", IMAGE, host=[Address.parse("172.17.0.1"), Address.parse("10.1.1.77")])


def test_spare_prefixes_that_are_taken_too_are_passed_over() -> None:
    """Wherever a copy begins to look: it finds the only one that is left."""
    free = Prefix.parse("198.18.77.0/24")
    used = [prefix for prefix in free_prefixes(SPARE, 24, ()) if prefix != free]
    taken = [network("10.0.1.0/24"), Network("others", tuple(used), {})]
    small = lab("lans: {l: {prefix: 10.0.1.0/24}}\nnodes: {a: {lans: [l]}}")
    for copy in ("one", "two", "three", "four"):
        assert desired(small, copy, IMAGE, taken).networks[0].prefix == free


def test_copies_that_start_at_once_seldom_want_the_same_prefix() -> None:
    """None of them is on the engine yet; the lab's own addresses are taken."""
    wanted = [desired(INTERNET, f"copy-{number}", IMAGE, [network("10.0.0.0/8")]).networks for number in range(30)]
    first = [networks[0].prefix for networks in wanted]
    assert len(set(first)) >= 25


def test_two_copies_never_overlap() -> None:
    first = desired(INTERNET, "one", IMAGE)
    there = [Network(spec.name, (spec.prefix,), spec.labels) for spec in first.networks]
    second = desired(INTERNET, "two", IMAGE, there)
    prefixes = [spec.prefix for spec in (*first.networks, *second.networks)]
    assert not any(a.overlaps(b) for i, a in enumerate(prefixes) for b in prefixes[:i])
    for node in INTERNET.nodes:
        one, two = config(first, node), config(second, node)
        assert [i.address for i in one.interfaces] == [i.address for i in two.interfaces]
        assert [i.engine for i in one.interfaces] != [i.engine for i in two.interfaces]


def test_what_is_there_keeps_its_prefix_although_the_labs_is_free_now() -> None:
    before = desired(INTERNET, "mine", IMAGE, [network("10.1.1.0/24")])
    there = [Network(spec.name, (spec.prefix,), spec.labels) for spec in before.networks]
    assert desired(INTERNET, "mine", IMAGE, there) == before


def test_a_lan_whose_prefix_changed_in_the_file_is_made_anew() -> None:
    text = "name: x\nlans: {l: {prefix: 10.0.%d.0/24}}\nnodes: {a: {lans: [l]}}"
    before = desired(lab(text % 1), "x", IMAGE)
    there = [Network(spec.name, (spec.prefix,), spec.labels) for spec in before.networks]
    assert str(desired(lab(text % 2), "x", IMAGE, there).networks[0].prefix) == "10.0.2.0/24"


def test_no_prefix_is_left() -> None:
    with pytest.raises(PlanError, match=r"LAN link1: 10\.1\.1\.0/24 is taken on this engine.*198\.18\.0\.0/15"):
        desired(INTERNET, "x", IMAGE, [network("10.1.1.0/24"), network(str(SPARE), "another")])


def test_a_prefix_larger_than_the_spare_ones() -> None:
    large = lab("lans: {l: {prefix: 10.0.0.0/8}}\nnodes: {a: {lans: [l]}}")
    with pytest.raises(PlanError, match="no /8 of"):
        desired(large, "x", IMAGE, [network("10.9.0.0/24")])


def test_a_configuration_too_long_names_the_node() -> None:
    crowd = "".join(f"  a-name-of-some-length-{'x' * 40}.n{number}: {{lans: [l]}}\n" for number in range(900))
    with pytest.raises(PlanError, match=r"node a-name-of.*CATENET_NODE"):
        desired(lab(f"lans: {{l: {{prefix: 10.0.0.0/16}}}}\nnodes:\n{crowd}"), "x", IMAGE)


def test_a_name_too_long_for_the_kernel_gives_its_first_label() -> None:
    name = ".".join(["host", "x" * 60, "example"])
    wanted = desired(lab(f"lans: {{l: {{}}}}\nnodes: {{{name}: {{lans: [l]}}}}"), "x", IMAGE)
    assert wanted.containers[0].hostname == "host"
    assert config(wanted, name).node == name


@settings(max_examples=60)
@given(
    st.lists(st.builds(Prefix.of, st.integers(0x0A000000, 0x0A0010FF), st.integers(20, 30)), max_size=6),
    st.lists(st.builds(Prefix.of, st.integers(0xC6120000, 0xC6121000), st.integers(22, 30)), max_size=6),
)
def test_engine_prefixes_are_free_and_hold_every_address(taken: list[Prefix], spare: list[Prefix]) -> None:
    lans = "{a: {prefix: 10.0.0.0/24}, b: {prefix: 10.0.1.0/29}, c: {prefix: 10.0.8.0/21}}"
    wanted = desired(
        lab(f"lans: {lans}\nnodes: {{r: {{lans: [a, b, c]}}, h: {{lans: [c]}}}}"),
        "x",
        IMAGE,
        [Network("other", (*taken, *spare), {})],
    )
    prefixes = {spec.name: spec.prefix for spec in wanted.networks}
    for index, (name, prefix) in enumerate(prefixes.items()):
        others = [*taken, *spare, *list(prefixes.values())[:index]]
        assert not any(prefix.overlaps(other) for other in others), name
    for spec in wanted.containers:
        assert all(prefixes[name].holds(address) for name, address in spec.endpoints.items())
        for interface in json.loads(spec.environment["CATENET_NODE"])["interfaces"]:
            size = 2 ** (32 - interface["length"])
            assert Address.parse(interface["engine"]) % size == Address.parse(interface["address"]) % size
