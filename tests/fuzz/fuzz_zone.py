"""Master files: what loads can be asked for, and every answer can be read."""

from __future__ import annotations

from fuzz_dns import check_text, is_beyond_oracle, read_by_oracle
from fuzz_target import Target

from catenet.nodes.application.dns.message import UDP_SIZE, Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import Type
from catenet.nodes.application.dns.zone import Zone, Zones
from catenet.nodes.application.dns.zonefile import ZoneFileError

ORIGIN = Name.parse("cs.uiuc.edu")
ASKED = 4
"""Names that are asked for, of one zone."""


def _read(data: bytes) -> Zone:
    return Zone.from_file(ORIGIN, data.decode(errors="replace"), "fuzz.zone")


def _check(zone: Zone) -> None:
    zones = Zones([zone])
    for record in zone.records[:ASKED]:
        assert record.name.is_under(ORIGIN)
        check_text(record)
        for kind in (record.type, Type.ANY):
            found = zones.find(record.name, kind)
            message = Message(
                1,
                response=True,
                authoritative=found.authoritative,
                rcode=found.rcode,
                question=Question(record.name, kind),
                answers=found.answers,
                authority=found.authority,
                additional=found.additional,
            )
            records = (*found.answers, *found.authority, *found.additional)
            if not any(is_beyond_oracle(each.data) for each in records):
                read_by_oracle(message.pack())
            assert len(message.pack(UDP_SIZE)) <= UDP_SIZE


zone = Target(
    _read,
    (ZoneFileError,),
    _check,
    seeds=("labs/*/zones/*.zone",),
    words=(
        *("$ORIGIN ", "$TTL ", "IN ", "CH ", " A ", " AAAA ", " NS ", " SOA ", " CNAME ", " MX ", " TXT ", " PTR "),
        *(
            "@",
            "* ",
            "\\046",
            "\\.",
            "(",
            ")",
            ";",
            '"',
            "1h30m",
            "2147483647",
            "::1",
            "10.0.0.1",
            " SRV ",
            " CAA ",
            " HINFO ",
            " DNAME ",
            " NAPTR ",
            " DS ",
            "\n ",
            "\t",
            "\r\n",
        ),
        *("@ 60 IN SOA a b 1 2 3 4 5\n", "@ 60 NS a\n", "a 60 A 10.0.0.1\n", "\ufeff", "$INCLUDE ", "\\# 4 0a000001"),
    ),
    longest=4096,
)
