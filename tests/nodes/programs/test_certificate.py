"""What certificates say, with the lab's authority as their maker; and what is none."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.control.certificate import Tls
from catenet.nodes.machine import DecodeError
from catenet.nodes.programs.certificate import read_certificate
from catenet.orchestrator.plan.authority import certify, trusted

HERE = (Address.parse("10.0.0.80"), Address.parse("10.0.1.80"))
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


def der(kind: Tls = "on") -> bytes:
    return ssl.PEM_cert_to_DER_cert(certify("shop", "www.example.org", HERE, "web", kind).certificate)


@pytest.mark.parametrize(
    ("kind", "issuer", "year", "names"),
    [
        ("on", "Authority of shop", 2049, ("www.example.org", "10.0.0.80", "10.0.1.80")),
        ("expired", "Authority of shop", 2021, ("www.example.org", "10.0.0.80", "10.0.1.80")),
        ("wrong-name", "Authority of shop", 2049, ("other.invalid",)),
        ("stranger", "Stranger to shop", 2049, ("www.example.org", "10.0.0.80", "10.0.1.80")),
    ],
)
def test_who_made_it_for_whom_and_until_when(kind: Tls, issuer: str, year: int, names: tuple[str, ...]) -> None:
    words = read_certificate(der(kind))
    assert (words.issuer, words.names, words.begin, words.end.year) == (issuer, names, BEGIN, year)


def test_one_without_names() -> None:
    words = read_certificate(ssl.PEM_cert_to_DER_cert(trusted("shop")))
    assert (words.issuer, words.names) == ("Authority of shop", ())


@pytest.mark.parametrize(("written", "year"), [(b"491231235959Z", 2049), (b"500101000000Z", 1950)])
def test_5280_4_1_2_5_1_years_of_two_digits(written: bytes, year: int) -> None:
    assert read_certificate(der().replace(b"491231235959Z", written)).end.year == year


def test_x690_8_1_3_no_certificate_has_a_length_that_is_not_said() -> None:
    with pytest.raises(DecodeError, match="length 128: no length of DER"):
        read_certificate(b"\x30\x80" + der()[4:])


@given(st.integers(min_value=0, max_value=len(der()) - 1))
def test_one_that_is_cut_short_is_none(length: int) -> None:
    with pytest.raises(DecodeError):
        read_certificate(der()[:length])


@given(st.integers(min_value=0, max_value=len(der()) - 1), st.integers(min_value=0, max_value=255))
def test_one_that_is_damaged_is_read_or_refused(at: int, byte: int) -> None:
    damaged = bytearray(der())
    damaged[at] = byte
    try:
        words = read_certificate(bytes(damaged))
    except DecodeError:
        return
    assert words.end.tzinfo is UTC
