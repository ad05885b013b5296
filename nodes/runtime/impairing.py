"""What the LANs of this node suffer of what it sends: by the kernel where that can (netem), else by the emulator, which
is begun where there is need of it, told, and begun anew.

By two filters of tc's a LAN's device hands each frame that it is to send to a device of ours, the end of a veth pair,
but for those that the emulator, at the other end, sends on. That end takes nothing up: it drops what comes, once the
emulator has heard it. Where the emulator has died, the filters go at once: frames are sent as if nothing were asked,
until it has begun anew.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import socket
import subprocess
import sys
from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from catenet.nodes.control.config import InterfaceConfig, NodeConfig
from catenet.nodes.control.impairment import Impairment
from catenet.nodes.control.service import IMPAIRED_DEVICES
from catenet.nodes.machine import Json
from catenet.nodes.runtime import ingress, netem, offload
from catenet.nodes.runtime.emulated import COUNTED, RECORD, SENT_ON
from catenet.nodes.runtime.iproute import run

__all__ = ["Impairing"]

_PATIENCE = 10.0  # seconds; it answers within a tenth of one: only there to end a hang
_AGAIN, _LATER = 0.5, 5.0  # seconds after which one that died is begun anew, and where that failed
_FIRST, _SECOND = 64_011, 64_012  # the priorities of our filters: of no others
_NEEDS = "(the kernel needs sch_netem; or veth, sch_ingress, cls_u32 and act_mirred; and the node NET_ADMIN, NET_RAW)"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a LAN suffers, and by which device its frames leave."""

    device: str
    impairments: tuple[Impairment, ...]


class Impairing:
    """The impairments of the node's LANs."""

    def __init__(
        self, config: NodeConfig, loop: AbstractEventLoop, report: Callable[[str, str, Mapping[str, Json]], None]
    ) -> None:
        self._config = config
        self._loop = loop
        self._report = report
        self._places = {item.lan: place for place, item in enumerate(config.interfaces)}
        self._asked: dict[str, _Asked] = {}
        self._orders: socket.socket | None = None
        self._counters: mmap.mmap | None = None
        self._by_kernel: set[str] = set()  # LANs that suffer by netem
        self._emulated: set[str] = set()  # those whose frames go to the emulator
        self._has_netem: bool | None = None  # nobody has looked yet

    def impaired(self, lan: str) -> tuple[Impairment, ...]:
        """What the LAN suffers now, by whomever."""
        asked = self._asked.get(lan)
        return () if asked is None else asked.impairments

    def impair(self, item: InterfaceConfig, device: str, impairments: tuple[Impairment, ...]) -> None:
        """From now on what is sent on the LAN, by this device of the node's, suffers this.

        Raises:
            ValueError: a sender is none of the LAN's nodes.
            OSError: the kernel refuses, or the emulator does not answer.

        """
        asked = _Asked(device, impairments)
        if self._asked.get(item.lan, _Asked(device, ())) == asked:
            return
        known = {name for address, name in self._config.names.items() if item.prefix.holds(address)}
        for each in impairments:
            if each.sender and each.sender not in known:
                raise ValueError(f"from {each.sender!r}: on {item.lan} there is {', '.join(sorted(known))}")
        self._carry_out(item.lan, asked)
        self._asked[item.lan] = asked
        if not impairments:
            del self._asked[item.lan]

    def forget(self, lan: str) -> None:
        """The LAN's device is gone, and its filters with it."""
        if self._asked.pop(lan, None) is not None:
            self._by_kernel.discard(lan)
            with suppress(OSError):
                self._order(lan, None)
            with suppress(OSError):
                run("ip", f"link delete {_device(self._places[lan])}")
            self._emulated.discard(lan)

    def counted(self, lan: str) -> Mapping[str, int]:
        """Of what this node has sent there since the LAN suffers what it suffers now."""
        if not self._own(self.impaired(lan)):
            return {}
        if lan in self._by_kernel:
            with suppress(OSError):
                return netem.counted(self._asked[lan].device)
            return {}
        if self._counters is None:
            return {}
        return dict(zip(COUNTED, RECORD.unpack_from(self._counters, self._places[lan] * RECORD.size), strict=True))

    def close(self) -> None:
        """The node ends, and with it its devices."""
        self._end()

    def _own(self, impairments: tuple[Impairment, ...]) -> Impairment | None:
        """What this node's own frames suffer."""
        return next((each for each in impairments if each.sender in ("", self._config.node)), None)

    def _carry_out(self, lan: str, asked: _Asked) -> None:
        place, own = self._places[lan], self._own(asked.impairments)
        lines = self._lines(own, asked.device, lan)
        if lan in self._by_kernel and lines is None:
            netem.clear(asked.device)
            self._by_kernel.discard(lan)
        if lines is not None:
            self._stop_emulating(lan, asked.device)
            netem.apply(asked.device, lines)
            self._by_kernel.add(lan)
            return
        if own is None:
            self._stop_emulating(lan, asked.device)
            return
        if lan in self._emulated and self._orders is not None:
            self._order(lan, own, asked.device)
            return
        _make_pair(lan, place)
        self._order(lan, own, asked.device)
        _send_round(asked.device, _device(place))
        self._emulated.add(lan)

    def _lines(self, own: Impairment | None, device: str, lan: str) -> list[str] | None:
        """What the kernel's netem is told; None where that is not what does it."""
        lines = None if own is None else netem.commands(own, device, f"{lan} {self._config.node}")
        if lines is None:
            return None
        if self._has_netem is None:
            self._has_netem = netem.has_netem()
        return lines if self._has_netem else None

    def _stop_emulating(self, lan: str, device: str) -> None:
        if lan in self._emulated:
            _send_straight(device)
            self._order(lan, None)
            with suppress(OSError):
                run("ip", f"link delete {_device(self._places[lan])}")
            self._emulated.discard(lan)

    # The emulator.

    def _order(self, lan: str, impairment: Impairment | None, device: str = "") -> None:
        """Returns when it is done."""
        if impairment is None and self._orders is None:
            return
        place = self._places[lan]
        order: dict[str, Json] = {
            "lan": lan,
            "node": self._config.node,
            "place": place,
            "came": _other_end(place),
            "goes": device,
            "impairment": None if impairment is None else impairment.to_json(),
        }
        orders = self._orders or self._begin()
        self._loop.remove_reader(orders)
        try:
            orders.sendall(json.dumps(order).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                data = orders.recv(65_536)
                if not data:
                    raise OSError(errno.EPIPE, "the emulator of impairments has ended")
                answer += data
        finally:
            self._loop.add_reader(orders, self._gone)
        said = json.loads(answer)
        if "error" in said:
            raise OSError(errno.EPERM, f"{said['error']} {_NEEDS}")

    def _begin(self) -> socket.socket:
        ours, its = socket.socketpair()
        ours.settimeout(_PATIENCE)
        memory = os.memfd_create("counters")
        os.ftruncate(memory, max(1, len(self._places)) * RECORD.size)
        program = [sys.executable, "-I", "-m", "catenet.nodes.runtime.emulator", str(its.fileno()), str(memory)]
        try:
            subprocess.Popen(program, pass_fds=(its.fileno(), memory), stdin=subprocess.DEVNULL, cwd="/")
            self._counters = mmap.mmap(memory, 0)
        finally:
            its.close()
            os.close(memory)
        self._orders = ours
        return ours

    def _gone(self) -> None:
        """It has ended: nobody else closes this."""
        assert self._orders is not None
        with suppress(OSError):
            if self._orders.recv(65_536):
                return
        for lan in self._emulated:
            _send_straight(self._asked[lan].device)
        again, self._emulated = self._emulated, set()
        self._end()
        text = "the emulator of impairments has ended: until it has begun anew, frames are sent at once"
        self._report("service.failed", text, {"error": text, "retry": _AGAIN})
        self._loop.call_later(_AGAIN, self._again, again)

    def _again(self, lans: set[str]) -> None:
        for lan in lans & self._asked.keys():
            try:
                self._carry_out(lan, self._asked[lan])
            except OSError as error:
                self._report("service.failed", str(error), {"error": str(error), "retry": _LATER})
                self._loop.call_later(_LATER, self._again, lans)
                return

    def _end(self) -> None:
        if self._orders is not None:
            self._loop.remove_reader(self._orders)
            self._orders.close()
            self._orders = None


# Devices and filters, by iproute2.


def _device(place: int) -> str:
    """The end to which a LAN's device hands its frames."""
    return f"{IMPAIRED_DEVICES}{place}"


def _other_end(place: int) -> str:
    return f"{IMPAIRED_DEVICES}{place}r"


def _make_pair(lan: str, place: int) -> None:
    if Path(f"/sys/class/net/{_device(place)}").exists():
        return
    near, far = _device(place), _other_end(place)
    run("ip", f"link add {near} mtu 65535 type veth peer name {far} mtu 65535")
    for end in (near, far):  # a connection's frames come as one of many segments until a device takes them apart
        offload.switch_off(end)
    ingress.drop_ingress(f"{IMPAIRED_DEVICES}{lan}", far)
    run("ip", f"link set {near} up", f"link set {far} up")


def _send_round(device: str, near: str) -> None:
    """From now on the device hands what it is to send to the other one, but for what was sent on."""
    _send_straight(device)
    run("tc", f"qdisc add dev {device} clsact", tolerated="Exclusivity flag on")
    run(
        "tc",
        f"filter add dev {device} egress protocol {SENT_ON:#x} prio {_FIRST} u32 match u32 0 0 flowid :1",
        f"filter add dev {device} egress protocol all prio {_SECOND} u32 match u32 0 0"
        f" action mirred egress redirect dev {near}",
    )


def _send_straight(device: str) -> None:
    """The reverse; that it does so already, or is gone, is no error."""
    for priority in (_SECOND, _FIRST):
        with suppress(OSError):
            run("tc", f"filter delete dev {device} egress prio {priority}")
