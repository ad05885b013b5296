"""A port of packets that wait in the kernel until a machine has said what becomes of each (`Crossing`, `Translating`).

Rules send them to a queue (crossing_rules); here they are read, shown to the machine, and answered, many by one call of
the kernel. What goes wrong drops packets, and never lets one pass: what was read when the machine raises, what comes
faster than it is read, what waits when the port is closed.

An answer to a node behind this one may come from the next LAN with this node's own address as its source, where a
machine has written it there; so the interfaces that hold none of the port's addresses accept such packets.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress

from catenet.nodes.machine import Crossing, Hook, Interface
from catenet.nodes.runtime.crossing_rules import MARK, QUEUE, guard
from catenet.nodes.runtime.netlink import queue, routing
from catenet.nodes.runtime.netlink.client import NETFILTER, Netlink, RequestSocket
from catenet.nodes.runtime.port import BATCH, LARGEST, SLICE, Cross, Owner

__all__ = ["CrossingPort"]

_MOST = 1024  # packets that wait in the kernel
_KEPT = 4 << 20  # octets of them that wait to be read
_JOINED = 65_536  # octets of answers, from which on they are sent
_SPACE = LARGEST + 512  # of a packet and what is said of it
_GLANCE = 4  # of so many packets one looks at the clock
_SO_RCVBUFFORCE = 33
_HOOKS: dict[int, Hook] = {hook.value: hook for hook in Hook}


class _Queue(RequestSocket):
    """The socket to which the kernel sends the packets that wait. What wait more than _MOST, or more octets than _KEPT,
    it drops."""

    def __init__(self) -> None:
        """Raises OSError: the queue is another's."""
        super().__init__(NETFILTER)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _KEPT)
            self._order(queue.CONFIG, 0, queue.bind(QUEUE))
            self._order(queue.CONFIG, 0, queue.limits(QUEUE, _MOST))
        except OSError:
            self.close()
            raise
        self._socket.setblocking(False)
        self._send((queue.CONFIG, 0, queue.copy_packets(QUEUE)))  # from here on packets come

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> bytes | None:
        """What came next; None: nothing waits. Raises OSError: some that came faster than they were read are gone."""
        try:
            return self._socket.recv(_SPACE)
        except BlockingIOError:
            return None

    def answer(self, answers: Sequence[bytes]) -> None:
        if answers:
            self._socket.send(b"".join(answers))


class CrossingPort:
    """An open port of packets that wait."""

    def __init__(self, port: Crossing, owner: Owner, cross: Cross) -> None:
        """Open it: from now on packets wait for `cross`.

        Raises:
            OSError: another one is open, or the kernel refuses.

        """
        self._addresses = port.addresses
        self._owner = owner
        self._cross = cross
        self._names: dict[int, str] = {}
        guard(port.addresses)
        self._queue = _Queue()
        self._netlink = Netlink()
        for interface in owner.lans.interfaces():
            self._accept_own_addresses(interface)
        owner.loop.add_reader(self._queue, self._drain)

    def interface_changed(self, interface: Interface) -> None:
        """A device that a reconnect brings knows nothing of what the last one accepted."""
        self._names.clear()
        self._accept_own_addresses(interface)

    def close(self) -> None:
        """What waits is dropped, and so is what comes: the rules stay."""
        self._owner.loop.remove_reader(self._queue)
        self._queue.close()
        self._netlink.close()

    def _accept_own_addresses(self, interface: Interface) -> None:
        ifindex = self._owner.lans.ifindex(interface.name)
        if ifindex and self._addresses and interface.address not in self._addresses:
            with suppress(OSError):  # it goes just now
                self._netlink.set_settings(ifindex, {routing.ACCEPT_LOCAL: 1})

    def _drain(self) -> None:
        try:
            self._answer_all()
            self._owner.settle()
        except Exception as error:
            self._owner.fail(error)

    def _answer_all(self) -> None:
        """All that wait, or as many as the others can wait for."""
        read: list[bytes] = []  # identifiers of those that are not answered yet
        answers: list[bytes] = []
        time = self._owner.loop.time
        now = time()
        end, size = now + SLICE, 0
        try:
            for number in range(1, BATCH + 1):
                try:
                    data = self._queue.read()
                except OSError:  # ENOBUFS
                    self._owner.count("queue_overruns")
                    continue
                if data is None:
                    break
                waiting = queue.parse(data)
                if waiting is not None:
                    read.append(waiting.ident)
                    answer = self._answer(waiting, now)
                    answers.append(answer)
                    size += len(answer)
                if size > _JOINED:
                    self._queue.answer(answers)
                    read, answers, size = [], [], 0
                if not number % _GLANCE:
                    now = time()
                    if now > end:  # it is others' turn
                        break
        except Exception:
            self._queue.answer([queue.verdict(QUEUE, ident, accept=False) for ident in read])
            raise
        self._queue.answer(answers)

    def _answer(self, waiting: queue.Queued, now: float) -> bytes:
        ident, hook, came, goes, packet = waiting
        passed, where = None, _HOOKS.get(hook)
        if where is None or packet[6] & 0x3F or packet[7] or packet[2] << 8 | packet[3] != len(packet):
            self._owner.count("receive_failures")  # by somebody else's rule, a fragment, or too long and cut off
        else:
            passed = self._cross(packet, where, self._name(came), self._name(goes), now)
        if passed is None:
            return queue.verdict(QUEUE, ident, accept=False)
        if passed is packet:
            return queue.verdict(QUEUE, ident, accept=True)
        return queue.verdict(QUEUE, ident, accept=True, payload=passed, mark=MARK if hook == Hook.ARRIVING else 0)

    def _name(self, ifindex: int) -> str:
        name = self._names.get(ifindex)
        if name is None:
            name = self._names[ifindex] = self._owner.lans.name(ifindex) if ifindex else ""
        return name

    # It has no groups, and nothing is sent by it: what a machine sends has a port of its own.

    def send(self, unit: object) -> None:
        self._owner.count("send_failures")

    def join(self, group: object, interface: str) -> None:
        self._owner.count("group_failures")

    def leave(self, group: object, interface: str) -> None:
        self._owner.count("group_failures")
