"""Hosts: how they are written, in a lab file, a file of their own, on the command line; where nodes may be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.engine_url import engine_key
from catenet.orchestrator.lab.addressing import FullLanError, free_addresses, unused_address
from catenet.orchestrator.lab.hosts import HOST_LIMIT, Host, parse_host, parse_hosts
from catenet.orchestrator.lab.hosts_file import hosts_in, load_hosts
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import LabFileError, Lan

LAB = """
lans: {l: {}, m: {}}
nodes:
  a: {lans: [l]}
  r: {lans: [l, m], place: big}
"""
TWO = "hosts: {here: local, big: ssh://me@server}\n"


def lab_on(text: str, hosts: dict[str, Host] | None = None):
    return parse(text.encode(), "x/lab.yaml", hosts=hosts)


@pytest.mark.parametrize(
    ("word", "name", "url"),
    [
        ("local", "local", "local"),
        ("big=local", "big", "local"),
        ("ssh://me@server", "server", "ssh://me@server"),
        ("ssh://me@server.example.org:2222/run/user/1000/docker.sock", "server.example.org", None),
        ("me@server", "server", "me@server"),
        ("a-context", "a-context", "a-context"),
        ("tcp://10.0.0.1:2375", "10.0.0.1", "tcp://10.0.0.1:2375"),
        ("b=unix:///run/docker.sock", "b", "unix:///run/docker.sock"),
        ("six=ssh://me@[2001:db8::1]", "six", "ssh://me@[2001:db8::1]"),
    ],
)
def test_a_host_is_named_after_its_server_or_as_it_is_said(word: str, name: str, url: str | None) -> None:
    assert parse_host(word) == Host(name, url or word)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("", "a host is `local`"),
        ("a b", "a host is `local`"),
        ("x" * 600, "at most 500"),
        ("ssh://me:secret@server", "no password"),
        ("me:secret@server", "no password"),
        ("ssh://-oProxyCommand=x@server", "names no server"),
        ("ssh://-server", "names no server"),
        ("-oProxyCommand=touch", "no host"),
        ("me@-server", "no host"),
        ("ssh://server:port", "no URL"),
        ("ssh://", "names no server"),
        ("unix://run/docker.sock", "path of the socket"),
        ("unix:///run/docker.sock", "no name of its own: write one, like big=unix:///run/docker.sock"),
        ("ssh://[::1]", "no name of its own"),
        ("http://server", "no way to an engine"),
        ("big=", "a host is `local`"),
    ],
)
def test_what_is_no_host_is_refused_in_words(word: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        parse_host(word)
    assert "secret" not in str(caught.value)


SPELLINGS = [
    (
        "ssh://root@10.0.0.1",
        "ssh://10.0.0.1:22",
        "ssh://10.0.0.1/",
        "me@10.0.0.1",
        "SSH://10.0.0.1/var/run/docker.sock",
    ),
    ("ssh://Server.example", "ssh://server.example.", "ssh://you@server.example/run/docker.sock"),
    ("ssh://me@[2001:db8::1]", "ssh://[2001:0DB8:0::1]:22/"),
    ("local", "unix:///var/run/docker.sock", "unix:///run/docker.sock", "unix://"),
    ("tcp://server", "tcp://SERVER:2375/"),
    ("context",),
    ("Context",),
    ("ssh://server:2222", "me@server:2222"),
    ("ssh://server/run/user/1000/docker.sock",),
    ("ssh://server:port",),
    ("ssh://[2001:db8::1",),
    ("",),
]


def test_the_spellings_of_one_engine_are_one_and_no_others() -> None:
    keys = [{*map(engine_key, each)} for each in SPELLINGS]
    assert [len(each) for each in keys] == [1] * len(SPELLINGS)
    assert len(set.union(*keys)) == len(SPELLINGS)


def test_two_hosts_have_two_names_and_two_engines() -> None:
    assert [*parse_hosts(["big=me@one", "local"])] == ["big", "local"]
    with pytest.raises(ValueError, match="two hosts are called server: name them, like one=me@server"):
        parse_hosts(["me@server", "you@server"])
    with pytest.raises(ValueError, match="me@server is host a already"):
        parse_hosts(["a=me@server", "b=me@server"])
    with pytest.raises(ValueError, match="ssh://server:22/ is host a already"):
        parse_hosts(["a=me@server", "b=ssh://server:22/"])
    with pytest.raises(ValueError, match="65 hosts"):
        parse_hosts([f"h{number}" for number in range(HOST_LIMIT + 1)])


def test_a_lab_has_the_hosts_of_its_file_in_their_order() -> None:
    lab = lab_on(TWO + LAB)
    assert [*lab.hosts.values()] == [Host("here", "local"), Host("big", "ssh://me@server")]
    assert [node.place for node in lab.nodes.values()] == ["", "big"]


def test_without_hosts_a_place_is_kept_for_those_that_the_command_line_will_name() -> None:
    assert lab_on(LAB).nodes["r"].place == "big"
    two = {"big": Host("big", "ssh://x"), "small": Host("small", "local")}
    assert lab_on(LAB, two).hosts == two


def test_others_in_the_place_of_the_files_must_have_each_place_too() -> None:
    others = {name: Host(name, name) for name in ("bigger", "small")}
    with pytest.raises(
        LabFileError, match=r"x/lab.yaml:6: node r: place: there is no host 'big' \(did you mean bigger\?"
    ):
        lab_on(TWO + LAB, others)


def test_one_host_in_their_place_has_all_nodes_whatever_the_file_says() -> None:
    one = {"far": Host("far", "ssh://far")}
    assert lab_on(TWO + LAB, one).hosts == one


def test_a_hosts_file(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text("hosts:\n  here: local\n  big: me@server\nmtu: 9000\n")
    assert [*load_hosts(path).hosts] == ["here", "big"]
    assert load_hosts(path).mtu == 9000
    path.write_text("hosts: {here: local}")
    assert load_hosts(path).mtu == 0  # not said


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("hosts: {}", 1, "hosts is empty"),
        ("mtu: 9000", 1, "`hosts:` is missing"),
        ("hosts: {a: local}\nmtu: 100", 2, "mtu is 100, and should be a whole number from 576 to 9000"),
        ("hosts: {a: local}\nmtv: 9000", 2, "unknown word 'mtv' (did you mean mtu?)"),
        ("hosts:\n  a: local\n  b: local", 3, "local is host a already"),
        ("[local]", 1, "the hosts file is a list, and should be a mapping"),
    ],
)
def test_what_is_wrong_with_a_hosts_file_has_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text(text)
    with pytest.raises(LabFileError, match=re.escape(said)) as caught:
        load_hosts(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_a_hosts_file_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(LabFileError, match="cannot be read: No such file"):
        load_hosts(tmp_path / "none.yaml")
    with pytest.raises(LabFileError, match="this is a folder"):
        load_hosts(tmp_path)


@pytest.mark.parametrize(
    ("prefix", "addresses"),
    [
        ("10.0.0.0/29", [1, 2, 3, 4, 5, 6]),
        ("10.0.0.0/30", [1, 2]),
        ("10.0.0.0/31", [0, 1]),  # RFC 3021 section 2.1: both "MUST be interpreted as host addresses"
    ],
)
def test_of_a_segment_nodes_may_have_all_but_what_ipv4_keeps(prefix: str, addresses: list[int]) -> None:
    lan = Lan("l", Prefix.parse(prefix), wiring="vxlan")
    assert [address - lan.prefix.network for address in free_addresses(lan, ())] == addresses


def test_a_bridge_keeps_one_for_the_engine() -> None:
    lan = Lan("l", Prefix.parse("10.0.0.0/29"))
    assert [address - lan.prefix.network for address in free_addresses(lan, ())] == [1, 2, 3, 4, 5]
    assert lan.gateway == Address.parse("10.0.0.6")


def test_an_address_that_no_node_has_may_be_lacking_on_a_segment_only() -> None:
    nodes = "nodes: {a: {lans: [l]}, b: {lans: [l]}}"
    full = lab_on(f"wiring: vxlan\nlans: {{l: {{prefix: 10.0.0.0/31}}}}\n{nodes}")
    with pytest.raises(FullLanError, match=r"LAN l: its nodes have all addresses of 10.0.0.0/31"):
        unused_address(full, "l")
    roomy = lab_on(f"wiring: vxlan\nlans: {{l: {{prefix: 10.0.0.0/29}}}}\n{nodes}")
    assert str(unused_address(roomy, "l")) == "10.0.0.6"
    crowd = "".join(f"  n{number}: {{lans: [l]}}\n" for number in range(5))
    bridged = lab_on(f"lans: {{l: {{prefix: 10.0.0.0/29}}}}\nnodes:\n{crowd}")
    assert str(unused_address(bridged, "l")) == "10.0.0.6"  # the engine's


@pytest.mark.parametrize(
    "written",
    [
        f"{TWO}{LAB}",
        f"{LAB}{TWO}",
        f"{LAB}hosts:\n  # two\n  here: local\n\n# no more\n  big: ssh://me@server\ndefaults: {{}}\n",
        f"{LAB}hosts: {{here: local,\n\n  big: ssh://me@server}}\n",
        f"{LAB}hosts: {{here: local,\nbig: ssh://me@server}}\n",
        f"{LAB}'hosts': {{here: local, big: ssh://me@server}}\n",
        f'{LAB}"h\\x6fsts": {{here: local, big: ssh://me@server}}\n',
        f"{LAB}hosts : {{here: local, big: ssh://me@server}}\n",
        f"{LAB}? hosts\n: {{here: local, big: ssh://me@server}}\n",
        f"\ufeff{TWO}{LAB}",
        f"{LAB}{TWO}".replace("\n", "\r\n"),
        f"{LAB}{TWO}".replace("\n", "\r"),
        "".join(f" {line}\n" for line in f"{LAB}{TWO}".strip().splitlines()),
        "{hosts: {here: local, big: ssh://me@server},\nlans: {l: {}, m: {}}, nodes: {r: {lans: [l, m], place: big}}}",
        f"# hosts: {{one: local}}\n{TWO}{LAB}",
        LAB.replace(", place: big", ""),
        f"# its hosts:\n{LAB.replace(', place: big', '')}",
        LAB.replace(", place: big", "").replace("r: ", "hosts: "),
    ],
)
def test_for_its_hosts_alone_a_lab_file_says_the_same(tmp_path: Path, written: str) -> None:
    file = tmp_path / "lab.yaml"
    file.write_bytes(written.encode())
    assert hosts_in(file) == parse(written.encode(), "x/lab.yaml").hosts


@pytest.mark.parametrize("rest", ["", LAB, "lans: [\n", "hosts: {}\n"])
def test_what_is_wrong_with_its_hosts_alone_has_its_line(tmp_path: Path, rest: str) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(f"name: x\n\nhosts:\n  here: local\n  big: http://server\n{rest}")
    with pytest.raises(LabFileError) as error:
        hosts_in(file)
    assert re.match(rf"{re.escape(str(file))}:[56]: ", str(error.value).splitlines()[0])


def test_what_is_wrong_elsewhere_hides_no_hosts(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(f"{TWO}nodes: [\n")
    assert [*hosts_in(file)] == ["here", "big"]
