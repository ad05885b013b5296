"""RFC 5508, requirement by requirement."""

from __future__ import annotations

import pytest
from nat_home import (
    ICMP,
    PUBLIC,
    X2,
    Home,
    X,
    Y,
    Z,
    echo,
    embedded,
    ends,
    error,
    icmp,
    identifier,
    is_whole,
    tcp,
    udp,
    words_sum,
)

A, A2, SERVER, OTHER = "192.168.1.2", "192.168.1.3", "10.0.0.9", "10.9.9.9"
ROUTER_OUTSIDE, ROUTER_INSIDE = "10.7.7.7", "192.168.1.200"


def spoilt(packet: bytes, at: int) -> bytes:
    return packet[:at] + bytes((packet[at] ^ 0x55,)) + packet[at + 1 :]


def test_req_1_queries_go_out_and_their_answers_come_in() -> None:
    """3.1: "a NAT device MUST permit ICMP Queries and their associated responses"."""
    home = Home()
    made = home.out(echo(A, SERVER, 77))
    assert made is not None
    assert ends(made) == (PUBLIC, SERVER)
    back = home.arrive(echo(SERVER, PUBLIC, identifier(made), reply=True))
    assert back is not None
    assert (ends(back), identifier(back)) == ((SERVER, A), 77)


@pytest.mark.parametrize(("query", "answer"), [(8, 0), (13, 14), (15, 16), (17, 18)])
def test_req_1_all_kinds_of_queries(query: int, answer: int) -> None:
    """2: echo, timestamp, information, address mask."""
    home = Home(ports="random")
    made = home.out(icmp(A, SERVER, query, rest=b"\0\x4d\0\1"))
    assert made is not None
    back = home.arrive(icmp(SERVER, PUBLIC, answer, rest=made[24:28]))
    assert back is not None
    assert (ends(back)[1], identifier(back)) == (A, 77)


@pytest.mark.parametrize("mapping", ["endpoint-independent", "address-and-port-dependent"])
def test_req_1a_an_identifier_does_not_depend_on_the_peer(mapping: str) -> None:
    """3.1: "NAT mapping of ICMP Query Identifiers SHOULD be external-host independent"."""
    home = Home(mapping=mapping, ports="random")
    made = [home.out(echo(A, peer, 77)) for peer in (SERVER, OTHER)]
    assert len({identifier(each) for each in made if each is not None}) == 1


def test_two_hosts_with_one_identifier_have_two_outside() -> None:
    home = Home()
    first, second = home.out(echo(A, SERVER, 77)), home.out(echo(A2, SERVER, 77))
    assert first is not None
    assert second is not None
    assert identifier(first) != identifier(second)
    for made, host in ((first, A), (second, A2)):
        back = home.arrive(echo(SERVER, PUBLIC, identifier(made), reply=True))
        assert back is not None
        assert (ends(back)[1], identifier(back)) == (host, 77)


@pytest.mark.parametrize(("waited", "heard"), [(59.9, True), (60.1, False)])
def test_req_2_the_timer(waited: float, heard: bool) -> None:
    """3.2: "An ICMP Query session timer MUST NOT expire in less than 60 seconds"."""
    home = Home()
    made = home.out(echo(A, SERVER, 77))
    assert made is not None
    home.wait(waited)
    answer = echo(SERVER, PUBLIC, identifier(made), reply=True)
    assert (home.arrive(answer) is not answer) is heard


def test_req_2a_the_timer_is_an_option() -> None:
    home = Home(icmp_timeout=5.0)
    home.out(echo(A, SERVER, 77))
    home.wait(5.1)
    assert home.rows == []


def test_what_the_node_itself_is_asked_or_has_asked_is_its_own() -> None:
    home = Home()
    made = home.out(echo(A, SERVER, 7777))
    assert made is not None
    assert identifier(made) == 7777
    for own in (echo(SERVER, PUBLIC, 5), echo(SERVER, PUBLIC, 78, reply=True), echo(OTHER, PUBLIC, 7777, reply=True)):
        assert home.arrive(own) is own
    inner = echo(A, PUBLIC, 5)
    assert home.arrive(inner, "home") is inner


@pytest.mark.parametrize("about", ["udp", "tcp", "echo"])
@pytest.mark.parametrize(("kind", "code"), [(3, 0), (3, 3), (3, 4), (11, 0), (12, 0)])
@pytest.mark.parametrize("octets", [28, 576])
def test_req_4_an_error_from_outside(about: str, kind: int, code: int, octets: int) -> None:
    """4.2.1: "Revert the IP and transport headers of the embedded IP packet to their original form"; "Leave the ICMP
    Error type and code unchanged"; the destination is "the source IP address of the embedded packet after
    translation"."""
    home = Home(ports="random")
    original = {
        "udp": udp(X, Y),
        "tcp": tcp(X, Y, "S", seq=1, data=b"x" * 40),
        "echo": echo(A, SERVER, 77),
    }[about]
    made = home.out(original)
    assert made is not None
    back = home.arrive(error(ROUTER_OUTSIDE, made, kind, code, octets=octets))
    assert back is not None
    assert ends(back) == (ROUTER_OUTSIDE, A)
    assert back[20:22] == bytes((kind, code))
    assert embedded(back) == original[:octets]


def test_req_4_an_error_about_no_mapping() -> None:
    """4.2.1: "the NAT SHOULD silently drop the ICMP Error packet": nobody inside gets it. It may be about a packet of
    the node's own connections, whose ports no mapping has."""
    home = Home()
    stray = error(ROUTER_OUTSIDE, udp(f"{PUBLIC}:1500", Y))
    assert home.arrive(stray) is None
    own = error(ROUTER_OUTSIDE, udp(f"{PUBLIC}:64600", Y))
    assert home.arrive(own) is own


def test_an_error_about_a_mapping_but_none_of_its_sessions_is_forged() -> None:
    home = Home(filtering="endpoint-independent")
    home.sent(X, Y)
    assert home.arrive(error(ROUTER_OUTSIDE, udp(f"{PUBLIC}:5000", Z))) is None


def test_an_error_to_another_one_than_the_sender_is_forged() -> None:
    home = Home()
    made = home.out(udp(X, Y))
    assert made is not None
    assert home.arrive(icmp(ROUTER_OUTSIDE, PUBLIC, 3, 3, data=udp(Y, f"{PUBLIC}:5000")[:28])) is None


@pytest.mark.parametrize("at", [21, 22, 28 + 12])
def test_req_3_a_damaged_error_is_dropped(at: int) -> None:
    """4.1: "if the ICMP checksum fails to validate, the NAT SHOULD silently drop the ICMP Error packet"."""
    home = Home()
    made = home.out(udp(X, Y))
    assert made is not None
    assert home.arrive(spoilt(error(ROUTER_OUTSIDE, made), at)) is None
    assert home.counters["icmp_dropped"] == 1


def test_req_3a_an_embedded_header_with_a_wrong_checksum() -> None:
    """4.1: "If the IP checksum of the embedded packet fails to validate"."""
    home = Home()
    made = home.out(udp(X, Y))
    assert made is not None
    assert home.arrive(error(ROUTER_OUTSIDE, spoilt(made, 8))) is None


def test_req_3b_an_embedded_packet_with_options() -> None:
    """4.1: "the NAT device MUST traverse past the IP options to locate the start of the transport header"."""
    home = Home(ports="random")
    original = udp(X, Y, options=b"\x01\x01\x01\x00")
    made = home.out(original)
    assert made is not None
    back = home.arrive(error(ROUTER_OUTSIDE, made, octets=32))
    assert back is not None
    assert embedded(back) == original[:32]


def test_req_3c_a_wrong_transport_checksum_is_let_be() -> None:
    """4.1: "SHOULD NOT validate the transport checksum of the embedded packet": it is as wrong as it was."""
    home = Home(ports="random")
    original = spoilt(udp(X, Y), 26)
    made = home.out(original)
    assert made is not None
    back = home.arrive(error(ROUTER_OUTSIDE, made))
    assert back is not None
    assert embedded(back) == original[:28]


def test_req_3d_icmp_extensions_are_carried_along() -> None:
    """4.1, 4.2.1: "NATs are encouraged to support ICMP extension objects" (RFC 4884)."""
    home = Home()
    made = home.out(udp(X, Y, b"x" * 100))
    assert made is not None
    extension = b"\x20\0\xdf\xff" + bytes(8)
    back = home.arrive(icmp(ROUTER_OUTSIDE, PUBLIC, 11, rest=b"\0\x20\0\0", data=made[:128] + extension))
    assert back is not None
    assert (back[24:28], back[-12:]) == (b"\0\x20\0\0", extension)


@pytest.mark.parametrize("sender", [A, ROUTER_INSIDE])
def test_req_5_an_error_from_inside(sender: str) -> None:
    """4.2.2: the embedded packet is as outside has sent it; "translate the source IP address of the ICMP Error packet
    with its own public IP address" (REQ-5c), whoever inside has sent it."""
    home = Home(ports="random")
    outside = home.sent(X, Y)
    original = udp(Y, outside, b"x" * 20)
    came = home.arrive(original)
    assert came is not None
    made = home.out(error(sender, came, 3, 3))
    assert made is not None
    assert ends(made) == (PUBLIC, SERVER)
    assert (made[20:22], embedded(made)) == (b"\x03\x03", original[:28])


def test_req_5_an_error_from_inside_about_no_session() -> None:
    """4.2.2: "the NAT SHOULD silently drop the ICMP Error packet"."""
    home = Home()
    home.sent(X, Y)
    assert home.out(error(A, udp(Z, X))) is None
    assert home.out(error(A, udp(Y, X2))) is None
    assert home.counters["icmp_dropped"] == 2


def test_an_error_from_inside_goes_to_the_sender_of_what_it_is_about_and_nobody_else() -> None:
    home = Home()
    came = home.arrive(udp(Y, home.sent(X, Y)))
    assert came is not None
    assert home.out(icmp(A, OTHER, 3, 3, data=came[:28])) is None
    assert home.out(icmp(A, SERVER, 3, 3, data=came[:28])) is not None


def test_req_6_an_error_about_a_query_refreshes_nothing_and_ends_nothing() -> None:
    """4.3: "MUST NOT refresh or delete the NAT Session"."""
    home = Home()
    made = home.out(echo(A, SERVER, 77))
    assert made is not None
    home.wait(50)
    assert home.arrive(error(ROUTER_OUTSIDE, made, 11, 0)) is not None
    answer = home.arrive(echo(SERVER, PUBLIC, identifier(made), reply=True))
    assert answer is not None
    assert ends(answer)[1] == A
    home.wait(10.1)
    assert home.rows == []


def test_an_error_from_inside_refreshes_nothing() -> None:
    """RFC 7857 section 7.1: "ICMP Errors […] sent as a response to inbound packets SHOULD NOT refresh the mapping"."""
    home = Home()
    outside = home.sent(X, Y)
    home.wait(290)
    came = home.arrive(udp(Y, outside))
    assert came is not None
    assert home.out(error(A, came)) is not None
    home.wait(10.1)
    assert home.rows == []


def test_req_7_a_hairpinned_error() -> None:
    """5: "the NAT device must translate not only the embedded hairpinned packet, but also the outer IP header"."""
    home = Home(filtering="endpoint-independent", ports="random")
    outside = home.sent(X, Y)
    original = udp(X2, outside)
    came = home.arrive(original, "home")
    assert came is not None
    made = home.arrive(error(A, came, 3, 3), "home")
    assert made is not None
    assert ends(made) == (PUBLIC, A2)
    assert embedded(made) == original[:28]


def test_req_8_who_gets_no_session_is_told() -> None:
    """6: "the NAT device SHOULD send an ICMP destination unreachable message, with a code of 13"; no more than one a
    second to one host."""
    home = Home(per_host=1)
    home.sent(X, Y)
    for _ in range(5):
        assert home.out(udp("192.168.1.2:5001", Y)) is None
    (told,) = home.sends()
    assert (told.protocol, str(told.destination), told.data[:2]) == (ICMP, A, b"\x03\x0d")
    assert words_sum(told.data) == 0xFFFF
    home.wait(1)
    home.out(udp("192.168.1.2:5001", Y))
    assert len(home.sends()) == 1
    assert home.out(udp(X2, Y)) is not None


def test_req_10_the_mtu_in_an_error_is_carried_along() -> None:
    """7.1.2: "Packet Too Big"."""
    home = Home()
    made = home.out(udp(X, Y))
    assert made is not None
    back = home.arrive(icmp(ROUTER_OUTSIDE, PUBLIC, 3, 4, rest=b"\0\0\x05\x14", data=made[:28]))
    assert back is not None
    assert back[24:28] == b"\0\0\x05\x14"


@pytest.mark.parametrize("kind", [4, 5, 9, 10])
def test_req_11_other_messages_do_not_cross(kind: int) -> None:
    """8: "A NAT MAY drop or appropriately handle Non-QueryError ICMP messages"; what is for the node is its own."""
    home = Home()
    assert home.out(icmp(A, SERVER, kind, data=udp(Y, X)[:28])) is None
    own = icmp(ROUTER_OUTSIDE, PUBLIC, kind, data=udp(f"{PUBLIC}:5000", Y)[:28])
    assert home.arrive(own) is own


# The kernel's own errors: they show what it has seen, which is the packet after or before its translation.


def test_an_error_of_the_kernel_about_what_came_in_shows_no_inside_address() -> None:
    """Its TTL ended here, behind its translation."""
    home = Home(ports="random")
    original = udp(Y, home.sent(X, Y), ttl=1)
    came = home.arrive(original)
    assert came is not None
    made = home.leave(error("192.168.1.1", came, 11, 0))
    assert made is not None
    assert (ends(made), embedded(made)) == ((PUBLIC, SERVER), original[:28])


def test_an_error_of_the_kernel_about_what_went_out_goes_to_its_sender() -> None:
    """Nobody there has the next hop's address: the packet was translated, and its source is the node itself."""
    home = Home(ports="random")
    original = udp(X, Y)
    made = home.out(original)
    assert made is not None
    back = home.leave(error(PUBLIC, made, 3, 1), "")
    assert back is not None
    assert (ends(back), embedded(back)) == ((PUBLIC, A), original[:28])


def test_other_errors_of_the_kernel_are_let_be() -> None:
    """About a packet whose TTL ended before it went out; about one for the node itself."""
    home = Home()
    home.sent(X, Y)
    for own, goes in (
        (error("192.168.1.1", udp(X, Y), 11, 0), "home"),
        (error(PUBLIC, udp(Y, f"{PUBLIC}:9")), "street"),
    ):
        assert home.leave(own, goes) is own
    reply = echo(PUBLIC, SERVER, 4, reply=True)
    assert home.leave(reply) is reply


def test_through_two_translators() -> None:
    """A carrier's behind the home's: an error from beyond both shows each its own side, and inside the original."""
    home, carrier = Home(address="100.64.0.2", ports="random"), Home(ports="random", seed=2)
    original = udp(X, Y)
    once = home.out(original)
    assert once is not None
    twice = carrier.out(once)
    assert twice is not None
    assert (ends(once)[0].split(":")[0], ends(twice)[0].split(":")[0]) == ("100.64.0.2", PUBLIC)
    beyond = carrier.arrive(error(ROUTER_OUTSIDE, twice, 11, 0))
    assert beyond is not None
    assert embedded(beyond) == once[:28]
    back = home.arrive(beyond)
    assert back is not None
    assert is_whole(back)
    assert (ends(back), embedded(back)) == ((ROUTER_OUTSIDE, A), original[:28])
    answer = carrier.arrive(udp(Y, ends(twice)[0]))
    assert answer is not None
    assert home.arrive(answer) == udp(Y, X)
