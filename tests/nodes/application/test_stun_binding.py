"""The Binding method (RFC 8489 sections 6.3.1, 6.3.2, 6.3.3 and 12), and ICE's use of it (RFC 8445 section 7.3)."""

from __future__ import annotations

import pytest

from catenet.nodes.address import Address
from catenet.nodes.application.stun.attributes import (
    ERROR_CODE,
    FINGERPRINT,
    ICE_CONTROLLING,
    MAPPED_ADDRESS,
    MESSAGE_INTEGRITY,
    PRIORITY,
    SOFTWARE,
    UNKNOWN_ATTRIBUTES,
    USE_CANDIDATE,
    USERNAME,
    XOR_MAPPED_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.binding import answer, mapped_address, request
from catenet.nodes.application.stun.credentials import Signing, short_term
from catenet.nodes.application.stun.integrity import verify
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.machine import Endpoint

SOURCE = Endpoint(Address.parse("192.0.2.1"), 32853)
ID = bytes(range(12))


def answered(message: Message, signing: Signing | None = None, software: str = "") -> Message:
    data = answer(message, SOURCE, signing, software=software)
    assert data is not None
    return Message.parse(data)


def test_6_3_1_1_the_response_has_the_source_of_the_request() -> None:
    """ "this attribute contains the source transport address of the request message"."""
    response = answered(request(ID))
    assert response == Message(Method.BINDING, Kind.SUCCESS, ID, (XOR_MAPPED_ADDRESS.of(SOURCE),))
    assert mapped_address(response) == SOURCE


def test_6_3_1_1_software() -> None:
    assert answered(request(ID), software="catenet").get(SOFTWARE) == "catenet"
    assert not answered(request(ID)).has(SOFTWARE)


def test_6_3_1_what_is_not_understood_is_420() -> None:
    """ "an error response with an error code of 420 (Unknown Attribute)", with "an UNKNOWN-ATTRIBUTES attribute"."""
    odd = Message(
        Method.BINDING, Kind.REQUEST, ID, (Attribute(0x7FFF, b""), Attribute(0x0003, b""), Attribute(0x8FFF, b""))
    )
    error = answered(odd).get(ERROR_CODE)
    assert error is not None
    assert error.code == 420
    assert answered(odd).get(UNKNOWN_ATTRIBUTES) == (0x7FFF, 0x0003)


@pytest.mark.parametrize("kind", [Kind.INDICATION, Kind.SUCCESS, Kind.ERROR])
def test_6_3_2_an_indication_gets_no_response(kind: Kind) -> None:
    """ "No response is generated for an indication."; nor for a response."""
    assert answer(Message(Method.BINDING, kind, ID), SOURCE) is None


def test_another_method_is_not_answered_here() -> None:
    assert answer(Message(Method.ALLOCATE, Kind.REQUEST, ID), SOURCE) is None


def test_12_fingerprint_is_used_where_the_client_does() -> None:
    """ "It MAY utilize the FINGERPRINT mechanism but MUST NOT require it."."""
    plain, printed = request(ID), Message.parse(request(ID).encode(fingerprint=True))
    assert not answered(plain).has(FINGERPRINT)
    assert answered(printed).has(FINGERPRINT)


def test_rfc8445_7_3_a_connectivity_check_is_answered() -> None:
    check = Message(
        Method.BINDING,
        Kind.REQUEST,
        ID,
        (USERNAME.of("lfrag:rfrag"), PRIORITY.of(1 << 24), ICE_CONTROLLING.of(7), USE_CANDIDATE.of(True)),
    )
    asked = Message.parse(check.encode(b"password", fingerprint=True))
    signing = short_term(asked, {"lfrag:rfrag": "password"}.get)
    assert isinstance(signing, Signing)
    response = answered(asked, signing)
    assert [each.type for each in response.attributes] == [
        each.number for each in (XOR_MAPPED_ADDRESS, MESSAGE_INTEGRITY, FINGERPRINT)
    ]
    assert verify(response.data, b"password")


def test_a_server_of_rfc_3489_says_the_address_unhidden() -> None:
    """pion/ice pull request 963; a response with neither says nothing."""
    other = Endpoint(Address.parse("198.51.100.1"), 1)
    plain = request(ID).success(MAPPED_ADDRESS.of(other))
    assert mapped_address(plain) == other
    assert mapped_address(request(ID).success(MAPPED_ADDRESS.of(other), XOR_MAPPED_ADDRESS.of(SOURCE))) == SOURCE
    assert mapped_address(request(ID).success()) is None
