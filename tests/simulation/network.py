"""A simulated network: runs any machines of nodes/machine.py, whole topologies in one process, on a virtual clock.

    network = Network(seed=1)
    network.add_lan("link1", "10.0.1.0/24")
    network.add_node("a", {"link1": "10.0.1.1"}, lambda node: RipMachine(options, node.interfaces, node.random))
    network.run(60.0)
    network.cut("link1")

A LAN carries a packet to the node that has its destination address, or to all others where that is a group's. Who sends
it there delays, loses, repeats, damages and reorders as `impair` says. What is for another node goes on by the table of
the one that it came to. Nothing is random but by the seed, so a run can be repeated.

What the machines want done is done as on a real node: ports are open or not, and in their groups (sockets.py); `Send`
puts packets on a LAN, `SetRoute` and `DeleteRoute` change the node's `kernel`, connections stand between their streams
(streams.py), jobs are done (jobs.py), `Report`s are kept. A node can have several machines (node.py), be killed and
started again (new machines), paused and resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar

import own_stack
from forwarding import TTL
from jobs import Jobs
from lans import Hop, Lan
from node import Make, Node, Process
from shared_table import SharedTable
from wire import BUFFER, Wire

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.impairment import Impairment
from catenet.nodes.control.link import HEALTHY, LinkCondition
from catenet.nodes.control.service import Source
from catenet.nodes.link.impairment.channel import Channel
from catenet.nodes.machine import Interface, InterfaceAware, Machine, Unit

if TYPE_CHECKING:
    from catenet.nodes.transport.stack.config import StackOptions

__all__ = ["BUFFER", "Hop", "Lan", "Network", "Node"]

NO_JOBS = Jobs()
_SEEDS = 2**31


class Network(Wire):
    """LANs, nodes, and the clock. `now` is in seconds; `sent` counts the packets put on any LAN.

    `record` keeps these packets. Reports are kept unless told otherwise: of a large network they fill the memory.
    `icmp`: the nodes' kernels answer echoes, and send errors (forwarding.py). `own`: every node's stack is ours
    (own_stack.py), and what travels are frames alone; where it is not said, as `OWN` has it.
    """

    OWN: ClassVar[bool] = False

    def __init__(
        self,
        seed: int = 0,
        *,
        record: bool = False,
        reports: bool = True,
        icmp: bool = False,
        own: bool | None = None,
    ) -> None:
        super().__init__(seed, record=record, reports=reports, icmp=icmp)
        self._seed = seed
        self._own = self.OWN if own is None else own

    # Building

    def add_lan(self, name: str, prefix: str, *, mtu: int = 1500) -> Lan:
        lan = self.lans[name] = Lan(name, Prefix.parse(prefix), mtu=mtu)
        return lan

    def add_node(
        self,
        name: str,
        lans: Mapping[str, str],
        *makes: Make,
        offset: float = 0.0,
        forwards: bool = True,
        jobs: Jobs = NO_JOBS,
        sources: Sequence[Source] = (),
        stack: StackOptions | None = None,
    ) -> Node:
        """A node with an address on each of these LANs; each of `makes` gives one of its machines at every start.
        `sources`: whose routes the machines' are, where the node's table is shared by several protocols. `stack`: of
        its own stack, where the network's nodes have one.
        """
        interfaces = {}
        for number, (lan, text) in enumerate(lans.items()):
            each, address = self.lans[lan], Address.parse(text)
            hardware = bytes((2, 0, *len(self.nodes).to_bytes(3, "big"), number))
            each.members[name], each.owners[address], each.hardware[hardware] = address, name, name
            interfaces[lan] = Interface(lan, address, each.prefix, mtu=each.mtu, hardware=hardware)
        node = self.nodes[name] = Node(name, interfaces, makes, offset=offset, forwards=forwards, jobs=jobs)
        for lan in lans:
            self._suffer(node, lan, self.lans[lan].impairments)
        if self._own:
            own_stack.give(self, node, stack)
        if sources:
            node.table = SharedTable(
                dict(enumerate(sources)),
                node.kernel,
                lambda lan: node.by_lan[lan].up,
                lambda: self.now + node.offset,
                self._tell_machine,
            )
        self.start(name)
        return node

    # Faults, by the words of the command line

    def cut(self, lan: str, *, silent: bool = False) -> None:
        """No packet passes; unless `silent`, the interfaces go down at every end."""
        self._switch(lan, up=False, tell=not silent)

    def heal(self, lan: str, *, gap: float = 0.0) -> None:
        """The reverse of `cut`; one end comes up `gap` seconds after the other."""
        self._switch(lan, up=True, tell=True, gap=gap)

    def readdress(self, name: str, lan: str, text: str) -> None:
        """The node has another address on this LAN."""
        node, each, address = self.nodes[name], self.lans[lan], Address.parse(text)
        before = each.members[name]
        del each.owners[before]
        each.members[name], each.owners[address] = address, name
        node.addresses = node.addresses - {before} | {address}
        node.by_lan[lan] = node.by_lan[lan]._replace(address=address)
        self._tell(node, lan)

    def impair(self, lan: str, *impairments: Impairment, **words: Any) -> None:
        """What a LAN suffers, in the words of a lab file (control/impairment), of each sender once; nothing: it is
        well. With `words`, all who send do that, and what is drawn is the network's seed's.
        """
        seeded = (Impairment(**{"seed": self._seed % _SEEDS, **words}),) if words else ()
        for each in (*impairments, *seeded):
            each.check()
        wanted = tuple(sorted(each for each in (*impairments, *seeded) if not each.nothing))
        self.lans[lan].impairments = wanted
        for name in self.lans[lan].members:
            self._suffer(self.nodes[name], lan, wanted)

    def set_condition(self, name: str, lan: str, condition: LinkCondition) -> None:
        """One node's end of a LAN becomes so; of what the LAN suffers it does its own part, as on a real node."""
        node = self.nodes[name]
        self._suffer(node, lan, condition.impairments)
        node.conditions[lan] = condition
        if node.by_lan[lan].up != condition.up:
            self._switch_end(node, lan, condition.up)

    def kill(self, name: str) -> None:
        """The node is gone, without a word; so are its routes."""
        node = self.nodes[name]
        node.paused = False
        for process in node.all_processes:  # while their way is still known
            process.reset_connections()
        for process in node.all_processes:
            process.end()
        node.backlog.clear()
        node.kernel.clear()

    def start(self, name: str) -> None:
        """The node starts, with new machines that remember nothing."""
        node = self.nodes[name]
        node.random.seed(f"{self._seed} {name} {self.order}")
        for process in node.all_processes:
            process.machine = process.make(node)
        for process in node.all_processes:
            self._begin(process)

    def restart(self, name: str, number: int) -> None:
        """One machine of a node's ends without a word, and is made anew."""
        process = self.nodes[name].processes[number]
        process.end()
        process.machine = process.make(process.node)
        self._begin(process)

    def pause(self, name: str) -> None:
        """The node does nothing; what is sent to it waits in its buffer."""
        self.nodes[name].paused = True

    def resume(self, name: str) -> None:
        """The reverse of `pause`: what waited is received now."""
        node = self.nodes[name]
        node.paused = False
        waiting, node.backlog = node.backlog, []
        for packet, ttl in waiting:
            self._deliver([name], packet, ttl)
        for process in node.processes:
            held, process.held = process.held, []
            for function, arguments in held:
                function(*arguments)
            for end in tuple(process.connections.values()):
                end.pump()
            self.settle(process)
        if node.own is not None:
            self.settle(node.own.process)

    # Time

    def run(self, seconds: float) -> None:
        """Let that much time pass."""
        self.advance(self.now + seconds)

    def run_until(self, true: Callable[[], bool], *, within: float, step: float = 0.1) -> float | None:
        """Let time pass until the condition holds, looking every `step` seconds; gives how long that took.

        None: it did not hold within the time given.
        """
        start, end = self.now, self.now + within
        while not true():
            if self.now >= end:
                return None
            self.advance(min(end, self.now + step))
        return self.now - start

    def call(self, name: str, function: Callable[[Machine, float], None]) -> None:
        """Do something with a node's first machine, at the present time, and what it then wants done."""
        node = self.nodes[name]
        assert node.machine is not None, f"{name} is not running"
        function(node.machine, self.now + node.offset)
        self.settle(node.processes[0])

    def send(self, name: str, packet: Unit) -> None:
        """A node sends, though none of its machines does: by its table, from its own address where it names none."""
        self.route(self.nodes[name], packet, TTL)

    # Inside

    def _suffer(self, node: Node, lan: str, wanted: tuple[Impairment, ...]) -> None:
        """The node does its part of it, from now on."""
        condition = node.conditions.get(lan, HEALTHY)
        if condition.impairments == wanted:
            return
        node.conditions[lan] = condition._replace(impairments=wanted)
        own = next((each for each in wanted if each.sender in ("", node.name)), None)
        node.channels.pop(lan, None)
        if own is not None:
            node.channels[lan] = Channel(own, lambda kind: Random(f"{own.seed} {lan} {node.name} {kind}"))

    def _begin(self, process: Process) -> None:
        if process.node.table is not None:
            process.node.table.begin(process)
        self.settle(process)

    def _tell_machine(self, process: Process, told: Callable[[Any], None]) -> None:
        told(process.machine)
        self.settle(process)

    def _switch(self, name: str, *, up: bool, tell: bool, gap: float = 0.0) -> None:
        lan = self.lans[name]
        lan.up = up
        for number, member in enumerate(lan.members if tell else ()):
            if gap:
                self.at(self.now + number * gap, self._switch_end, self.nodes[member], name, up)
            else:
                self._switch_end(self.nodes[member], name, up)

    def _switch_end(self, node: Node, lan: str, up: bool) -> None:
        node.by_lan[lan] = node.by_lan[lan]._replace(up=up)
        if not up or node.table is not None:  # a shared table's come back with it
            node.lose_routes_by(lan)
        self._tell(node, lan)

    def _tell(self, node: Node, lan: str) -> None:
        """The last machine first: a node's first one finds the routes that the others set, as a kernel's come back."""
        node.direct.clear()
        if node.own is not None:
            node.own.interface_changed(node.by_lan[lan])
        for process in reversed(node.all_processes):
            if isinstance(process.machine, InterfaceAware):
                process.machine.set_interface(node.by_lan[lan], self.now + node.offset)
                self.settle(process)
