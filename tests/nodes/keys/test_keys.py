"""The words of a key in the lab file, and which key signs when: RFC 4822 sections 2.2, 3.1, 5.1 and 5.6."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.keys.key import ALWAYS, Key, Lifetime, read_auth
from catenet.nodes.keys.keyring import Keyring, proofs_of

BEGAN = 1_000_000.0


def one(**words: object) -> Key:
    (key,) = read_auth({"md5": {"7": {"secret": "hush", **words}}}, 16, BEGAN)
    return key


def test_4822_3_1_a_key_without_times_never_expires() -> None:
    """ "An operator may configure the Security Association lifetime to infinite" """
    assert read_auth({"md5": {"7": "hush"}}, 16) == (Key(7, "md5", b"hush", ALWAYS, ALWAYS),)
    assert one() == Key(7, "md5", b"hush", ALWAYS, ALWAYS)
    assert read_auth({"password": "hush"}, 16) == b"hush"
    assert read_auth({}, 16) == ()


def test_4822_3_1_each_key_has_its_algorithm_and_its_own_lifetime() -> None:
    """ "the implementation MUST require that the authentication algorithm be specified for each key" """
    old, new = read_auth(
        {"md5": {"1": {"secret": "hush", "until": "3m"}}, "hmac-sha-256": {"2": {"hex": "00ff", "from": "2m"}}},
        16,
        BEGAN,
    )
    assert old == Key(1, "md5", b"hush", Lifetime(-inf, BEGAN + 180), Lifetime(-inf, BEGAN + 180))
    assert new == Key(2, "hmac-sha-256", b"\0\xff", Lifetime(BEGAN + 120, inf), Lifetime(BEGAN + 120, inf))


def test_what_is_said_of_one_use_goes_before_what_is_said_of_both() -> None:
    key = one(**{"from": "1m", "until": "3m", "send_until": "2m", "accept_from": "30s"})
    assert (key.send, key.accept) == (Lifetime(BEGAN + 60, BEGAN + 120), Lifetime(BEGAN + 30, BEGAN + 180))


@pytest.mark.parametrize(
    "text", ["2030-01-31T12:00:00Z", "2030-01-31T13:00:00+01:00", "2030-01-31 12:00:00+00:00", "2030-01-31T12:00:00.0Z"]
)
def test_4822_2_2_a_start_and_stop_time_may_be_a_day_and_a_time(text: str) -> None:
    """ "This is a local representation of the day and time" """
    assert one(until=text).accept.stop == datetime(2030, 1, 31, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        ({"md5": {"1": {"secret": "x", "form": "2m"}}}, r"key 1 has an unknown word.*did you mean from\?"),
        ({"md5": {"1": {"until": "2m"}}}, "key 1 has 0 secrets; write `secret: WORD` or `hex: DIGITS`"),
        ({"md5": {"1": {"secret": "x", "hex": "00"}}}, "key 1 has 2 secrets"),
        ({"md5": {"1": {"hex": "0"}}}, "key 1: its hex is not pairs of hexadecimal digits"),
        ({"md5": {"1": {"hex": "00" * 17}}}, "key 1 has 17 octets; a key of its method has 1 to 16"),
        ({"md5": {"1": {"hex": ""}}}, "key 1 has 0 octets"),
        ({"md5": {"1": 12345}}, "key 1: its secret is no text; write it in quotes"),
        ({"md5": {"1": {"secret": True}}}, "key 1: its secret is no text"),
        ({"md5": {"1": {"secret": "x", "from": "soon"}}}, "key 1: from 'soon' is no time; write 2m"),
        ({"md5": {"1": {"secret": "x", "from": 60}}}, "key 1: from '60' is no time"),
        (
            {"md5": {"1": {"secret": "x", "until": "9000h"}}},
            "key 1: until 9000h is out of range; it may be 0s to 8784h",
        ),
        ({"md5": {"1": {"secret": "x", "until": "2030-01-31"}}}, "key 1: until '2030-01-31' is no time"),
        ({"md5": {"1": {"secret": "x", "until": "9999-01-31T12:00:00Z"}}}, "key 1: until '9999.* is no time"),
        ({"md5": {"1": {"secret": "x", "from": "2m", "until": "2m"}}}, "never valid: until 2m is not after from 2m"),
        ({"md5": {"1": {"secret": "x", "from": "2m", "accept_until": "1m"}}}, "accept_until 1m is not after from 2m"),
        (
            {"md5": {"1": {"secret": "x", "from": "2m", "until": "2030-01-31T12:00:00Z"}}},
            "key 1 has durations and times of day",
        ),
        ({"md5": {"1": "x"}, "hmac-sha-1": {"1": "y"}}, "auth has two keys with the id 1"),
        ({"md5": {"1": "x", "01": "y"}}, "auth has two keys with the id 1"),
        ({"md5": {"9" * 5000: "x"}}, "key id '99999999999999999999' is no number from 0 to 255"),
        ({"md5": {"-1": "x"}}, "key id '-1'"),
    ],
)
def test_a_wrong_key_is_named_with_its_field(auth: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_auth(auth, 16)


@pytest.mark.parametrize(
    "auth",
    [
        {"md5": {"1": {"hex": "hunter2"}}},
        {"md5": {"1": {"secret": "hunter2hunter2hunter2"}}},
        {"md5": {"1": {"secret": "hunter2", "from": "now"}}},
        {"md5": {"1": {"secret": "hunter2", "hex": "hunter2"}}},
        {"password": ["hunter2"]},
    ],
)
def test_no_complaint_has_a_secret_in_it(auth: dict) -> None:
    with pytest.raises(ValueError) as refused:
        read_auth(auth, 16)
    assert "hunter2" not in str(refused.value)


TEXTS = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"[0-9.]{1,12}(ms|s|m|h)", fullmatch=True),
    st.datetimes().map(str),
    st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()),
    st.binary(max_size=20).map(bytes.hex),
)
WORDS = st.dictionaries(st.sampled_from(["secret", "hex", "from", "until", "send_until", "accept_from", "x"]), TEXTS)
AUTHS = st.dictionaries(
    st.sampled_from(["md5", "hmac-sha-1", "hmac-sha-512", "password", "md4"]),
    st.one_of(TEXTS, st.dictionaries(st.one_of(st.integers(-1, 300).map(str), TEXTS), st.one_of(TEXTS, WORDS))),
)


def proper(start: int, length: int, more: int, kept: set[str]) -> dict[str, str]:
    """A key that begins, ends, and is taken for longer than it signs; or only some of that."""
    times = {"from": start, "until": start + length, "accept_until": start + length + more}
    return {"secret": "hush"} | {word: f"{time}s" for word, time in times.items() if word in kept}


TIMES = st.builds(
    proper,
    st.integers(0, 300),
    st.integers(1, 200),
    st.integers(0, 100),
    st.sets(st.sampled_from(["from", "until", "accept_until"])),
)
PROPER = st.dictionaries(
    st.sampled_from(["md5", "hmac-sha-1", "hmac-sha-512"]),
    st.dictionaries(st.integers(0, 255).map(str), TIMES, min_size=1, max_size=3),
    min_size=1,
)


@given(PROPER)
def test_4822_5_1_once_a_key_has_begun_one_signs_and_one_is_taken(auth: dict) -> None:
    """ "it is unacceptable to revert to an unauthenticated condition, and not advisable to disrupt routing" """
    with suppress(ValueError):  # a key that is never valid, or an id given twice
        keys = read_auth(auth, 16, BEGAN)
        for span in Keyring(keys).spans():
            begun = [key for key in keys if key.send.start <= span.start]
            valid = [key for key in begun if key.send.holds(span.start)]
            assert (span.signer in (valid or begun)) if begun else span.signer is None
            assert bool(span.accepted) is any(key.accept.start <= span.start for key in keys)
        for span in Keyring(keys, fail_secure=True).spans():
            assert span.signer is None or span.signer.send.holds(span.start)
            assert span.accepted == {key.number for key in keys if key.accept.holds(span.start)}


@given(AUTHS)
def test_whatever_a_lab_file_says_it_is_keys_or_a_mistake(auth: dict) -> None:
    """Nothing but a mistake that is said to be one comes of it; and who has what is right believes its like."""
    with suppress(ValueError):
        proofs = proofs_of(read_auth(auth, 16))
        assert proofs.signs and proofs.signs <= proofs.takes
