"""RFC 4787, requirement by requirement."""

from __future__ import annotations

import pytest
from nat_home import GUEST, PUBLIC, TCP, UDP, X2, Y_OTHER_PORT, Home, X, Y, Z, ends, error, ip, udp

BEHAVIOURS = ("endpoint-independent", "address-dependent", "address-and-port-dependent")


@pytest.mark.parametrize(
    ("mapping", "same_for"),
    [
        ("endpoint-independent", {Y, Y_OTHER_PORT, Z}),
        ("address-dependent", {Y, Y_OTHER_PORT}),
        ("address-and-port-dependent", {Y}),
    ],
)
def test_req_1_to_whom_a_mapping_is_reused(mapping: str, same_for: set[str]) -> None:
    """4.1: "X1':x1' equals X2':x2'" for all Y2:y2; only where Y2 equals Y1; only where Y2:y2 equals Y1:y1."""
    home = Home(mapping=mapping)
    first = home.sent(X, Y)
    assert {peer for peer in (Y, Y_OTHER_PORT, Z) if home.sent(X, peer) == first} == same_for
    assert home.sent(X, Y) == first


def test_req_2_all_mappings_of_a_host_have_one_address() -> None:
    """4.1: "IP address pooling" of "Paired"."""
    home = Home()
    assert {home.sent(f"192.168.1.2:{port}").partition(":")[0] for port in range(5000, 5100)} == {PUBLIC}


@pytest.mark.parametrize("ports", ["preserve", "random"])
def test_req_3_two_inside_endpoints_never_share_a_port(ports: str) -> None:
    """4.2.1: a NAT "MUST NOT have a Port assignment behavior of Port overloading"."""
    home = Home(ports=ports)
    outside = [home.sent(f"192.168.1.{host}:5000") for host in range(2, 202)]
    assert len(set(outside)) == len(outside)
    assert [home.hears(Y, each) for each in outside] == [f"192.168.1.{host}:5000" for host in range(2, 202)]


def test_req_3_a_port_stays_where_it_is_free() -> None:
    """4.2.1: "port preservation"; "in case of port collision" another one."""
    home = Home()
    assert home.sent(X) == f"{PUBLIC}:5000"
    assert home.sent(X2) != f"{PUBLIC}:5000"


def test_req_3_random_ports_are_not_those_of_inside() -> None:
    """4.2.1: "no port preservation"."""
    home = Home(ports="random", seed=3)
    assert sum(home.sent(f"192.168.1.2:{port}") == f"{PUBLIC}:{port}" for port in range(5000, 5100)) < 5


def test_req_3a_a_high_port_stays_high_and_a_low_one_low_where_there_are_such() -> None:
    """4.2.1: "it is RECOMMENDED that the NAT's source port be in that range"."""
    home = Home(ports="random", first_port=900, last_port=1200)
    ports = {port: int(home.sent(f"192.168.1.2:{port}").split(":")[1]) for port in (5, 1000, 1023, 1024, 40000)}
    assert {port for port, outside in ports.items() if outside <= 1023} == {5, 1000, 1023}


def test_req_5_the_timer_just_before_and_just_after_its_end() -> None:
    """4.3: "A default value of five minutes or more"."""
    for waited, heard in ((299.9, X), (300.1, None)):
        home = Home()
        outside = home.sent()
        home.wait(waited)
        assert home.hears(Y, outside) == heard


def test_req_5_a_machine_that_was_not_woken_has_not_kept_it_either() -> None:
    """A paused node is not woken: the look-up tests the time."""
    home = Home()
    outside = home.sent()
    assert home.hears(Y, outside) == X  # so that its flow is known
    home.now += 300.1
    assert home.hears(Y, outside) is None
    assert home.sent(X2, Y) == outside  # its port is free


def test_req_6_what_goes_out_refreshes() -> None:
    """4.3: "a NAT Outbound refresh behavior of True"."""
    home = Home()
    outside = home.sent()
    for _ in range(5):
        home.wait(200)
        assert home.sent() == outside
    assert home.hears(Y, outside) == X


def test_req_6a_what_comes_in_does_not() -> None:
    """4.3: "inbound refresh may allow an external attacker […] to keep a mapping alive indefinitely"."""
    home = Home(filtering="endpoint-independent")
    outside = home.sent()
    for _ in range(2):
        home.wait(140)
        assert (home.hears(Y, outside), home.hears(Z, outside)) == (X, X)
    home.wait(30)
    assert (home.hears(Y, outside), home.hears(Z, outside)) == (None, None)


@pytest.mark.parametrize(
    ("filtering", "let_in"),
    [
        ("endpoint-independent", {Y, Y_OTHER_PORT, Z}),
        ("address-dependent", {Y, Y_OTHER_PORT}),
        ("address-and-port-dependent", {Y}),
    ],
)
@pytest.mark.parametrize("mapping", BEHAVIOURS)
def test_req_8_who_is_let_in(mapping: str, filtering: str, let_in: set[str]) -> None:
    """5: whoever sends to the mapping; whom X:x has sent to by address; by address and port. Each filter with each
    mapping."""
    home = Home(mapping=mapping, filtering=filtering)
    outside = home.sent(X, Y)
    assert {peer for peer in (Y, Y_OTHER_PORT, Z) if home.hears(peer, outside) == X} == let_in
    assert home.counters["filtered"] == 3 - len(let_in)


@pytest.mark.parametrize("filtering", BEHAVIOURS)
def test_req_8_nobody_is_let_in_where_there_is_no_mapping(filtering: str) -> None:
    home = Home(filtering=filtering)
    home.sent(X, Y)
    assert home.hears(Y, f"{PUBLIC}:5001") is None
    assert home.counters["no_mapping"] == 1


def test_req_8_who_was_let_in_by_another_lets_nobody_in() -> None:
    """5: "if X:x has not sent packets to Y:any previously": to have heard of it is not enough."""
    home = Home(filtering="address-dependent")
    outside = home.sent(X, Y)
    assert home.hears(Y_OTHER_PORT, outside) == X
    home.wait(250)
    home.sent(X, Z)
    home.wait(100)  # the session with Y is over, that with Z is not
    assert (home.hears(Y_OTHER_PORT, outside), home.hears(Z, outside)) == (None, X)


def test_req_9_two_hosts_inside_reach_each_other_by_their_outside_endpoints() -> None:
    """6: "External source IP address and port" (REQ-9a); the other LAN inside likewise."""
    home = Home(filtering="endpoint-independent")
    for other, lan in ((X2, "home"), (GUEST, "guests")):
        outside, back = home.sent(X, Y), home.sent(other, Y)
        made = home.arrive(udp(other, outside), lan)
        assert made is not None
        assert ends(made) == (back, X)
        made = home.arrive(udp(X, back), "home")
        assert made is not None
        assert ends(made) == (outside, other)
    assert home.counters["hairpinned"] == 4


@pytest.mark.parametrize("filtering", BEHAVIOURS[1:])
def test_req_9_the_filter_holds_for_hairpins(filtering: str) -> None:
    """6 and 5: who has not been sent to stays out; both open towards each other, and the second one gets through."""
    home = Home(filtering=filtering)
    outside, back = home.sent(X, Y), home.sent(X2, Y)
    assert home.arrive(udp(X2, outside), "home") is None
    made = home.arrive(udp(X, back), "home")
    assert made is not None
    assert ends(made) == (outside, X2)
    assert home.arrive(udp(X2, outside), "home") is not None


def test_req_9_hairpinning_can_be_off() -> None:
    home = Home(filtering="endpoint-independent", hairpin="off")
    outside = home.sent(X, Y)
    assert home.arrive(udp(X2, outside), "home") is None


def test_req_11_the_behaviour_does_not_change_when_ports_clash() -> None:
    """7: "MUST NOT change the NAT translation or the Filtering Behavior at any point in time": not by load."""
    home = Home(filtering="address-and-port-dependent")
    for host in range(2, 150):
        inside = f"192.168.1.{host}:5000"
        outside = home.sent(inside, Y)
        assert {home.sent(inside, peer) for peer in (Y_OTHER_PORT, Z)} == {outside}
        assert home.hears("10.0.0.9:7", outside) is None


def test_req_12_an_icmp_error_ends_no_mapping_and_refreshes_none() -> None:
    """9: "Receipt of any sort of ICMP message MUST NOT terminate the NAT mapping"; from any router (REQ-12a, b)."""
    home = Home()
    made = home.out(udp(X, Y))
    assert made is not None
    home.wait(290)
    for kind, code in ((3, 3), (3, 4), (3, 1), (11, 0), (12, 0)):
        back = home.arrive(error("10.7.7.7", made, kind, code))
        assert back is not None
        assert ends(back) == ("10.7.7.7", "192.168.1.2")
    assert home.hears(Y, f"{PUBLIC}:5000") == X
    home.wait(11)
    assert home.hears(Y, f"{PUBLIC}:5000") is None


@pytest.mark.parametrize("bits", [0x2000, 0x2001, 0x0010])
def test_req_14_a_fragment_that_nobody_put_together_is_dropped(bits: int) -> None:
    """11: what tells its flow is not in all of them. Not even where its first octets are those of a known flow."""
    home = Home()
    assert home.out(udp(X, Y)) is not None
    assert home.out(udp(X, Y, fragment=bits)) is None
    assert home.counters["fragments"] == 1


def test_a_datagram_with_ip_options_passes_as_others_do() -> None:
    home = Home()
    made = home.out(udp(X, Y, options=b"\x01\x01\x01\x00"))
    assert made is not None
    assert ends(made) == (f"{PUBLIC}:5000", Y)
    back = home.arrive(udp(Y, f"{PUBLIC}:5000", options=b"\x01\x01\x01\x00"))
    assert back is not None
    assert ends(back) == (Y, X)


@pytest.mark.parametrize("again", [1, 3])
def test_a_datagram_without_checksum_has_none_behind_it(again: int) -> None:
    """RFC 768: zero means that there is none; by the first look-up and by the fast path."""
    home = Home()
    for _ in range(again):
        made = home.out(udp(X, Y, summed=False))
    assert made is not None
    assert made[26:28] == b"\0\0"


def test_udp_can_be_off() -> None:
    """RFC 5508 REQ-8: who sends it is told, by a code of 13."""
    home = Home(udp="off")
    assert home.out(udp(X, Y)) is None
    (told,) = home.sends()
    assert (str(told.destination), told.data[:2], told.interface) == ("192.168.1.2", b"\x03\x0d", "home")
    assert told.data[8:] == udp(X, Y)[:28]
    assert home.arrive(udp(X2, f"{PUBLIC}:5000"), "home") is None
    assert home.counters["udp_blocked"] == 2


def test_other_protocols_do_not_cross() -> None:
    home = Home()
    assert home.out(ip("192.168.1.2", "10.0.0.9", 47, bytes(8))) is None
    assert home.counters["other"] == 1


def test_what_does_not_concern_it_passes_as_it_is() -> None:
    """From one LAN inside to another; to its own services and connections; what its kernel has to answer."""
    home = Home(kept=((UDP, 5353), (TCP, 8080)))
    inner = udp(X, GUEST)
    assert home.machine.cross(inner, 2, "home", "guests", home.now) is inner
    for own in (udp(Y, f"{PUBLIC}:5353"), udp(Y, f"{PUBLIC}:64512"), ip("10.0.0.9", PUBLIC, 89, bytes(24))):
        assert home.arrive(own) is own
        assert home.arrive(own, "home") is own
    assert home.arrive(udp(Y, f"{PUBLIC}:8080")) is None  # TCP listens there, UDP does not


def test_a_neighbour_outside_does_not_reach_inside_addresses() -> None:
    home = Home(filtering="endpoint-independent")
    home.sent(X, Y)
    assert home.enter(udp(Y, X)) is None
    assert home.counters["filtered"] == 1


def test_nothing_gets_out_by_an_interface_that_nobody_knows() -> None:
    home = Home()
    assert home.machine.cross(udp(X, Y), 2, "home", "", home.now) is None
    assert home.machine.cross(udp(X, Y), 2, "", "street", home.now) is None
    assert home.counters["unknown_lan"] == 2
