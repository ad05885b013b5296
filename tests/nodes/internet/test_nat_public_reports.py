"""What broke other translators, by public reports, tried on ours. Each test names the RFC's section."""

from __future__ import annotations

import pytest
from nat_home import PUBLIC, X2, Home, X, Y, Z, echo, embedded, ends, error, identifier, is_whole, tcp, udp

ROUTER = "10.7.7.7"


def test_5508_4_2_a_traceroute_by_echo_gets_errors_with_right_checksums() -> None:
    """VPP issue 3587: only the identifier inside was rewritten, and the outer checksum did not follow."""
    home = Home(ports="random")
    for sequence in range(1, 20):
        original = echo("192.168.1.2", "10.0.0.9", 100 + sequence)
        made = home.out(original)
        assert made is not None
        assert identifier(made) != 100 + sequence
        back = home.arrive(error(ROUTER, made, 11, 0, octets=len(made)))
        assert back is not None
        assert is_whole(back)
        assert embedded(back) == original


@pytest.mark.parametrize("octets", [28, 32, 40, 60])
def test_5508_4_2_fragmentation_needed_with_a_piece_of_a_segment(octets: int) -> None:
    """Cilium issues 40827 and 33844: the checksum of the message was wrong, and where the TCP checksum was not in the
    piece the IP header's was not put right."""
    home = Home(ports="random")
    home.connect(X, "10.0.0.9:80")
    original = tcp(X, "10.0.0.9:80", "PA", seq=101, ack=501, data=b"x" * 1400)
    made = home.out(original)
    assert made is not None
    back = home.arrive(error(ROUTER, made, 3, 4, octets=octets))
    assert back is not None
    assert is_whole(back)
    assert embedded(back) == original[:octets]


def test_5508_5_a_hairpinned_error_is_found_by_the_right_end() -> None:
    """Snabb issue 165: it looked at the embedded packet's destination, not at its source, and at a wrong offset."""
    home = Home(filtering="endpoint-independent", ports="random")
    outside, back = home.sent(X, Y), home.sent(X2, Y)
    came = home.arrive(udp(X2, outside), "home")
    assert came is not None
    assert ends(came) == (back, X)
    made = home.arrive(error("192.168.1.2", came), "home")
    assert made is not None
    assert ends(made) == (PUBLIC, "192.168.1.3")
    assert embedded(made) == udp(X2, outside)[:28]


def test_5382_5_a_reset_connection_has_the_short_timeout() -> None:
    """VPP issue 2958: it was kept as if it were established."""
    home = Home()
    outside = home.connect(X, "10.0.0.9:80")
    home.arrive(tcp("10.0.0.9:80", outside, "R", seq=501))
    home.wait(241)
    assert home.rows == []


def test_4787_4_1_answers_go_to_who_has_asked() -> None:
    """vpnkit pull request 102: the mapping hung on the server, and all its answers went to the last client."""
    home = Home()
    asked = {host: home.sent(f"192.168.1.{host}:5000", Y) for host in (2, 3, 4)}
    for host, outside in asked.items():
        assert home.hears(Y, outside) == f"192.168.1.{host}:5000"


def test_4787_4_3_one_timer_for_all_peers_of_a_mapping() -> None:
    """The same: separate timers for each peer let a mapping end while it was in use."""
    home = Home(filtering="endpoint-independent")
    outside = home.sent(X, Y)
    for _ in range(4):
        home.wait(200)
        assert home.sent(X, Z) == outside
    assert home.hears(Y, outside) == X


def test_4787_5_an_endpoint_independent_mapping_needs_little_for_each_new_peer() -> None:
    """sing-box issue 19: it ran out of memory, and UDP was blocked."""
    home = Home(filtering="endpoint-independent")
    outside = home.sent(X, Y)
    for port in range(1, 5000):
        assert home.hears(f"10.9.9.9:{port}", outside) == X
    assert len(home.rows) == 256


def test_5508_6_who_gets_no_session_is_told() -> None:
    """einat issue 8: "Send back ICMP Destination Unreachable when NAT can not be performed"."""
    home = Home(first_port=4000, last_port=4000)
    home.sent(X, Y)
    assert home.out(udp(X2, Y)) is None
    (told,) = home.sends()
    assert (str(told.destination), told.data[:2]) == ("192.168.1.3", b"\x03\x0d")


def test_4787_4_2_no_living_mapping_is_ended_for_a_new_one() -> None:
    """VPP issue 3312: sessions that had not timed out were cleaned away."""
    home = Home(max_mappings=3)
    kept = [home.sent(f"192.168.1.{host}:5000") for host in (2, 3, 4)]
    for host in range(5, 250):
        home.out(udp(f"192.168.1.{host}:5000", Y))
    assert [home.hears(Y, outside) for outside in kept] == [f"192.168.1.{host}:5000" for host in (2, 3, 4)]


def test_768_a_datagram_without_checksum_gets_none() -> None:
    """gVisor pull request 13526, OpenVPN issue 1037: the update of a zero made a wrong checksum of it."""
    home = Home(ports="random")
    for _ in range(2):
        made = home.out(udp(X, Y, summed=False))
        assert made is not None
        assert made[26:28] == b"\0\0"
        back = home.arrive(error(ROUTER, made))
        assert back is not None
        assert embedded(back) == udp(X, Y, summed=False)[:28]


def test_5508_4_2_a_traceroute_sees_by_the_embedded_checksum_only_what_it_has_sent() -> None:
    """trippy issue 1104: from the UDP checksum in the errors it finds translators on the way. Ours restores it."""
    home, carrier = Home(address="100.64.0.2", ports="random"), Home(ports="random", seed=2)
    original = udp(X, Y, b"probe")
    once = home.out(original)
    assert once is not None
    twice = carrier.out(once)
    assert twice is not None
    near = home.arrive(error("100.64.0.1", once, 11, 0))
    beyond = carrier.arrive(error(ROUTER, twice, 11, 0))
    assert beyond is not None
    far = home.arrive(beyond)
    assert near is not None
    assert far is not None
    assert embedded(near) == embedded(far) == original[:28]


def test_5382_5_the_reset_of_one_connection_is_not_that_of_another() -> None:
    """Firezone issue 10171: of two connections to one server the RST of one removed both."""
    home = Home()
    other = "192.168.1.2:5001"
    first, second = home.connect(X, "10.0.0.9:80"), home.connect(other, "10.0.0.9:80")
    assert home.out(tcp(X, "10.0.0.9:80", "R", seq=101)) is not None
    home.wait(300)
    assert home.arrive(tcp("10.0.0.9:80", first, "A", seq=501, ack=102)) is None
    came = home.arrive(tcp("10.0.0.9:80", second, "A", seq=501, ack=101))
    assert came is not None
    assert ends(came)[1] == other


def test_5382_4_1_nor_is_it_where_both_have_one_mapping() -> None:
    """The same, from one port of the host to two servers."""
    home = Home(mapping="endpoint-independent")
    outside = home.connect(X, "10.0.0.9:80")
    assert home.connect(X, "10.9.9.9:80") == outside
    assert home.arrive(tcp("10.0.0.9:80", outside, "R", seq=501)) is not None
    home.wait(300)
    assert home.arrive(tcp("10.0.0.9:80", outside, "A", seq=501, ack=101)) is None
    assert home.arrive(tcp("10.9.9.9:80", outside, "A", seq=501, ack=101)) is not None


def test_4787_5_a_stream_that_was_refused_is_let_in_once_inside_has_sent() -> None:
    """moby issues 8795 and 44688: a stream that came before there was a mapping had an entry of its own, and was
    handed to nobody for as long as it went on."""
    home = Home(ports="preserve")
    outside = f"{PUBLIC}:5000"
    for _ in range(100):
        assert home.hears(Y, outside) is None
        home.wait(1)
    assert home.sent(X, Y) == outside
    assert home.hears(Y, outside) == X


def test_4787_4_2_a_port_that_has_another_owner_now_leads_to_him() -> None:
    """The same, and moby issue 53384: what was kept of the old owner's flow took what comes for the new one."""
    home = Home(ports="preserve", filtering="endpoint-independent")
    outside = home.sent(X, Y)
    for _ in range(3):
        assert home.hears(Y, outside) == X
    home.wait(301)
    assert home.sent(X2, Z) == outside
    assert [home.hears(peer, outside) for peer in (Y, Z)] == [X2, X2]


def test_793_the_same_ends_once_more_have_one_mapping_for_both_ways() -> None:
    """VPP issue 305: a SYN and its SYN-ACK went by two sessions, an old one and a new one."""
    home = Home(ports="random")
    before = home.connect(X, "10.0.0.9:80")
    assert home.out(tcp(X, "10.0.0.9:80", "FA", seq=101, ack=501)) is not None
    assert home.arrive(tcp("10.0.0.9:80", before, "FA", seq=501, ack=102)) is not None
    home.wait(241)
    outside = home.connect(X, "10.0.0.9:80")
    assert home.arrive(tcp("10.0.0.9:80", outside, "A", seq=501, ack=101)) is not None
    assert outside == before or home.arrive(tcp("10.0.0.9:80", before, "A", seq=501, ack=101)) is None


def test_5508_3_1_answers_to_pings_of_one_identifier_that_cross_each_other() -> None:
    """libslirp, in try-omarchy pull request 201: an answer that came while another request was under way had that
    one's sequence and data."""
    home = Home(ports="random")
    hosts = ("192.168.1.2", "192.168.1.3")
    asked = [home.out(echo(host, "10.0.0.9", 77)) for host in hosts]
    assert None not in asked
    for host, made in reversed([*zip(hosts, asked, strict=True)]):
        assert made is not None
        back = home.arrive(echo("10.0.0.9", PUBLIC, identifier(made), reply=True))
        assert back == echo("10.0.0.9", host, 77, reply=True)
