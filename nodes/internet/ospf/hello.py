"""The Hello protocol (RFC 2328 sections 9.3, 9.5 and 10.5): who is there, and who is the Designated Router.

Here the interface machine is executed. It runs "as a scheduled task" (section 10.3): events wait in `Circuit.due` until
`run` gives them to it.
"""

from __future__ import annotations

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.election import elect
from catenet.nodes.internet.ospf.exchange import Exchange
from catenet.nodes.internet.ospf.interface import MAX_NEIGHBOURS, Circuit, Mismatch
from catenet.nodes.internet.ospf.interface_states import TRANSITIONS, InterfaceAction, InterfaceEvent, InterfaceState
from catenet.nodes.internet.ospf.neighbour import Neighbour
from catenet.nodes.internet.ospf.neighbour_states import NeighbourEvent, NeighbourState
from catenet.nodes.internet.ospf.packet import ALL_DESIGNATED, ALL_ROUTERS, EXTERNAL, NONE, Hello
from catenet.nodes.internet.ospf.router import Router
from catenet.nodes.machine import JoinGroup, LeaveGroup

__all__ = ["Hellos"]

_LEAST = 0.1
"""Seconds between two Hellos out of turn: ten a second on a LAN are enough, whoever provokes them."""


class Hellos:
    """On all interfaces of a router."""

    def __init__(self, router: Router, exchange: Exchange) -> None:
        self._router = router
        self._exchange = exchange

    # The interface machine (9.3)

    def event(self, circuit: Circuit, event: InterfaceEvent) -> None:
        """Something happens to an interface."""
        row = TRANSITIONS[circuit.state, event]
        if row.action is InterfaceAction.START:
            self._start(circuit)
        elif row.action is InterfaceAction.ELECT:
            self._elect(circuit)
        elif row.action is InterfaceAction.RESET:
            self._reset(circuit)

    def run(self) -> None:
        """Give the interfaces the events that have been scheduled."""
        for circuit in self._router.circuits.values():
            while circuit.due:
                event = next(iter(circuit.due))
                del circuit.due[event]
                self.event(circuit, event)

    def _start(self, circuit: Circuit) -> None:
        router = self._router
        if circuit.point_to_point:
            self._move(circuit, InterfaceState.POINT_TO_POINT)
        elif circuit.on.passive or not circuit.on.priority:
            self._move(circuit, InterfaceState.DR_OTHER)
        else:
            self._move(circuit, InterfaceState.WAITING)
            router.timers.set(("wait", circuit.name), router.now + router.dead)
        self.send(circuit)
        router.reconsider(urgent=False)

    def _reset(self, circuit: Circuit) -> None:
        router, cause = self._router, f"{circuit.name} went down"
        router.reporter.because(cause, "link down", circuit.name)
        for neighbour in tuple(circuit.neighbours.values()):
            self._kill(neighbour, NeighbourEvent.KILL, cause)
        for word in ("hello", "wait"):
            router.timers.cancel((word, circuit.name))
        if circuit.state != InterfaceState.DOWN:
            router.reconsider(urgent=True)
        self._move(circuit, InterfaceState.DOWN)
        circuit.designated = circuit.backup = NONE
        circuit.due.clear()
        circuit.mismatches.clear()
        circuit.links.clear()

    def _elect(self, circuit: Circuit) -> None:
        router, before = self._router, (circuit.designated, circuit.backup)
        if circuit.on.passive:
            return
        others = [neighbour.candidate for neighbour in circuit.in_state(NeighbourState.TWO_WAY)]
        circuit.designated, circuit.backup = elect(circuit.candidate(router.me), others)
        if circuit.designated == circuit.address:
            self._move(circuit, InterfaceState.DR)
        elif circuit.backup == circuit.address:
            self._move(circuit, InterfaceState.BACKUP)
        else:
            self._move(circuit, InterfaceState.DR_OTHER)
        if (circuit.designated, circuit.backup) != before:
            self._elected(circuit)

    def _elected(self, circuit: Circuit) -> None:
        """ "Invoke the event AdjOK? on all neighbors whose state is at least 2-Way." (section 9.4 step 7)"""
        router = self._router
        router.reporter.designated_changed(circuit, router.now)
        self._ask(circuit)
        urgent = any(circuit.in_state(NeighbourState.FULL))
        for neighbour in tuple(circuit.in_state(NeighbourState.TWO_WAY)):
            cause = "the Designated Router or its Backup has changed"
            self._exchange.event(neighbour, NeighbourEvent.ADJACENCY_OK, cause)
        router.reconsider(urgent=urgent)

    def _move(self, circuit: Circuit, state: InterfaceState) -> None:
        if state == circuit.state:
            return
        elected, router = circuit.elected, self._router
        circuit.state, circuit.since = state, router.now
        if circuit.elected != elected:
            # "the Designated Router and Backup Designated Router" listen to AllDRouters (section A.1)
            group = JoinGroup if circuit.elected else LeaveGroup
            router.actions.append(group(circuit.port, ALL_DESIGNATED))
        router.timers.cancel(("wait", circuit.name))

    def wait_due(self, name: str) -> None:
        """The Wait Timer has run out."""
        self.event(self._router.circuits[name], InterfaceEvent.WAIT_TIMER)

    # Out (9.5)

    def hello_due(self, name: str) -> None:
        """The Hello Timer has run out."""
        self.send(self._router.circuits[name])

    def send(self, circuit: Circuit) -> None:
        """A Hello, and HelloInterval later the next one."""
        router = self._router
        circuit.forget(router.now)
        router.everywhere.arrived.forget(router.now)
        if circuit.up and not circuit.on.passive:
            router.send(circuit, circuit.hello(router.hello, router.dead), ALL_ROUTERS)
            circuit.hello_at = router.now + router.hello
            router.timers.set(("hello", circuit.name), circuit.hello_at)

    def _ask(self, circuit: Circuit) -> None:
        """A Hello out of turn: so that who is new, or has not heard of a change, need not wait for HelloInterval."""
        router = self._router
        at = max(router.now, circuit.hello_asked + _LEAST)
        if at < circuit.hello_at:
            circuit.hello_at = circuit.hello_asked = at
            router.timers.set(("hello", circuit.name), at)

    def say_goodbye(self, circuit: Circuit) -> None:
        """A Hello that lists nobody: the neighbours hear at once that this conversation is over (1-WayReceived)."""
        router = self._router
        router.send(circuit, circuit.hello(router.hello, router.dead)._replace(neighbours=()), ALL_ROUTERS)

    # In (10.5)

    def receive(self, circuit: Circuit, router_id: Address, source: Address, hello: Hello) -> None:
        """A Hello came in from the network of this interface."""
        router = self._router
        mismatch = self._mismatch(circuit, router_id, source, hello)
        if mismatch is not None:
            self.refuse(circuit, (router_id, source), *mismatch)
            return
        circuit.mismatches.pop(source, None)
        neighbour = self._neighbour(circuit, router_id, source)
        before, priority, state = neighbour.candidate, neighbour.priority, neighbour.state
        neighbour.hear(hello, router.now)
        router.timers.set(("dead", circuit.name, neighbour.key), router.now + router.dead)
        self._exchange.event(neighbour, NeighbourEvent.HELLO_RECEIVED, "its Hello came")
        if router.me not in hello.neighbours:
            self._exchange.event(neighbour, NeighbourEvent.ONE_WAY_RECEIVED, "its Hello does not list this router")
        else:
            self._exchange.event(neighbour, NeighbourEvent.TWO_WAY_RECEIVED, "each hears the other")
            if not circuit.point_to_point:
                self._compare(neighbour, before.declares_designated, before.declares_backup, priority)
        if _stage(state) != _stage(neighbour.state):
            self._ask(circuit)

    def _compare(self, neighbour: Neighbour, designated: bool, backup: bool, priority: int) -> None:
        """Its Hello, beside what it said before: does the election change?"""
        circuit, says = neighbour.circuit, neighbour.candidate
        if circuit.state == InterfaceState.WAITING:
            if says.declares_backup or (says.declares_designated and neighbour.backup == NONE):
                circuit.due[InterfaceEvent.BACKUP_SEEN] = None
        elif (designated, backup, priority) != (says.declares_designated, says.declares_backup, neighbour.priority):
            circuit.due[InterfaceEvent.NEIGHBOUR_CHANGE] = None

    def _mismatch(self, circuit: Circuit, router_id: Address, source: Address, hello: Hello) -> tuple[str, str] | None:
        """Why a Hello is not one of our network: a word, and a text; None where it is."""
        router = self._router
        if hello.hello != router.hello:
            return "hello", f"hello {hello.hello} s, here {router.hello} s"
        if hello.dead != router.dead:
            return "dead", f"dead {hello.dead} s, here {router.dead} s"
        if hello.mask != circuit.mask and not circuit.point_to_point:
            return "mask", f"mask {Address(hello.mask)}, here {Address(circuit.mask)}"
        if bool(hello.options & EXTERNAL) == circuit.area.stub:
            ours, its = ("a", "none") if circuit.area.stub else ("no", "one")
            return "stub", f"area {circuit.area.id} is {ours} stub area here, and {its} there"
        twin = next((each for each in circuit.neighbours.values() if each.router == router_id), None)
        if twin is not None and twin.address != source and not circuit.point_to_point:
            return "router-id", f"duplicate router id {router_id}: {twin.address} has it, too"
        if twin is None and len(circuit.neighbours) >= MAX_NEIGHBOURS:
            return "neighbours", f"more than {MAX_NEIGHBOURS} neighbours"
        return None

    def refuse(self, circuit: Circuit, sender: tuple[Address, Address], word: str, why: str) -> None:
        """Something keeps an adjacency with a `sender`, a Router ID and an address, from coming up: count it, say it
        once, and remember it for `show`."""
        router, (router_id, source) = self._router, sender
        router.reporter.refused(word, (source, circuit.name), why, router.now)
        self.remember(circuit, router_id, source, why)

    def remember(self, circuit: Circuit, router_id: Address, source: Address, why: str) -> None:
        """Who it is that we do not get on with, and why."""
        circuit.mismatches.pop(source, None)
        if len(circuit.mismatches) >= MAX_NEIGHBOURS:
            del circuit.mismatches[next(iter(circuit.mismatches))]
        circuit.mismatches[source] = Mismatch(router_id, why, self._router.now)

    def _neighbour(self, circuit: Circuit, router_id: Address, source: Address) -> Neighbour:
        """The neighbour that it is from; a new one where it is not known, or has another Router ID or address."""
        known = circuit.neighbours.get(router_id if circuit.point_to_point else source)
        if known is not None and (known.router, known.address) == (router_id, source):
            return known
        if known is not None:
            self._kill(
                known, NeighbourEvent.KILL, f"it has another {'address' if circuit.point_to_point else 'Router ID'}"
            )
        new = Neighbour(circuit, router_id, source)
        circuit.neighbours[new.key] = new
        return new

    def dead_due(self, neighbour: Neighbour) -> None:
        """The Inactivity Timer has run out."""
        self._kill(neighbour, NeighbourEvent.INACTIVITY_TIMER, f"no Hello for {self._router.dead} s")

    def lose(self, neighbour: Neighbour, cause: str) -> None:
        """It is not reached any more, as others know: as if the Inactivity Timer had run out. If it still hears us, it
        reads so in our next Hello."""
        circuit = neighbour.circuit
        self._kill(neighbour, NeighbourEvent.INACTIVITY_TIMER, cause)
        self._ask(circuit)

    def _kill(self, neighbour: Neighbour, event: NeighbourEvent, cause: str) -> None:
        circuit, router = neighbour.circuit, self._router
        self._exchange.event(neighbour, event, cause)
        router.timers.cancel(("dead", circuit.name, neighbour.key))
        router.auth.forget(circuit.name, neighbour.address)
        del circuit.neighbours[neighbour.key]


def _stage(state: NeighbourState) -> NeighbourState:
    """Down, Init, or more: what the neighbour's next Hello, or ours, says of the other."""
    return min(state, NeighbourState.TWO_WAY)
