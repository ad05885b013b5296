"""Wireshark judges every kind of packet and LSA of our codec, under every kind of authentication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from dissected import Dissected, Tshark, capture_of, complaints, tshark

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.authentication import Authentication
from catenet.nodes.internet.ospf.lsa import (
    BORDER,
    BOUNDARY,
    INFINITY,
    INITIAL_SEQUENCE,
    MAX_AGE,
    Body,
    ExternalLsa,
    LinkType,
    Lsa,
    LsaKey,
    LsaType,
    NetworkLsa,
    RouterLink,
    RouterLsa,
    SummaryLsa,
)
from catenet.nodes.internet.ospf.packet import (
    ALL_ROUTERS,
    EXTERNAL,
    INIT,
    MASTER,
    MORE,
    NONE,
    PASSWORD_LENGTH,
    PROTOCOL,
    Acknowledgement,
    Description,
    Hello,
    Packet,
    Request,
    Update,
)
from catenet.nodes.keys.digests import METHODS
from catenet.nodes.keys.key import read_auth
from catenet.nodes.machine import IpPacket

pytestmark = pytest.mark.engine

A = Address.parse
EPOCH = 1_700_000_000
MASK = 0xFFFFFF00
AUTHS: Mapping[str, Mapping] = {"none": {}, "password": {"password": "hushhush"}} | {
    each: {each: {"7": "hush"}} for each in METHODS
}
ME, AREA = A("1.1.1.1"), Address(1)
_CONTENTS: tuple[tuple[int, str, Body], ...] = (
    (
        LsaType.ROUTER,
        "1.1.1.1",
        RouterLsa(
            BORDER | BOUNDARY,
            (
                RouterLink(LinkType.POINT_TO_POINT, A("2.2.2.2"), A("10.0.1.1"), 10),
                RouterLink(LinkType.TRANSIT, A("10.0.2.3"), A("10.0.2.1"), 1),
                RouterLink(LinkType.STUB, A("10.0.3.0"), MASK, 65535),
            ),
        ),
    ),
    (LsaType.NETWORK, "10.0.2.3", NetworkLsa(MASK, (ME, A("3.3.3.3")))),
    (LsaType.SUMMARY, "10.0.9.0", SummaryLsa(MASK, INFINITY)),
    (LsaType.SUMMARY_ASBR, "9.9.9.9", SummaryLsa(0, 12)),
    (LsaType.EXTERNAL, "10.9.0.0", ExternalLsa(0xFFFF0000, True, 20, A("10.0.1.77"), 4711)),
    (LsaType.EXTERNAL, "0.0.0.0", ExternalLsa(0, False, 1, NONE, 0)),
)
LSAS = tuple(
    Lsa.make(LsaKey(kind, A(link_id), ME), EXTERNAL, INITIAL_SEQUENCE + n, body, (0, 1, MAX_AGE)[n % 3])
    for n, (kind, link_id, body) in enumerate(_CONTENTS)
)
HEADERS = tuple(lsa.header for lsa in LSAS)
BODIES = (
    Hello(MASK, 10, EXTERNAL, 1, 40, A("10.0.2.3"), NONE, (A("2.2.2.2"), A("3.3.3.3"))),
    Description(1500, EXTERNAL, INIT | MORE | MASTER, 0xFFFFFFFF, ()),
    Description(1500, EXTERNAL, MASTER, 0, HEADERS),
    Request(tuple(lsa.key for lsa in LSAS)),
    Update(LSAS),
    Acknowledgement(HEADERS),
)
HEADER = {
    "lsa": ["1", "2", "3", "4", "5", "5"],
    "lsa.age": ["0", "1", "3600", "0", "1", "3600"],
    "lsa.id": [link_id for _, link_id, _ in _CONTENTS],
    "advrouter": ["1.1.1.1"] * 6,
    "lsa.seqnum": [f"0x8000000{n}" for n in range(1, 7)],
    "lsa.length": ["60", "32", "28", "28", "36", "36"],
}
WANTED: tuple[Mapping[str, list[str]], ...] = (
    {
        "msg": ["1"],
        "hello.network_mask": ["255.255.255.0"],
        "hello.hello_interval": ["10"],
        "hello.router_priority": ["1"],
        "hello.router_dead_interval": ["40"],
        "hello.designated_router": ["10.0.2.3"],
        "hello.backup_designated_router": ["0.0.0.0"],
        "hello.active_neighbor": ["2.2.2.2", "3.3.3.3"],
    },
    {"msg": ["2"], "db.interface_mtu": ["1500"], "db.dd_sequence": ["4294967295"], "dbd": ["0x07"]},
    {"msg": ["2"], "db.interface_mtu": ["1500"], "db.dd_sequence": ["0"], "dbd": ["0x01"], **HEADER},
    {"msg": ["3"], "lsa": HEADER["lsa"], "link_state_id": HEADER["lsa.id"], "advrouter": HEADER["advrouter"]},
    {
        "msg": ["4"],
        **HEADER,
        "lsa.router.linktype": ["1", "2", "3"],
        "lsa.router.linkid": ["2.2.2.2", "10.0.2.3", "10.0.3.0"],
        "lsa.router.linkdata": ["10.0.1.1", "10.0.2.1", "255.255.255.0"],
        "lsa.router.nummetrics": ["0", "0", "0"],
        "lsa.router.metric0": ["10", "1", "65535"],
        "v2.router.lsa.flags.b": ["True"],
        "v2.router.lsa.flags.e": ["True"],
        "v2.router.lsa.flags.v": ["False"],
        "lsa.network.netmask": ["255.255.255.0"],
        "lsa.network.attchrtr": ["1.1.1.1", "3.3.3.3"],
        "lsa.asbr.netmask": ["255.255.255.0", "0.0.0.0"],
        "lsa.asext.netmask": ["255.255.0.0", "0.0.0.0"],
        "lsa.asext.type": ["True", "False"],
        "lsa.asext.fwdaddr": ["10.0.1.77", "0.0.0.0"],
        "lsa.asext.extrttag": ["4711", "0"],
        "metric": ["16777215", "12", "20", "1"],
    },
    {"msg": ["5"], **HEADER},
)
SIGNATURE = ("none", "simple", "crypt.key_id", "crypt.data_length", "crypt.seq_nbr", "crypt.data")
COMMON = ("version", "packet_length", "srcrouter", "area_id", "checksum", "auth.type")
FIELDS = (*COMMON, *(f"auth.{field}" for field in SIGNATURE), *dict.fromkeys(name for each in WANTED for name in each))


@pytest.fixture(scope="module")
def judge() -> Iterator[Tshark]:
    with tshark() as running:
        yield running


class Read:
    """What is sealed one second after the other, and what tshark reads in it."""

    def __init__(self, judge: Tshark, auth: str) -> None:
        self.auth, router = auth, Authentication(read_auth(AUTHS[auth], PASSWORD_LENGTH), EPOCH, 40.0)
        packets = [router.seal(bytes(Packet(ME, AREA, body)), "lan", at) for at, body in enumerate(BODIES)]
        self.sent = [IpPacket(data, A("10.0.2.1"), ALL_ROUTERS, PROTOCOL, ttl=1, tos=0xC0) for data in packets]
        capture = capture_of((EPOCH + at, packet) for at, packet in enumerate(self.sent))
        self.seen: list[Dissected] = judge.read(capture, *(f"ospf.{field}" for field in FIELDS), "frame.protocols")


@pytest.fixture(scope="module", params=AUTHS)
def read(request: pytest.FixtureRequest, judge: Tshark) -> Read:
    return Read(judge, request.param)


def test_no_packet_of_ours_is_malformed(read: Read) -> None:
    assert len(read.seen) == len(BODIES)
    assert complaints(read.seen) == []
    assert {tuple(seen["frame.protocols"]) for seen in read.seen} == {("eth:ethertype:ip:ospf",)}


def test_each_packet_is_read_as_it_was_meant(read: Read) -> None:
    for body, seen, wanted in zip(BODIES, read.seen, WANTED, strict=True):
        assert {field: seen.get(f"ospf.{field}") for field in wanted} == wanted
        common = {field: seen[f"ospf.{field}"] for field in ("version", "packet_length", "srcrouter", "area_id")}
        length = str(24 + len(bytes(body)))
        assert common == {
            "version": ["2"],
            "packet_length": [length],
            "srcrouter": ["1.1.1.1"],
            "area_id": ["0.0.0.1"],
        }


def test_who_signed_it_is_read_too(read: Read) -> None:
    for at, (packet, seen) in enumerate(zip(read.sent, read.seen, strict=True)):
        signature = {field: found for field in SIGNATURE if (found := seen.get(f"ospf.auth.{field}"))}
        if read.auth == "none":
            assert signature == {"none": ["0000000000000000"]}
        elif read.auth == "password":
            assert signature == {"simple": ["hushhush"]}
        else:
            length = METHODS[read.auth].length
            assert seen["ospf.checksum"] == ["0x0000"]
            assert signature == {
                "crypt.key_id": ["7"],
                "crypt.data_length": [str(length)],
                "crypt.seq_nbr": [str(8 * (EPOCH + at) % 2**32)],
                "crypt.data": [packet.data[-length:].hex()],
            }
