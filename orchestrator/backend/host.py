"""The machine itself: its addresses, as its kernel lists them in /proc/net/fib_trie, its folders, and its ears on a
LAN's bridge."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from catenet.nodes.address import Address

__all__ = ["FIB_TRIE", "isolate_bridge", "isolation", "nearest_seen", "own_addresses"]

FIB_TRIE = "/proc/net/fib_trie"
SETTINGS = Path("/proc/sys/net")
_ISOLATED = {
    # An interface without an address has no way back to anybody: what comes by it is dropped, be it for the machine, to
    # be forwarded, or an ARP request for one of the machine's addresses (which Linux answers on every interface).
    "ipv4/conf/{}/rp_filter": "1",
    "ipv6/conf/{}/disable_ipv6": "1",  # else it has a link-local address, and services of the machine listen there
}
_BRIDGE = re.compile(r"br-[0-9a-f]{12}")  # as Docker calls those that it makes
_OWN = re.compile(r"\|-- (\d+\.\d+\.\d+\.\d+)\n +/32 host LOCAL$", re.MULTILINE)


def own_addresses(trie: str) -> tuple[Address, ...]:
    """Every local address in the text of /proc/net/fib_trie, but for the loopback's."""
    found = {Address.parse(text) for text in _OWN.findall(trie)}
    return tuple(sorted(address for address in found if not address.is_loopback))


def isolate_bridge(bridge: str, settings: Path = SETTINGS) -> None:
    """From now on the machine hears nothing on this bridge; frames between the bridge's own ends are not touched.

    Only root may set this. Without it, systemd's own default (rp_filter 2) drops IPv4 just as well.
    """
    for setting, value in _ISOLATED.items():
        with suppress(OSError):
            (settings / setting.format(bridge)).write_text(value)


def isolation(bridges: Iterable[str]) -> str:
    """The same for a shell (POSIX) on another machine: where that may not be, or a name is no bridge's, it fails."""
    named = [bridge for bridge in bridges if _BRIDGE.fullmatch(bridge)]
    files = [(SETTINGS / setting.format(bridge), value) for bridge in named for setting, value in _ISOLATED.items()]
    return "; ".join(["fine=true", *(f"printf {value} > {file} || fine=false" for file, value in files), "$fine"])


def nearest_seen(folder: Path) -> Path | None:
    """The folder, or the nearest above it that this process may look at; None where there is no such folder."""
    for place in (folder, *folder.parents):
        try:
            place.stat()
        except PermissionError:
            continue
        except OSError:
            return None
        return place
    return None
