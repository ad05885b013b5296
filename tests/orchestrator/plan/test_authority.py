"""The lab's authority: what RFC 5280 asks of certificates, and that a lab has the same each time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.control.certificate import Certificate, Tls
from catenet.orchestrator.plan.authority import certify, trusted

HERE = (Address.parse("10.0.0.80"),)
KINDS: tuple[Tls, ...] = ("on", "expired", "wrong-name", "stranger")


def read(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def made(kind: Tls = "on", lab: str = "shop", node: str = "www.example.org") -> Certificate:
    return certify(lab, node, HERE, "web", kind)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_same_each_time_and_another_one_for_another_lab_or_node(kind: Tls) -> None:
    assert made(kind) == made(kind)
    others = {made(kind), made(kind, lab="other"), made(kind, node="other"), certify("shop", "www", HERE, "mail", kind)}
    assert len({each.private_key for each in others}) == 4


def test_no_two_certificates_of_an_authority_have_one_number() -> None:
    numbers = [read(made(kind, node=node).certificate).serial_number for kind in KINDS[:3] for node in ("a", "b")]
    assert len({*numbers, read(trusted("shop")).serial_number}) == 7
    assert all(0 < number < 1 << 159 for number in numbers)


def test_5280_4_2_1_what_an_authority_must_say() -> None:
    authority = read(trusted("shop"))
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = authority.extensions.get_extension_for_class(x509.KeyUsage)
    assert (basic.critical, basic.value.ca, usage.critical, usage.value.key_cert_sign) == (True, True, True, True)
    assert authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).critical is False
    authority.verify_directly_issued_by(authority)


def test_each_kind_is_wrong_in_its_own_way_only() -> None:
    authority = read(trusted("shop"))
    now = datetime(2030, 1, 1, tzinfo=UTC)
    found = {}
    for kind in KINDS:
        certificate = read(made(kind).certificate)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        in_time = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        named = "www.example.org" in names.get_values_for_type(x509.DNSName)
        found[kind] = (in_time, named, certificate.issuer == authority.subject)
    assert found == {
        "on": (True, True, True),
        "expired": (False, True, True),
        "wrong-name": (True, False, True),
        "stranger": (True, True, False),
    }


@given(st.from_regex(r"(?=.{1,253}$)[a-z0-9]{1,63}(?:\.[a-z0-9]{1,63}){0,3}", fullmatch=True))
def test_any_name_that_a_node_may_have_can_be_certified(node: str) -> None:
    names = read(made(node=node).certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [node]
