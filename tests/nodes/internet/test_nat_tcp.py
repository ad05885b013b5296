"""RFC 5382, requirement by requirement, and what RFC 7857 section 2 says of it."""

from __future__ import annotations

import pytest
from nat_home import PUBLIC, TCP, X2, Home, X, Z, ends, error, tcp, udp

from catenet.nodes.internet.nat.header import ACK, FIN, RST, SYN
from catenet.nodes.internet.nat.tcp import State, acceptable_reset, next_state

WEB, OTHER = "10.0.0.9:80", "10.0.0.9:81"
OUT, IN = True, False
HOURS_2_4 = 7440


@pytest.mark.parametrize(
    ("mapping", "same_for"),
    [
        ("endpoint-independent", {WEB, OTHER, Z}),
        ("address-dependent", {WEB, OTHER}),
        ("address-and-port-dependent", {WEB}),
    ],
)
def test_req_1_to_whom_a_mapping_is_reused(mapping: str, same_for: set[str]) -> None:
    """4.1: "Endpoint-Independent Mapping behavior for TCP"."""
    home = Home(mapping=mapping)
    first = home.connect(X, WEB)
    assert {peer for peer in (WEB, OTHER, Z) if home.connect(X, peer) == first} == same_for


def test_req_2_the_three_way_handshake_and_the_end() -> None:
    """4.2, 5: opening, established, closing, each as the row says."""
    home = Home()
    home.out(tcp(X, WEB, "S", seq=100))
    seen = [*home.states]
    for packet, way in (
        (tcp(WEB, f"{PUBLIC}:5000", "SA", seq=500, ack=101), IN),
        (tcp(X, WEB, "A", seq=101, ack=501), OUT),
        (tcp(WEB, f"{PUBLIC}:5000", "FA", seq=501, ack=101), IN),
        (tcp(X, WEB, "A", seq=101, ack=502), OUT),
        (tcp(X, WEB, "FA", seq=101, ack=502), OUT),
        (tcp(WEB, f"{PUBLIC}:5000", "A", seq=502, ack=102), IN),
    ):
        made = home.out(packet) if way is OUT else home.arrive(packet)
        assert made is not None
        assert ends(made) == ((f"{PUBLIC}:5000", WEB) if way is OUT else (WEB, X))
        seen += home.states
    assert seen == [
        "opening",
        "opening, acknowledged by outside",
        "established",
        "established, closed by outside",
        "established, closed by outside",
        "closing",
        "closing",
    ]


def test_req_2a_simultaneous_open() -> None:
    """4.2: "accept an inbound SYN and an outbound SYN-ACK for an internally initiated connection"."""
    home = Home(filtering="address-and-port-dependent")
    outside = f"{PUBLIC}:5000"
    for packet, way in (
        (tcp(X, WEB, "S", seq=100), OUT),
        (tcp(WEB, outside, "S", seq=500), IN),
        (tcp(X, WEB, "SA", seq=100, ack=501), OUT),
        (tcp(WEB, outside, "SA", seq=500, ack=101), IN),
    ):
        made = home.out(packet) if way is OUT else home.arrive(packet)
        assert made is not None
        assert ends(made) == ((outside, WEB) if way is OUT else (WEB, X))
    assert home.states == ["established"]


@pytest.mark.parametrize(
    ("filtering", "let_in"),
    [
        ("endpoint-independent", {WEB, OTHER, Z}),
        ("address-dependent", {WEB, OTHER}),
        ("address-and-port-dependent", {WEB}),
    ],
)
def test_req_3_who_may_connect_to_a_mapping(filtering: str, let_in: set[str]) -> None:
    """4.3: externally initiated connections."""
    home = Home(filtering=filtering)
    outside = home.connect(X, WEB)
    assert {peer for peer in (WEB, OTHER, Z) if home.arrive(tcp(peer, outside, "S", seq=9))} == let_in
    assert [row["state"] for row in home.rows if row["peer"] != WEB] == ["opening, by peer"] * (len(let_in) - 1)


def test_req_3_a_connection_from_outside_begins_with_a_syn() -> None:
    home = Home(filtering="endpoint-independent")
    outside = home.connect(X, WEB)
    for flags in ("A", "SA", "FA", "RA"):
        made = home.arrive(tcp(Z, outside, flags, seq=9, ack=9))
        assert (made is None) == ("S" not in flags)
        home = Home(filtering="endpoint-independent")
        outside = home.connect(X, WEB)


def test_req_3_a_connection_from_outside_is_one_when_inside_has_answered() -> None:
    home = Home(filtering="endpoint-independent")
    outside = home.connect(X, WEB)
    home.arrive(tcp(Z, outside, "S", seq=9))
    home.out(tcp(X, Z, "SA", seq=70, ack=10))
    home.arrive(tcp(Z, outside, "A", seq=10, ack=71))
    assert {row["peer"]: row["state"] for row in home.rows} == {WEB: "established", Z: "established"}


@pytest.mark.parametrize("mapped", [False, True])
def test_req_4_an_unsolicited_syn_is_answered_after_six_seconds_and_not_before(*, mapped: bool) -> None:
    """4.3: "MUST NOT respond to an unsolicited inbound SYN packet for at least 6 seconds"; then "an ICMP Port
    Unreachable error (Type 3, Code 3)". For no mapping, and where the filter is against it."""
    home = Home()
    if mapped:
        home.connect(X, WEB)
        home.take()
    syn = tcp(Z, f"{PUBLIC}:5000", "S", seq=9)
    assert home.arrive(syn) is None
    home.wait(3)
    assert home.arrive(syn) is None  # once more: nothing begins anew
    home.wait(2.9)
    assert home.sends() == []
    home.wait(0.2)
    (told,) = home.sends()
    assert (str(told.destination), told.data[:2], told.data[8:]) == ("10.9.9.9", b"\x03\x03", syn[:28])
    home.wait(60)
    assert home.sends() == []


def test_req_4_it_is_not_answered_where_inside_opens_the_connection_too() -> None:
    """4.3: "If during this interval the NAT receives and translates an outbound SYN for the connection the NAT MUST
    silently drop the original unsolicited inbound SYN packet." So both may open it at once."""
    home = Home(filtering="address-and-port-dependent")
    assert home.arrive(tcp(WEB, f"{PUBLIC}:5000", "S", seq=9)) is None
    home.wait(5.9)
    assert home.out(tcp(X, WEB, "S", seq=100)) is not None
    home.wait(60)
    assert home.sends() == []
    assert home.arrive(tcp(WEB, f"{PUBLIC}:5000", "S", seq=9)) is not None  # sent again, it opens it


def test_req_4_a_syn_for_the_node_itself_is_the_kernels() -> None:
    """4.3: "REQ-4 above applies only to SYNs intended for the NAT'ed hosts"."""
    home = Home(kept=((TCP, 8080),))
    syn = tcp(Z, f"{PUBLIC}:8080", "S", seq=9)
    assert home.arrive(syn) is syn
    home.wait(60)
    assert home.sends() == []


def test_req_4_no_more_are_held_than_so_many() -> None:
    home = Home()
    for port in range(1, 1000):
        assert home.arrive(tcp(f"10.9.9.9:{port}", f"{PUBLIC}:5000", "S")) is None
    home.wait(6.1)
    assert len(home.sends()) == 256


@pytest.mark.parametrize(
    ("option", "default", "steps"),
    [
        ("tcp_opening", 240, 0),
        ("tcp_established", HOURS_2_4, 2),
        ("tcp_closing", 240, 4),
    ],
)
@pytest.mark.parametrize("given", [None, 10.0])
def test_req_5_how_long_a_connection_may_be_silent(
    option: str, default: float, steps: int, given: float | None
) -> None:
    """5: "MUST NOT be less than 2 hours 4 minutes", "MUST NOT be less than 4 minutes"; RFC 7857 section 2.1:
    "different configurable parameters for configuring the open and closing idle timeouts"."""
    for over in (-0.1, 0.1):
        home = Home(**({} if given is None else {option: given}))
        outside = f"{PUBLIC}:5000"
        home.out(tcp(X, WEB, "S", seq=100))
        way = [
            lambda: home.arrive(tcp(WEB, outside, "SA", seq=500, ack=101)),  # noqa: B023
            lambda: home.out(tcp(X, WEB, "A", seq=101, ack=501)),  # noqa: B023
            lambda: home.arrive(tcp(WEB, outside, "FA", seq=501, ack=101)),  # noqa: B023
            lambda: home.out(tcp(X, WEB, "FA", seq=101, ack=502)),  # noqa: B023
        ]
        for step in way[:steps]:
            assert step() is not None
        home.wait((given or default) + over)
        assert bool(home.rows) is (over < 0)
        assert (home.arrive(tcp(WEB, outside, "A", seq=501, ack=101)) is not None) is (over < 0)


def test_req_5_what_comes_in_keeps_a_connection_too() -> None:
    home = Home()
    outside = home.connect(X, WEB)
    for _ in range(3):
        home.wait(HOURS_2_4 - 1)
        assert home.arrive(tcp(WEB, outside, "A", seq=501, ack=101, data=b"x")) is not None
    assert home.states == ["established"]


def test_req_7_connections_of_two_hosts_to_one_server_have_two_ports() -> None:
    """7.1: "MUST NOT have a Port assignment behavior of Port overloading for TCP"."""
    home = Home()
    assert home.connect(X, WEB) != home.connect(X2, WEB)


def test_req_8_hairpinned_connections() -> None:
    """7.2: "External source IP address and port" (REQ-8a)."""
    home = Home(filtering="endpoint-independent")
    outside = home.connect(X, WEB)
    made = home.arrive(tcp(X2, outside, "S", seq=1), "home")
    assert made is not None
    back, to = ends(made)
    assert (back.partition(":")[0], to) == (PUBLIC, X)
    for source, destination, flags in ((X, back, "SA"), (X2, outside, "A")):
        made = home.arrive(tcp(source, destination, flags, seq=1, ack=2), "home")
        assert made is not None
        assert ends(made) == ((outside, X2) if source == X else (back, X))
    states = {row["peer"]: row["state"] for row in home.rows}
    assert (states[back], states[outside]) == ("established", "established")


def test_req_9_and_10_an_icmp_error_reaches_inside_and_ends_nothing() -> None:
    """7.3: "it SHOULD translate ICMP Destination Unreachable (Type 3) messages"; "MUST NOT terminate the NAT mapping or
    TCP connection for which the ICMP was generated"."""
    home = Home()
    made = home.out(tcp(X, WEB, "S", seq=100))
    assert made is not None
    for octets in (28, len(made)):
        back = home.arrive(error("10.7.7.7", made, 3, 4, octets=octets))
        assert back is not None
        assert ends(back[28:] if octets > 28 else back[28:] + bytes(12))[0] == X
    assert home.arrive(tcp(WEB, f"{PUBLIC}:5000", "SA", seq=500, ack=101)) is not None
    assert home.states == ["opening, acknowledged by outside"]


# RFC 7857 section 2.2


def test_a_reset_connection_is_kept_for_four_minutes() -> None:
    """ "it MUST translate the packet"; "SHOULD wait for 4 minutes before deleting the session"."""
    for waited, kept in ((239.9, True), (240.1, False)):
        home = Home()
        outside = home.connect(X, WEB)
        made = home.arrive(tcp(WEB, outside, "R", seq=501))
        assert made is not None
        assert (ends(made)[1], home.states) == (X, ["reset"])
        home.wait(waited)
        assert bool(home.rows) is kept


def test_a_connection_that_goes_on_after_a_reset_is_established() -> None:
    """ "if no packets are received during that 4-minute timeout": the RST may have been lost behind the translator."""
    home = Home()
    outside = home.connect(X, WEB)
    home.arrive(tcp(WEB, outside, "R", seq=501))
    home.out(tcp(X, WEB, "A", seq=101, ack=501))
    assert home.states == ["established"]
    home.wait(HOURS_2_4 - 1)
    assert home.states == ["established"]


@pytest.mark.parametrize("sequence", [0, 400, 0x80000000, 501 + 0x20000])
def test_a_reset_from_off_the_path_changes_nothing(sequence: int) -> None:
    """ "the NAT has to verify whether received TCP RST packets belong to a connection"."""
    home = Home()
    outside = home.connect(X, WEB)
    assert home.arrive(tcp(WEB, outside, "R", seq=sequence)) is not None
    assert home.states == ["established"]


def test_a_reset_behind_what_is_under_way_belongs_to_the_connection() -> None:
    """The peer has sent much that inside has not acknowledged, and ends then."""
    home = Home()
    outside = home.connect(X, WEB)
    home.arrive(tcp(WEB, outside, "A", seq=501 + 300_000, ack=101, data=b"x"))
    home.arrive(tcp(WEB, outside, "R", seq=501 + 300_001))
    assert home.states == ["reset"]


def test_a_refused_connection() -> None:
    """RFC 9293 section 3.10.7.3: a RST in answer to a SYN acknowledges it."""
    for acknowledged, state in ((101, "reset"), (100, "opening"), (7, "opening")):
        home = Home()
        home.out(tcp(X, WEB, "S", seq=100))
        assert home.arrive(tcp(WEB, f"{PUBLIC}:5000", "RA", ack=acknowledged)) is not None
        assert home.states == [state]


def test_a_reset_of_no_connection_opens_none() -> None:
    """RFC 7857 section 7.1: nor does it refresh a mapping."""
    home = Home(filtering="endpoint-independent")
    assert home.out(tcp(X, WEB, "RA", seq=1, ack=2)) is None
    assert home.rows == []
    outside = home.connect(X, WEB)
    home.wait(HOURS_2_4 - 1)
    home.arrive(tcp(Z, outside, "S", seq=9))
    assert home.out(tcp(X, Z, "RA", seq=0, ack=10)) is not None
    home.wait(2)
    assert [row["peer"] for row in home.rows] == []


def test_a_forgotten_connection_goes_on_when_inside_sends() -> None:
    """A translator that was started anew; what comes from outside alone brings nothing back."""
    home = Home()
    assert home.arrive(tcp(WEB, f"{PUBLIC}:5000", "A", seq=501, ack=101)) is None
    assert home.out(tcp(X, WEB, "A", seq=101, ack=501)) is not None
    assert home.arrive(tcp(WEB, f"{PUBLIC}:5000", "A", seq=501, ack=101)) is not None
    assert home.states == ["established"]


def test_the_same_ends_once_more_after_the_end() -> None:
    """5382 4.3: "permits an inbound SYN during the TIME_WAIT state of the first connection"."""
    home = Home()
    outside = home.connect(X, WEB)
    home.arrive(tcp(WEB, outside, "FA", seq=501, ack=101))
    home.out(tcp(X, WEB, "FA", seq=101, ack=502))
    assert home.states == ["closing"]
    assert home.connect(X, WEB) == outside
    assert home.states == ["established"]


def test_what_was_seen_of_the_old_connection_says_nothing_of_the_new_one() -> None:
    home = Home()
    outside = home.connect(X, WEB)
    home.arrive(tcp(WEB, outside, "FA", seq=501, ack=101))
    home.out(tcp(X, WEB, "FA", seq=101, ack=502))
    home.arrive(tcp(WEB, outside, "S", seq=0x40000000))
    home.arrive(tcp(WEB, outside, "R", seq=502))
    assert home.states == ["opening"]


def test_a_closed_connection_gives_its_port_back_in_time() -> None:
    """Its timer was set for an established one."""
    home = Home()
    outside = home.connect(X, WEB)
    home.wait(300)
    home.arrive(tcp(WEB, outside, "FA", seq=501, ack=101))
    home.out(tcp(X, WEB, "FA", seq=101, ack=502))
    home.take()
    home.wait(240.1)
    assert home.told() == ["nat.expired"]


def test_the_fast_path_has_all_segments_of_an_established_connection() -> None:
    """What is counted with the actions went that way; it is rewritten as the others are (`Home.cross` looks)."""
    home = Home()
    outside = home.connect(X, WEB)
    home.take()
    before = home.counters["out"], home.counters["in"]
    for octets in (0, 1, 500, 1460):
        made = home.out(tcp(X, WEB, "PA", seq=101, ack=501, data=b"x" * octets))
        back = home.arrive(tcp(WEB, outside, "A", seq=501, ack=101, data=b"y" * octets))
        assert made is not None
        assert back is not None
        assert (ends(made), ends(back)) == ((outside, WEB), (WEB, X))
    assert (home.counters["out"], home.counters["in"]) == before
    home.take()
    assert (home.counters["out"], home.counters["in"]) == (before[0] + 4, before[1] + 4)


def test_tcp_and_udp_of_one_endpoint_are_apart() -> None:
    """RFC 7857 sections 5 and 6: "EIM mappings SHOULD be protocol dependent", "EIF filtering" too."""
    home = Home(filtering="endpoint-independent", ports="random")
    connected, sent = home.connect(X, WEB), home.sent(X, WEB)
    assert connected != sent
    assert home.arrive(udp(WEB, connected)) is None
    assert home.arrive(tcp(WEB, sent, "S")) is None


# The table


def test_flags_that_are_not_in_the_table_change_nothing() -> None:
    for state in State:
        assert next_state(state, RST | ACK | SYN, out=OUT) is state
        assert next_state(state, 0, out=IN) is state
    assert next_state(State.ESTABLISHED, SYN, out=IN) is State.ESTABLISHED
    assert next_state(State.OPENING, FIN, out=OUT) is State.OPENING


def test_a_segment_with_ack_and_fin_is_both() -> None:
    assert next_state(State.ACKED_BY_INSIDE, ACK | FIN, out=IN) is State.CLOSED_BY_OUTSIDE


def test_a_reset_is_not_acceptable_before_its_hearer_has_said_anything() -> None:
    assert not acceptable_reset(bytes(10), b"", b"")
    assert not acceptable_reset(b"", bytes(10), bytes(10))
