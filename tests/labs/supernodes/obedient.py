"""A client of TURN over UDP that does what it is told: a line of JSON each, [WORD, ARGUMENTS…], answered by one."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from typing import Any

from catenet.nodes.address import Address
from catenet.nodes.application.stun.attributes import (
    CHANNEL_NUMBER,
    DATA,
    ERROR_CODE,
    ICMP,
    LIFETIME,
    REQUESTED_TRANSPORT,
    XOR_PEER_ADDRESS,
    XOR_RELAYED_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.stun.framing import channel_data, is_channel_data, read_channel_data
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.turn.credentials import password_of
from catenet.nodes.machine import Endpoint

SECRET = "north-north-west"
TRIES, PATIENCE = 40, 0.5  # seconds each


class Client:
    """One port, one user, one server."""

    def __init__(self, server: str, user: str) -> None:
        username = f"{int(time.time()) + 3600}:{user}"
        self._server = server
        self._crowd: list[Client] = []
        self._login = Login(username, password_of(username, SECRET.encode()))
        self._port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._port.connect((server, 3478))
        self._port.settimeout(PATIENCE)

    def allocate(self) -> list[Any]:
        """Its code (0: a success), and the relayed transport address."""
        response = self._ask(Method.ALLOCATE, REQUESTED_TRANSPORT.of(17))
        relayed = response.get(XOR_RELAYED_ADDRESS)
        where = [str(relayed.address), relayed.port] if isinstance(relayed, Endpoint) else []
        return [_code(response), *where]

    def refresh(self, lifetime: int) -> int:
        return _code(self._ask(Method.REFRESH, LIFETIME.of(lifetime)))

    def permit(self, address: str) -> int:
        return _code(self._ask(Method.CREATE_PERMISSION, XOR_PEER_ADDRESS.of(_end(address, 0))))

    def bind(self, number: int, address: str, port: int) -> int:
        peer = XOR_PEER_ADDRESS.of(_end(address, port))
        return _code(self._ask(Method.CHANNEL_BIND, CHANNEL_NUMBER.of(number), peer))

    def send(self, address: str, port: int, text: str) -> list[Any]:
        """What comes back of a Send indication: what, and from whom; empty: nothing."""
        attributes = XOR_PEER_ADDRESS.of(_end(address, port)), DATA.of(text.encode())
        return self._hear(Message(Method.SEND, Kind.INDICATION, os.urandom(12), attributes).encode())

    def say(self, number: int, text: str) -> list[Any]:
        """As `send`, by a channel."""
        return self._hear(channel_data(number, text.encode()))

    def crowd(self, user: str, number: int) -> list[int]:
        """So many clients more of this user, or of as many where the name ends in `-` → the codes of their Allocates.
        They stay."""
        more = [Client(self._server, f"{user}{number}" if user.endswith("-") else user) for number in range(number)]
        self._crowd += more
        return [each.allocate()[0] for each in more]

    def insist(self, number: int) -> list[int]:
        """The last of the crowd asks for an allocation so many times, each time anew → the codes that came."""
        return sorted({self._crowd[-1].allocate()[0] for _ in range(number)})

    def nameless(self, number: int) -> int:
        """So many Allocates without credentials, from as many ports; nobody waits for the answers."""
        for _ in range(number):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
                request = Message(Method.ALLOCATE, Kind.REQUEST, os.urandom(12), (REQUESTED_TRANSPORT.of(17),))
                port.sendto(request.encode(), self._port.getpeername())
        return number

    def _hear(self, data: bytes) -> list[Any]:
        self._port.send(data)
        try:
            came = self._port.recv(2000)
        except OSError:
            return []
        if is_channel_data(came):
            number, text = read_channel_data(came)
            return ["channel", number, text.decode()]
        message = Message.parse(came)
        peer, text, icmp = message.get(XOR_PEER_ADDRESS), message.get(DATA), message.get(ICMP)
        assert isinstance(peer, Endpoint)
        what = ["icmp", *icmp] if icmp else ["data", (text or b"").decode()]
        return [*what, str(peer.address), peer.port]

    def _ask(self, method: Method, *attributes: Attribute) -> Message:
        for _ in range(TRIES):
            request = Message(method, Kind.REQUEST, os.urandom(12), attributes)
            complete, signing = self._login.sign(request)
            response = self._exchange(complete.encode() if signing is None else signing.encode(complete), request)
            if response is not None and not self._login.challenged(complete, response):
                self._login.accepted()
                return response
        raise TimeoutError(method.name)

    def _exchange(self, data: bytes, request: Message) -> Message | None:
        try:
            self._port.send(data)
            while True:
                came = self._port.recv(2000)
                if not is_channel_data(came) and (message := Message.parse(came)).transaction == request.transaction:
                    return message
        except TimeoutError:
            return None
        except OSError:  # it is not there, or not yet
            time.sleep(PATIENCE)
            return None


def _end(address: str, port: int) -> Endpoint:
    return Endpoint(Address.parse(address), port)


def _code(response: Message) -> int:
    error = response.get(ERROR_CODE)
    return 0 if error is None else error.code


def main() -> None:
    client = Client(*sys.argv[1:])
    for line in sys.stdin:
        word, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(getattr(client, word)(*arguments)) + "\n")
        sys.stdout.flush()


main()
