"""What checks read of unmodified tools. The texts are those of Debian's traceroute 2.1, dig 9.20 and curl 8.14."""

import pytest

from catenet.nodes.control.lookups import LookedUp
from catenet.nodes.control.pings import Pinged
from catenet.orchestrator.checks.fetch import read_response
from catenet.orchestrator.observe.program import Finished
from catenet.orchestrator.observe.tools import read_dig, read_ping, read_traceroute

TRACEROUTE = """\
traceroute to 192.31.65.5 (192.31.65.5), 30 hops max, 60 byte packets
 1  192.31.33.1  0.047 ms
 2  *
 3  10.1.2.3  0.052 ms !N
"""
DIG = """\
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4711
;; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 1232
;; ANSWER SECTION:
www.cs.uiuc.edu.\t300\tIN\tCNAME\tdragon.cs.uiuc.edu.
dragon.cs.uiuc.edu.\t300\tIN\tA\t192.31.65.5
"""
SILENCE = """\
;; communications error to 192.31.33.53#53: timed out
;; no servers could be reached
"""


def test_traceroute() -> None:
    assert read_traceroute(TRACEROUTE) == ["192.31.33.1", "*", "10.1.2.3"]


@pytest.mark.parametrize("text", ["", "traceroute: Bad option\n", " 1  *\n 2  *\n"])
def test_traceroute_that_found_nothing(text: str) -> None:
    assert read_traceroute(text) == []


def test_dig() -> None:
    assert read_dig(DIG) == LookedUp("NOERROR", ("192.31.65.5",))


def test_dig_without_an_answer() -> None:
    assert read_dig(SILENCE) == LookedUp()


PING = """\
PING 10.0.2.2 (10.0.2.2) 56(84) bytes of data.
64 bytes from 10.0.2.2: icmp_seq=1 ttl=63 time=0.154 ms
64 bytes from 10.0.2.2: icmp_seq=1 ttl=63 time=0.201 ms (DUP!)
64 bytes from 10.0.2.2: icmp_seq=3 ttl=63 time=12 ms

--- 10.0.2.2 ping statistics ---
3 packets transmitted, 2 received, +1 duplicates, 33.3333% packet loss, time 205ms
rtt min/avg/max/mdev = 0.154/6.077/12.000/5.923 ms
"""
CIRCLES = """\
PING 10.0.9.9 (10.0.9.9) 56(84) bytes of data.
From 10.0.1.1 icmp_seq=1 Time to live exceeded
From 10.0.1.1 icmp_seq=2 Time to live exceeded

--- 10.0.9.9 ping statistics ---
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 201ms

"""


def test_ping() -> None:
    assert read_ping(Finished(["ping"], 0, PING.encode(), b"")) == Pinged(3, 2, (0.154, 12.0), 1, ttl=63)


def test_ping_whose_packets_went_in_circles() -> None:
    assert read_ping(Finished(["ping"], 1, CIRCLES.encode(), b"")) == Pinged(2, says=("10.0.1.1: time exceeded",))


def test_ping_without_a_route() -> None:
    done = Finished(["ping"], 2, b"", b"ping: connect: Network is unreachable\n")
    assert read_ping(done) == Pinged(says=("ping: connect: Network is unreachable",))


def test_curl() -> None:
    response = read_response(b"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length:  7\r\n\r\n<p>\r\n\r\n")
    assert response is not None
    assert (response.status, response.headers) == (200, {"date": "now", "content-length": "7"})
    assert response.body == b"<p>\r\n\r\n"


def test_9110_15_2_interim_responses_are_not_the_response() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    response = read_response(
        b"HTTP/1.1 100 Continue\r\n\r\n" + hints + b"HTTP/1.1 404 Not Found\r\nDate: now\r\n\r\nno"
    )
    assert response == (404, {"date": "now"}, b"no")
    assert read_response(hints) is None


@pytest.mark.parametrize("data", [b"", b"curl: (7)", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1\r\n\r\n", b"\xff\r\n\r\n"])
def test_curl_without_a_response(data: bytes) -> None:
    assert read_response(data) is None


@pytest.mark.parametrize("status", ["200\xb2", "\xb2", "20", "2000", "+20", "9" * 5000])
def test_9112_4_a_status_is_three_digits(status: str) -> None:
    assert read_response(f"HTTP/1.1 {status} OK\r\n\r\n".encode("latin-1")) is None
