"""RFC 2453 section 4.1 and RFC 4822: who may speak."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rip_router import EPOCH, N2, WHOLE_TABLE, Router, entry, response, routes, signed, with_password

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.neighbours import MAX_NEIGHBOURS
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
        (signed(response(entry(FAR, 1)), "sha1"), "refused.auth-length"),
        (signed(response(entry(FAR, 1)))[:-1], "refused.auth-length"),
        (signed(response(entry(FAR, 1))) + b"\0", "refused.auth-length"),
        (signed(response(entry(FAR, 1)), counted=5), "refused.auth-length"),
        (signed(response(entry(FAR, 1)), trailer=b"\xff\xff\0\2"), "refused.auth-length"),
        (signed(response(entry(FAR, 1)), size=24), "refused.auth-length"),
        (signed(response(), size=20, padding=0xFFFF0001, trailer=b""), "refused.auth-length"),
    ],
)
def test_4822_a_message_that_is_not_proven_is_discarded(message: bytes, counter: str) -> None:
    strict = router(MD5)
    strict.hear(message)
    assert FAR not in strict.table
    assert refusals(strict) == {counter: 1}


@pytest.mark.parametrize("method", ["md5", "sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("counted", [0, 4])
def test_4822_2_5_the_digest_of_each_method(method: str, counted: int) -> None:
    name = method if method == "md5" else method.replace("sha", "hmac-sha-")
    strict = router({name: {"1": "secret"}})
    strict.hear(signed(response(entry(FAR, 1)), method, counted=counted))
    assert strict.table[FAR] == 2
    (answer,) = strict.answer(signed(WHOLE_TABLE, method))
    (sequence,) = struct.unpack_from(">I", answer.data, 12)
    whole = answer.data[:4] + answer.data[24 : struct.unpack_from(">H", answer.data, 8)[0]]
    assert answer.data == signed(whole, method, sequence=sequence)
    assert sequence == EPOCH + int(strict.now)


def test_4822_every_key_is_believed_and_the_first_signs() -> None:
    strict = router(MD5)
    strict.hear(signed(response(entry(FAR, 1)), secret=b"other", key=7))
    assert strict.table[FAR] == 2
    assert {packet.data[10] for _, packet in strict.wait(60)} == {1}


def test_4822_2_4_a_lower_sequence_number_is_refused_until_the_neighbour_is_forgotten() -> None:
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


def test_4822_the_sequence_number_never_decreases_after_a_restart_neither() -> None:
    first, again = Router(auth=MD5, epoch=EPOCH), Router(auth=MD5, epoch=EPOCH + 400)
    numbers = [struct.unpack_from(">I", packet.data, 12)[0] for each in (first, again) for _, packet in each.wait(300)]
    assert len(numbers) > 30
    assert numbers == sorted(numbers)


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
        ({"hmac-sha-256": {"1": "x" * 33}}, r"key 1 has 33 octets"),
        ({"md4": {"1": "x"}}, r"'md4' is none of password, md5, hmac-sha-1"),
        ({"md5": {"1": "x"}, "password": "x"}, r"2 methods, md5, password"),
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
