"""The rules by which packets wait for a machine (`Crossing`), in chains of our own, set by iptables.

    raw    PREROUTING    `-m socket`, without a target, has the kernel put fragments together; and no packet is tracked
    raw    OUTPUT        nor one of the node's own
    mangle PREROUTING    what arrives for one of the addresses, not routed yet
    mangle FORWARD       what crosses the node, routed; but for what waited in PREROUTING already and was changed there
    mangle OUTPUT        the ICMP errors of the node's kernel: types 3, 11 and 12 (RFC 792)

Connections are not tracked, though the engine's rules for its resolver would have the kernel do so: it would drop from
the queue those of its own errors that are about a packet which it tracks and has not seen leave.

All go to one queue, and there is no way around it: while nobody answers, the kernel drops them. No rule names a device,
since a reconnect brings another one. Nothing takes the rules away but the end of the node.
"""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterator, Sequence

from catenet.nodes.address import Address
from catenet.nodes.control.service import GUARD_CHAINS

__all__ = ["MARK", "QUEUE", "guard", "rules"]

QUEUE = 0x4E41
"""The number of the queue."""
MARK = 0x4E
"""Of a packet that was changed before it was routed."""

_WHOLE, _OWN, _ARRIVING, _FORWARDING, _LEAVING = (
    f"{GUARD_CHAINS}{word}" for word in ("whole", "own", "arriving", "forwarding", "leaving")
)
_CHAINS = {
    ("raw", "PREROUTING"): _WHOLE,
    ("raw", "OUTPUT"): _OWN,
    ("mangle", "PREROUTING"): _ARRIVING,
    ("mangle", "FORWARD"): _FORWARDING,
    ("mangle", "OUTPUT"): _LEAVING,
}  # the kernel's chain → ours, to which it jumps

_UNTRACKED = "-j CT --notrack"
_WAITS = f"-j NFQUEUE --queue-num {QUEUE}"
_ERRORS = (3, 11, 12)
_PATIENCE = 10.0  # seconds; only there to end a hang


def guard(addresses: Sequence[Address]) -> None:
    """From now on the packets wait: those that arrive for these addresses, those that cross the node, and its errors.

    Raises:
        OSError: the kernel refuses; the text is iptables' own.

    """
    present = _run("iptables-save")
    _run("iptables-restore", "--noflush", text=rules(addresses, present))


def rules(addresses: Sequence[Address], present: str) -> str:
    """What iptables-restore is to read. `present`: what iptables-save says; no jump that is there is made once more."""
    ours = {
        _WHOLE: ["-m socket", f"! -i lo {_UNTRACKED}"],
        _OWN: [f"! -o lo {_UNTRACKED}"],
        _ARRIVING: [f"! -i lo -d {address} {_WAITS}" for address in addresses],
        _FORWARDING: [f"-m mark ! --mark {MARK:#x} {_WAITS}"],
        _LEAVING: [f"-p icmp --icmp-type {number} {_WAITS}" for number in _ERRORS],
    }
    there = set(_jumps(present))
    lines: list[str] = []
    for table in ("raw", "mangle"):
        lines.append(f"*{table}")
        for (its, begins), chain in _CHAINS.items():
            if its == table:
                lines.append(f":{chain} - [0:0]")  # made, or emptied
                lines += [f"-A {chain} {rule}" for rule in ours[chain]]
                lines += [] if (table, begins, chain) in there else [f"-A {begins} -j {chain}"]
        lines.append("COMMIT")
    return "\n".join([*lines, ""])


def _jumps(present: str) -> Iterator[tuple[str, str, str]]:
    """Table, chain, and to which other chain it jumps always."""
    table = ""
    for line in present.splitlines():
        words = line.split()
        if line.startswith("*"):
            table = line[1:]
        elif len(words) == 4 and words[0] == "-A" and words[2] == "-j":
            yield table, words[1], words[3]


def _run(*command: str, text: str = "") -> str:
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise OSError(errno.ETIMEDOUT, f"{command[0]} has not ended in {_PATIENCE:g} s") from None
    if done.returncode:
        needs = "(the kernel needs NFQUEUE, CT and socket of netfilter, and the node NET_ADMIN)"
        raise OSError(errno.EPERM, f"{' '.join(done.stderr.split())} {needs}")
    return done.stdout
