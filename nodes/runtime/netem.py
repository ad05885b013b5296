"""Impairments by the kernel: sch_netem, and sch_tbf where there is a rate, told by tc.

What netem has no word for (each n-th), and a kernel that has no netem, is the emulator's. A rate is tbf's behind
netem, since netem's own queue holds what travels and what waits alike; its packets wait in a pfifo, which counts them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping

from catenet.nodes.control.impairment import NORMAL, QUEUE, Impairment
from catenet.nodes.runtime.iproute import run, said

__all__ = ["apply", "clear", "commands", "counted", "has_netem"]

_ROOT, _RATE, _QUEUE = "4c:", "4d:", "4e:"  # handles: of no others
_ROOM = 100_000  # frames that are under way at a time
_BURST = 2 * 1514  # octets that tbf sends at once, at least: it needs room for a frame
_TICK = 0.004  # seconds between two of a kernel's ticks, at 250 Hz: so much tbf must be able to send at once


def has_netem() -> bool:
    """Whether this kernel has netem: it is tried, on a device of the node's own."""
    try:
        run("tc", f"qdisc add dev lo root handle {_ROOT} netem")
    except OSError:
        return False
    run("tc", "qdisc delete dev lo root")
    return True


def commands(own: Impairment, device: str, where: str) -> list[str] | None:
    """What tc is told, a line each; None: netem has no word for it. `where`: which end of which LAN; with the seed it
    gives netem's, so that each draws its own.
    """
    if own.drop_every:
        return None
    words = [f"limit {_ROOM}"]
    if own.delay:
        words.append(f"delay {_us(own.delay)} {_us(own.jitter)}" if own.jitter else f"delay {_us(own.delay)}")
        words += ["distribution normal"] if own.distribution == NORMAL else []
    if own.burst:  # the chances of a change to the bad state and of one back, from which all and none are lost
        back = 1 / own.burst
        words.append(f"loss gemodel {_share(own.loss * back / (1 - own.loss))} {_share(back)}")
    elif own.loss:
        words.append(f"loss random {_share(own.loss)}")
    for name in ("duplicate", "corrupt", "reorder"):
        share = getattr(own, name)
        words += [f"{name} {_share(share)}"] if share else []
    words.append(f"seed {zlib.crc32(f'{own.seed} {where}'.encode())}")  # since Linux 6.6; older ones draw as they like
    lines = [f"qdisc add dev {device} root handle {_ROOT} netem {' '.join(words)}"]
    if own.rate:
        burst = max(_BURST, round(own.rate / 8 * _TICK))
        rate = f"tbf rate {round(own.rate)}bit burst {burst} limit {burst + 1_000_000_000}"
        lines.append(f"qdisc add dev {device} parent {_ROOT}1 handle {_RATE} {rate}")
        lines.append(f"qdisc add dev {device} parent {_RATE}1 handle {_QUEUE} pfifo limit {own.queue or QUEUE}")
    return lines


def apply(device: str, lines: list[str]) -> None:
    """Raises OSError: the kernel refuses."""
    clear(device)
    run("ip", f"link set {device} gso_max_segs 1")  # else netem takes many of a connection's segments for one packet
    run("tc", *lines)


def clear(device: str) -> None:
    """That there is nothing is no error, nor that the device is gone."""
    try:
        run("tc", f"qdisc delete dev {device} root")
    except OSError:
        return


def counted(device: str) -> Mapping[str, int]:
    """As the emulator counts, as far as netem does. Raises OSError."""
    rows = {row["handle"]: row for row in json.loads(said("tc", "-s", "-j", "qdisc", "show", "dev", device) or "[]")}
    sent, lost = (int(rows.get(_ROOT, {}).get(key, 0)) for key in ("packets", "drops"))
    full = int(rows.get(_RATE, {}).get("drops", 0))  # its pfifo's are among them, and among netem's are both
    return {"packets": sent + lost, "lost": max(0, lost - full), "overflowed": full}


def _us(seconds: float) -> str:
    return f"{round(seconds * 1e6)}us"


def _share(share: float) -> str:
    return f"{share * 100:.6f}%"
