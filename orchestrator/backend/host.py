"""The addresses of the machine itself, as its kernel lists them in /proc/net/fib_trie."""

from __future__ import annotations

import re

from catenet.nodes.address import Address

__all__ = ["FIB_TRIE", "own_addresses"]

FIB_TRIE = "/proc/net/fib_trie"
_OWN = re.compile(r"\|-- (\d+\.\d+\.\d+\.\d+)\n +/32 host LOCAL$", re.MULTILINE)


def own_addresses(trie: str) -> tuple[Address, ...]:
    """Every local address in the text of /proc/net/fib_trie, but for the loopback's."""
    found = {Address.parse(text) for text in _OWN.findall(trie)}
    return tuple(sorted(address for address in found if not address.is_loopback))
