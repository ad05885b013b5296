"""A zone's changes, against RFC 2136's own pseudocode; whether the outcome makes a zone, a zone file says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.dns.changes import is_newer, next_serial
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import (
    A,
    Class,
    Cname,
    Data,
    Dname,
    Mx,
    Ns,
    Opaque,
    Rcode,
    Record,
    Soa,
    Txt,
    Type,
)
from catenet.nodes.application.dns.zone import Zone, ZoneAnswer, Zones
from catenet.nodes.application.dns.zonecheck import ZoneError
from catenet.nodes.application.dns.zonefile import ZoneFileError, parse_zone_file

ORIGIN = Name.parse("x")
HEAD = "$TTL 60\n@ SOA ns root 7 2 3 4 60\n@ NS ns\nns A 192.0.2.53\n"
EMPTY = Opaque(b"")


def zone(text: str = "", head: str = HEAD) -> Zone:
    return Zone.from_file(ORIGIN, head + text, "x.zone")


def record(text: str, klass: int = Class.IN) -> Record:
    """A line of a master file."""
    (line,) = parse_zone_file(f"$TTL 60\n{text}\n", ORIGIN, "line")
    return line.record._replace(klass=klass)


def delete(name: str, kind: int = Type.ANY) -> Record:
    """A set of a name, or all of them."""
    return Record(Name.parse(name), kind, 0, EMPTY, Class.ANY)


def soa(serial: int, minimum: int = 60) -> Record:
    data = zone().soa.data
    assert isinstance(data, Soa)
    return zone().soa._replace(data=replace(data, serial=serial, minimum=minimum))


def texts(of: Zone) -> list[str]:
    return sorted(str(each) for each in of.records if each.type != Type.SOA)


def ask(of: Zone, name: str, kind: int = Type.A) -> ZoneAnswer:
    return Zones([of]).find(Name.parse(name), kind)


# RFC 1982, RFC 2136 sections 3.6 and 7.11


@pytest.mark.parametrize(
    ("serial", "other", "newer"),
    [(1, 0, True), (0, 1, False), (5, 5, False), (0, 2**32 - 1, True), (2**31 - 1, 0, True), (2**31 + 1, 0, False)],
)
def test_rfc_1982_3_2_serial_numbers_go_round(serial: int, other: int, newer: bool) -> None:
    assert is_newer(serial, other) == newer


@given(st.integers(0, 2**32 - 1))
def test_the_next_serial_number_is_newer_and_never_zero(serial: int) -> None:
    assert is_newer(next_serial(serial), serial) and 0 < next_serial(serial) < 2**32


def test_a_change_makes_a_new_version_and_the_old_one_stays() -> None:
    before = zone("w A 192.0.2.1\n")
    after = before.apply([record("w A 192.0.2.2")])
    assert (before.serial, after.serial) == (7, 8)
    assert texts(before) == ["ns.x 60 A 192.0.2.53", "w.x 60 A 192.0.2.1", "x 60 NS ns.x"]
    assert texts(after) == ["ns.x 60 A 192.0.2.53", "w.x 60 A 192.0.2.1", "w.x 60 A 192.0.2.2", "x 60 NS ns.x"]
    assert ask(after, "none.x").authority[0].data == replace(after.soa.data, serial=8)


def test_what_changes_nothing_makes_no_version() -> None:
    before = zone("w A 192.0.2.1\n")
    for changes in (
        [],
        [record("w A 192.0.2.1")],
        [record("w A 192.0.2.2", Class.NONE)],
        [delete("none.x"), delete("w.x", Type.TXT), delete("w.y")],
        [
            soa(7),
            soa(6),
            soa(7 + 2**31),
        ],  # section 3.4.2.2: "lower … than or equal to"; RFC 1982 has no word for the last
        [record("v A 192.0.2.3"), delete("v.x")],
    ):
        assert before.apply(changes) is before


def test_a_newer_soa_counts_as_it_is() -> None:
    assert zone().apply([soa(100), record("w A 192.0.2.1")]).serial == 100
    assert zone().apply([record("w A 192.0.2.1"), soa(3)]).serial == 8
    assert ask(zone().apply([soa(9, minimum=5)]), "none.x").authority[0].ttl == 5
    last = zone(head=HEAD.replace("root 7", "root 4294967295"))
    assert last.apply([record("w A 192.0.2.1")]).serial == 1
    assert last.apply([soa(0)]).serial == 0  # newer than that; whoever asks for it gets it


# Section 3.4.2


def test_rfc_2136_3_4_2_3_the_origin_keeps_what_makes_it_a_zone() -> None:
    before = zone("@ TXT hello\n@ NS ns2\nns2 A 192.0.2.54\n")
    after = before.apply([delete("x"), delete("x", Type.SOA), delete("x", Type.NS), soa(7)._replace(klass=Class.NONE)])
    assert texts(after) == ["ns.x 60 A 192.0.2.53", "ns2.x 60 A 192.0.2.54", "x 60 NS ns.x", "x 60 NS ns2.x"]
    servers = [each._replace(klass=Class.NONE) for each in ask(before, "x", Type.NS).answers]
    (left,) = ask(before.apply(servers), "x", Type.NS).answers  # "the only NS remaining in the RRset"
    assert left.data == Ns(Name.parse("ns2.x"))


def test_a_record_that_is_there_with_another_ttl_is_replaced() -> None:
    after = zone("w A 192.0.2.1\n").apply([record("w 5 A 192.0.2.1")])
    assert texts(after)[1] == "w.x 5 A 192.0.2.1"


def test_an_alias_is_replaced_by_another() -> None:
    after = zone("w CNAME a\nd DNAME a\n").apply([record("w CNAME b"), record("d DNAME b")])
    assert texts(after) == ["d.x 60 DNAME b.x", "ns.x 60 A 192.0.2.53", "w.x 60 CNAME b.x", "x 60 NS ns.x"]


def test_in_their_order() -> None:
    after = zone("w A 192.0.2.1\n").apply([delete("w.x"), record("w CNAME ns")])
    assert texts(after)[1] == "w.x 60 CNAME ns.x"
    assert zone("w A 192.0.2.1\n").apply([record("w TXT a"), delete("w.x")]).serial == 8


def test_rfc_2136_7_16_no_name_is_left_empty_but_between_others() -> None:
    before = zone("a.b.c A 192.0.2.1\n")
    assert ask(before, "b.c.x").rcode == Rcode.NOERROR
    after = before.apply([delete("a.b.c.x")])
    assert {ask(after, name).rcode for name in ("a.b.c.x", "b.c.x", "c.x")} == {Rcode.NXDOMAIN}
    between = before.apply([record("b.c A 192.0.2.2")]).apply([delete("b.c.x")])
    assert ask(between, "b.c.x").rcode == Rcode.NOERROR and ask(between, "a.b.c.x").answers


def test_rfc_2136_7_18_what_a_cut_hides_comes_back() -> None:
    before = zone("w.s A 192.0.2.1\n")
    cut = before.apply([record("s NS ns")])
    assert ask(cut, "w.s.x").authority[0].type == Type.NS and not ask(cut, "w.s.x").answers
    assert ask(cut.apply([delete("s.x", Type.NS)]), "w.s.x").answers == ask(before, "w.s.x").answers


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ([record("ns CNAME x")], "ns.x has a CNAME, so it can have no other record"),
        ([record("w CNAME x"), record("w A 192.0.2.1")], "w.x has a CNAME, so it can have no other record"),
        ([record("w A 192.0.2.1")._replace(name=Name.parse("w.y"))], "w.y does not lie under the zone x"),
        ([record("ns 5 A 192.0.2.1")], "TTL 5: A records of ns.x above have another"),
        ([delete("ns.x")], "NS ns.x has no address in this zone"),
        ([record("d DNAME y"), record("w.d A 192.0.2.1")], "w.d.x lies below the DNAME of d.x"),
        ([record("@ DNAME y.")], "ns.x lies below the DNAME of x"),
        ([soa(9)._replace(name=Name.parse("w.x"))], "SOA of w.x: a zone has one, at its origin x"),
        ([Record(Name.parse("w.x"), Type.A, 5, EMPTY, Class.CH)], "class CH is neither IN, NONE nor ANY"),
        ([Record(Name.parse("w.x"), Type.ANY, 5, EMPTY)], "type ANY is for messages alone"),
        ([Record(Name.parse("w.x"), Type.OPT, 5, EMPTY)], "type OPT is for messages alone"),
    ],
)
def test_what_would_be_no_zone_is_refused_by_name(changes: list[Record], why: str) -> None:
    before = zone()
    with pytest.raises(ZoneError, match=why) as caught:
        before.apply(changes)
    assert caught.value.record is not None and str(caught.value).startswith(str(caught.value.record))
    assert before.serial == 7 and texts(before) == texts(zone())


# Against the pseudocode

NAMES = [Name.parse(name) for name in ("x", "ns.x", "a.x", "b.a.x", "c.b.a.x", "*.a.x", "d.x", "w.d.x")]
NAME = st.sampled_from(NAMES)
DATA: st.SearchStrategy[tuple[int, Data]] = st.one_of(
    st.integers(1, 3).map(lambda number: (Type.A, A(Address(number)))),
    st.sampled_from([b"a", b"b"]).map(lambda text: (Type.TXT, Txt((text,)))),
    st.tuples(st.just(Type.CNAME), NAME.map(Cname)),
    st.tuples(st.just(Type.NS), NAME.map(Ns)),
    st.tuples(st.just(Type.DNAME), NAME.map(Dname)),
    st.tuples(st.just(Type.MX), NAME.map(lambda name: Mx(1, name))),
    st.tuples(st.just(Type.SOA), st.integers(5, 9).map(lambda serial: soa(serial).data)),
)
CHANGE = st.one_of(
    st.builds(lambda name, ttl, of: Record(name, of[0], ttl, of[1]), NAME, st.sampled_from([60, 60, 60, 5]), DATA),
    st.builds(lambda name, of: Record(name, of[0], 0, of[1], Class.NONE), NAME, DATA),
    st.builds(lambda name, of: Record(name, of[0], 0, EMPTY, Class.ANY), NAME, DATA),
    st.builds(lambda name: Record(name, Type.ANY, 0, EMPTY, Class.ANY), NAME),
)
START = zone("a A 192.0.2.1\nb.a TXT a\nd MX 1 a\n")


def pseudocode(rrs: list[Record], changes: list[Record]) -> list[Record]:
    """Section 3.4.2.7, line by line, but for the CNAME beside others, which is not ignored here; a DNAME is replaced
    as a CNAME is (RFC 6672 section 5.2)."""
    for rr in changes:
        if rr.klass == Class.IN:
            same = [zrr for zrr in rrs if (zrr.name, zrr.type) == (rr.name, rr.type)]
            if rr.type == Type.SOA and same and rr.data.serial <= same[0].data.serial:  # type: ignore[attr-defined]
                continue
            for zrr in same:
                if rr.type in (Type.CNAME, Type.DNAME, Type.SOA) or rr.data == zrr.data:
                    rrs[rrs.index(zrr)] = rr
                    break
            else:
                rrs.append(rr)
        elif rr.klass == Class.ANY:
            kept = (Type.SOA, Type.NS) if rr.name == ORIGIN else ()
            rrs = [z for z in rrs if z.name != rr.name or rr.type not in (Type.ANY, z.type) or z.type in kept]
        else:
            servers = [zrr for zrr in rrs if (zrr.name, zrr.type) == (ORIGIN, Type.NS)]
            if (rr.name == ORIGIN and rr.type == Type.SOA) or [s[:2] + s[3:4] for s in servers] == [rr[:2] + rr[3:4]]:
                continue
            rrs = [zrr for zrr in rrs if zrr[:2] + zrr[3:4] != rr[:2] + rr[3:4]]
    return rrs


def found(of: Zone) -> list[object]:
    """Every answer about every name; the serial number does not count, nor the order of a set."""
    answers = []
    for name in (*NAMES, *(Name((b"q", *name)) for name in NAMES)):
        for kind in (Type.A, Type.NS, Type.TXT, Type.MX, Type.CNAME, Type.DNAME, Type.ANY):
            found = Zones([of]).find(name, kind)
            sections = (found.answers, found.authority, found.additional)
            kept = [sorted(map(str, (each for each in s if each.type != Type.SOA))) for s in sections]
            answers.append((found.rcode, found.authoritative, kept))
    return answers


@given(st.lists(CHANGE, max_size=6))
def test_rfc_2136_3_4_2_7_changes_do_what_the_pseudocode_says(changes: list[Record]) -> None:
    wanted = pseudocode(list(START.records), changes)
    before = found(START)
    try:
        read = Zone.from_file(ORIGIN, "\n".join(["$ORIGIN .", *map(str, wanted)]), "wanted")
    except ZoneFileError:
        with pytest.raises(ZoneError):
            START.apply(changes)
        return
    after = START.apply(changes)
    assert texts(after) == texts(read) and found(after) == found(read)
    assert found(START) == before and START.serial == 7
    if read.serial != 7:
        assert after.serial == read.serial
    else:
        assert after.serial == (7 if texts(read) == texts(START) else 8)
