"""A supernode that a directory knows, with the directory played by hand; its actions are done at once."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from random import Random
from typing import Any

from turn_desk import SERVER, UDP, WALL, code_of, end, entropy, interface

from catenet.nodes.address import Prefix
from catenet.nodes.application.directory.client import DirectoryClient
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.credentials import mint
from catenet.nodes.application.turn.member import Member
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.application.turn.registrar import DIRECTORY_TAG
from catenet.nodes.control.units import Secret
from catenet.nodes.machine import (
    ClosePort,
    Connect,
    Datagram,
    Endpoint,
    Flush,
    OpenPort,
    Port,
    Report,
    Send,
    Udp,
)

DIRECTORY, HERE = end("10.0.9.9:5223"), end("10.0.0.1:40000")
OTHER = end("10.0.5.5:3478")
CLIENT = end("10.0.1.2:4000")
ONE, TWO, THREE = (bytes([number]) * 32 for number in (1, 2, 3))


class Stage:
    """The member and its node. `open`: its ports; `free`: the number that the next port without one gets."""

    def __init__(self, **options: Any) -> None:
        given = {"user": "s1", "password": Secret("a password"), "role": "standby", **options}
        self.counters: Counter[str] = Counter()
        self.now = 0.0
        self.member = Member(
            SupernodeOptions(**given),
            Policy([interface("lan", "10.0.0.1")], [Prefix.parse("10.0.0.0/16")], ()),
            DirectoryClient(
                "s1",
                "a password",
                DIRECTORY,
                "dir",
                tag=DIRECTORY_TAG,
                entropy=entropy(1),
                random=Random(1),
                count=self._count,
            ),
            realm="lab",
            entropy=entropy(),
            wall_clock=lambda: WALL + self.now,
            count=self._count,
        )
        self.open: dict[Port, OpenPort] = {}
        self.sent: list[Datagram] = []
        self.told: list[tuple[str, Any]] = []
        self.free = 50_000
        self.stream: Any = None
        self.ports_fail = False
        self.settle()

    def _count(self, word: str, by: int = 1) -> None:
        self.counters[word] += by

    def settle(self) -> None:
        while actions := self.member.take_actions():
            for action in actions:
                self._do(action)

    def _do(self, action: Any) -> None:
        if isinstance(action, OpenPort):
            port = action.port
            if port == Udp():
                self.free += 1
                port = Udp(self.free)
            if self.ports_fail:
                self.member.port_failed(action, "no more", self.now)
                return
            assert port not in self.open
            self.open[port] = action
            self.member.port_opened(action, port, self.now)
        elif isinstance(action, ClosePort):
            del self.open[action.port]
        elif isinstance(action, Send):
            assert isinstance(action.packet, Datagram)
            assert Udp(action.packet.source.port) in self.open
            self.sent.append(action.packet)
        elif isinstance(action, Report):
            if "client" not in action.data:
                self.told.append((action.kind, action.data["why"]))
        elif isinstance(action, Connect):
            self.stream = self.member.connected(action.tag, HERE, DIRECTORY, self.now)
        else:
            assert isinstance(action, Flush)

    def wait(self, seconds: float = 0.0) -> None:
        """Let time pass; the directory, where it is there, is heard every second."""
        until = self.now + seconds
        while (due := self.member.next_wake()) is not None and due <= until:
            self.now = max(self.now, due)
            self.member.wake(self.now)
            self.settle()
        self.now = until

    # The directory's side

    def hear(self, **message: Any) -> None:
        self.stream.receive_data(json.dumps(message).encode() + b"\n", self.now)
        self.settle()
        self.wait()

    def asked(self, kind: str) -> list[dict[str, Any]]:
        """What it has said of this kind since the last call of any; pings and credentials are passed over."""
        lines = [json.loads(line) for line in self.stream.data_to_send().splitlines()]
        return [line for line in lines if line["ask"] == kind]

    def join(self) -> str:
        """It logs in, and registers → the id of that request."""
        self.wait()
        (login,) = [json.loads(line) for line in self.stream.data_to_send().splitlines()]
        token = {"user": "s1", "token": "T" * 43, "expires": 60} if login["ask"] == "login" else {}
        self.hear(id=login["id"], ok={**token, "contacts": []})
        (register,) = self.asked("register")
        assert (register["at"], register["quota"]) == (str(SERVER), 500)
        return str(register["id"])

    def registered(self, role: str = "candidate", secret: bytes = b"") -> None:
        self.hear(id=self.join(), ok={"role": role, "secret": b64encode(secret).decode()})

    def role(self, role: str, secret: bytes = b"", why: str = "so") -> None:
        self.hear(notice="role", role=role, why=why, secret=b64encode(secret).decode())

    def leave(self) -> None:
        """The connection is gone, and it comes back."""
        self.stream.give_up()
        self.settle()
        self.stream = None
        while self.stream is None:
            self.wait(0.5)

    def shown(self) -> dict[str, Any]:
        return self.member.show("supernode", self.now)  # type: ignore[return-value]

    # Its clients

    def answers(self, message: bytes, source: Endpoint = CLIENT) -> list[Message]:
        before = len(self.sent)
        self.member.receive(Datagram(message, source, SERVER, "lan"), self.now)
        self.settle()
        return [Message.parse(each.data) for each in self.sent[before:]]

    def allocates(self, secret: bytes, number: int) -> int:
        """The code of the answer to a client from this port, by credentials that were made with it; 0: a success."""
        source = CLIENT._replace(port=number)
        login = Login(*mint(secret, "alice", WALL + self.now + 600))
        for attempt in range(2):
            request, signing = login.sign(
                Message(Method.ALLOCATE, Kind.REQUEST, bytes([attempt, number % 256]) * 6, (UDP,))
            )
            (answer,) = self.answers(request.encode() if signing is None else signing.encode(request), source)
            if not login.challenged(request, answer):
                return code_of(answer)
        return code_of(answer)
