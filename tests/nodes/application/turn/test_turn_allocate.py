"""Allocate requests: the checks of RFC 8656 section 7.2, each by its number, and what is answered."""

from __future__ import annotations

import pytest
from turn_desk import SERVER, UDP, Client, Desk, code_of, end

from catenet.nodes.application.stun.attributes import (
    ADDITIONAL_ADDRESS_FAMILY,
    ADDRESS_ERROR_CODE,
    DONT_FRAGMENT,
    EVEN_PORT,
    LIFETIME,
    NONCE,
    PASSWORD_ALGORITHMS,
    REALM,
    REQUESTED_ADDRESS_FAMILY,
    REQUESTED_TRANSPORT,
    RESERVATION_TOKEN,
    SOFTWARE,
    UNKNOWN_ATTRIBUTES,
    XOR_MAPPED_ADDRESS,
    XOR_RELAYED_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.machine import Udp


def test_a_success_says_relay_lifetime_mapped_address_and_software() -> None:
    """Section 7.2; SOFTWARE: section 5."""
    desk = Desk()
    client = desk.client()
    response = client.allocate()
    relay = response.get(XOR_RELAYED_ADDRESS)
    assert relay is not None
    assert relay.address == SERVER.address
    assert 49152 <= relay.port <= 65535
    assert desk.relay_ports == [relay.port]
    assert response.get(LIFETIME) == 600
    assert response.get(XOR_MAPPED_ADDRESS) == client.here
    assert response.has(SOFTWARE)
    assert not response.has(RESERVATION_TOKEN)


def test_check_1_a_request_must_be_authenticated() -> None:
    desk = Desk()
    client = desk.client()
    (answer,) = client.say(client.request(Method.ALLOCATE, UDP).encode())
    response = Message.parse(answer.data)
    assert code_of(response) == 401
    assert response.get(REALM) == "lab"
    assert response.has(NONCE, PASSWORD_ALGORITHMS)
    assert response.has(SOFTWARE)
    assert desk.relay_ports == []


def test_check_2_a_5_tuple_in_use_gives_437() -> None:
    desk = Desk()
    client = desk.client()
    client.allocate()
    assert client.code(Method.ALLOCATE, UDP) == 437
    assert len(desk.relay_ports) == 1


def test_a_retransmitted_request_gets_the_same_answer_and_makes_no_second_allocation() -> None:
    """RFC 8489 section 6.3.1; webrtc-rs #893: the server answered 437 to a retransmission."""
    desk = Desk()
    client = desk.client()
    client.code(Method.REFRESH)  # so that it knows the nonce
    request = client.request(Method.ALLOCATE, UDP, EVEN_PORT.of(True))
    first, second = client.exchange(request), client.exchange(request)
    assert first is not None
    assert first.kind == Kind.SUCCESS
    assert first.has(RESERVATION_TOKEN)
    assert first == second
    assert len(desk.relay_ports) == 2


def test_a_retransmission_says_how_much_of_the_lifetime_is_left() -> None:
    """Section 7.2: "the value of the LIFETIME attribute can be taken from the time-to-expiry field"."""
    desk = Desk()
    client = desk.client()
    client.code(Method.REFRESH)
    request = client.request(Method.ALLOCATE, UDP)
    client.exchange(request)
    desk.wait(7)
    again = client.exchange(request)
    assert again is not None
    assert again.get(LIFETIME) == 593


def test_another_transaction_of_the_same_user_is_no_retransmission() -> None:
    desk = Desk()
    client, other = desk.client(), desk.client(user="mallory")
    client.code(Method.REFRESH)
    request = client.request(Method.ALLOCATE, UDP)
    client.exchange(request)
    other.code(Method.REFRESH)
    answer = other.exchange(request)
    assert answer is not None
    assert code_of(answer) == 437


@pytest.mark.parametrize(("attributes", "code"), [((), 400), ((REQUESTED_TRANSPORT.of(6),), 442)])
def test_check_3_the_transport_is_udp(attributes: tuple[Attribute, ...], code: int) -> None:
    assert Desk().client().code(Method.ALLOCATE, *attributes) == code


def test_check_4_dont_fragment_is_an_attribute_that_is_not_understood() -> None:
    response = Desk().client().ask(Method.ALLOCATE, UDP, DONT_FRAGMENT.of(True))
    assert code_of(response) == 420
    assert response.get(UNKNOWN_ATTRIBUTES) == (0x001A,)
    assert response.has(SOFTWARE)


def test_what_must_be_understood_and_is_not_gives_420() -> None:
    """RFC 8489 section 6.3.1; what need not be is ignored (6.3)."""
    client = Desk().client()
    response = client.ask(Method.ALLOCATE, UDP, Attribute(0x7FFE, b""), Attribute(0x7FFD, b"1234"))
    assert code_of(response) == 420
    assert response.get(UNKNOWN_ATTRIBUTES) == (0x7FFE, 0x7FFD)
    client.allocate(Attribute(0xFFFE, b""))


@pytest.mark.parametrize("other", [EVEN_PORT.of(True), REQUESTED_ADDRESS_FAMILY.of(1), ADDITIONAL_ADDRESS_FAMILY.of(2)])
def test_check_5_a_token_stands_alone(other: Attribute) -> None:
    assert Desk().client().code(Method.ALLOCATE, UDP, RESERVATION_TOKEN.of(bytes(8)), other) == 400


def test_check_5_a_token_that_is_not_valid_gives_508() -> None:
    assert Desk().client().code(Method.ALLOCATE, UDP, RESERVATION_TOKEN.of(bytes(8))) == 508


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ((REQUESTED_ADDRESS_FAMILY.of(1), ADDITIONAL_ADDRESS_FAMILY.of(2)), 400),  # check 6
        ((REQUESTED_ADDRESS_FAMILY.of(2),), 440),  # check 7
        ((REQUESTED_ADDRESS_FAMILY.of(1),), 0),
        ((EVEN_PORT.of(True), ADDITIONAL_ADDRESS_FAMILY.of(2)), 400),  # check 8
        ((ADDITIONAL_ADDRESS_FAMILY.of(1),), 400),  # check 9
    ],
)
def test_checks_6_to_9_address_families(attributes: tuple[Attribute, ...], code: int) -> None:
    assert Desk().client().code(Method.ALLOCATE, UDP, *attributes) == code


def test_check_9_a_dual_allocation_is_met_in_part() -> None:
    """ "it includes ADDRESS-ERROR-CODE attribute in the success response": IPv6 is not supported."""
    response = Desk().client().allocate(ADDITIONAL_ADDRESS_FAMILY.of(2))
    error = response.get(ADDRESS_ERROR_CODE)
    assert error is not None
    assert (error.family, error.code) == (2, 440)
    assert len(response.all(XOR_RELAYED_ADDRESS)) == 1


def test_check_10_a_user_has_a_quota_by_whatever_username() -> None:
    desk = Desk(per_user=2)
    for port in (1, 2):
        desk.client(f"10.0.1.2:{port}", expires=1000 + port).allocate()
    assert desk.client("10.0.1.2:3", expires=5).code(Method.ALLOCATE, UDP) == 486
    desk.client("10.0.1.2:3", user="bob").allocate()


def test_what_a_user_gives_back_counts_no_more() -> None:
    desk = Desk(per_user=1)
    first = desk.client()
    first.allocate()
    assert first.code(Method.REFRESH, LIFETIME.of(0)) == 0
    desk.client("10.0.1.2:4001").allocate()
    desk.wait(601)
    desk.client("10.0.1.2:4002").allocate()
    assert len(desk.relay_ports) == 1


def test_all_that_there_may_be_at_once_gives_508() -> None:
    desk = Desk(allocations=2)
    for user in ("a", "b"):
        desk.client(f"10.0.1.2:{ord(user)}", user=user).allocate()
    assert desk.client("10.0.1.2:1", user="c").code(Method.ALLOCATE, UDP) == 508


@pytest.mark.parametrize(
    ("asked", "given"), [(None, 600), (1, 600), (600, 600), (1000, 1000), (3600, 3600), (10**6, 3600)]
)
def test_the_lifetime_is_at_least_the_default_and_at_most_the_longest(asked: int | None, given: int) -> None:
    attributes = () if asked is None else (LIFETIME.of(asked),)
    assert Desk().client().allocate(*attributes).get(LIFETIME) == given


def test_an_allocation_ends_when_its_time_is_over() -> None:
    """Section 6; sending does not refresh it."""
    desk = Desk()
    client = desk.client()
    client.allocate()
    desk.wait(599.9)
    assert len(desk.relay_ports) == 1
    desk.wait(0.2)
    assert desk.relay_ports == []
    assert [report.kind for report in desk.reports] == ["supernode.allocated", "supernode.released"]
    assert desk.reports[-1].data["why"] == "expired"
    assert client.code(Method.REFRESH) == 437


def test_a_relay_port_that_somebody_has_is_left_to_them() -> None:
    desk = Desk(relay_ports="50000-50003")
    desk.taken = {50000, 50001, 50003}
    client = desk.client()
    client.allocate()
    assert desk.relay_ports == [50002]


def test_no_port_at_all_gives_508_and_holds_nothing() -> None:
    """When no descriptor is left every port fails (EMFILE)."""
    desk = Desk(per_user=1)
    desk.taken = set(range(49152, 65536))
    client = desk.client()
    assert client.code(Method.ALLOCATE, UDP) == 508
    desk.taken = set()
    client.allocate()


def test_the_5_tuple_is_taken_while_its_port_is_being_opened() -> None:
    """The same request again is not answered before the first one is; another one gets 437."""
    desk = Desk()
    client, other = desk.client(), desk.client()
    for each in (client, other):
        each.code(Method.REFRESH)
    waiting: list[object] = []
    desk._open = waiting.append  # type: ignore[method-assign,assignment]
    request = client.request(Method.ALLOCATE, UDP)
    assert client.exchange(request) is None
    assert client.exchange(request) is None
    assert other.code(Method.ALLOCATE, UDP) == 437
    (asked,) = waiting
    Desk._open(desk, asked)  # type: ignore[arg-type]
    desk.settle()
    assert Message.parse(desk.sent[-1].data).kind == Kind.SUCCESS


def test_an_even_port_is_even() -> None:
    """Section 7.2: "with the R bit set to 0 […] an even port number"."""
    desk = Desk(per_user=100)
    ports = []
    for number in range(30):
        client = desk.client(f"10.0.1.{1 + number}:1000")
        response = client.allocate(EVEN_PORT.of(False))
        assert not response.has(RESERVATION_TOKEN)
        assert client.relay is not None
        ports.append(client.relay.port)
    assert all(port % 2 == 0 for port in ports)
    assert len(set(ports)) == 30


def reserve(desk: Desk) -> tuple[Client, bytes]:
    client = desk.client()
    token = client.allocate(EVEN_PORT.of(True)).get(RESERVATION_TOKEN)
    assert token is not None
    return client, token


def test_the_next_higher_port_is_for_who_brings_the_token_once() -> None:
    """Section 7.2: "a server-wide reservation and […] not specific to a particular allocation"."""
    desk = Desk()
    client, token = reserve(desk)
    assert client.relay is not None
    assert client.relay.port % 2 == 0
    assert sorted(desk.relay_ports) == [client.relay.port, client.relay.port + 1]
    other = desk.client("10.0.1.9:1", user="bob")
    other.allocate(RESERVATION_TOKEN.of(token))
    assert other.relay == end(f"{client.relay.address}:{client.relay.port + 1}")
    assert desk.client("10.0.1.9:2").code(Method.ALLOCATE, UDP, RESERVATION_TOKEN.of(token)) == 508


def test_a_reservation_lasts_30_s() -> None:
    desk = Desk()
    client, token = reserve(desk)
    desk.wait(29.9)
    assert len(desk.relay_ports) == 2
    desk.wait(0.2)
    assert client.relay is not None
    assert desk.relay_ports == [client.relay.port]
    assert desk.client("10.0.1.9:2").code(Method.ALLOCATE, UDP, RESERVATION_TOKEN.of(token)) == 508


def test_a_reservation_outlives_the_allocation_that_made_it() -> None:
    """coturn #317: the reserved port was lost with it."""
    desk = Desk()
    client, token = reserve(desk)
    client.code(Method.REFRESH, LIFETIME.of(0))
    desk.client("10.0.1.9:2").allocate(RESERVATION_TOKEN.of(token))


def test_a_reserved_port_counts_for_who_reserved_it() -> None:
    desk = Desk(per_user=3)
    _, token = reserve(desk)
    desk.client("10.0.1.9:1").allocate()
    assert desk.client("10.0.1.9:2").code(Method.ALLOCATE, UDP) == 486
    desk.client("10.0.1.9:2").allocate(RESERVATION_TOKEN.of(token))
    assert desk.client("10.0.1.9:3").code(Method.ALLOCATE, UDP) == 486


def test_both_ports_of_a_pair_are_open_before_the_client_is_answered() -> None:
    desk = Desk(relay_ports="50000-50005")
    desk.taken = {50001, 50003}
    client = desk.client()
    client.allocate(EVEN_PORT.of(True))
    assert sorted(desk.relay_ports) == [50004, 50005]


def test_no_pair_gives_508_and_leaves_nothing_open() -> None:
    desk = Desk(relay_ports="50000-50005")
    desk.taken = {50001, 50003, 50005}
    assert desk.client().code(Method.ALLOCATE, UDP, EVEN_PORT.of(True)) == 508
    assert desk.relay_ports == []


def test_relay_ports_may_be_fragmented_and_keep_little() -> None:
    """Section 14: "always assume the incoming DF bit is 0"; there may be hundreds of ports."""
    desk = Desk()
    client = desk.client()
    client.allocate()
    assert client.relay is not None
    asked = desk.open[Udp(client.relay.port)]
    assert asked.fragments
    assert asked.forwards
    assert 0 < asked.keeps <= 1 << 16
