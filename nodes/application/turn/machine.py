"""The supernode: a STUN and TURN server, as a machine (RFC 8489, RFC 8656)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from catenet.nodes.application.stun.attributes import (
    DONT_FRAGMENT,
    FINGERPRINT,
    HEADER_SIZE,
    REQUESTED_TRANSPORT,
    SOFTWARE,
    UNKNOWN_ATTRIBUTES,
    XOR_PEER_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.binding import answer as binding_answer
from catenet.nodes.application.stun.credentials import Realm, Refusal, Signing
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.stun.nonce import Nonces
from catenet.nodes.application.turn.allocation import Allocation, FiveTuple, packed
from catenet.nodes.application.turn.allocator import Allocator
from catenet.nodes.application.turn.asked import Asked, RefusedError
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.credentials import Secrets, User, password_of
from catenet.nodes.application.turn.duty import Duty, ports_of
from catenet.nodes.application.turn.icmp import IcmpError
from catenet.nodes.application.turn.limiter import Limiter
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.application.turn.relay import CHANNELS_BEGIN, Relay
from catenet.nodes.application.turn.reports import refused
from catenet.nodes.application.turn.requests import Requests
from catenet.nodes.application.turn.show import supernode_table
from catenet.nodes.application.turn.stream import ClientStream
from catenet.nodes.application.turn.table import AllocationTable
from catenet.nodes.machine import (
    Action,
    ClosePort,
    Count,
    Datagram,
    DecodeError,
    Endpoint,
    Entropy,
    Flush,
    Interface,
    Ip,
    IpPacket,
    Json,
    OpenPort,
    Port,
    Send,
    Udp,
    Way,
)
from catenet.nodes.once import OncePerReason

__all__ = ["Supernode"]

_SOFTWARE = "catenet"
_SECRET_SIZE = 32  # octets of what nonces are made with
_TOLD_AGAIN = 60.0  # seconds after which a refusal is told again
_MALFORMED = frozenset({REQUESTED_TRANSPORT.name, XOR_PEER_ADDRESS.name})
_NAMED = frozenset({Method.ALLOCATE, Method.REFRESH})
"""Whose responses say by which software they are ("SHOULD", RFC 8656 section 5)."""


class Supernode:
    """Serves clients over UDP and TCP, and relays for them."""

    def __init__(
        self,
        options: SupernodeOptions,
        policy: Policy,
        *,
        realm: str,
        entropy: Entropy,
        wall_clock: Callable[[], float],
        count: Count,
        secrets: Secrets | None = None,
        duty: Duty = Duty.SERVING,
    ) -> None:
        """`wall_clock`: seconds since 1970, by which credentials expire. `secrets`: with what they are made; None: with
        that of the options."""
        self._options = options
        self._secrets = Secrets(options.secret.encode()) if secrets is None else secrets
        self._policy = policy
        self._realm = realm
        self._wall_clock = wall_clock
        self._count = count
        self._nonces = Nonces(entropy(_SECRET_SIZE), options.nonce)
        self._table = AllocationTable()
        self._relay = Relay(self._table, options.port, count, entropy)
        self.forward = self._relay.forward  # for every packet: no call between
        self._actions: list[Action] = []
        self._allocator = Allocator(
            options,
            self._table,
            policy,
            entropy,
            act=self._act,
            answer=self._answer,
            refuse=self._refuse,
            changed=self._tell_stream,
        )
        self._requests = Requests(options, policy, self._table, self._allocator, self._relay)
        self._limiter = Limiter()
        self._told = OncePerReason(_TOLD_AGAIN)
        self._streams: dict[FiveTuple, ClientStream] = {}
        self.duty = Duty.OFF
        self.take_duty(duty)

    def take_duty(self, duty: Duty) -> None:
        """That is what it does from now on; its ports are opened and closed accordingly."""
        before, after = ports_of(self.duty, self._options), ports_of(duty, self._options)
        self._actions += [ClosePort(each.port) for each in before if each not in after]
        self._actions += [each for each in after if each not in before]
        self.duty = duty
        self._allocator.allocates = duty is Duty.SERVING

    # The contract

    def set_interface(self, interface: Interface, now: float) -> None:
        before = self._policy.own
        self._policy.set_interface(interface)
        if self._policy.own != before:
            self._allocator.own_changed(before, now)

    def receive(self, packet: Datagram | IpPacket, now: float) -> None:
        if isinstance(packet, IpPacket):
            self._hear_icmp(packet.data, now)
            return
        data, source, destination = packet[:3]
        went = self.forward(destination.port, packed(source), data, now)
        if went:
            self._send(*went)
        elif went is None:
            if destination.address not in self._policy.own:  # a broadcast: its answer could not come from there
                self._count("bad_messages")
            elif destination.port == self._options.port:
                self._from_client(FiveTuple(source, destination), data, now)
            else:
                self._from_peer(destination.port, source, data, now)

    def wake(self, now: float) -> None:
        self._allocator.wake(now)

    def next_wake(self) -> float | None:
        return self._allocator.next_wake()

    def take_actions(self) -> list[Action]:
        if self.duty is Duty.DRAINING and not self._table.held_by_all:
            self.take_duty(Duty.ANSWERING)
        actions, self._actions = self._actions, []
        return actions

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        if asked.tag and isinstance(port, Udp):
            self._allocator.port_opened(asked.tag, port.number, now)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        """Raises OSError: without the port on which it serves there is nothing to do."""
        if asked.tag:
            self._allocator.port_failed(asked.tag, now)
        elif isinstance(asked.port, Ip):
            self._count("icmp_not_heard")  # who may not have a raw socket serves without
        else:
            raise OSError(f"{asked.port}: {why}")

    def accepted(self, local: Endpoint, peer: Endpoint, now: float) -> ClientStream:
        five_tuple = FiveTuple(peer, local, "tcp")
        older = self._streams.get(five_tuple)
        if older is not None:  # it has ended, or there could be no other one; we have not heard of it yet
            older.receive_eof(now)
        stream = self._streams[five_tuple] = ClientStream(five_tuple, self._from_client, self._stream_gone, now)
        return stream

    @property
    def allocations(self) -> int:
        """That there are now."""
        return len(self._table.by_tuple)

    def show(self, table: str, now: float) -> dict[str, Json]:
        """The only table, `supernode`."""
        return supernode_table(
            self._options, self._realm, self._table.by_tuple.values(), self._allocator.reservations, now
        )

    # What a client sends, over either transport

    def _from_client(self, five_tuple: FiveTuple, data: bytes, now: float) -> None:
        if data >= CHANNELS_BEGIN:
            self._relay_channel_data(five_tuple, data, now)
            return
        try:
            message = Message.parse(data)
        except DecodeError as error:
            self._count("bad_messages")
            self._refuse_malformed(data, error, five_tuple, now)
            return
        if message.method == Method.BINDING:
            answer = binding_answer(message, five_tuple.client)
            if answer is not None:
                self._say(five_tuple, answer)
        elif message.kind == Kind.REQUEST:
            self._ask(message, five_tuple, now)
        elif message.method == Method.SEND:
            self._send_indication(message, five_tuple, now)
        else:
            self._count("bad_messages")

    def _refuse_malformed(self, data: bytes, error: DecodeError, five_tuple: FiveTuple, now: float) -> None:
        """An attribute that is malformed gives 400 where RFC 8656 says so (sections 7.2 and 10.2); unsigned, since the
        request was not read as far as its signature."""
        if error.field.removeprefix("length of ") in _MALFORMED:
            head = Message.parse(data[:2] + bytes(2) + data[4:HEADER_SIZE])  # without attributes
            if head.kind == Kind.REQUEST:
                self._challenge(head, five_tuple, Refusal(400), now)

    def _relay_channel_data(self, five_tuple: FiveTuple, data: bytes, now: float) -> None:
        allocation = self._table.by_tuple.get(five_tuple)
        if allocation is None:
            self._count("no_allocation")
        elif (went := self._relay.to_peer(allocation, data, now)) is not None:
            self._send(*went)

    def _send_indication(self, message: Message, five_tuple: FiveTuple, now: float) -> None:
        """Without an allocation, or with an attribute that is not understood, it is dropped (RFC 8656 sections 5 and
        11.2, RFC 8489 section 6.3.2)."""
        allocation = self._table.by_tuple.get(five_tuple)
        if allocation is None or _not_understood(message):
            self._count("bad_messages" if allocation else "no_allocation")
        elif (went := self._requests.send(message, allocation, now)) is not None:
            self._send(*went)

    def _ask(self, message: Message, five_tuple: FiveTuple, now: float) -> None:
        proof = self._proof(message, five_tuple, now)
        if isinstance(proof, Refusal):
            self._challenge(message, five_tuple, proof, now)
            return
        user = User.of(proof.username)
        assert user is not None, "a password was found for it"
        asked = Asked(message, five_tuple, user.name, proof)
        try:
            self._do(asked, now)
        except RefusedError as error:
            self._refuse(asked, error, now)

    def _proof(self, message: Message, five_tuple: FiveTuple, now: float) -> Signing | Refusal:
        """By whichever of the secrets; without one, nobody has a password."""
        proof: Signing | Refusal = Refusal(401)
        for secret in tuple(self._secrets) or (None,):
            realm = Realm(self._realm, self._nonces, partial(self._password, five_tuple, secret))
            proof = realm.check(message, five_tuple.client, now)
            if isinstance(proof, Signing) or proof.code != 401:  # 438 is for one whose password is right
                break
        return proof

    def _password(self, five_tuple: FiveTuple, secret: bytes | None, username: str) -> str | None:
        """The password of a username that is good here: its time matters where there is no allocation of its own yet,
        since a call goes on."""
        user = User.of(username)
        if user is None or secret is None:
            return None
        allocation = self._table.by_tuple.get(five_tuple)
        known = allocation is not None and allocation.username == username
        if not known and user.is_due(self._wall_clock()):
            return None
        return password_of(username, secret)

    def _do(self, asked: Asked, now: float) -> None:
        """Raises RefusedError."""
        message = asked.message
        if _not_understood(message):
            raise RefusedError(420)
        if message.method == Method.ALLOCATE:
            self._allocator.allocate(asked, now)
            return
        allocation = self._table.by_tuple.get(asked.five_tuple)
        if allocation is None:
            raise RefusedError(437)
        if allocation.username != asked.username:
            raise RefusedError(441)
        self._answer(asked, self._requests.answer(message, allocation, now))

    # What goes out

    def _challenge(self, message: Message, five_tuple: FiveTuple, refusal: Refusal, now: float) -> None:
        """To somebody who has not proved who it is, and over UDP not even where: little is said."""
        if five_tuple.transport == "udp" and not self._limiter.allows(five_tuple.client.address, now):
            self._count("limited_401")
            return
        self._count(f"refused_{refusal.code}")
        response = message.error(refusal.code, *refusal.attributes, *_software(message))
        self._say(five_tuple, response.encode(fingerprint=message.has(FINGERPRINT)))

    def _answer(self, asked: Asked, attributes: tuple[Attribute, ...]) -> None:
        self._respond(asked, asked.message.success(*attributes, *_software(asked.message)))

    def _refuse(self, asked: Asked, error: RefusedError, now: float) -> None:
        self._count(f"refused_{error.code}")
        if self._told.first((asked.user, error.code, error.peer), now):
            self._act(refused(asked, error))
        message = asked.message
        unknown = (UNKNOWN_ATTRIBUTES.of(_not_understood(message)),) if error.code == 420 else ()
        self._respond(asked, message.error(error.code, *unknown, *_software(message)))

    def _respond(self, asked: Asked, response: Message) -> None:
        fingerprint = asked.message.has(FINGERPRINT)
        self._say(asked.five_tuple, asked.signing.encode(response, fingerprint=fingerprint))

    def _say(self, five_tuple: FiveTuple, data: bytes) -> None:
        if five_tuple.transport == "udp":
            self._act(Send(Datagram(data, five_tuple.server, five_tuple.client)))
            return
        stream = self._streams.get(five_tuple)
        if stream is not None:
            stream.send(data)
            self._flush(stream)

    def _send(self, data: bytes, way: Way) -> None:
        self._act(Send(Datagram(data, Endpoint(way.source, way.port.number), way.peer)))

    def _act(self, action: Action) -> None:
        self._actions.append(action)

    # What comes to relay ports, and of what left by them

    def _from_peer(self, port: int, peer: Endpoint, data: bytes, now: float) -> None:
        """For a client over TCP."""
        allocation = self._table.by_port[port]
        message = self._relay.from_peer(allocation, packed(peer), data, now)
        if message is not None:
            self._to_client(allocation, message)

    def _hear_icmp(self, data: bytes, now: float) -> None:
        try:
            error = IcmpError.parse(data)
        except DecodeError:  # pings among it
            return
        told = self._relay.error(error, now)
        if told is not None:
            self._to_client(*told)

    def _to_client(self, allocation: Allocation, message: bytes) -> None:
        if allocation.to_client is not None:
            self._send(message, allocation.to_client)
            return
        stream = self._streams[allocation.five_tuple]
        if stream.relay(message):
            self._flush(stream)
        else:
            self._count("stream_full")

    # Connections

    def _tell_stream(self, five_tuple: FiveTuple, now: float) -> None:
        stream = self._streams.get(five_tuple)
        if stream is not None:
            stream.set_allocated(now, allocated=five_tuple in self._table.by_tuple)
            self._flush(stream)  # its deadline is another one

    def _flush(self, stream: ClientStream) -> None:
        if not stream.delivering:  # else it is taken with what else comes of what came
            self._act(Flush(stream))

    def _stream_gone(self, stream: ClientStream, now: float) -> None:
        del self._streams[stream.five_tuple]
        self._allocator.forget(stream.five_tuple, "closed", now)


def _not_understood(message: Message) -> tuple[int, ...]:
    """A single datagram cannot have its DF bit set here, so that DONT-FRAGMENT is treated "as an unknown
    comprehension-required attribute" (RFC 8656 sections 7.2 and 11.2)."""
    return (*message.unknown, *((DONT_FRAGMENT.number,) if message.has(DONT_FRAGMENT) else ()))


def _software(message: Message) -> tuple[Attribute, ...]:
    return (SOFTWARE.of(_SOFTWARE),) if message.method in _NAMED else ()
