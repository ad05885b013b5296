"""`Arp`: address resolution on all interfaces of a node, on the contract of nodes/machine.py.

arp.set_interface(interface, now)             it is up: its address is announced; down, or other: its neighbours go
arp.receive(frame, now)                       an ARP packet came
arp.resolve("link1", address, packet, now)    the hardware address; None: the packet waits, and it is asked for
arp.take_ready(), arp.take_failed()           packets that may go, and those that cannot
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from catenet.nodes.address import ANY, Address
from catenet.nodes.link.arp.cache import Cache, Key, Neighbour
from catenet.nodes.link.arp.config import ANNOUNCEMENTS, DEFEND_INTERVAL, ArpOptions
from catenet.nodes.link.arp.packet import REPLY, REQUEST, ArpPacket, announcement, request
from catenet.nodes.link.arp.reports import Reports
from catenet.nodes.link.arp.states import TRANSITIONS, Event, State, Step
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST, hardware_text, is_one_host
from catenet.nodes.machine import Action, Count, DecodeError, Frame, Interface, Json, Randomness, Report, Send
from catenet.nodes.timers import Timers

__all__ = ["Arp"]

_JITTER = 0.25  # of the time after which a neighbour is polled


class Arp:
    """One table for all interfaces: a neighbour is an address on one of them."""

    def __init__(self, options: ArpOptions, random: Randomness, count: Count) -> None:
        self._options = options
        self._random = random
        self._count = count
        self._cache = Cache(options)
        self._reports = Reports()
        self._timers: Timers[Key] = Timers()  # of neighbours; (interface, ANY): of an announcement
        self._interfaces: dict[str, Interface] = {}  # those that are up
        self._own: frozenset[bytes] = frozenset()  # their hardware addresses
        self._announced: dict[str, tuple[float, int]] = {}  # when an address came up; how often it was said since
        self._defended: dict[str, float] = {}
        self._actions: list[Action] = []
        self.ready: list[tuple[str, bytes, bytes]] = []
        self.failed: list[tuple[str, Address, bytes]] = []
        self.may_proxy: Callable[[str, Address], bool] = _never

    @property
    def known(self) -> dict[Key, bytes]:
        """The hardware address of each neighbour that has one; to be read alone."""
        return self._cache.known

    @property
    def version(self) -> int:
        """Another number after each change of `known`."""
        return self._cache.version

    # The contract

    def set_interface(self, interface: Interface, now: float) -> None:
        """Up: its address is announced, and the neighbours learn where it is now. Down, or another one: who was known
        there is forgotten."""
        was = self._interfaces.get(interface.name)
        usable = interface.up and is_one_host(interface.hardware) and interface.address != ANY
        same = usable and was is not None and was[1:4] + was[5:] == interface[1:4] + interface[5:]
        if not usable:
            self._interfaces.pop(interface.name, None)
        else:
            self._interfaces[interface.name] = interface
        if same or (was is None and not usable):
            return
        self._own = frozenset(each.hardware for each in self._interfaces.values())
        self._forget(interface.name)
        self._defended.pop(interface.name, None)
        self._timers.cancel((interface.name, ANY))
        if usable:
            self._announced[interface.name] = now, 0
            self._announce_due(interface.name, now)

    def receive(self, frame: Frame, now: float) -> None:
        """The algorithm of RFC 826, "Packet Reception"."""
        here = self._interfaces.get(frame.interface)
        if here is None:
            self._count("arp.ignored.interface")
            return
        try:
            packet = ArpPacket.parse(frame.data)
            _check_sender(packet)
        except DecodeError as error:
            self._refuse(frame, error.field.replace(" ", "-"), str(error), now)
            return
        if packet.sender_hardware in self._own:
            self._count("arp.ignored.own")  # it came back; RFC 5227 section 2.4 means "any of the host's own"
            return
        self._count("arp.received.request" if packet.opcode == REQUEST else "arp.received.reply")
        if packet.sender == ANY:
            self._answer_probe(packet, here)
        elif packet.sender == here.address:
            self._defend(packet, here, now)
        elif not here.prefix.holds_host(packet.sender):
            self._count("arp.ignored.off-link")
        else:
            self._merge(packet, here, now)

    def wake(self, now: float) -> None:
        """Do what has fallen due."""
        for key in self._timers.due(now):
            if key[1] == ANY:
                self._announce_due(key[0], now)
                continue
            neighbour = self._cache.get(key)
            assert neighbour is not None, key
            enough = self._options.requests if neighbour.state == State.INCOMPLETE else self._options.polls
            self._happen(neighbour, Event.FRUITLESS if neighbour.asked >= enough else Event.TIMER, now)

    def next_wake(self) -> float | None:
        """When the earliest timer runs out."""
        return self._timers.next()

    def take_actions(self) -> list[Action]:
        """Frames to send, and what is to be told."""
        actions, self._actions = self._actions, []
        return actions

    # For who composes it

    def resolve(self, interface: str, address: Address, packet: bytes, now: float) -> bytes | None:
        """Where a packet to that neighbour goes. None: it waits until that is known, or was dropped (counted)."""
        key = interface, address
        neighbour = self._cache.get(key)
        if neighbour is None:
            why = self._why_not(interface, address)
            if why:
                self._count(f"arp.dropped.{why}")
                return None
            neighbour = Neighbour(key, since=now)
        self._happen(neighbour, Event.WANTED, now, packet=packet)
        return neighbour.hardware or None

    def _why_not(self, interface: str, address: Address) -> str:
        """A word for why an address is not asked for; empty: it is."""
        if interface not in self._interfaces:
            return "interface"
        if not address.is_unicast:
            return "address"
        return "" if self._cache.has_room(interface, State.INCOMPLETE) else "full"

    def take_ready(self) -> list[tuple[str, bytes, bytes]]:
        """(interface, hardware address, packet): those that waited and may go, in order."""
        ready, self.ready = self.ready, []
        return ready

    def take_failed(self) -> list[tuple[str, Address, bytes]]:
        """(interface, address, packet): who is not to be found, and one packet for it, whose sender is to hear."""
        failed, self.failed = self.failed, []
        return failed

    def flush(self) -> None:
        """Forget who is known. Who is asked for just now stays: nothing is known of it, and packets wait."""
        self._forget_known(self._cache)

    def forget(self, interface: str, now: float) -> None:
        """Who is known there may have moved while nothing was heard, and may not know where this node is."""
        self._forget_known(self._cache.of(interface))
        if interface in self._interfaces:
            self._announced[interface] = now, 0
            self._announce_due(interface, now)

    def show(self, now: float) -> list[dict[str, Json]]:
        """The table. `seconds`: since it was last heard, or since it has been asked for."""
        return [
            {
                "lan": neighbour.key[0],
                "address": str(neighbour.key[1]),
                "hardware": hardware_text(neighbour.hardware),
                "state": neighbour.state.word,
                "seconds": round(now - neighbour.since, 3),
            }
            for neighbour in sorted(self._cache, key=lambda each: each.key)
        ]

    # Who speaks, and to whom

    def _answer_probe(self, packet: ArpPacket, here: Interface) -> None:
        """ "The 'sender IP address' field MUST be set to all zeroes, to avoid polluting ARP caches in other hosts" (RFC
        5227 section 1.1): nothing is learned, and no proxy answers, as the address would seem to be taken."""
        if packet.opcode == REQUEST and packet.target == here.address:
            self._reply(packet, here)

    def _merge(self, packet: ArpPacket, here: Interface, now: float) -> None:
        """Merged "before the opcode is looked at"; then a request that is ours to answer is answered."""
        asked_us = packet.target == here.address
        proxied = not asked_us and packet.opcode == REQUEST and self._proxies(packet, here)
        key = here.name, packet.sender
        neighbour = self._cache.get(key)
        if neighbour is not None:
            self._tell_move(neighbour, packet.sender_hardware, now)
        elif (asked_us or proxied) and self._cache.has_room(here.name, State.STALE):
            neighbour = Neighbour(key)
        if neighbour is not None:
            event = Event.ASKED if asked_us or proxied else Event.HEARD
            self._happen(neighbour, event, now, hardware=packet.sender_hardware)
        elif asked_us or proxied:
            self._count("arp.ignored.full")
        if proxied:
            self._count("arp.proxied")
        if proxied or (asked_us and packet.opcode == REQUEST):
            self._reply(packet, here)

    def _proxies(self, packet: ArpPacket, here: Interface) -> bool:
        """Not for a broadcast address (RFC 1027 section 2.4), nor for one that announces itself. Whether the target is
        on the asker's own LAN and "can answer for itself" the routes say, not the prefix: "an ARP subnet gateway must
        use the physical network interface, not the subnet number" (2.5)."""
        target = packet.target
        broadcast = here.prefix.holds(target) and not here.prefix.holds_host(target)
        announces = target == packet.sender
        return target.is_unicast and not broadcast and not announces and self.may_proxy(here.name, target)

    def _reply(self, packet: ArpPacket, here: Interface) -> None:
        """ "Swap hardware and protocol fields, putting the local hardware and protocol addresses in the sender
        fields"."""
        self._count("arp.sent.reply")
        reply = ArpPacket(REPLY, here.hardware, packet.target, packet.sender_hardware, packet.sender)
        self._actions.append(Send(Frame(bytes(reply), b"", packet.sender_hardware, ARP, here.name)))

    def _defend(self, packet: ArpPacket, here: Interface, now: float) -> None:
        """RFC 5227 section 2.4 (c): who has a well-known address defends it for ever, by one announcement in
        DEFEND_INTERVAL and never by an answer, else "two hosts […] get stuck in an endless loop"."""
        self._count("arp.conflicts")
        self._tell(self._reports.conflict(here.name, here.address, packet.sender_hardware, now))
        last = self._defended.get(here.name)
        if last is None or now >= last + DEFEND_INTERVAL:
            self._defended[here.name] = now
            self._announce(here)

    def _announce_due(self, name: str, now: float) -> None:
        began, said = self._announced[name]
        self._announce(self._interfaces[name])
        self._announced[name] = began, said + 1
        if said + 1 < len(ANNOUNCEMENTS):
            self._timers.set((name, ANY), began + ANNOUNCEMENTS[said + 1])

    def _announce(self, here: Interface) -> None:
        self._count("arp.sent.announcement")
        said = announcement(here.hardware, here.address)
        self._actions.append(Send(Frame(bytes(said), b"", BROADCAST, ARP, here.name)))

    # What becomes of a neighbour

    def _happen(
        self, neighbour: Neighbour, event: Event, now: float, *, packet: bytes = b"", hardware: bytes = b""
    ) -> None:
        """One row of the table."""
        row = TRANSITIONS[neighbour.state, event]
        if row.step in (Step.ASK, Step.WAIT):
            if row.step == Step.ASK:
                self._enter(neighbour, State.INCOMPLETE)
                self._ask(neighbour, BROADCAST, now)
            self._dropped(self._cache.wait(neighbour, packet))
        elif row.step == Step.LEARN:
            neighbour.hardware, neighbour.since, neighbour.asked = hardware, now, 0
            self._enter(neighbour, row.new)
            self.ready += [(neighbour.key[0], hardware, each) for each in self._cache.take_packets(neighbour)]
            self._timers.set(neighbour.key, now + self._options.reachable * self._jitter())
        elif row.step in (Step.ASK_AGAIN, Step.POLL):
            self._enter(neighbour, row.new)
            self._ask(neighbour, neighbour.hardware or BROADCAST, now)
        elif row.step == Step.GIVE_UP:
            self._give_up(neighbour)
        elif row.step == Step.FORGET:
            self._remove(neighbour)
        elif row.new != neighbour.state:
            self._enter(neighbour, row.new)

    def _ask(self, neighbour: Neighbour, whom: bytes, now: float) -> None:
        """ "Who has" of all, or "periodically sending a point-to-point ARP Request" of itself (RFC 1122 2.3.2.1)."""
        here = self._interfaces[neighbour.key[0]]
        self._count("arp.sent.request" if whom == BROADCAST else "arp.sent.poll")
        neighbour.asked += 1
        asks = request(here.hardware, here.address, neighbour.key[1])
        self._actions.append(Send(Frame(bytes(asks), b"", whom, ARP, here.name)))
        self._timers.set(neighbour.key, now + self._options.interval)

    def _give_up(self, neighbour: Neighbour) -> None:
        packets = self._cache.take_packets(neighbour)
        self._count("arp.unreachable")
        if packets:
            self.failed.append((*neighbour.key, packets[0]))
            self._dropped(len(packets) - 1)
        self._remove(neighbour)

    def _enter(self, neighbour: Neighbour, state: State) -> None:
        left = self._cache.enter(neighbour, state)
        if left is not None:
            self._count("arp.evicted")
            self._timers.cancel(left.key)

    def _forget(self, interface: str) -> None:
        for neighbour in self._cache.of(interface):
            self._remove(neighbour)

    def _forget_known(self, neighbours: Iterable[Neighbour]) -> None:
        for neighbour in neighbours:
            if neighbour.state != State.INCOMPLETE:
                self._remove(neighbour)

    def _remove(self, neighbour: Neighbour) -> None:
        self._dropped(len(neighbour.packets))
        self._cache.remove(neighbour)
        self._timers.cancel(neighbour.key)

    def _dropped(self, packets: int) -> None:
        if packets:
            self._count("arp.dropped.waiting", packets)

    def _jitter(self) -> float:
        return self._random.uniform(1 - _JITTER, 1 + _JITTER)

    def _tell_move(self, neighbour: Neighbour, hardware: bytes, now: float) -> None:
        was = neighbour.hardware
        if was and was != hardware:
            self._count("arp.moved")
            self._tell(self._reports.moved(*neighbour.key, hardware, was, now))

    def _refuse(self, frame: Frame, word: str, why: str, now: float) -> None:
        self._count(f"arp.refused.{word}")
        self._tell(self._reports.refused(frame, word, why, now))

    def _tell(self, report: Report | None) -> None:
        if report is not None:
            self._actions.append(report)


def _never(interface: str, address: Address) -> bool:  # noqa: ARG001
    return False


def _check_sender(packet: ArpPacket) -> None:
    """ "A router MUST not believe any ARP reply that claims that the Link Layer address of another host or router is a
    broadcast or multicast address" (RFC 1812 section 3.3.2); nor a request, and nobody is no host either."""
    if not is_one_host(packet.sender_hardware):
        raise DecodeError("sender hardware", hardware_text(packet.sender_hardware), "it is no one host's")
    if packet.sender != ANY and not packet.sender.is_unicast:
        raise DecodeError("sender", str(packet.sender), "it is no one host's")
