"""labs/internet/my-resolver, the very file of the lab: whom it believes, as far as that goes without a network."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest
from dnslib import CLASS, EDNS0, QTYPE, RCODE, RR, DNSLabel, DNSRecord

PROGRAM = Path(__file__).parents[2] / "labs" / "internet" / "my-resolver"
ROOT, ORG, OTHER = "10.0.0.3", "10.0.0.4", "10.0.0.5"
DELEGATED = f"org. 60 NS dns.org.\n;glue\ndns.org. 60 A {ORG}"
ADDRESS = "www.org. 60 A 10.0.0.80"


class Resolver:
    """The program, and servers that say what they are told: their zones' answer, authority and glue, by name."""

    def __init__(self, module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module = module
        self.says: dict[str, dict[str, str]] = {ROOT: {"": f";referral\n{DELEGATED}"}}
        self.code: dict[str, int] = {}
        self.asked: list[str] = []
        monkeypatch.setattr(module, "ask", self._ask)

    def _ask(self, server: str, name: DNSLabel, kind: str) -> DNSRecord:
        self.asked.append(server)
        if server not in self.says:
            raise self.module.NoAnswerError(server)
        answer = DNSRecord.question(name, kind).reply()
        answer.header.rcode = self.code.get(server, 0)
        said = self.says[server]
        lines = said.get(str(name), said.get("", "")).splitlines()
        add = answer.add_answer
        for line in lines:
            if line.startswith(";"):
                add = {";referral": answer.add_auth, ";glue": answer.add_ar}[line]
            else:
                add(*RR.fromZone(line))
        return answer

    def ask(self, name: str = "www.org", kind: str = "A", **header: int) -> DNSRecord:
        question = DNSRecord.question(name, kind)
        for field, value in header.items():
            setattr(question.header, field, value)
        return DNSRecord.parse(self.module.reply_to(question))


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    monkeypatch.setenv("CATENET_SERVICE", f'{{"hints": {{"root": "{ROOT}"}}}}')
    loader = SourceFileLoader("my_resolver", str(PROGRAM))
    spec = spec_from_loader("my_resolver", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return Resolver(module, monkeypatch)


def addresses(answer: DNSRecord) -> list[str]:
    return [str(each.rdata) for each in answer.rr if each.rtype == QTYPE.A]


def test_it_asks_from_the_root_and_remembers(resolver: Resolver) -> None:
    resolver.says[ORG] = {"": ADDRESS}
    first, second = resolver.ask(ad=1), resolver.ask("WWW.org")
    assert (addresses(first), addresses(second), resolver.asked) == (["10.0.0.80"], ["10.0.0.80"], [ROOT, ORG])
    assert (first.header.aa, first.header.ad, first.header.ra) == (0, 0, 1)
    assert second.rr[0].ttl < 60


def test_an_alias_is_followed_and_other_names_records_are_not_believed(resolver: Resolver) -> None:
    """RFC 1034 section 3.6.2, RFC 2181 section 5.4.1."""
    resolver.says[ORG] = {"a.org.": f"a.org. 60 CNAME www.org.\nbank.org. 60 A {OTHER}", "": ADDRESS}
    assert [str(each.rname) for each in resolver.ask("a.org").rr] == ["a.org.", "www.org."]


@pytest.mark.parametrize(
    "bogus",
    [
        ";referral\norg. 60 NS dns.org.",  # to where we are
        ";referral\n. 60 NS root.",  # upwards
        ";referral\ncom. 60 NS dns.com.",  # sideways
        ";referral\norg. 60 SOA dns.org. h.org. 1 2 3 4 5\norg. 60 NS dns.org.",  # RFC 2308 section 2.2, type 1
    ],
)
def test_what_leads_no_nearer_is_no_referral(resolver: Resolver, bogus: str) -> None:
    resolver.says[ORG] = {"": bogus}
    assert (addresses(resolver.ask()), resolver.asked) == ([], [ROOT, ORG])


def test_a_server_that_fails_is_left_and_a_failure_is_not_remembered(resolver: Resolver) -> None:
    """RFC 1034 section 5.3.3 step 4d."""
    both = f";referral\norg. 60 NS a.org.\norg. 60 NS b.org.\n;glue\na.org. 60 A {ORG}\nb.org. 60 A {OTHER}"
    resolver.says = {ROOT: {"": both}, ORG: {"": ""}, OTHER: {"": ADDRESS}}
    resolver.code[ORG] = RCODE.SERVFAIL
    assert addresses(resolver.ask()) == ["10.0.0.80"]
    resolver.code[OTHER] = RCODE.REFUSED
    assert resolver.ask("b.org").header.rcode == RCODE.SERVFAIL
    del resolver.code[OTHER]
    resolver.says[OTHER] = {"": "b.org. 60 A 10.0.0.9"}
    assert addresses(resolver.ask("b.org")) == ["10.0.0.9"]


@pytest.mark.parametrize(("ttl", "asked"), [(1 << 31, 4), (60, 2), (0, 4)])
def test_how_long_it_is_remembered(resolver: Resolver, ttl: int, asked: int) -> None:
    """RFC 2181 section 8."""
    resolver.says[ORG] = {"": f"www.org. {ttl} A 10.0.0.80"}
    resolver.ask()
    resolver.ask()
    assert len(resolver.asked) == asked


def test_that_there_is_no_such_name_is_remembered_as_long_as_the_zone_says(resolver: Resolver) -> None:
    """RFC 2308 section 5."""
    resolver.says[ORG] = {"": ";referral\norg. 60 SOA dns.org. h.org. 1 2 3 4 50"}
    resolver.code[ORG] = RCODE.NXDOMAIN
    assert [resolver.ask().header.rcode for _ in range(2)] == 2 * [RCODE.NXDOMAIN]
    assert len(resolver.asked) == 2


def test_however_zones_send_it_round_the_messages_are_counted(resolver: Resolver) -> None:
    servers = "\n".join(f"org. 60 NS n{number}.org." for number in range(300))
    resolver.says = {ROOT: {"": f";referral\n{servers}"}}
    assert resolver.ask().header.rcode == RCODE.SERVFAIL
    assert len(resolver.asked) <= resolver.module.MESSAGES


def test_a_label_that_no_message_can_have_is_a_failure(resolver: Resolver) -> None:
    record = RR("www.org", QTYPE.CNAME, ttl=60, rdata=RR.fromZone("x. CNAME y.")[0].rdata)
    record.rdata.label = DNSLabel([b"x" * 70])
    resolver.module.Resolution.find = lambda *_: (0, [record])
    assert resolver.ask().header.rcode == RCODE.SERVFAIL


@pytest.mark.parametrize(("header", "code"), [({"rd": 0}, RCODE.REFUSED), ({"opcode": 2}, RCODE.NOTIMP)])
def test_what_it_does_not_do(resolver: Resolver, header: dict[str, int], code: int) -> None:
    """Without RD a question may be its own: it would ask itself without end."""
    assert (resolver.ask(**header).header.rcode, resolver.asked) == (code, [])


def test_another_class_is_not_the_internets(resolver: Resolver) -> None:
    question = DNSRecord.question("www.org", "A", "CH")
    assert CLASS[question.q.qclass] == "CH"
    assert DNSRecord.parse(resolver.module.reply_to(question)).header.rcode == RCODE.NOTIMP


@pytest.mark.parametrize(("edns", "room", "tc"), [(False, 512, 1), (True, 1232, 0)])
def test_what_does_not_fit_is_cut(resolver: Resolver, edns: bool, room: int, tc: int) -> None:
    """RFC 1035 section 4.2.1, RFC 6891 section 6.2.5."""
    resolver.says[ORG] = {"": "\n".join(f"www.org. 60 A 10.0.1.{number}" for number in range(40))}
    question = DNSRecord.question("www.org")
    if edns:
        question.add_ar(EDNS0(udp_len=4096))
    answer = resolver.module.reply_to(question)
    assert len(answer) <= room
    assert DNSRecord.parse(answer).header.tc == tc
