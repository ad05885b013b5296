"""What a client shows a supernode."""

from __future__ import annotations

import hmac
from base64 import b64decode
from hashlib import sha1, sha256

from directory_bench import WALL, Room

from catenet.nodes.address import Address
from catenet.nodes.application.turn.credentials import mint, secret_of
from catenet.nodes.machine import Endpoint

AT = Endpoint(Address.parse("10.0.0.9"), 3478)


def test_the_password_is_the_hmac_of_the_name_which_begins_with_its_end() -> None:
    """draft-uberti-behave-turn-rest-00 section 2.2: username = timestamp + ":" + user, password =
    base64(hmac(secret, username)), by SHA-1."""
    name, password = mint(b"secret", "alice", 1_433_895_918.9)
    assert name == "1433895918:alice"
    assert b64decode(password) == hmac.new(b"secret", name.encode(), sha1).digest()


def test_each_supernode_has_a_secret_of_its_own() -> None:
    one, other = secret_of(b"m" * 32, AT), secret_of(b"m" * 32, AT._replace(port=3479))
    assert one == hmac.new(b"m" * 32, b"10.0.0.9:3478", sha256).digest()
    assert one != other


def test_clients_get_what_the_supernode_was_told_to_believe() -> None:
    room = Room(supernodes=("carol",), credentials=600.0)
    carol, alice = room.at("carol", "10.0.0.9"), room.at("alice")
    secret = b64decode(carol.answered("register", at=str(AT), quota=10)["ok"]["secret"])
    given = alice.answered("credentials")["ok"]
    (server,) = given["servers"]
    assert (given["ttl"], server["at"]) == (600, "10.0.0.9:3478")
    assert (server["username"], server["password"]) == mint(secret, "alice", WALL + 600)


def test_after_a_restart_the_secret_is_another_one_and_it_was_in_no_file() -> None:
    room = Room(supernodes=("carol",))
    first = room.at("carol", "10.0.0.9").answered("register", at=str(AT), quota=10)["ok"]["secret"]
    kept = repr(list(room.file.rows()))
    room.start()
    assert room.at("carol", "10.0.0.9").answered("register", at=str(AT), quota=10)["ok"]["secret"] != first
    assert first not in kept
    assert repr(b64decode(first)) not in kept
