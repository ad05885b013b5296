"""Steps from packets and events. The DNS messages are dnslib's, the order of the routers is the picture's."""

from itertools import pairwise

import dnslib
import pytest

from catenet.nodes.address import Address
from catenet.nodes.control.events import Event
from catenet.nodes.machine import Endpoint, Json
from catenet.orchestrator.trace.steps import TraceStep, find_steps
from catenet.orchestrator.wire.packets import TCP, UDP, CapturedPacket

SURF, DNS, ROOT, DRAGON = "192.31.33.7", "192.31.33.53", "192.31.53.53", "192.31.65.5"
NAMES = {Address.parse(a): n for a, n in {SURF: "surf", DNS: "dns", ROOT: "a.root", DRAGON: "dragon"}.items()}
ROUTERS = frozenset({"a", "b", "c", "f1"})
NAME = "dragon.cs.uiuc.edu"
EPHEMERAL = 40_000


def end(address: str, port: int) -> Endpoint:
    return Endpoint(Address.parse(address), port)


def packets(
    at: float,
    source: Endpoint,
    destination: Endpoint,
    payload: bytes,
    way: tuple[str, ...],
    *,
    protocol: int = UDP,
    identification: int = 1,
) -> list[CapturedPacket]:
    """One packet as every node on its way sees it: out of the first, in and out of each router, into the last."""
    seen, ttl = [], 64
    for first, second in pairwise(way):
        for node, outgoing in ((first, True), (second, False)):
            seen.append(CapturedPacket(at, node, protocol, source, destination, payload, identification, ttl, outgoing))
            at += 1e-5
        ttl -= 1
    return seen


def question(identity: int, *, recursion: bool) -> bytes:
    record = dnslib.DNSRecord.question(NAME)
    record.header.id, record.header.rd = identity, recursion
    return bytes(record.pack())


def answer(identity: int, ttl: int = 300) -> bytes:
    record = dnslib.DNSRecord.question(NAME).reply()
    record.header.id = identity
    record.add_answer(dnslib.RR(NAME, ttl=ttl, rdata=dnslib.A(DRAGON)))
    return bytes(record.pack())


def referral(identity: int) -> bytes:
    record = dnslib.DNSRecord.question(NAME).reply(aa=0)
    record.header.id = identity
    record.add_auth(dnslib.RR("uiuc.edu", dnslib.QTYPE.NS, ttl=300, rdata=dnslib.NS("dns.uiuc.edu")))
    record.add_ar(dnslib.RR("dns.uiuc.edu", ttl=300, rdata=dnslib.A("192.31.63.53")))
    return bytes(record.pack())


def told(node: str, kind: str, source: Endpoint, destination: Endpoint, **data: Json) -> Event:
    return Event(0.0, node, "s", kind, "", {"source": str(source), "destination": str(destination), **data})


def steps(seen: list[CapturedPacket], events: list[Event]) -> tuple[TraceStep, ...]:
    return find_steps(seen, events, names=NAMES, asker="surf", resolver="dns", routers=ROUTERS)


CLIENT, SERVER = end(SURF, EPHEMERAL), end(DNS, 53)
UP, TOP = end(DNS, 41_000), end(ROOT, 53)
BROWSER, WEB = end(SURF, 50_000), end(DRAGON, 80)
REQUEST = b"GET / HTTP/1.1\r\nHost: dragon.cs.uiuc.edu\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 1204\r\n\r\n<html>"
FAR = ("surf", "a", "b", "c", "f1", "dragon")


def fetch() -> list[CapturedPacket]:
    """The whole exchange; what the routers and both ends see of it."""
    return [
        *packets(100.0, CLIENT, SERVER, question(1, recursion=True), ("surf", "dns")),
        *packets(100.1, UP, TOP, question(2, recursion=False), ("dns", "a", "d", "a.root")),
        *packets(100.2, TOP, UP, referral(2), ("a.root", "d", "a", "dns")),
        *packets(100.3, SERVER, CLIENT, answer(1), ("dns", "surf")),
        *packets(100.4, BROWSER, WEB, REQUEST, FAR, protocol=TCP, identification=77),
        *packets(100.5, WEB, BROWSER, RESPONSE, FAR[::-1], protocol=TCP, identification=78),
    ]


def test_the_picture() -> None:
    shown = [(round(s.at, 1), s.source, s.target, s.message) for s in steps(fetch(), [])]
    assert shown == [
        (0.0, "surf", "dns", f"A {NAME}?  (resolve it for me)"),
        (0.1, "dns", "a.root", f"A {NAME}?"),
        (0.2, "a.root", "dns", "I don't know; ask dns.uiuc.edu"),
        (0.3, "dns", "surf", f"{DRAGON}, keep it 300 s"),
        (0.4, "surf", "dragon", "GET /"),
        (0.5, "dragon", "surf", "200 OK, text/html, 1204 bytes"),
    ]


def test_the_routers_are_in_the_order_of_the_way() -> None:
    request, response = steps(list(reversed(fetch())), [])[-2:]
    assert request.over == ("a", "b", "c", "f1")
    assert response.over == ("f1", "c", "b", "a")


def test_a_packet_seen_late_by_a_slow_capture_is_in_its_place() -> None:
    """The TTL tells the order, not the clock."""
    late = [seen._replace(at=seen.at + 0.01) if seen.node == "a" else seen for seen in fetch()]
    assert steps(late, [])[-2].over == ("a", "b", "c", "f1")


def test_a_step_names_who_saw_it_and_who_told_of_it() -> None:
    events = [
        told("dns", "dns.query", CLIENT, SERVER, id=1, name=NAME, type="A"),
        told("dragon", "http.request", BROWSER, WEB, method="GET", path="/", host=NAME),
    ]
    found = steps(fetch(), events)
    assert (found[0].seen_by, found[0].told_by, found[0].doubt) == (("dns", "surf"), ("dns",), "")
    assert found[1].doubt == "(no daemon told)"
    assert found[4].told_by == ("dragon",)


def test_what_a_daemon_tells_and_nobody_saw() -> None:
    event = told("dns", "dns.answer", TOP, UP, id=2, name=NAME, type="A", rcode="NOERROR", answers=[], refers=["x.y."])
    [step] = steps([], [event])
    assert (step.message, step.doubt) == ("I don't know; ask x.y", "(not on the wire)")


def test_both_ends_tell_of_one_message() -> None:
    events = [told(node, "dns.query", UP, TOP, id=2, name=NAME, type="A") for node in ("dns", "a.root")]
    found = steps(packets(1.0, UP, TOP, question(2, recursion=False), ("dns", "a", "a.root")), events)
    assert [step.told_by for step in found] == [("a.root", "dns")]


def test_a_question_sent_twice_is_two_steps() -> None:
    twice = [seen for at in (1.0, 2.0) for seen in packets(at, UP, TOP, question(2, recursion=False), ("dns", "a"))]
    assert [step.at for step in steps(twice, [])] == [0.0, 1.0]


def test_other_hosts_are_left_out() -> None:
    stranger = end("10.9.9.9", 4444)
    seen = [
        *packets(1.0, stranger, SERVER, question(9, recursion=True), ("a", "dns")),
        *packets(1.1, SERVER, stranger, answer(9), ("dns", "a")),
        *packets(1.2, stranger, WEB, REQUEST, ("a", "b"), protocol=TCP),
    ]
    assert steps(seen, []) == ()


def test_the_name_of_an_address_is_no_part_of_a_fetch() -> None:
    asked = bytes(dnslib.DNSRecord.question("1.33.31.192.in-addr.arpa", "PTR").pack())
    assert steps(packets(1.0, UP, TOP, asked, ("dns", "a")), []) == ()


@pytest.mark.parametrize(
    ("rcode", "words"), [("NXDOMAIN", "no such name (NXDOMAIN)"), ("SERVFAIL", "I failed (SERVFAIL)")]
)
def test_failures_are_said_in_words(rcode: str, words: str) -> None:
    record = dnslib.DNSRecord.question(NAME).reply()
    record.header.rcode = getattr(dnslib.RCODE, rcode)
    [step] = steps(packets(1.0, SERVER, CLIENT, bytes(record.pack()), ("dns", "surf")), [])
    assert step.message == words


def test_an_answer_over_tcp() -> None:
    message = answer(1, ttl=60)
    payload = len(message).to_bytes(2, "big") + message
    [step] = steps(packets(1.0, SERVER, CLIENT, payload, ("dns", "surf"), protocol=TCP), [])
    assert step.message == f"{DRAGON}, keep it 60 s"


def test_events_in_other_words_are_left_out() -> None:
    wrong: list[dict[str, Json]] = [{}, {"source": "here", "destination": "there"}, {"source": 1, "destination": None}]
    assert steps([], [Event(0.0, "dns", "s", "dns.query", "", data) for data in wrong]) == ()


def test_as_json() -> None:
    step = steps(fetch(), [])[4]
    assert step.to_json() == {
        "number": 5,
        "kind": "http.request",
        "ms": pytest.approx(400.0),
        "from": "surf",
        "to": "dragon",
        "message": "GET /",
        "over": ["a", "b", "c", "f1"],
        "seen_by": ["a", "b", "c", "dragon", "f1", "surf"],
        "told_by": [],
    }


@pytest.mark.parametrize("ahead", [0.25, -0.25])
@pytest.mark.parametrize("nodes", ["b c f1 dragon", "a d a.root", "surf dns"])
def test_nodes_on_a_host_whose_clock_is_ahead(nodes: str, ahead: float) -> None:
    """A quarter of a second, where messages are a tenth apart: their order is that of their ways."""
    seen = [each._replace(at=each.at + ahead * (each.node in nodes.split())) for each in fetch()]
    assert [step.message for step in steps(seen, [])] == [step.message for step in steps(fetch(), [])]
