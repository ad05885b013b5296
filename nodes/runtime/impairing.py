"""What the LANs of this node suffer of what it sends: the emulator is begun where there is need of it, told, and begun
anew.

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
from catenet.nodes.runtime import ingress
from catenet.nodes.runtime.emulator import COUNTED, RECORD, SENT_ON

__all__ = ["Impairing"]

_PATIENCE = 10.0  # seconds; it answers within a tenth of one: only there to end a hang
_AGAIN = 0.5  # seconds after which one that died is begun anew
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

    def impaired(self, lan: str) -> tuple[Impairment, ...]:
        """What the LAN suffers now, by whomever."""
        asked = self._asked.get(lan)
        return () if asked is None else asked.impairments

    def set(self, item: InterfaceConfig, device: str, impairments: tuple[Impairment, ...]) -> None:
        """From now on what is sent on the LAN, by this device of the node's, suffers this.

        Raises:
            ValueError: a sender is none of the LAN's nodes.
            OSError: the kernel refuses, or the emulator does not answer.

        """
        known = {name for address, name in self._config.names.items() if item.prefix.holds(address)}
        for each in impairments:
            if each.sender and each.sender not in known:
                raise ValueError(f"from {each.sender!r}: on {item.lan} there is {', '.join(sorted(known))}")
        asked = _Asked(device, impairments)
        if self._asked.get(item.lan, _Asked(device, ())) == asked:
            return
        self._carry_out(item.lan, asked)
        self._asked[item.lan] = asked
        if not impairments:
            del self._asked[item.lan]

    def forget(self, lan: str) -> None:
        """The LAN's device is gone, and its filters with it."""
        if self._asked.pop(lan, None) is not None:
            with suppress(OSError):
                self._order(lan, None)

    def counted(self, lan: str) -> Mapping[str, int]:
        """Of what this node has sent there since the LAN suffers what it suffers now."""
        if self._counters is None or not self._own(self.impaired(lan)):
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
        if own is None:
            if self._own(self.impaired(lan)) is not None:
                _send_straight(asked.device)
                self._order(lan, None)
                _run("ip", f"link delete {_device(place)}")
            return
        before = self._asked.get(lan)
        if before is not None and self._orders is not None and self._own(before.impairments) is not None:
            self._order(lan, own, asked.device)
            return
        _make_pair(lan, place)
        self._order(lan, own, asked.device)
        _send_round(asked.device, _device(place))

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
        for asked in self._asked.values():
            _send_straight(asked.device)
        self._end()
        text = "the emulator of impairments has ended: until it has begun anew, frames are sent at once"
        self._report("service.failed", text, {"error": text, "retry": _AGAIN})
        self._loop.call_later(_AGAIN, self._again)

    def _again(self) -> None:
        for lan, asked in tuple(self._asked.items()):
            try:
                self._carry_out(lan, asked)
            except OSError as error:
                self._report("service.failed", str(error), {"error": str(error), "retry": None})
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
    _run("ip", f"link add {near} mtu 65535 type veth peer name {far} mtu 65535")
    ingress.drop_ingress(f"{IMPAIRED_DEVICES}{lan}", far)
    _run("ip", f"link set {near} up", f"link set {far} up")


def _send_round(device: str, near: str) -> None:
    """From now on the device hands what it is to send to the other one, but for what was sent on."""
    _send_straight(device)
    _run("tc", f"qdisc add dev {device} clsact", tolerated="Exclusivity flag on")
    _run(
        "tc",
        f"filter add dev {device} egress protocol {SENT_ON:#x} prio {_FIRST} u32 match u32 0 0 flowid :1",
        f"filter add dev {device} egress protocol all prio {_SECOND} u32 match u32 0 0"
        f" action mirred egress redirect dev {near}",
    )


def _send_straight(device: str) -> None:
    """The reverse; that it does so already, or is gone, is no error."""
    for priority in (_SECOND, _FIRST):
        with suppress(OSError):
            _run("tc", f"filter delete dev {device} egress prio {priority}")


def _run(program: str, *lines: str, tolerated: str = "") -> None:
    """Raises OSError: it is refused; the text is the program's own."""
    command = [program, "-batch", "-"]
    text = "".join(f"{line}\n" for line in lines)
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise OSError(errno.ETIMEDOUT, f"{program} has not ended in {_PATIENCE:g} s") from None
    if done.returncode and not (tolerated and tolerated in done.stderr):
        raise OSError(errno.EPERM, f"{program}: {' '.join(done.stderr.split())} {_NEEDS}")
