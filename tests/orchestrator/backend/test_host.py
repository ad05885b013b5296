"""The machine's own addresses, read from the kernel's table as a Debian 12 machine printed it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from catenet.nodes.address import Address
from catenet.orchestrator.backend import host
from catenet.orchestrator.backend.host import FIB_TRIE, isolate_bridge, isolation, nearest_seen, own_addresses

TRIE = """\
Main:
  +-- 0.0.0.0/0 3 0 4
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     +-- 198.51.100.0/24 2 0 2
        +-- 198.51.100.0/30 2 0 2
           |-- 198.51.100.0
              /24 link UNICAST
           |-- 198.51.100.2
              /32 host LOCAL
        |-- 198.51.100.255
           /32 link BROADCAST
Local:
  +-- 0.0.0.0/0 3 0 4
           |-- 198.51.100.2
              /32 host LOCAL
"""


def test_local_addresses_but_for_the_loopbacks() -> None:
    assert own_addresses(TRIE) == (Address.parse("198.51.100.2"),)


def test_this_machines_table_can_be_read() -> None:
    assert all(not address.is_loopback for address in own_addresses(Path(FIB_TRIE).read_text()))


def test_another_machine_is_told_the_same_and_says_whether_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "SETTINGS", tmp_path)
    bridges = ["br-0123456789ab", "br-ba9876543210"]
    script = isolation([*bridges, "br-x'; touch $HOME/oops", "eth0"])
    assert "oops" not in script
    assert "eth0" not in script
    assert subprocess.run(["sh", "-c", script], stderr=subprocess.DEVNULL, check=False).returncode == 1
    for bridge in bridges:
        for family in ("ipv4", "ipv6"):
            (tmp_path / family / "conf" / bridge).mkdir(parents=True)
    subprocess.run(["sh", "-c", script], check=True)
    found = {str(file.relative_to(tmp_path)): file.read_text() for file in tmp_path.rglob("*") if file.is_file()}
    assert found == {
        f"{family}/conf/{bridge}/{setting}": "1"
        for bridge in bridges
        for family, setting in (("ipv4", "rp_filter"), ("ipv6", "disable_ipv6"))
    }


def test_only_this_bridge_falls_silent(tmp_path: Path) -> None:
    for family, setting in (("ipv4", "rp_filter"), ("ipv6", "disable_ipv6")):
        for bridge in ("br-0123456789ab", "default"):
            (tmp_path / family / "conf" / bridge).mkdir(parents=True)
            (tmp_path / family / "conf" / bridge / setting).write_text("0")
    isolate_bridge("br-0123456789ab", tmp_path)
    found = {str(file.relative_to(tmp_path)): file.read_text() for file in tmp_path.rglob("*") if file.is_file()}
    assert found == {
        "ipv4/conf/br-0123456789ab/rp_filter": "1",
        "ipv4/conf/default/rp_filter": "0",
        "ipv6/conf/br-0123456789ab/disable_ipv6": "1",
        "ipv6/conf/default/disable_ipv6": "0",
    }


def test_a_bridge_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    isolate_bridge("br-0123456789ab", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_nearest_folder_that_may_be_looked_at(tmp_path: Path) -> None:
    (tmp_path / "closed" / "inner").mkdir(parents=True)
    (tmp_path / "file").touch()
    assert nearest_seen(tmp_path / "closed" / "inner") == tmp_path / "closed" / "inner"
    assert nearest_seen(tmp_path / "none" / "inner") is None
    assert nearest_seen(tmp_path / "file" / "inner") is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else for a moment")
def test_of_a_folder_that_is_closed_to_us_the_one_above_it(tmp_path: Path) -> None:
    (tmp_path / "closed" / "inner").mkdir(parents=True)
    tmp_path.chmod(0o700)
    os.seteuid(65534)
    try:
        found = nearest_seen(tmp_path / "closed" / "inner")
    finally:
        os.seteuid(0)
    assert found in (tmp_path, *tmp_path.parents)  # those above it may be closed too
