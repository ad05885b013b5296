"""A recursive, caching resolver, as a machine (RFC 1034 sections 4.3.1 and 5.3.3, RFC 2308, RFC 5452, RFC 6891)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from catenet.nodes.address import ANY, Address
from catenet.nodes.application.dns.cache import Cache, CacheEntry, records_of
from catenet.nodes.application.dns.config import ResolverOptions
from catenet.nodes.application.dns.message import Edns, Header, Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.prepared import Prepared, PreparedAnswers
from catenet.nodes.application.dns.query import NoQueryError, read_query
from catenet.nodes.application.dns.reading import parse_answer
from catenet.nodes.application.dns.records import A, Ns, Rcode, Record, Type
from catenet.nodes.application.dns.reports import Refusals, report_answer, report_query
from catenet.nodes.application.dns.servers import Servers
from catenet.nodes.application.dns.streams import TcpMessage
from catenet.nodes.application.dns.task import Budget, Outcome, Task
from catenet.nodes.machine import Action, Count, Datagram, DecodeError, Endpoint, Json, Send, Wants, always
from catenet.nodes.timers import Timers

__all__ = ["CLIENTS", "PORT", "Resolver"]

PORT = 53

CLIENTS = 2_000
"""Questions of clients that may be in progress; the next ones get SERVFAIL at once."""


@dataclass(frozen=True, slots=True)
class _Client:
    """Who waits for an answer."""

    query: Message
    packet: Datagram


@dataclass(slots=True, eq=False)
class _OutstandingQuery:
    """A question that was sent to a name server."""

    task: Task
    message: Message
    question: Question
    local: Endpoint
    server: Endpoint
    stream: bool
    sent: float
    due: float

    @property
    def key(self) -> tuple[int, Endpoint, bool]:
        """What its answer will have."""
        return self.message.id, self.server, self.stream


@dataclass(slots=True, eq=False)
class _Search:
    """A task, and who waits for it: clients, and tasks that need a server's address."""

    task: Task
    clients: list[_Client] = field(default_factory=list)
    then: list[Callable[[Outcome, float], None]] = field(default_factory=list)
    outstanding: list[_OutstandingQuery] = field(default_factory=list)


class Resolver:
    """Resolves its clients' questions by asking name servers, from the root on, and keeps what it learns.

    What comes to port 53 is a client's; what comes to one of `ports` answers a question of ours. A TcpMessage
    comes and goes over TCP: a client's over the connection on which it asked, ours over one of their own.
    """

    def __init__(
        self,
        options: ResolverOptions,
        hints: Mapping[str, Address],
        ports: Sequence[int],
        *,
        local: Callable[[Address], Address],
        pick: Callable[[int], int],
        count: Count,
        wants: Wants = always,
    ) -> None:
        """`hints`: the root servers; `ports`: open UDP ports to ask from; `local`: our address towards another one.

        `pick(n)` gives a random number below n, `count` raises a counter, `wants` says whether events of these kinds
        are to be told.
        """
        self.cache = Cache(options.cache)
        self.servers = Servers(options.timeout, pick)
        self.hints: Mapping[Name, Address] = {Name.parse(name): address for name, address in hints.items()}
        self.minimise = options.qname_minimisation == "on"
        self._options = options
        self._ports = ports
        self._local = local
        self._pick = pick
        self._count = count
        self._wants = wants
        self.prepared = PreparedAnswers(count, wants)
        self._searches: dict[tuple[Name, int], _Search] = {}
        self._clients = 0
        self._datagrams: set[tuple[Endpoint, bytes]] = set()  # of the clients that wait for an answer over UDP
        self._agenda: deque[Callable[[float], None]] = deque()  # what tasks have to do for one another
        self._outstanding: dict[tuple[int, Endpoint, bool], _OutstandingQuery] = {}
        self._timers: Timers[_OutstandingQuery | Task] = Timers()
        self._actions: list[Action] = []
        self._refusals = Refusals()

    # The contract.

    def receive(self, packet: Datagram, now: float) -> None:
        """A client's question, or a name server's answer."""
        if packet.destination.port == PORT:
            self._receive_query(packet, now)
        else:
            self._receive_answer(packet, now)
        self._go_on(now)

    def wake(self, now: float) -> None:
        """Try the next server where one did not answer; give up at the deadline."""
        for due in self._timers.due(now):
            if isinstance(due, Task):
                due.expire(now)
            else:
                self._count("timeouts")
                self.servers.timed_out(due.server.address, due.due - due.sent, now)
                due.task.timed_out(now)
        self._go_on(now)

    def next_wake(self) -> float | None:
        return self._timers.next()

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    def flush(self) -> None:
        """Forget everything that was learnt, as after a start."""
        self.cache.clear()
        self.servers.clear()
        self.prepared.clear()

    def show(self, now: float, name_of: Callable[[Address], str]) -> Json:
        """The cache, the servers, and what is in progress."""
        return {
            "cache": self.cache.show(now),
            "servers": self.servers.show(name_of),
            "roots": {str(name): str(address) for name, address in self.hints.items()},
            "searches": [f"{Question(*key)}" for key in self._searches],
        }

    # Clients.

    def _receive_query(self, packet: Datagram, now: float) -> None:
        prepared = self.prepared.get(packet.data, now, isinstance(packet, TcpMessage))
        if prepared is not None:
            self._actions += self.prepared.give(prepared, packet, now)
            return
        try:
            query, rcode, fault = read_query(packet.data)
        except NoQueryError as error:
            self._count("ignored")
            self._actions += self._refusals.report(packet.source, error)
            return
        if fault is not None:
            self._actions += self._refusals.report(packet.source, fault)
        self._count("queries")
        client = _Client(query, packet)
        if self._wants(("dns.query",), now):
            self._actions.append(report_query(query, packet.source, packet.destination))
        if rcode != Rcode.NOERROR:
            self._reply(client, now, Outcome(rcode))
        elif not query.recursion_desired:
            self._reply_from_cache(client, now)
        else:
            self._resolve(client, now)

    def _resolve(self, client: _Client, now: float) -> None:
        waiting = client.packet.source, client.packet.data
        if not isinstance(client.packet, TcpMessage) and waiting in self._datagrams:
            self._count("duplicates")  # the client asks the same again; it gets its answer when there is one
            return
        if self._clients >= CLIENTS:
            self._count("overload")
            self._reply(client, now, Outcome(Rcode.SERVFAIL))
            return
        question = client.query.question
        assert question is not None
        self._clients += 1
        if not isinstance(client.packet, TcpMessage):
            self._datagrams.add(waiting)
        search = self._searches.get((question.name, question.type))
        if search is not None:
            search.clients.append(client)
            return
        budget = Budget(now + self._options.deadline)
        task = Task(self, question.name, question.type, budget, frozenset())
        self._searches[task.name, task.kind] = _Search(task, clients=[client])
        self._start(task, now)

    def _start(self, task: Task, now: float) -> None:
        task.start(now)
        if not task.ended:
            self._timers.set(task, task.budget.deadline)

    def _go_on(self, now: float) -> None:
        """Do what tasks have to do for one another, one thing after the other: how many wait for one another in a row
        is for those to say who have written the zones, and Python's stack is not as deep as that."""
        while self._agenda:
            self._agenda.popleft()(now)

    def _reply_from_cache(self, client: _Client, now: float) -> None:
        """Recursion is not desired: what is known here, or who is nearer to it (RFC 1034 section 4.3.2 step 4)."""
        question = client.query.question
        assert question is not None
        name = question.name
        sets: list[CacheEntry] = []
        for kept in self.cache.chase(name, question.type, now):
            if kept.negative:
                self._reply(client, now, Outcome(kept.rcode, tuple(sets), kept))
                return
            sets.append(kept)
            name = kept.target or name
        if sets and sets[-1].onward(question.type) is None:
            self._reply(client, now, Outcome(Rcode.NOERROR, tuple(sets)))
        else:
            self._reply(client, now, Outcome(Rcode.NOERROR, tuple(sets)), *self._nearest(name, now))

    def _nearest(self, name: Name, now: float) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
        """The servers of the nearest zone that are known, and their addresses."""
        for zone in name.ancestors():
            servers = self.cache.of_any_rank(zone, Type.NS, now)
            if servers:
                hosts = [record.data.host for record in servers if isinstance(record.data, Ns)]
                return servers, tuple(a for host in hosts for a in self.cache.of_any_rank(host, Type.A, now))
        servers = tuple(Record(Name.root, Type.NS, 0, Ns(host)) for host in self.hints)
        return servers, tuple(Record(host, Type.A, 0, A(address)) for host, address in self.hints.items())

    def _reply(
        self,
        client: _Client,
        now: float,
        outcome: Outcome,
        authority: tuple[Record, ...] = (),
        additional: tuple[Record, ...] = (),
    ) -> None:
        found = outcome.sets if outcome.denial is None else (*outcome.sets, outcome.denial)
        answer = replace(
            client.query.reply(outcome.rcode),
            recursion_available=True,
            answers=records_of(outcome.sets, now),
            authority=authority if outcome.denial is None else outcome.denial.aged(now),
            additional=additional,
        )
        # A packed answer is right until one of its TTLs has counted down by a second.
        until = min((kept.expires - int(kept.expires - now) for kept in found), default=now)
        packet = client.packet
        prepared = Prepared.of(answer, client.query.size_limit(stream=isinstance(packet, TcpMessage)), until)
        if until > now:
            self.prepared.keep(packet.data, prepared, stream=isinstance(packet, TcpMessage))
        self._count(prepared.code)
        self._actions.append(Send(packet.reply(prepared.reply(packet.data))))
        if self._wants(("dns.answer",), now):
            self._actions.append(report_answer(answer, packet.destination, packet.source))

    # What tasks need (`TaskContext`).

    def ask(self, task: Task, server: Address, question: Question, now: float, *, stream: bool) -> None:
        """Send a question, from a random port and with a random id (RFC 5452 section 9.2)."""
        there = Endpoint(server, PORT)
        number = self._pick(1 << 16)
        while (number, there, stream) in self._outstanding:
            number = self._pick(1 << 16)
        edns = Edns() if self.servers.speaks_edns(server, now) else None
        message = Message(number, question=question, edns=edns)
        here = Endpoint(self._local(server), self._ports[self._pick(len(self._ports))])
        due = now + self.servers.timeout(server, now)
        outstanding = _OutstandingQuery(task, message, question, here, there, stream, now, due)
        self._outstanding[outstanding.key] = outstanding
        self._searches[task.name, task.kind].outstanding.append(outstanding)
        self._timers.set(outstanding, due)
        self._count("asked")
        # The routing table chooses the source's address: `local` only foretells it.
        packet = (TcpMessage if stream else Datagram)(message.pack(), here._replace(address=ANY), there)
        self._actions.append(Send(packet))
        if self._wants(("dns.query",), now):
            self._actions.append(report_query(message, here, there))

    def look_up(self, name: Name, kind: int, parent: Task, done: Callable[[Outcome, float], None]) -> bool:
        """Resolve this too, on the parent's budget."""
        above = parent.above | {(parent.name, parent.kind)}
        if (name, kind) in above:
            return False
        search = self._searches.get((name, kind))
        if search is None:
            task = Task(self, name, kind, parent.budget, above)
            search = self._searches[name, kind] = _Search(task)
            self._agenda.append(partial(self._start, task))
        search.then.append(done)
        return True

    def finish(self, task: Task, outcome: Outcome, now: float) -> None:
        search = self._searches.pop((task.name, task.kind))
        self._timers.cancel(task)
        self._drop(search)
        for client in search.clients:
            self._clients -= 1
            self._datagrams.discard((client.packet.source, client.packet.data))
            self._reply(client, now, outcome)
        self._agenda += (partial(done, outcome) for done in search.then)

    # Name servers.

    def _receive_answer(self, packet: Datagram, now: float) -> None:
        """Takes what answers an open question: same id, server, port and question (RFC 5452 section 9.1)."""
        outstanding = self._query_answered_by(packet)
        if outstanding is None:
            self._count("unexpected")
            return
        try:
            message = parse_answer(packet.data, stream=isinstance(packet, TcpMessage))
        except DecodeError as error:
            self._count("unreadable")
            self._actions += self._refusals.report(packet.source, error)
            self._searches[outstanding.task.name, outstanding.task.kind].outstanding.remove(outstanding)
            self._close(outstanding)
            outstanding.task.unreadable(packet.source.address, now)
            return
        # Some servers answer without the question what they cannot read, or will not answer.
        lacks_question = message.question is None and message.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN)
        if message.opcode or not (message.question == outstanding.question or lacks_question):
            self._count("unexpected")
            return
        self._count("answers")
        if self._wants(("dns.answer",), now):
            said = replace(message, question=outstanding.question)
            self._actions.append(report_answer(said, packet.source, outstanding.local))
        self.servers.answered(packet.source.address, now - outstanding.sent, now)
        self._drop(self._searches[outstanding.task.name, outstanding.task.kind])
        outstanding.task.answered(
            message, outstanding.question, packet.source.address, now, stream=isinstance(packet, TcpMessage)
        )

    def _query_answered_by(self, packet: Datagram) -> _OutstandingQuery | None:
        """The question that the packet may be an answer to."""
        try:
            header = Header.parse(packet.data)
        except DecodeError:
            return None
        outstanding = self._outstanding.get((header.id, packet.source, isinstance(packet, TcpMessage)))
        if outstanding is None or not header.is_response:
            return None
        return (
            outstanding if isinstance(packet, TcpMessage) or outstanding.local.port == packet.destination.port else None
        )

    def _drop(self, search: _Search) -> None:
        for outstanding in search.outstanding:
            self._close(outstanding)
        search.outstanding.clear()

    def _close(self, outstanding: _OutstandingQuery) -> None:
        """Nothing answers it any more."""
        self._outstanding.pop(outstanding.key, None)
        self._timers.cancel(outstanding)
