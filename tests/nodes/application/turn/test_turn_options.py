"""Options of the supernode, what it is told, its relay ports, its credentials."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from turn_desk import SECRET, entropy

from catenet.nodes.address import Address, Prefix
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.directory.place import Place, place_of
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.credentials import User, password_of
from catenet.nodes.application.turn.needs import lans_of, read_needs, tell
from catenet.nodes.application.turn.relays import RelayPorts
from catenet.nodes.application.turn.service import SERVICES
from catenet.nodes.control.needs import Folder, Others, Surroundings
from catenet.nodes.control.units import OptionError, Secret
from catenet.nodes.machine import Endpoint


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("secret", "short"),
        ("port", 0),
        ("port", 65_536),
        ("port", 50_000),
        ("realm", 'a"b'),
        ("realm", "x" * 128),
        ("relay_ports", "50000"),
        ("relay_ports", "50001-50000"),
        ("relay_ports", "1000-2000"),
        ("relay_ports", "50000-70000"),
        ("lifetime", 0.0),
        ("longest", 599.0),
        ("allocations", 0),
        ("per_user", True),
        ("permissions", -1),
        ("channels_each", 4_097),
        ("bandwidth", 0),
        ("nonce", 3_601.0),
        ("tcp", "perhaps"),
        ("channels", "rfc3489"),
        ("deny", ("10.0.0.1/24",)),
        ("role", "elected"),
        ("user", "s1"),
        ("password", "of nobody"),
    ],
)
def test_an_option_that_may_not_be_is_named(option: str, value: Any) -> None:
    with pytest.raises(OptionError, match=option) as refused:
        SupernodeOptions(**{"secret": SECRET, option: value})
    assert option in refused.value.options


DIRECTORY = DirectoryOptions(accounts={"s1": Secret("a password"), "alice": Secret("a password")}, supernodes=("s1",))
LAB = {"login": {"directory": DIRECTORY}, "here": {"supernode": None}}


@pytest.mark.parametrize(
    ("options", "services", "fault"),
    [
        ({"secret": SECRET}, {}, ""),
        ({"user": "s1"}, LAB, ""),
        ({"user": "alice", "role": "standby"}, LAB, ""),
        ({"user": "alice", "role": "standby", "directory": "login"}, LAB, ""),
        ({}, LAB, "neither a secret nor a directory says who its clients are"),
        ({"secret": SECRET, "role": "standby"}, LAB, "role: standby wants a directory"),
        ({"user": "s1"}, {}, "no node of this lab has the service directory"),
        ({"user": "bob"}, LAB, "the directory of login has no account bob"),
        ({"user": "s1", "directory": "here"}, LAB, "here has no service directory"),
        ({"user": "alice"}, LAB, "role: fixed, but the directory does not name alice among its supernodes"),
        ({"user": "s1", "role": "standby"}, LAB, "role: standby, but the directory names s1 among its supernodes"),
    ],
)
def test_a_secret_is_needed_or_a_directory_that_has_it_as_what_it_is(
    options: dict[str, Any], services: dict[str, Any], fault: str, tmp_path: Path
) -> None:
    given = SupernodeOptions(**options, **({"password": Secret("a password")} if "user" in options else {}))
    faults = [need.fault for need in read_needs(given, Surroundings(Folder(tmp_path), services)) if need.fault]
    assert [fault in found.message for found in faults] == ([True] if fault else [])


def test_one_with_an_account_is_told_where_the_directory_is() -> None:
    options = SupernodeOptions(user="s1", password=Secret("a password"))
    told = tell(options, Others(LAB, {"login": Address.parse("10.0.0.5")}, {}))
    assert place_of(told) == Place(Endpoint(Address.parse("10.0.0.5"), 5223), "login")
    assert "a password" not in repr(told)


def test_a_secret_is_repeated_in_no_message() -> None:
    with pytest.raises(OptionError) as refused:
        SupernodeOptions(secret="hush")
    assert "hush" not in str(refused.value)


def test_it_listens_where_its_options_say() -> None:
    (service,) = SERVICES
    assert service.ports(SupernodeOptions(secret=SECRET, port=5000)) == [("udp", 5000), ("tcp", 5000)]


def test_it_is_told_the_labs_lans() -> None:
    lans = {"home": Prefix.parse("192.168.1.0/24"), "net": Prefix.parse("10.0.0.0/16")}
    told = tell(SupernodeOptions(secret=SECRET), Others({}, {}, lans))
    assert set(lans_of(told)) == set(lans.values())


def test_what_it_is_told_must_be_lans() -> None:
    assert lans_of({}) == ()
    for wrong in ({"lans": "10.0.0.0/8"}, {"lans": ["10.0.0.1/8"]}):
        with pytest.raises(ValueError, match=r"lans|10\.0\.0\.1"):
            lans_of(wrong)  # type: ignore[arg-type]


def test_ports_are_drawn_once_each_until_there_is_none() -> None:
    ports = RelayPorts(50_000, 50_009, entropy())
    drawn = [ports.draw() for _ in range(10)]
    assert sorted(filter(None, drawn)) == list(range(50_000, 50_010))
    assert ports.draw() is None
    ports.free(50_003)
    assert ports.draw() == 50_003


def test_pairs_are_of_an_even_port_and_the_next_one() -> None:
    ports = RelayPorts(50_001, 50_008, entropy())
    drawn = sorted(filter(None, (ports.draw(pair=True) for _ in range(5))))
    assert drawn == [50_002, 50_004, 50_006]
    assert sorted(filter(None, (ports.draw() for _ in range(3)))) == [50_001, 50_008]
    assert RelayPorts(50_001, 50_001, entropy()).draw(even=True) is None


def test_which_port_is_drawn_nobody_can_foresee() -> None:
    """RFC 6056: each of a range comes about as often as any other."""
    counts = Counter(RelayPorts(50_000, 50_007, entropy(seed)).draw() for seed in range(800))
    assert len(counts) == 8
    assert max(counts.values()) < 3 * min(counts.values())


def test_a_password_is_the_hmac_of_the_username() -> None:
    """RFC 2202 section 3, test case 2: key "Jefe"."""
    assert password_of("what do ya want for nothing?", b"Jefe") == "7/zfauXrL6LSdBbV8YTfnCWafHk="


def test_a_username_says_its_time() -> None:
    assert User.of("1893456000:alice") == User("alice", 1_893_456_000)
    assert User.of("1893456000:a:b") == User("a:b", 1_893_456_000)
    assert User.of("1893456000:a\nb") is None
    user = User("alice", 1000)
    assert not user.is_due(1060.0)
    assert user.is_due(1060.1)


def test_a_reservation_is_found_by_its_token_until_its_time_is_over() -> None:
    ports = RelayPorts(50_000, 50_009, entropy())
    made = ports.reserve(50_001, Address(1), "alice", 10.0)
    assert ports.next_expiry() == 40.0
    assert ports.find(made.token, 39.9) == made
    assert ports.find(made.token, 40.0) is None
    assert ports.expired(39.9) == []
    assert ports.expired(40.0) == [made]
    assert ports.next_expiry() is None
