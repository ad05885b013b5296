"""What the programs ping, traceroute and dig print, read as what a node's own probes find (nodes/control)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from catenet.nodes.control.lookups import LookedUp
from catenet.nodes.control.pings import Pinged
from catenet.nodes.control.printable import printable
from catenet.nodes.control.probes import TIME_EXCEEDED, ProbedHop
from catenet.orchestrator.observe.program import Finished

__all__ = ["PING_CODES", "passed", "read_dig", "read_hops", "read_ping", "read_traceroute"]

PING_CODES = (0, 1, 2)
"""Of ping: answered; no answer; no route, or no such address."""
_COUNTED = re.compile(r"(\d{1,9}) packets transmitted, (\d{1,9}) received(?:, \+(\d{1,9}) duplicates)?")
_REPLY = re.compile(r"\d+ bytes from \S+ icmp_seq=\d+ ttl=(\d{1,3})(?: time=(\d{1,9}(?:\.\d{1,9})?) ms)?(.*)")
_ERROR = re.compile(r"From (\S+) icmp_seq=\d+ (.+)")
_WORDS = {"Time to live exceeded": TIME_EXCEEDED}
_HOP = re.compile(r" *(\d{1,3}) +(?:(\d[0-9.]{6,14}) +(\d{1,9}(?:\.\d{1,9})?) ms(?: +(![A-Z0-9<>]+))?|\*)")
_SHOWN = 8


def read_ping(done: Finished) -> Pinged:
    """The output of `ping -n`, whose return code says whether anything was answered."""
    sent = received = int(done.returncode == 0)
    repeated = ttl = 0
    took: list[float] = []
    says: dict[str, None] = {}
    for line in done.stdout.replace(":", "").splitlines():
        if (counted := _COUNTED.search(line)) is not None:
            sent, received, repeated = (int(number or 0) for number in counted.groups())
        elif (error := _ERROR.match(line)) is not None and len(says) < _SHOWN:
            what = printable(error[2].strip())
            says[f"{printable(error[1])}: {_WORDS.get(what, what.lower())}"] = None
        elif (reply := _REPLY.match(line)) is not None:
            ttl = int(reply[1])
            took += [float(reply[2])] if reply[2] and "DUP" not in reply[3] else []
    if not sent and not says:
        says[done.last_words] = None  # no route, or no such address
    return Pinged(sent, received, tuple(took), repeated, ttl=ttl, says=tuple(says))


def read_traceroute(text: str) -> list[str]:
    """The address of each hop in the output of `traceroute -n -q 1`, as of `passed`."""
    return passed(read_hops(text))


def passed(hops: Iterable[ProbedHop]) -> list[str]:
    """The address of each hop, `*` for a silent one, without those at the end."""
    found = [hop.address or "*" for hop in hops]
    while found and found[-1] == "*":
        found.pop()
    return found


def read_hops(text: str) -> tuple[ProbedHop, ...]:
    """Each hop of that, how long it took, and what it said, where that is more than that the TTL ran out (`!N`)."""
    found = (_HOP.match(line) for line in text.splitlines())
    return tuple(
        ProbedHop(int(hop[1]), hop[2], None if hop[3] is None else float(hop[3]), hop[4] or "") for hop in found if hop
    )


def read_dig(text: str) -> LookedUp:
    """The output of `dig +noall +comments +answer NAME A`."""
    status, addresses = "", []
    for line in text.splitlines():
        if line.startswith(";; ->>HEADER<<-"):
            status = line.partition("status: ")[2].partition(",")[0]
        words = line.split()
        if not line.startswith(";") and len(words) == 5 and words[3] == "A":
            addresses.append(words[4])
    return LookedUp(status, tuple(addresses))
