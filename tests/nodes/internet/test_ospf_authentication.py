"""Who may speak: RFC 2328 appendix D and RFC 5709, against FRR's and BIRD's packets too."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping

import pytest
from checksums import word_by_word
from hypothesis import given
from hypothesis import strategies as st
from ospf_captured import captured
from test_ospf_packet import PACKETS

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.authentication import MAX_NEIGHBOURS, Authentication
from catenet.nodes.internet.ospf.packet import HELLO, NONE, PASSWORD_LENGTH, Hello, Packet, Request
from catenet.nodes.keys.key import read_auth
from catenet.nodes.keys.prover import key_in
from catenet.nodes.machine import DecodeError

A = Address.parse
EPOCH, DEAD = 1_700_000_000, 40.0
FIRST = 8 * EPOCH % 2**32
"""The sequence number at that time: there are eight a second."""
PEER, OTHER, LAN = A("10.0.1.2"), A("10.0.1.3"), "lan"
HASHES = {"hmac-sha-1": "sha1", "hmac-sha-256": "sha256", "hmac-sha-384": "sha384", "hmac-sha-512": "sha512"}
LENGTHS = {"md5": 16, "hmac-sha-1": 20, "hmac-sha-256": 32, "hmac-sha-384": 48, "hmac-sha-512": 64}
AUTHS: Mapping[str, Mapping] = {"none": {}, "password": {"password": "hush"}} | {
    method: {method: {"7": "hush"}} for method in LENGTHS
}
HELLO_PACKET = bytes(Packet(A("2.2.2.2"), NONE, Hello(0xFFFFFF00, 10, 2, 1, 40, NONE, NONE, ())))


def end(auth: Mapping, *, epoch: float = EPOCH, fail_secure: bool = False) -> Authentication:
    return Authentication(read_auth(auth, PASSWORD_LENGTH, epoch), epoch, DEAD, fail_secure=fail_secure)


def refused(router: Authentication, data: bytes, now: float = 0.0, source: Address = PEER) -> DecodeError:
    with pytest.raises(DecodeError) as error:
        router.open(data, LAN, source, now)
    return error.value


def signed(method: str, key: bytes, number: int, sequence: int, packet: bytes = HELLO_PACKET) -> bytes:
    """Sections D.4.3 and, for the others, RFC 5709 section 3.3, step by step."""
    length = LENGTHS[method]
    packet = packet[:12] + struct.pack(">HHHBBI", 0, 2, 0, number, length, sequence) + packet[24:]
    if method == "md5":
        return packet + hashlib.md5(packet + key.ljust(16, b"\0")).digest()
    new = getattr(hashlib, HASHES[method])
    block = 64 if length <= 32 else 128
    prepared = (new(key).digest() if len(key) > length else key.ljust(length, b"\0")).ljust(block, b"\0")
    inner = bytes(octet ^ 0x36 for octet in prepared)
    outer = bytes(octet ^ 0x5C for octet in prepared)
    first = new(inner + packet + bytes.fromhex("878fe1f3") * (length // 4)).digest()
    return packet + new(outer + first).digest()


# What both ends do


@given(PACKETS, st.sampled_from(sorted(AUTHS)))
def test_what_is_sealed_is_opened(packet: Packet, auth: str) -> None:
    sealed = end(AUTHS[auth]).seal(bytes(packet), LAN, 5.0)
    assert len(sealed) == len(bytes(packet)) + end(AUTHS[auth]).overhead
    opened = end(AUTHS[auth]).open(sealed, LAN, PEER, 6.0)
    assert Packet.parse(opened) == packet


@pytest.mark.parametrize("auth", AUTHS)
def test_a_packet_of_another_kind_of_authentication_is_discarded(auth: str) -> None:
    """8.2: "The AuType specified in the packet must match the AuType specified for the associated area." """
    router = end(AUTHS[auth])
    for other, words in AUTHS.items():
        sealed = end(words).seal(HELLO_PACKET, LAN, 0.0)
        if other == auth:
            router.open(sealed, LAN, PEER, 0.0)
        else:
            wanted = {"none": "authentication"}.get(auth, "auth-missing" if other == "none" else "auth-type")
            both_digests = auth in LENGTHS and other in LENGTHS
            assert refused(router, sealed).field == ("auth-length" if both_digests else wanted)


@pytest.mark.parametrize("auth", AUTHS)
@pytest.mark.parametrize("behind", [b"\0", b"\xff\xf6\0\3" + bytes(8)])
def test_5613_what_stands_behind_the_packet_is_not_read(auth: str, behind: bytes) -> None:
    """A link-local signalling block "is not included in the length" of the packet."""
    opened = end(AUTHS[auth]).open(end(AUTHS[auth]).seal(HELLO_PACKET, LAN, 0.0) + behind, LAN, PEER, 0.0)
    assert Packet.parse(opened) == Packet.parse(HELLO_PACKET)


@pytest.mark.parametrize("auth", AUTHS)
@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda data: data[:23], "length"),
        (lambda data: b"", "length"),
        (lambda data: b"\3" + data[1:], "version"),  # 8.2: "The version number field must specify protocol version 2."
        (lambda data: data[:2] + b"\0\x17" + data[4:], "length"),
        (lambda data: data[:2] + struct.pack(">H", len(data) + 1) + data[4:], "length"),
    ],
)
def test_8_2_the_header_is_verified(auth: str, change, field: str) -> None:
    assert refused(end(AUTHS[auth]), change(end(AUTHS[auth]).seal(HELLO_PACKET, LAN, 0.0))).field == field


@given(st.sampled_from(sorted(AUTHS)), st.binary(max_size=100))
def test_random_octets_are_refused_and_nothing_worse(auth: str, data: bytes) -> None:
    for octets in (data, b"\2\1\0\x18" + data, b"\2\1\0\x18" + bytes(10) + b"\0\2\0\0\7\x10" + data):
        with pytest.raises(DecodeError):
            end(AUTHS[auth]).open(octets, LAN, PEER, 0.0)


# D.1 and D.2: the checksum, the password


@given(PACKETS)
def test_d_4_1_the_checksum_covers_all_but_the_authentication(packet: Packet) -> None:
    """ "the 16-bit one's complement of the one's complement sum of all the 16-bit words in the packet" """
    sealed = end({}).seal(bytes(packet), LAN, 0.0)
    assert sealed[14:24] == bytes(10)
    assert word_by_word(sealed[:16] + sealed[24:]) == 0
    assert sealed[12:14] == struct.pack(">H", word_by_word(sealed[:12] + bytes(4) + sealed[24:]))


def test_a_3_1_an_odd_length_is_padded_with_a_byte_of_zero_before_checksumming() -> None:
    odd = HELLO_PACKET[:2] + struct.pack(">H", len(HELLO_PACKET) + 1) + HELLO_PACKET[4:] + b"\x07"
    sealed = end({}).seal(odd, LAN, 0.0)
    assert word_by_word(sealed[:16] + sealed[24:] + b"\0") == 0
    assert len(end({}).open(sealed, LAN, PEER, 0.0)) == len(odd)


@given(st.sampled_from(["none", "password"]), st.integers(0), st.integers(1, 255))
def test_d_5_1_a_changed_octet_is_seen(auth: str, at: int, change: int) -> None:
    sealed = bytearray(end(AUTHS[auth]).seal(HELLO_PACKET, LAN, 0.0))
    at = 24 + at % (len(sealed) - 24)
    sealed[at] ^= change
    assert refused(end(AUTHS[auth]), bytes(sealed)).field == "checksum"


def test_d_1_the_authentication_field_of_null_authentication_can_contain_anything() -> None:
    """ "it is not examined on packet reception" """
    sealed = end({}).seal(HELLO_PACKET, LAN, 0.0)
    end({}).open(sealed[:16] + b"anything" + sealed[24:], LAN, PEER, 0.0)


@pytest.mark.parametrize("word", ["h", "hush", "hushhush"])
def test_d_4_2_the_authentication_field_is_the_password(word: str) -> None:
    sealed = end({"password": word}).seal(HELLO_PACKET, LAN, 0.0)
    assert sealed[14:24] == b"\0\1" + word.encode().ljust(8, b"\0")
    assert word_by_word(sealed[:16] + sealed[24:]) == 0
    end({"password": word}).open(sealed, LAN, PEER, 0.0)
    for other in ("hus", "hushh", "Hush"):
        assert refused(end({"password": other}), sealed).field == "auth-password"


def test_d_2_a_password_has_room_for_64_bits() -> None:
    with pytest.raises(ValueError, match="auth password has 9 octets; a secret of this method has 1 to 8"):
        read_auth({"password": "hushhushh"}, PASSWORD_LENGTH)


# D.3: the digest


@pytest.mark.parametrize("method", LENGTHS)
@pytest.mark.parametrize("word", ["h", "hush", "sixteen octets.."])
def test_d_4_3_and_rfc_5709_the_digest(method: str, word: str) -> None:
    sealed = end({method: {"7": word}}).seal(HELLO_PACKET, LAN, 0.0)
    assert sealed == signed(method, word.encode(), 7, FIRST)
    assert sealed[2:4] == HELLO_PACKET[2:4]  # "The digest is not counted in the OSPF packet's length field"
    assert sealed[12:14] == b"\0\0"  # "The checksum field […] is not calculated, but is instead set to 0."


@pytest.mark.parametrize("method", HASHES)
@pytest.mark.parametrize("length", [19, 20, 21, 32, 33, 48, 49, 64, 65, 128, 129, 256])
def test_5709_3_3_a_key_is_made_as_long_as_the_hash(method: str, length: int) -> None:
    key = bytes(n % 255 + 1 for n in range(length))
    assert end({method: {"7": {"hex": key.hex()}}}).seal(HELLO_PACKET, LAN, 0.0) == signed(method, key, 7, FIRST)


CAPTURED = {
    "md5": {"md5": {"1": "secret"}},
    "hmac-sha-1": {"hmac-sha-1": {"7": "secret"}},
    "hmac-sha-256": {"hmac-sha-256": {"2": "secret"}},
    "hmac-sha-384": {"hmac-sha-384": {"3": "secret"}},
    "hmac-sha-512": {"hmac-sha-512": {"255": "secret"}},
    "password": {"password": "secret"},
    "none-broadcast": {},
    "none-ptp": {},
}


@pytest.mark.parametrize("name", CAPTURED)
def test_what_frr_and_bird_sent_is_opened(name: str) -> None:
    """All of it, in its order: digests, checksums and sequence numbers."""
    router, packets = end(CAPTURED[name]), captured(name)
    kinds = {Packet.parse(router.open(packet.data, LAN, packet.source, 0.0)).type for packet in packets}
    assert kinds >= ({HELLO} if name.startswith("hmac-sha-") and name != "hmac-sha-256" else {1, 2, 3, 4, 5})


@pytest.mark.parametrize("name", ["password", "none-broadcast", "none-ptp"])
def test_what_frr_and_bird_sent_is_sealed_again_octet_by_octet(name: str) -> None:
    router = end(CAPTURED[name])
    for packet in captured(name):
        assert router.seal(bytes(Packet.parse(packet.data)), LAN, 0.0) == packet.data


@pytest.mark.parametrize("name", [name for name in CAPTURED if name in LENGTHS])
def test_what_frr_and_bird_signed_is_signed_again_octet_by_octet(name: str) -> None:
    """At the moment that their sequence numbers name."""
    for packet in captured(name):
        bare = packet.data[: int.from_bytes(packet.data[2:4], "big")]
        router = end(CAPTURED[name], epoch=int.from_bytes(packet.data[20:24], "big") / 8)
        assert router.seal(bare, LAN, 0.0) == packet.data


@pytest.mark.parametrize("method", LENGTHS)
def test_d_5_3_a_wrong_digest_is_discarded_and_changes_nothing(method: str) -> None:
    router = end({method: {"7": "hush", "8": "other"}})
    good = signed(method, b"hush", 7, 100)
    for at in (0, 4, 30, len(HELLO_PACKET), len(good) - 1):
        broken = bytearray(good)
        broken[at] ^= 1
        error = refused(router, bytes(broken))
        assert error.field == ("auth-digest" if at else "version")
        assert key_in(error) == (7 if at else None)
    wrong = signed(method, b"wrong", 7, 1_000)
    assert refused(router, wrong).field == "auth-digest"
    assert refused(router, signed(method, b"hush", 8, 100)).field == "auth-digest"
    assert (router.key_of(LAN, PEER, 0.0), router.proof_of(LAN, PEER, 0.0)) == (None, None)
    router.open(good, LAN, PEER, 0.0)
    assert (router.key_of(LAN, PEER, 0.0), router.proof_of(LAN, PEER, 0.0)) == (7, method)


def test_d_5_3_a_key_that_is_not_found_or_not_valid() -> None:
    """ "If the key is not found, or if the key is not valid for reception […], the OSPF packet is discarded." """
    router = end({"md5": {"7": {"secret": "hush", "from": "10s", "until": "20s"}, "8": "always"}})
    packet = signed("md5", b"hush", 7, 100)
    assert [refused(router, packet, at).field for at in (9.0, 20.0)] == ["auth-expired", "auth-expired"]
    assert refused(router, signed("md5", b"hush", 9, 100)).field == "auth-key"
    router.open(packet, LAN, PEER, 10.0)
    router.open(packet, LAN, PEER, 19.9)


@pytest.mark.parametrize("said", [0, 15, 17, 20, 255])
def test_d_4_3_another_length_of_the_digest(said: int) -> None:
    packet = bytearray(signed("md5", b"hush", 7, 100))
    packet[19] = said
    assert refused(end({"md5": {"7": "hush"}}), bytes(packet)).field == "auth-length"
    assert refused(end({"md5": {"7": "hush"}}), signed("md5", b"hush", 7, 100)[:-1]).field == "auth-length"


# The sequence number


def test_d_5_3_a_lower_sequence_number_is_an_old_packet_an_equal_one_is_not() -> None:
    """ "If the cryptographic sequence number […] is less than the cryptographic sequence number recorded" """
    router = end({"md5": {"7": "hush", "8": "other"}})
    for number in (5, 5, 6, 2**32 - 1):
        router.open(signed("md5", b"hush", 7, number), LAN, PEER, 0.0)
    for key, word in ((7, b"hush"), (8, b"other")):
        error = refused(router, signed("md5", word, key, 2**32 - 2))
        assert (error.field, key_in(error)) == ("auth-sequence", key)
    router.open(signed("md5", b"hush", 7, 1), LAN, OTHER, 0.0)
    router.open(signed("md5", b"hush", 7, 1), "other lan", PEER, 0.0)


def test_d_3_the_number_is_zero_again_when_the_neighbour_goes_down() -> None:
    """ "and is also set to zero whenever the neighbor's state transitions to "Down"" """
    router = end({"md5": {"7": "hush"}})
    router.open(signed("md5", b"hush", 7, 100), LAN, PEER, 0.0)
    refused(router, signed("md5", b"hush", 7, 1))
    router.forget(LAN, PEER)
    router.forget(LAN, OTHER)
    router.open(signed("md5", b"hush", 7, 1), LAN, PEER, 0.0)


def test_d_3_a_neighbour_that_is_silent_for_router_dead_interval_may_begin_anew() -> None:
    """ "neighbors will reject the router's OSPF packets for a period of RouterDeadInterval" """
    router = end({"md5": {"7": "hush"}})
    router.open(signed("md5", b"hush", 7, 100), LAN, PEER, 0.0)
    assert refused(router, signed("md5", b"hush", 7, 1), DEAD - 0.1).field == "auth-sequence"
    assert router.key_of(LAN, PEER, DEAD - 0.1) == 7
    assert router.key_of(LAN, PEER, DEAD) is None
    router.open(signed("md5", b"hush", 7, 1), LAN, PEER, DEAD)


def test_no_more_neighbours_are_remembered_than_there_is_room_for() -> None:
    router = end({"md5": {"7": "hush"}})
    for n in range(MAX_NEIGHBOURS + 1):
        router.open(signed("md5", b"hush", 7, 100), LAN, Address(n + 1), n / 1000)
    assert router.key_of(LAN, Address(1), 1.0) is None
    assert router.key_of(LAN, Address(2), 1.0) == router.key_of(LAN, Address(MAX_NEIGHBOURS + 1), 1.0) == 7


def number_of(packet: bytes) -> int:
    return int.from_bytes(packet[20:24], "big")


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.floats(0, 5)), max_size=30))
def test_d_4_3_the_number_sent_is_the_time_of_day_and_always_above_the_last(said: list[tuple[str, float]]) -> None:
    """ "a value at least as large as the last value sent out the interface"; FRR #21387: it must be larger."""
    router, now, last = end({"md5": {"7": "hush"}}), 0.0, {"a": 0, "b": 0}
    for lan, wait in said:
        now += wait
        number = number_of(router.seal(HELLO_PACKET, lan, now))
        assert number == max(last[lan] + 1, int(8 * (EPOCH + now)) % 2**32)
        last[lan] = number


def test_d_5_a_router_that_is_restarted_is_heard_at_once() -> None:
    """FRR #10758: its number, in seconds, had run ahead of the clock with a burst of packets. Here: the packets of an
    exchange within a second, a Hello each second for a minute, and a restart that takes a second."""
    there, before, after = (end({"md5": {"7": "hush"}}) for _ in range(3))
    for at in (*(number / 40 for number in range(40)), *range(1, 60)):
        there.open(before.seal(HELLO_PACKET, LAN, at), LAN, PEER, at)
    there.open(after.seal(HELLO_PACKET, LAN, 60.0), LAN, PEER, 60.0)


def test_d_3_the_number_begins_again_at_0_behind_the_maximum() -> None:
    """ "the router should reset the cryptographic sequence number that it is sending back to 0" """
    router = end({"md5": {"7": "hush"}}, epoch=2**29 - 0.25)
    numbers = [number_of(router.seal(HELLO_PACKET, LAN, at)) for at in (0.0, 0.0, 0.0, 1.0)]
    assert numbers == [2**32 - 2, 2**32 - 1, 0, 6]


def test_a_clock_before_1970_is_no_harm() -> None:
    router = end({"md5": {"7": "hush"}}, epoch=-1e9)
    assert [number_of(router.seal(HELLO_PACKET, LAN, 0.0)) for _ in range(2)] == [1, 2]


# Several keys

TWO = {"md5": {"1": {"secret": "old", "until": "30s"}}, "hmac-sha-256": {"2": {"secret": "new", "from": "20s"}}}


def test_d_4_3_the_key_with_the_most_recent_start_signs() -> None:
    """ "choose the one with the most recent KeyStartGenerate time" """
    router = end(TWO)
    keys = [router.seal(HELLO_PACKET, LAN, at)[18] for at in (0.0, 19.9, 20.0, 29.9, 30.0, 1e6)]
    assert keys == [1, 1, 2, 2, 2, 2]
    assert router.overhead == 32


def test_d_3_both_keys_are_taken_while_both_are_valid() -> None:
    router = end(TWO)
    old, new = signed("md5", b"old", 1, 100), signed("hmac-sha-256", b"new", 2, 100)
    assert refused(router, new, 19.9).field == "auth-expired"
    for now in (20.0, 29.9):
        router.open(old, LAN, PEER, now)
        router.open(new, LAN, PEER, now)
    assert refused(router, old, 30.0).field == "auth-expired"


ENDING = {"md5": {"1": {"secret": "old", "until": "30s"}}}


def test_d_3_the_last_key_does_not_expire() -> None:
    """ "it is unacceptable to revert to an unauthenticated condition, and not advisable to disrupt routing. Therefore,
    the router should send a "last authentication key expiration" notification […] and treat the key as having an
    infinite lifetime" """
    router = end(ENDING)
    assert [report.kind for report in router.take_reports(["lan"], 0.0)] == ["key.changed"]
    assert router.next_change == 30.0
    [expired, *_] = router.take_reports(["lan"], 30.0)
    assert expired.kind == "key.expired"
    assert expired.text.startswith("OSPF's key 1 (md5) has expired on lan; no other is valid, so it stays in use")
    router.open(router.seal(HELLO_PACKET, LAN, 31.0), LAN, PEER, 31.0)
    assert [(row["key"], row["state"]) for row in router.status(31.0)] == [(1, "last")]


def test_with_fail_secure_nothing_is_said_and_heard_without_a_key() -> None:
    router = end(ENDING, fail_secure=True)
    assert router.seal(HELLO_PACKET, LAN, 29.0)
    assert router.seal(HELLO_PACKET, LAN, 30.0) == b""
    assert refused(router, signed("md5", b"old", 1, 100), 30.0).field == "auth-expired"


def test_a_router_without_keys_has_nothing_to_tell_of_them() -> None:
    for auth in ("none", "password"):
        router = end(AUTHS[auth])
        router.open(router.seal(bytes(Packet(PEER, NONE, Request(()))), LAN, 0.0), LAN, PEER, 0.0)
        assert (router.take_reports(["lan"], 0.0), router.status(0.0), router.overhead) == ([], [], 0)
        assert router.next_change == float("inf")
        assert router.key_of(LAN, PEER, 0.0) is None
        assert router.proof_of(LAN, PEER, 0.0) == (None if auth == "none" else "password")
