"""A supernode that a directory knows, with the directory played by hand: its ports, its secrets, its probes."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from turn_desk import PEER, SERVER, UDP, WALL, code_of, end, entropy, interface

from catenet.nodes.address import ANY, Prefix
from catenet.nodes.application.directory.client import DirectoryClient
from catenet.nodes.application.stun.attributes import XOR_MAPPED_ADDRESS
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.credentials import mint
from catenet.nodes.application.turn.member import Member
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.application.turn.prober import ANSWER
from catenet.nodes.application.turn.registrar import CONFIRM, DIRECTORY_TAG, REPORT
from catenet.nodes.control.units import Secret
from catenet.nodes.machine import (
    ClosePort,
    Connect,
    Datagram,
    Endpoint,
    Flush,
    Ip,
    OpenPort,
    Port,
    Report,
    Send,
    Tcp,
    Udp,
)

DIRECTORY, HERE = end("10.0.9.9:5223"), end("10.0.0.1:40000")
OTHER = end("10.0.5.5:3478")
CLIENT = end("10.0.1.2:4000")
ONE, TWO, THREE = (bytes([number]) * 32 for number in (1, 2, 3))
SERVES = {Udp(3478), Tcp(3478), Ip(1)}


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
                "s1", "a password", DIRECTORY, "dir", tag=DIRECTORY_TAG, entropy=entropy(1), random=Random(1)
            ),
            realm="lab",
            entropy=entropy(),
            wall_clock=lambda: WALL + self.now,
            count=lambda word, by=1: self.counters.update({word: by}),
        )
        self.open: dict[Port, OpenPort] = {}
        self.sent: list[Datagram] = []
        self.told: list[tuple[str, Any]] = []
        self.free = 50_000
        self.stream: Any = None
        self.ports_fail = False
        self.settle()

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


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield Stage()


def binding(transaction: bytes = b"b" * 12) -> bytes:
    return Message(Method.BINDING, Kind.REQUEST, transaction).encode()


def test_its_ports_are_open_as_the_directory_has_it(stage: Stage) -> None:
    stage.wait(1.0)
    assert set(stage.open) == set()
    stage.registered()
    assert set(stage.open) == {Udp(3478)}
    (answer,) = stage.answers(binding())
    assert answer.get(XOR_MAPPED_ADDRESS) == CLIENT
    stage.role("supernode", ONE)
    assert set(stage.open) == SERVES
    stage.role("candidate")
    assert set(stage.open) == {Udp(3478)}  # nobody was there
    stage.role("supernode", ONE)
    stage.role("dead", why="3 probes had no answer")
    assert set(stage.open) == {Udp(3478)}
    assert [kind.partition(".")[2] for kind, _ in stage.told] == ["promoted", "demoted", "promoted", "dead"]


def test_without_tcp_it_has_no_port_for_that() -> None:
    stage = Stage(tcp="off")
    stage.registered()
    stage.role("supernode", ONE)
    assert set(stage.open) == SERVES - {Tcp(3478)}


def test_a_fixed_one_serves_from_the_start_and_whatever_is_said() -> None:
    stage = Stage(role="fixed")
    assert set(stage.open) == SERVES
    assert stage.allocates(ONE, 4000) == 401  # nobody has made credentials yet
    stage.registered("supernode", ONE)
    stage.role("supernode", ONE, why="it is there for that")
    assert stage.allocates(ONE, 4000) == 0
    stage.role("dead")
    assert (set(stage.open) >= SERVES, stage.shown()["duty"]) == (True, "serving")
    assert stage.allocates(ONE, 4001) == 0


def test_a_candidate_gives_nobody_an_allocation_and_says_it_signed_to_who_has_credentials(stage: Stage) -> None:
    stage.registered()
    assert stage.allocates(ONE, 4000) == 401
    stage.role("supernode", ONE)
    assert stage.allocates(ONE, 4001) == 0
    stage.role("candidate")
    assert stage.shown()["duty"] == "draining"
    assert stage.allocates(ONE, 4002) == 508
    assert stage.allocates(ONE, 4001) == 0  # the same request again: it has been granted


def test_what_drains_is_open_until_its_last_client_has_gone(stage: Stage) -> None:
    stage.registered()
    stage.role("supernode", ONE)
    stage.allocates(ONE, 4000)
    (relay,) = set(stage.open) - SERVES
    stage.role("candidate")
    assert set(stage.open) == {Udp(3478), Ip(1), relay}
    stage.wait(599.0)
    assert relay in stage.open
    stage.wait(2.0)  # it was not refreshed
    assert set(stage.open) == {Udp(3478)}
    assert stage.shown()["duty"] == "answering"


def test_one_that_is_promoted_again_while_it_drains_goes_on(stage: Stage) -> None:
    stage.registered()
    stage.role("supernode", ONE)
    stage.allocates(ONE, 4000)
    stage.role("candidate")
    stage.role("supernode", ONE)
    assert set(stage.open) > SERVES
    assert stage.allocates(ONE, 4001) == 0


def test_credentials_of_the_last_secret_and_of_the_one_before_are_good(stage: Stage) -> None:
    stage.registered()
    for number, secret in enumerate((ONE, TWO, TWO)):
        stage.role("supernode", secret)
        assert stage.allocates(secret, 4000 + number) == 0
    assert stage.allocates(ONE, 4010) == 0
    stage.role("supernode", THREE)
    assert [stage.allocates(each, 4020 + number) for number, each in enumerate((ONE, TWO, THREE))] == [401, 0, 0]
    stage.role("supernode", TWO)  # it is the last one now
    stage.role("supernode", ONE)
    assert [stage.allocates(each, 4030 + number) for number, each in enumerate((ONE, TWO, THREE))] == [0, 0, 401]


def test_a_stale_nonce_is_called_stale_with_two_secrets_too(stage: Stage) -> None:
    """RFC 8489 section 9.2.4: 438 to one whose password is right; by a 401 it would take that for wrong."""
    stage.registered()
    stage.role("supernode", ONE)
    stage.role("supernode", TWO)
    login = Login(*mint(TWO, "alice", WALL + 3600))
    first = Message(Method.ALLOCATE, Kind.REQUEST, b"1" * 12, (UDP,))
    (challenge,) = stage.answers(first.encode())
    assert login.challenged(first, challenge)
    stage.wait(700.0)
    request, signing = login.sign(Message(Method.ALLOCATE, Kind.REQUEST, b"2" * 12, (UDP,)))
    assert signing is not None
    (stale,) = stage.answers(signing.encode(request))
    assert code_of(stale) == 438


def test_it_reports_how_many_allocations_there_are_every_two_seconds(stage: Stage) -> None:
    stage.registered()
    stage.role("supernode", ONE)
    stage.asked("report")
    for _ in range(3):
        stage.wait(REPORT)
        assert [each["allocations"] for each in stage.asked("report")] == [0]
    stage.allocates(ONE, 4000)
    stage.wait(REPORT)
    assert [each["allocations"] for each in stage.asked("report")] == [1]
    stage.stream.give_up()
    stage.settle()
    stage.wait(0.05)
    assert stage.shown()["directory"] == "waiting"


def test_where_the_directory_sees_another_address_it_opens_nothing(stage: Stage) -> None:
    stage.hear(id=stage.join(), error="address")
    assert (stage.shown()["role"], set(stage.open)) == ("refused", set())
    stage.wait(5.0)
    assert stage.asked("register") == []  # as long as the connection stands it is so
    assert stage.told == []


def test_what_is_refused_for_a_while_is_asked_again(stage: Stage) -> None:
    stage.hear(id=stage.join(), error="busy", retry_after=1.0)
    stage.wait(9.0)
    assert stage.asked("register") == []
    stage.hear(notice="probe", at=str(OTHER))  # something is heard: the connection stands
    stage.wait(1.5)
    assert len(stage.asked("register")) == 1


def test_after_each_login_it_registers_anew_and_is_what_it_was_until_it_is_told(stage: Stage) -> None:
    stage.registered()
    stage.role("supernode", ONE)
    stage.leave()
    stage.registered("candidate")
    assert (stage.shown()["role"], set(stage.open)) == ("supernode", SERVES)
    stage.role("supernode", TWO, why="it was one before, and answers from outside")
    assert stage.shown()["why"] == "it was one before, and answers from outside"
    assert [kind for kind, _ in stage.told] == ["supernode.promoted"]


def test_a_directory_that_does_not_confirm_has_it_as_a_candidate(stage: Stage) -> None:
    stage.registered()
    stage.role("supernode", ONE)
    stage.leave()
    stage.registered("candidate")
    for _ in range(int(CONFIRM) - 1):
        stage.wait(1.0)
        stage.hear(id="?", ok={})  # what keeps the connection
    assert stage.shown()["role"] == "supernode"
    stage.wait(1.5)
    assert stage.told[-1] == ("supernode.demoted", "the directory has it as a supernode no more")
    assert set(stage.open) == {Udp(3478)}


@pytest.mark.parametrize("ok", [{}, {"role": "candidate", "secret": "no base64"}, {"role": 7, "secret": ["x"]}])
def test_an_answer_of_a_directory_that_is_none_changes_nothing(stage: Stage, ok: dict[str, Any]) -> None:
    stage.hear(id=stage.join(), ok=ok)
    assert stage.shown()["duty"] in ("off", "answering")
    assert stage.told == []


# Probes


def probe(stage: Stage) -> tuple[Udp, bytes]:
    """It is asked to probe the other → by which port it does, and the request's transaction."""
    before = set(stage.open)
    stage.hear(notice="probe", at=str(OTHER))
    (port,) = set(stage.open) - before
    assert isinstance(port, Udp)
    request = Message.parse(stage.sent[-1].data)
    assert (request.method, request.kind, stage.sent[-1].destination) == (Method.BINDING, Kind.REQUEST, OTHER)
    assert stage.sent[-1].source == Endpoint(ANY, port.number)
    return port, request.transaction


def response(transaction: bytes) -> bytes:
    asked = Message(Method.BINDING, Kind.REQUEST, transaction)
    return asked.success(XOR_MAPPED_ADDRESS.of(SERVER)).encode()


def test_another_one_answers_a_probe_and_that_is_said(stage: Stage) -> None:
    stage.registered()
    port, transaction = probe(stage)
    there = Endpoint(SERVER.address, port.number)
    stage.member.receive(Datagram(response(transaction), OTHER, there, "lan"), stage.now)
    stage.settle()
    (verdict,) = stage.asked("probed")
    assert (verdict["at"], verdict["answered"]) == (str(OTHER), True)
    assert port not in stage.open
    stage.member.receive(Datagram(response(transaction), OTHER, there, "lan"), stage.now)  # once more, too late
    stage.settle()
    assert stage.asked("probed") == []


def test_each_probe_goes_out_by_a_port_that_nothing_has_come_to(stage: Stage) -> None:
    stage.registered()
    assert len({probe(stage)[0] for _ in range(5)}) == 5


@pytest.mark.parametrize("wrong", ["source", "transaction", "noise"])
def test_what_is_no_answer_is_none_and_that_is_said_before_the_directory_stops_waiting(
    stage: Stage, wrong: str
) -> None:
    stage.registered()
    port, transaction = probe(stage)
    source = PEER if wrong == "source" else OTHER
    data = b"noise" if wrong == "noise" else response(b"x" * 12 if wrong == "transaction" else transaction)
    stage.member.receive(Datagram(data, source, Endpoint(SERVER.address, port.number), "lan"), stage.now)
    stage.settle()
    assert stage.asked("probed") == []
    stage.wait(ANSWER)
    assert [each["answered"] for each in stage.asked("probed")] == [False]
    assert [each.destination for each in stage.sent].count(OTHER) == 3  # at 0, 0.5 and 1.5 s
    assert port not in stage.open


def test_who_refuses_a_binding_request_lives(stage: Stage) -> None:
    stage.registered()
    port, transaction = probe(stage)
    refusal = Message(Method.BINDING, Kind.REQUEST, transaction).error(400).encode()
    stage.member.receive(Datagram(refusal, OTHER, Endpoint(SERVER.address, port.number), "lan"), stage.now)
    stage.settle()
    assert [each["answered"] for each in stage.asked("probed")] == [True]


def test_who_has_no_port_is_no_witness(stage: Stage) -> None:
    stage.registered()
    stage.ports_fail = True
    stage.hear(notice="probe", at=str(OTHER))
    stage.wait(4.0)
    assert stage.asked("probed") == []


def test_sixteen_probes_are_under_way_at_most(stage: Stage) -> None:
    stage.registered()
    before = len(stage.open)
    for _ in range(40):
        stage.hear(notice="probe", at=str(OTHER))
    assert len(stage.open) - before == 16
    stage.wait(ANSWER)
    assert len(stage.open) == before
