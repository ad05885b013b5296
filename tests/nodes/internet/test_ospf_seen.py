"""What a capture shows of OSPF: FRR's and BIRD's packets, whatever stands behind them, and hostile ones."""

from __future__ import annotations

import struct
from random import Random

import pytest
from ospf_captured import captured
from ospf_router import INITIAL, LOW, MASK, lsa, packet_of

from catenet.nodes.address import Address
from catenet.nodes.control.flooding import Key, Says
from catenet.nodes.internet.ospf.lsa import MAX_AGE, LsaKey, LsaType
from catenet.nodes.internet.ospf.packet import NONE, Acknowledgement, Hello, Request, Update
from catenet.nodes.internet.ospf.seen import FLOODING, read

FILES = ("none-broadcast", "none-ptp", "password", "md5", "hmac-sha-256")
WORDS = {1: Says.HELLO, 2: Says.DESCRIPTION, 3: Says.REQUEST, 4: Says.UPDATE, 5: Says.ACKNOWLEDGEMENT}


@pytest.mark.parametrize("name", FILES)
def test_every_packet_of_theirs_is_read(name: str) -> None:
    """The header is read here by its diagram (section A.3.1)."""
    for each in captured(name):
        said = read(each.data)
        kind, router, area = struct.unpack_from(">xBxxII", each.data)
        assert said is not None
        assert (said.says, said.router, said.area) == (WORDS[kind], str(Address(router)), str(Address(area)))


@pytest.mark.parametrize("name", FILES)
def test_of_an_update_each_lsa_is_named(name: str) -> None:
    """Number, checksum and age of the first are where section A.4.1 has them."""
    updates = [each.data for each in captured(name) if each.data[1] == 4]
    assert updates
    for data in updates:
        said = read(data)
        (count,) = struct.unpack_from(">I", data, 24)
        age, _, link_id, router, sequence, checksum = struct.unpack_from(">HHIIiH", data, 28)
        assert said is not None
        assert len(said.instances) == count
        first = said.instances[0]
        assert (first.age, first.sequence, first.checksum) == (age, sequence, checksum)
        assert (first.key.id, first.key.router) == (str(Address(link_id)), str(Address(router)))


def said_by(body: Hello | Update | Request | Acknowledgement) -> bytes:
    return packet_of(body, LOW, "link1").data


def test_a_hello_tells_who_is_elected_and_whether_the_area_takes_all() -> None:
    designated = Address.parse("10.0.1.9")
    said = read(said_by(Hello(MASK, 10, 2, 1, 40, designated, NONE, ())))
    assert said is not None
    assert (said.elected, said.takes_all) == ((designated, None), True)
    stub = read(said_by(Hello(MASK, 10, 0, 1, 40, NONE, NONE, ())))
    assert stub is not None
    assert (stub.elected, stub.takes_all) == ((None, None), False)


def test_the_newer_of_two_is_known_by_number_checksum_and_flush() -> None:
    """Section 13.1."""
    old, new, gone = lsa("1.1.1.1"), lsa("1.1.1.1", INITIAL + 1), lsa("1.1.1.1", INITIAL + 1, age=MAX_AGE)
    said = read(said_by(Update((old, new, gone))))
    assert said is not None
    orders = [each.order for each in said.instances]
    assert orders == sorted(orders)
    assert [each.flushed for each in said.instances] == [False, False, True]
    assert said.instances[0].key == Key("router", "1.1.1.1", "1.1.1.1")
    assert said.instances[1].number == "80000002"


def test_a_request_names_what_is_wanted() -> None:
    key = LsaKey(LsaType.EXTERNAL, Address.parse("10.9.9.0"), Address.parse("1.1.1.1"))
    said = read(said_by(Request((key, LsaKey(77, NONE, NONE)))))
    assert said is not None
    assert said.keys == (Key("external", "10.9.9.0", "1.1.1.1"),), "nobody has a word for the type 77"


@pytest.mark.parametrize("seed", range(20))
def test_what_is_hostile_is_read_or_left_out(seed: int) -> None:
    random = Random(seed)
    genuine = [each.data for name in FILES for each in captured(name)]
    for _ in range(500):
        data = bytearray(random.choice(genuine))
        for _ in range(random.randrange(4)):
            data[random.randrange(len(data))] = random.randrange(256)
        said = read(bytes(data[: random.choice((len(data), random.randrange(len(data) + 1)))]))
        assert said is None or {each.key.type for each in said.instances} <= {*TYPES}


TYPES = ("router", "network", "summary", "asbr-summary", "external", "opaque-link", "opaque-area", "opaque-as")


def test_only_what_describes_the_network_may_be_followed() -> None:
    assert tuple(FLOODING.types) == TYPES[:5]
    assert {"external"} == FLOODING.everywhere
    assert read(b"") is None
