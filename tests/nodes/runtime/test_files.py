"""resolv.conf and hosts."""

from __future__ import annotations

from catenet.nodes.address import Address
from catenet.nodes.control.config import InterfaceConfig, NodeConfig
from catenet.nodes.runtime import files

A, B = Address.parse("10.0.1.1"), Address.parse("10.0.1.2")
LAN = InterfaceConfig("lan1", A, A, 24)


def test_with_a_resolver_names_are_its_matter() -> None:
    config = NodeConfig("lab", "a", (LAN,), nameserver=B, hosts={"b": B})
    assert files.resolv_conf(config).splitlines()[0] == "nameserver 10.0.1.2"
    assert files.hosts(config) == "127.0.0.1 localhost\n10.0.1.1 a\n"


def test_without_one_every_node_is_in_hosts_and_nobody_is_asked() -> None:
    config = NodeConfig("lab", "a", (LAN,), hosts={"a": A, "b": B})
    assert "nameserver" not in files.resolv_conf(config)
    assert files.hosts(config) == "127.0.0.1 localhost\n10.0.1.1 a\n10.0.1.2 b\n"
