"""The ports of the outside address: which are free, and which a mapping gets (RFC 4787 section 4.2, RFC 7857 section
9).

ICMP has none: a query's identifier stands for one (RFC 5508 section 3.1).
"""

from __future__ import annotations

from collections.abc import Iterable

from catenet.nodes.machine import Entropy

__all__ = ["WELL_KNOWN", "PortPool"]

WELL_KNOWN = 1023
"""The last of the well-known ports (RFC 4787 section 4.2.1)."""


class PortPool:
    """The ports from `first` to `last` of each protocol, but for those that are `kept` for others."""

    def __init__(
        self, first: int, last: int, kept: Iterable[tuple[int, int]], entropy: Entropy, *, preserve: bool
    ) -> None:
        """`kept`: protocols and ports. `preserve`: an inside port stays the same one outside, where it is free."""
        self._ranges = _ranges(first, last)
        self._kept = frozenset(kept)
        self._taken: set[tuple[int, int]] = set()
        self._entropy = entropy
        self._preserve = preserve

    def take(self, protocol: int, inside: int) -> int | None:
        """A port for the inside port; None: none is left.

        Of the same range, well-known or not, as the inside port, where the pool has such ports (REQ-3a); what is not
        preserved nobody can foresee: "obfuscate selection of the ephemeral port" (RFC 7857 section 9; the simple
        algorithm of RFC 6056 section 3.3.1).
        """
        for ports in self._ranges[inside <= WELL_KNOWN]:
            port = inside if self._preserve and inside in ports and self._is_free(protocol, inside) else None
            port = self._draw(protocol, ports) if port is None else port
            if port is not None:
                self._taken.add((protocol, port))
                return port
        return None

    def give_back(self, protocol: int, port: int) -> None:
        """It is free again."""
        self._taken.discard((protocol, port))

    def _draw(self, protocol: int, ports: range) -> int | None:
        begin = int.from_bytes(self._entropy(4), "big") % len(ports)
        around = (ports[(begin + step) % len(ports)] for step in range(len(ports)))
        return next((port for port in around if self._is_free(protocol, port)), None)

    def _is_free(self, protocol: int, port: int) -> bool:
        return (protocol, port) not in self._taken and (protocol, port) not in self._kept


def _ranges(first: int, last: int) -> dict[bool, list[range]]:
    """Whether an inside port is well-known → the ranges that it may get a port of, the better one first."""
    low, high = range(first, min(last, WELL_KNOWN) + 1), range(max(first, WELL_KNOWN + 1), last + 1)
    return {True: [each for each in (low, high) if each], False: [each for each in (high, low) if each]}
