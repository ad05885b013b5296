"""A directory and a client of it, and whatever the other may say: what is taken is said back, nothing raises, and what
is kept of it is bounded."""

from __future__ import annotations

import json
from random import Random

from fuzz_target import Target, sliced

from catenet.nodes.address import Address
from catenet.nodes.application.directory.client import DirectoryClient, State
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.directory.desk import HASH
from catenet.nodes.application.directory.machine import Directory
from catenet.nodes.application.directory.message import Request, encode, parse_request
from catenet.nodes.application.directory.state import Account
from catenet.nodes.application.directory.state import State as Kept
from catenet.nodes.application.directory.stream import OUTPUT
from catenet.nodes.machine import DecodeError, Endpoint, Work

HERE, PEER = Endpoint(Address.parse("10.0.0.1"), 5223), Endpoint(Address.parse("10.0.0.7"), 40_000)
USERS = ("alice", "bob")
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
ASKED = (
    {"ask": "login", "user": "alice", "password": "12345678"},
    {"ask": "resume", "token": "A" * 43},
    {"ask": "contact", "do": "add", "user": "bob"},
    {"ask": "presence", "state": "away"},
    {"ask": "key", "key": KEY},
    {"ask": "signal", "to": "bob", "call": "c", "body": "é"},
    {"ask": "register", "at": "10.0.0.7:3478", "quota": 10},
    {"ask": "report", "allocations": 3},
    {"ask": "probed", "at": "10.0.0.7:3478", "answered": True},
    {"ask": "credentials"},
    {"ask": "ping"},
)
SAID = (
    {"id": "1", "ok": {"user": "alice", "token": "A" * 43, "expires": 60, "contacts": []}},
    {"id": "2", "ok": {"ttl": 60, "servers": [{"at": "10.0.0.7:3478", "username": "1:a", "password": "x"}]}},
    {"id": "1", "error": "busy", "retry_after": 0.5},
    {"id": "1", "error": "session"},
    {"notice": "contact", "user": "bob", "state": "accepted", "presence": "online", "key": KEY},
    {"notice": "signal", "user": "bob", "call": "c", "body": ""},
    {"notice": "role", "role": "supernode", "why": "", "secret": KEY},
    {"notice": "probe", "at": "10.0.0.7:3478"},
)
WORDS = (
    *(json.dumps({"id": "1", **each}) + "\n" for each in ASKED),
    *('"id":', "\\u0000", "\\ud800", "[[", "1e999"),
)


def _check_request(request: Request) -> None:
    assert parse_request(encode(request)[:-1]) == request


def _converse(data: bytes) -> Directory:
    """Two who are logged in say that, in slices and in turn; every job is done at once."""
    accounts = dict.fromkeys(USERS, "12345678")
    machine = Directory(
        DirectoryOptions(accounts=accounts),
        Kept(Account(user, "hash") for user in USERS),
        entropy=Random(1).randbytes,
        nobody="hash of nobody",
        wall_clock=lambda: 1e6,
        lan_of=lambda _: "",
        count=lambda word, by=1: None,
    )
    streams = [machine.accepted(HERE, PEER._replace(port=port), 0.0) for port in (1, 2)]

    def settle() -> None:
        while actions := machine.take_actions():
            for action in actions:
                if isinstance(action, Work):
                    machine.worked(action.tag, action.job == HASH, "", 0.0)

    for stream, user in zip(streams, USERS, strict=True):
        stream.receive_data(encode(parse_request(json.dumps({"id": "0", **ASKED[0], "user": user}).encode())), 0.0)
        settle()
    for number, piece in enumerate(sliced(data)[1]):
        streams[number % 2].receive_data(piece, float(number))
        settle()
        machine.wake(float(number))
        settle()
        for stream in streams:
            assert len(stream.data_to_send()) <= OUTPUT
    json.dumps(machine.show("directory", 9.0))
    return machine


class _Client:
    """What the client draws is its ids: 1, 2, 3, … in hexadecimal."""

    def __init__(self) -> None:
        self.drawn = 0

    def entropy(self, size: int) -> bytes:
        self.drawn += 1
        return self.drawn.to_bytes(size, "big")


def _hear(data: bytes) -> DirectoryClient:
    """A client that joins hears that, in slices."""
    drawn = _Client()
    client = DirectoryClient(
        "alice",
        "12345678",
        HERE,
        "directory",
        tag=1,
        entropy=drawn.entropy,
        random=Random(1),
        count=lambda word, by=1: None,
    )
    client.wake(0.0)
    stream = client.connected(PEER, HERE, 0.0)
    said = data.replace(b'"id": "1"', b'"id": "0000000000000001"').replace(b'"id": "2"', b'"id": "0000000000000002"')
    for number, piece in enumerate(sliced(said)[1]):
        stream.receive_data(piece, float(number))
        client.take_actions()
        stream.data_to_send()
        client.wake(float(number))
    return client


def _check_client(client: DirectoryClient) -> None:
    assert client.state in State
    assert all(name == known.user for name, known in client.contacts.items())


request = Target(parse_request, (DecodeError,), _check_request, words=WORDS, longest=2048)
directory = Target(_converse, words=WORDS, longest=4096, milliseconds=300.0)
client = Target(
    _hear,
    check=_check_client,
    words=(*(json.dumps(each) + "\n" for each in SAID), '"id":', "\\ud800"),
    longest=4096,
)
