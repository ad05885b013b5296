"""Who may speak: RFC 2453 section 4.1, and RFC 4822 with one key; test_rip_key_rollover.py has several."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rip_router import (
    EPOCH,
    N2,
    N3,
    WHOLE_TABLE,
    Router,
    entry,
    response,
    routes,
    sequence_of,
    signed,
    unsigned,
    with_password,
)

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.neighbours import MAX_NEIGHBOURS
from catenet.nodes.internet.rip.refusals import MAX_REPORTED, REPORT_INTERVAL
from catenet.nodes.machine import Interface

FAR = "10.9.0.0/24"
PASSWORD = {"password": "secret"}
MD5 = {"md5": {"1": "secret", "7": "other"}}


def router(auth: object, **options: object) -> Router:
    return Router(auth=auth, epoch=EPOCH, **options)


def refusals(of: Router) -> dict[str, int]:
    return {word: count for word, count in of.counters.items() if word.startswith("refused.")}


@pytest.mark.parametrize(
    ("message", "counter"),
    [
        (response(entry(FAR, 1)), "refused.auth-missing"),
        (with_password(response(entry(FAR, 1)), b"Secret"), "refused.auth-password"),
        (with_password(response(entry(FAR, 1)), b"secret2"), "refused.auth-password"),
        (signed(response(entry(FAR, 1))), "refused.auth-type"),
    ],
)
def test_4_1_only_the_password_opens(message: bytes, counter: str) -> None:
    """ "any entry whose first … does not match … shall be discarded" (5.2)."""
    strict = router(PASSWORD)
    strict.hear(message)
    assert FAR not in strict.table
    assert refusals(strict) == {counter: 1}
    strict.hear(with_password(response(entry(FAR, 1)), b"secret"))
    assert strict.table[FAR] == 2


def test_4_1_what_is_sent_carries_the_password_and_at_most_24_routes() -> None:
    strict = router(PASSWORD)
    strict.hear(with_password(response(*(entry(f"10.8.{n}.0/24", 1) for n in range(24))), b"secret"))
    strict.hear(with_password(response(*(entry(f"10.7.{n}.0/24", 1) for n in range(24))), b"secret"))
    answers = strict.answer(with_password(WHOLE_TABLE, b"secret"))
    assert [len(packet.data) for packet in answers] == [4 + 20 * 25, 4 + 20 * 25, 4 + 20 * 3]
    assert {packet.data[4:24] for packet in answers} == {struct.pack(">HH16s", 0xFFFF, 2, b"secret")}


@pytest.mark.parametrize("auth", [PASSWORD, MD5])
def test_4_1_more_than_24_routes_beside_the_authentication_are_refused(auth: object) -> None:
    """ "This means that there can be, at most, 24 RIP entries in the remainder of the message." """
    strict = router(auth)
    for count in (25, 24):
        message = response(*(entry(f"10.8.{n}.0/24", 1) for n in range(count)))
        strict.hear(with_password(message, b"secret") if auth is PASSWORD else signed(message))
        assert len(strict.table) == (2 if count == 25 else 26)
    assert refusals(strict) == {"refused.entries": 1}


@pytest.mark.parametrize(
    ("message", "counter"),
    [
        (response(entry(FAR, 1)), "refused.auth-missing"),
        (with_password(response(entry(FAR, 1)), b"secret"), "refused.auth-type"),
        (signed(response(entry(FAR, 1)), secret=b"wrong"), "refused.auth-digest"),
        (signed(response(entry(FAR, 1)), key=2), "refused.auth-key"),
        (signed(response(entry(FAR, 1)), secret=b"other"), "refused.auth-digest"),
        (signed(response(entry(FAR, 1)), "sha1"), "refused.auth-length"),
        (signed(response(entry(FAR, 1)))[:-1], "refused.auth-length"),
        (signed(response(entry(FAR, 1))) + b"\0", "refused.auth-length"),
        (signed(response(entry(FAR, 1)), counted=5), "refused.auth-length"),
        (signed(response(entry(FAR, 1)), trailer=b"\xff\xff\0\2"), "refused.auth-length"),
        (signed(response(entry(FAR, 1)), size=24), "refused.auth-length"),
        (signed(response(), size=20, padding=0xFFFF0001, trailer=b""), "refused.auth-length"),
    ],
)
def test_4822_2_3_2_a_message_that_is_not_proven_is_discarded(message: bytes, counter: str) -> None:
    """Nor is every key tried: "The receiver MUST NOT simply try all RIPv2 Security Associations" (3.2)."""
    strict = router(MD5)
    strict.hear(message)
    assert FAR not in strict.table
    assert refusals(strict) == {counter: 1}


METHODS = {"md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
"""Name in hashlib → octets of the digest."""


def word(method: str) -> str:
    return method if method == "md5" else method.replace("sha", "hmac-sha-")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("counted", [0, 4])
def test_4822_2_4_and_2_5_the_digest_of_each_method(method: str, counted: int) -> None:
    """What is heard may count four octets more as its length, as old routers do; what is said does not (2.1)."""
    strict = router({word(method): {"1": "secret"}})
    strict.hear(signed(response(entry(FAR, 1)), method, counted=counted))
    assert strict.table[FAR] == 2
    (answer,) = strict.answer(signed(WHOLE_TABLE, method))
    assert answer.data == signed(unsigned(answer).data, method, sequence=sequence_of(answer))
    assert sequence_of(answer) == EPOCH + int(strict.now)


@pytest.mark.parametrize("method", [method for method in METHODS if method != "md5"])
@pytest.mark.parametrize("excess", [0, 1, 40, 100])
def test_4822_2_5_a_key_longer_than_the_digest_is_hashed_first(method: str, excess: int) -> None:
    """ "If the Authentication Key is more than L octets long, then Ko is set to H(Authentication Key)." HMAC itself
    does so only with keys that are longer than the hash's block."""
    key = "k" * (METHODS[method] + excess)
    prepared = hashlib.new(method, key.encode()).digest() if excess else key.encode()
    strict = router({word(method): {"1": key}})
    strict.hear(signed(response(entry(FAR, 1)), method, prepared))
    assert strict.table[FAR] == 2
    (answer,) = strict.answer(signed(WHOLE_TABLE, method, prepared))
    assert answer.data == signed(unsigned(answer).data, method, prepared, sequence=sequence_of(answer))


def test_4822_5_6_a_key_in_hexadecimal() -> None:
    """ "implementations of this specification SHOULD support the entry of RIPv2 cryptographic authentication keys in
    hexadecimal format": any octets, zeros too."""
    for digits, secret in (("0011fF7e", b"\0\x11\xff\x7e"), ("00", b"\0")):
        strict = router({"md5": {"1": {"hex": digits}}})
        strict.hear(signed(response(entry(FAR, 1)), secret=secret))
        assert strict.table[FAR] == 2


@pytest.mark.parametrize(
    ("method", "most"), [("md5", 23), ("sha1", 22), ("sha256", 22), ("sha384", 21), ("sha512", 20)]
)
def test_a_message_with_its_digest_is_no_longer_than_one_of_25_entries(method: str, most: int) -> None:
    """RFC 1058 section 3.1: "The maximum datagram size is 512 octets", and FRR takes no more."""
    strict = router({word(method): {"1": "secret"}})
    for net in (8, 7):
        strict.hear(signed(response(*(entry(f"10.{net}.{n}.0/24", 1) for n in range(24))), method))
    sizes = [len(packet.data) for packet in strict.answer(signed(WHOLE_TABLE, method), N3)]
    assert max(sizes) == 4 + 20 + 20 * most + 4 + METHODS[method] <= 504
    assert sum((size - 28 - METHODS[method]) // 20 for size in sizes) == 50


def test_4822_2_3_2_a_lower_sequence_number_is_refused_until_the_neighbour_is_forgotten() -> None:
    """ "If the neighbor has been heard from recently enough to have viable routes in the local routing table, and the
    received sequence number is less than the last sequence number received, then the message MUST be discarded" """
    strict = router(MD5, update=30, timeout=180)
    strict.hear(signed(response(entry(FAR, 1)), sequence=50))
    strict.hear(signed(response(entry(FAR, 3)), sequence=49))
    assert (strict.table[FAR], refusals(strict)) == (2, {"refused.auth-sequence": 1})
    strict.hear(signed(response(entry(FAR, 4)), sequence=50))
    assert strict.table[FAR] == 5
    strict.hear(signed(response(entry(FAR, 3)), sequence=1), "10.0.1.3")
    assert (strict.table[FAR], refusals(strict)) == (4, {"refused.auth-sequence": 1})
    strict.wait(179)
    strict.hear(signed(response(entry("10.9.9.0/24", 1)), sequence=1))
    assert refusals(strict) == {"refused.auth-sequence": 2}
    strict.wait(1)
    strict.hear(signed(response(entry("10.9.9.0/24", 1)), sequence=1))
    assert strict.table["10.9.9.0/24"] == 2


@pytest.mark.parametrize(("number", "taken"), [(0, True), (49, False), (50, True), (51, True)])
def test_4822_2_3_2_when_connectivity_was_lost_zero_is_taken_or_a_higher_number(number: int, taken: bool) -> None:
    """ "When connectivity to the neighbor has been lost, the receiver SHOULD be ready to accept either: a message with
    a sequence number of zero; a message with a higher sequence number than the last" """
    strict = router(MD5)
    strict.hear(signed(response(entry(FAR, 1)), sequence=50))
    for up in (False, True):
        strict.set_link("link1", up=up)
    strict.hear(signed(response(entry("10.8.0.0/16", 1)), sequence=number))
    assert ("10.8.0.0/16" in strict.table) is taken


def test_4822_2_3_2_zero_is_an_old_message_while_connectivity_lasts() -> None:
    strict = router(MD5)
    strict.hear(signed(response(entry(FAR, 1)), sequence=50))
    strict.set_link("link2", up=False)
    strict.hear(signed(response(entry("10.8.0.0/16", 1)), sequence=0))
    assert refusals(strict) == {"refused.auth-sequence": 1}


def test_4822_2_2_a_number_counts_for_a_network_and_a_neighbour() -> None:
    """ "The receiver uses the combination of the interface the packet was received upon and the KEY-ID value" """
    wide = [Interface(f"link{n}", Address.parse(f"10.0.0.{n}"), Prefix.parse("10.0.0.0/16")) for n in (1, 2)]
    strict = router(MD5, interfaces=wide)
    strict.hear(signed(response(entry(FAR, 1)), sequence=50), link="link1")
    strict.hear(signed(response(entry("10.8.0.0/16", 1)), sequence=1), link="link2")
    assert strict.table["10.8.0.0/16"] == 2


def test_4822_2_2_the_sequence_number_never_decreases_after_a_restart_neither() -> None:
    first, again = Router(auth=MD5, epoch=EPOCH), Router(auth=MD5, epoch=EPOCH + 400)
    numbers = [sequence_of(packet) for each in (first, again) for _, packet in each.wait(300)]
    assert len(numbers) > 30
    assert numbers == sorted(numbers)


def test_4822_2_2_the_sequence_number_does_not_wrap() -> None:
    """ "For a given KEY-ID value and sender, this number MUST NOT decrease", not in the year 2106 either."""
    late = Router(auth=MD5, epoch=2**32 - 160)
    numbers = [sequence_of(packet) for _, packet in late.wait(300)]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 2**32 - 1


@pytest.mark.parametrize(
    ("message", "key", "why"),
    [
        (signed(response(entry(FAR, 1)), key=9), 9, "no key has this id"),
        (signed(response(entry(FAR, 1)), secret=b"wrong", key=7), 7, "the digest is not that of this message and key"),
        (signed(response(entry(FAR, 1)), sequence=3), 1, "its number is 3, the last was 5"),
    ],
)
def test_4822_2_3_2_and_5_6_a_security_event_names_source_interface_key_and_fault(
    message: bytes, key: int, why: str
) -> None:
    """ "at least the day/time […], the Source IP Address of the received RIPv2 packet, the Key-ID field value, the
    interface the bad packet arrived upon, and the fact" """
    strict = router(MD5)
    strict.hear(signed(response(), sequence=5))
    strict.hear(message)
    (report,) = (report for report in strict.reports() if report.kind == "input.refused")
    assert report.data.items() >= {"source": f"{N2}:520", "lan": "link1", "key": key}.items()
    assert why in str(report.data["why"])
    assert f"{N2}:520 on link1" in report.text and str(key) in report.text


def test_4822_5_6_another_key_another_neighbour_and_a_later_time_are_events_of_their_own() -> None:
    strict = router(MD5)
    said = []
    for source, key in ((N2, 9), (N2, 9), (N2, 8), (N3, 9), (N2, 8)):
        strict.hear(signed(response(entry(FAR, 1)), key=key), source)
        said.append(len(strict.reports()))
    assert said == [1, 0, 1, 1, 0]
    strict.wait(REPORT_INTERVAL)
    strict.hear(signed(response(entry(FAR, 1)), key=9), N2)
    assert [report.data["key"] for report in strict.reports()] == [9]


def test_4822_5_6_so_many_events_are_told_and_more_are_counted() -> None:
    """Who signs with whatever it likes does not fill the log."""
    wide = Interface("link1", Address.parse("10.0.0.1"), Prefix.parse("10.0.0.0/8"))
    strict = router(MD5, interfaces=[wide])
    strict.take()
    for number in range(2 * MAX_REPORTED):
        strict.hear(
            signed(response(entry(FAR, 1)), key=9), f"10.{1 + number // 200}.0.{number % 200 + 1}", link="link1"
        )
    assert len(strict.reports()) == MAX_REPORTED
    assert refusals(strict) == {"refused.auth-key": 2 * MAX_REPORTED}


def test_so_many_neighbours_sequence_numbers_are_kept_and_the_longest_silent_is_forgotten_first() -> None:
    wide = Interface("link1", Address.parse("10.0.0.1"), Prefix.parse("10.0.0.0/16"))
    strict = router(MD5, interfaces=[wide])
    for number in range(MAX_NEIGHBOURS + 1):
        strict.hear(
            signed(response(entry(FAR, 1)), sequence=50), f"10.0.{1 + number // 256}.{number % 256}", link="link1"
        )
        strict.wait(0.1)
    strict.hear(signed(response(entry(FAR, 1)), sequence=49), "10.0.1.1", link="link1")
    assert refusals(strict) == {"refused.auth-sequence": 1}
    strict.hear(signed(response(entry(FAR, 1)), sequence=49), "10.0.1.0", link="link1")
    assert refusals(strict) == {"refused.auth-sequence": 1}


def test_a_wrong_message_says_nothing_about_the_sequence() -> None:
    """Else anybody could silence a neighbour with a forged high number."""
    strict = router(MD5)
    strict.hear(signed(response(entry(FAR, 1)), secret=b"forged", sequence=2**32 - 1))
    strict.hear(signed(response(entry(FAR, 1))))
    assert strict.table[FAR] == 2


@given(st.binary(max_size=600), st.sampled_from([PASSWORD, MD5]), st.booleans())
def test_whatever_a_stranger_sends_changes_nothing(data: bytes, auth: object, looks_signed: bool) -> None:
    strict = router(auth)
    before = strict.table
    strict.hear(signed(b"\2\2\0\0" + data, secret=b"guess") if looks_signed else data)
    assert strict.table == before
    assert sum(refusals(strict).values()) == 1


@given(st.binary(max_size=500))
def test_what_a_key_holder_sends_reaches_the_parser_and_harms_nothing(data: bytes) -> None:
    strict = router(MD5)
    strict.hear(signed(data[:4].ljust(4, b"\2") + data[4:]))
    assert strict.table.keys() >= {"10.0.1.0/24", "10.0.2.0/24"}
    assert not any(word.startswith("refused.auth") for word in strict.counters)


def test_without_authentication_a_message_that_carries_it_is_discarded() -> None:
    plain = Router()
    for message in (with_password(response(entry(FAR, 1)), b"secret"), signed(response(entry(FAR, 1)))):
        plain.hear(message)
    assert FAR not in plain.table
    assert refusals(plain) == {"refused.authentication": 2}


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        ({"password": "x" * 17}, r"auth password has 17 octets.* 1 to 16"),
        ({"password": ""}, r"auth password has 0 octets"),
        ({"password": {"1": "x"}}, r"auth password is no word"),
        ({"md5": "x"}, r"auth md5 has no keys"),
        ({"md5": {}}, r"auth md5 has no keys"),
        ({"md5": {"256": "x"}}, r"key id '256'"),
        ({"md5": {"one": "x"}}, r"key id 'one'"),
        ({"md5": {"1": "x" * 17}}, r"key 1 has 17 octets.* 1 to 16"),
        ({"hmac-sha-256": {"1": "x" * 257}}, r"key 1 has 257 octets"),
        ({"md4": {"1": "x"}}, r"'md4' is none of password, md5, hmac-sha-1"),
        ({"md5": {"1": "x"}, "password": "x"}, r"auth has a password and md5: one"),
    ],
)
def test_a_wrong_option_is_named(auth: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RipOptions(auth=auth)


@pytest.mark.parametrize("auth", [PASSWORD, MD5])
def test_5_2_version_1_is_ignored_when_authentication_is_in_use(auth: object) -> None:
    """ "For maximum security, RIP-1 messages should be ignored when authentication is in use" """
    strict = router(auth)
    plain = response(entry(FAR, 1), version=1)
    for message in (plain, with_password(plain, b"secret"), signed(plain)):
        strict.hear(message)
        assert strict.answer(message[:0] + b"\1" + message[1:]) == []
    assert FAR not in strict.table
    assert sum(refusals(strict).values()) == 6


def test_a_secret_is_in_no_message_for_people() -> None:
    with pytest.raises(ValueError) as caught:
        RipOptions(auth={"password": "a secret that is too long"})
    assert "secret that" not in str(caught.value)
    strict = router(PASSWORD)
    strict.hear(with_password(response(entry(FAR, 1)), b"hunter2"))
    said = str(strict.reports()) + str(strict.status)
    assert "hunter2" not in said and "secret" not in said


def test_authenticated_updates_still_keep_split_horizon() -> None:
    strict = router(PASSWORD, split_horizon="on")
    strict.hear(with_password(response(entry(FAR, 1)), b"secret"), N2)
    plain = [packet._replace(data=packet.data[:4] + packet.data[24:]) for _, packet in strict.wait(60)]
    assert FAR in routes(plain, "link2") and FAR not in routes(plain, "link1")
