"""To which peers a supernode relays: the lab's hosts, and of its own addresses its relay ports alone.

RFC 8656 leaves it to the server (sections 10.2, 11.2, 12.2: "The server MAY impose restrictions"); a relay that reached
whatever it can reach would be a way around every filter (section 21.1.4).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import Interface

__all__ = ["Policy"]

_LINK_LOCAL = Prefix.parse("169.254.0.0/16")


class Policy:
    """Which addresses a peer may have. `own`: the node's, now; that of an interface which is down is one all the same,
    as it is the kernel's."""

    def __init__(
        self, interfaces: Iterable[Interface], allowed: Collection[Prefix], denied: Collection[Prefix]
    ) -> None:
        """`interfaces`: the node's own; `allowed`: the lab's LANs; `denied` goes before them."""
        self._own = {interface.name: interface.address for interface in interfaces}
        self.own = frozenset(self._own.values())
        self._allowed = tuple(allowed)
        self._denied = (_LINK_LOCAL, *denied)

    def set_interface(self, interface: Interface) -> None:
        """It is so now."""
        self._own[interface.name] = interface.address
        self.own = frozenset(self._own.values())

    def allows(self, address: Address) -> bool:
        """Whether a permission may be had for it: a host's address on one of the lab's LANs.

        One of the supernode's own may be, since permissions name no ports (RFC 8656 section 9), and two clients of one
        supernode are peers by it. Which of its ports they reach the allocations say.
        """
        if not address.is_unicast or any(prefix.holds(address) for prefix in self._denied):
            return False
        on = [prefix for prefix in self._allowed if prefix.holds(address)]
        return bool(on) and all(prefix.holds_host(address) for prefix in on)
