"""What phones say to each other through the directory: what anybody may put there, and what a contact may sign."""

from __future__ import annotations

from base64 import b64encode

from fuzz_target import Target

from catenet.nodes.application.phone.keys import Identity
from catenet.nodes.application.phone.offer import Read, read, write
from catenet.nodes.machine import DecodeError

ALICE, BOB = Identity(b"a" * 32), Identity(b"b" * 32)


def _octets(size: int) -> bytes:
    return b"e" * size


def _read(data: bytes) -> Read:
    """The first octet: whether it is sealed and signed by a contact, or comes as it is."""
    if data[:1] == b"\1":
        body = b64encode(ALICE.seal(data[1:], BOB.public, _octets).octets).decode()
    else:
        body = data[1:].decode("latin-1")
    return read(body, BOB, ALICE.public)


def _check(found: Read) -> None:
    body, signed = write(found.said, ALICE, BOB.public, _octets)
    assert read(body, BOB, ALICE.public) == (found.said, signed)


WORDS = (
    *('"word":', '"offer"', '"ringing"', '"accept"', '"refuse"', '"cancel"', '"why":', '"busy"', '"call":', '"from":'),
    *(
        '"to":',
        '"time":',
        '"ephemeral":',
        '"fragment":',
        '"password":',
        '"candidates":[',
        '"media":{',
        '"spare":{',
        '"ssrc":',
        '"sequence":',
    ),
    *(
        '"encrypts":',
        "true",
        '"restart"',
        '"restarted"',
        '"description":{',
        '"stream":1',
        '"round":1',
        "candidate:1 1 UDP 1 192.0.2.1 9 typ host",
        "e" * 32,
        "A" * 43 + "=",
        "[[",
        "1e999",
        "\1{",
    ),
)
said = Target(_read, (DecodeError,), _check, words=WORDS, longest=8192)
