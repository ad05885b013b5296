"""A name server fed by hand."""

from __future__ import annotations

from collections import Counter

import dnslib

from catenet.nodes.address import Address
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.nameserver import Nameserver
from catenet.nodes.application.dns.streams import TcpMessage
from catenet.nodes.application.dns.zone import Zone, Zones
from catenet.nodes.machine import Datagram, Endpoint, Report, Send

CLIENT = Endpoint(Address.parse("192.0.2.7"), 5000)
SERVER = Endpoint(Address.parse("192.0.2.53"), 53)
ZONE = """
$TTL 300
@ SOA dns root ( 1 2 3 4 60 )
@ NS dns
dns A 192.0.2.53
dragon A 192.0.2.5
big TXT {}
""".format(" ".join(f'"{number:0>200}"' for number in range(10)))


class Server:
    """A name server and what it said and sent."""

    def __init__(self) -> None:
        zone = Zone.from_file(Name.parse("cs.uiuc.edu"), ZONE, "cs.uiuc.edu.zone")
        self.counters: Counter[str] = Counter()
        self.telling = True
        self.machine = Nameserver(
            Zones([zone]),
            lambda counter, by=1: self.counters.update({counter: by}),
            lambda kinds, now, times=1: self.telling,
        )
        self.said: list[Report] = []

    def give(self, data: bytes, *, stream: bool = False) -> list[Datagram]:
        self.machine.receive((TcpMessage if stream else Datagram)(data, CLIENT, SERVER, "cs"), 0.0)
        actions = self.machine.take_actions()
        self.said = [action for action in actions if isinstance(action, Report)]
        return [action.packet for action in actions if isinstance(action, Send)]

    def ask(self, query: dnslib.DNSRecord, *, stream: bool = False) -> dnslib.DNSRecord:
        (packet,) = self.give(bytes(query.pack()), stream=stream)
        assert (packet.source, packet.destination, packet.interface) == (SERVER, CLIENT, "cs")
        assert isinstance(packet, TcpMessage) == stream
        answer = dnslib.DNSRecord.parse(packet.data)
        assert answer.header.id == query.header.id and answer.header.qr == 1
        return answer


def query(name: str, kind: str = "A", **header: int) -> dnslib.DNSRecord:
    return dnslib.DNSRecord(dnslib.DNSHeader(id=77, **header), q=dnslib.DNSQuestion(name, getattr(dnslib.QTYPE, kind)))
