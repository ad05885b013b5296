"""The machine's own addresses, read from the kernel's table as a Debian 12 machine printed it."""

from __future__ import annotations

from pathlib import Path

from catenet.nodes.address import Address
from catenet.orchestrator.backend.host import FIB_TRIE, own_addresses

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
