"""The link state database: RFC 2328 sections 12.2 (lookup), 13.2 (installing) and 14 (ageing)."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import MAX_AGE, Lsa, LsaKey, LsaType, NetworkLsa, RouterLink, RouterLsa, SummaryLsa
from catenet.nodes.internet.ospf.lsdb import MAX_LSAS, MAX_OCTETS, Lsdb

KEY = LsaKey(LsaType.SUMMARY, Address.parse("10.0.0.0"), Address(1))


def summary(metric: int = 1, sequence: int = 1, age: int = 0, options: int = 2, key: LsaKey = KEY) -> Lsa:
    return Lsa.make(key, options, sequence, SummaryLsa(0xFF000000, metric), age)


def other(number: int, age: int = 0) -> Lsa:
    return summary(age=age, key=KEY._replace(id=Address(number << 8)))


def test_12_2_a_single_instance_of_each():
    lsdb = Lsdb()
    lsdb.install(summary(sequence=1), 0)
    lsdb.install(summary(sequence=2), 5)
    assert len(lsdb) == 1
    assert lsdb.get(KEY).lsa.header.sequence == 2
    assert list(lsdb.keys()) == [KEY]


@pytest.mark.parametrize("field", ["type", "id", "router"])
def test_12_2_the_lookup_is_by_type_link_state_id_and_advertising_router(field):
    lsdb = Lsdb()
    lsdb.install(summary(), 0)
    other_key = KEY._replace(**{field: LsaType.SUMMARY_ASBR if field == "type" else Address(9)})
    assert lsdb.get(other_key) is None
    lsdb.install(summary(key=other_key), 0)
    assert len(lsdb) == 2
    assert [stored.key for stored in lsdb.of_type(other_key.type)][-1] == other_key


def test_12_2_deleted():
    lsdb = Lsdb()
    lsdb.install(summary(), 0)
    lsdb.remove(KEY)
    lsdb.remove(KEY)
    assert (lsdb.get(KEY), len(lsdb), list(lsdb.values()), lsdb.next_expiry) == (None, 0, [], inf)


def test_13_2_the_first_instance_is_a_difference():
    assert Lsdb().install(summary(), 0)


@pytest.mark.parametrize(
    ("new", "differs"),
    [
        (summary(sequence=2), False),  # "this excludes changes in LS Sequence Number and LS Checksum"
        (summary(sequence=2, age=900), False),
        (summary(sequence=2, options=0), True),
        (summary(sequence=2, age=MAX_AGE), True),
        (summary(sequence=2, metric=3), True),
        (Lsa.make(KEY, 2, 2, NetworkLsa(0xFF000000, (Address(1), Address(1)))), True),  # "the length field"
    ],
)
def test_13_2_differences_in_contents(new, differs):
    lsdb = Lsdb()
    lsdb.install(summary(), 0)
    assert lsdb.install(new, 1) is differs


def test_13_2_the_other_instance_had_aged_to_max_age():
    lsdb = Lsdb()
    lsdb.install(summary(), 0)
    assert lsdb.expire(MAX_AGE) == [KEY]
    assert lsdb.install(summary(sequence=2), MAX_AGE + 1)


def test_14_the_age_grows_while_it_is_held():
    lsdb = Lsdb()
    lsdb.install(summary(age=10), 100.0)
    assert [lsdb.get(KEY).age(now) for now in (100.0, 100.99, 101.0, 1000.5)] == [10, 10, 11, 910]


def test_14_never_past_max_age():
    lsdb = Lsdb()
    lsdb.install(summary(age=3590), 0)
    assert lsdb.get(KEY).age(11) == lsdb.get(KEY).age(1e6) == MAX_AGE


def test_14_at_max_age_once():
    """ "At this time, the router must attempt to flush the LSA from the routing domain." """
    lsdb = Lsdb()
    lsdb.install(summary(age=100), 7.25)
    assert lsdb.next_expiry == 3507.25
    assert lsdb.expire(3507) == []
    assert lsdb.expire(3507.25) == [KEY]
    assert lsdb.get(KEY).lsa.header.age == MAX_AGE
    assert lsdb.get(KEY).lsa.header.checksum == summary().header.checksum
    assert (lsdb.expire(9999), lsdb.next_expiry) == ([], inf)


def test_14_a_newer_instance_has_its_own_time():
    lsdb = Lsdb()
    lsdb.install(summary(), 0)
    lsdb.install(summary(sequence=2), 1800)
    assert lsdb.expire(MAX_AGE) == []
    assert lsdb.next_expiry == 5400


def test_14_lsas_at_max_age_are_not_used():
    lsdb = Lsdb()
    for number, age in enumerate((0, 3599, MAX_AGE)):
        lsdb.install(other(number, age), 0)
    assert [int(stored.key.id) >> 8 for stored in lsdb.live(LsaType.SUMMARY, 0)] == [0, 1]
    assert [int(stored.key.id) >> 8 for stored in lsdb.live(LsaType.SUMMARY, 1)] == [
        0
    ]  # before `expire` is called, too


def test_14_1_premature_ageing():
    """ "setting its LS age to MaxAge, while leaving its LS sequence number alone" """
    lsdb = Lsdb()
    lsdb.install(summary(), 0, own=True)
    assert lsdb.install(lsdb.get(KEY).lsa.aged(MAX_AGE), 10, own=True)
    held = lsdb.get(KEY)
    assert (held.lsa.header.age, held.lsa.header.sequence, held.own) == (MAX_AGE, 1, True)
    assert lsdb.expire(1e6) == []


@pytest.mark.parametrize(
    "lsa",
    [
        summary(),
        Lsa.make(KEY._replace(type=LsaType.NETWORK), 2, 1, NetworkLsa(0xFF000000, (Address(1), Address(2)))),
        Lsa.make(KEY._replace(type=LsaType.ROUTER), 2, 1, RouterLsa(1, (RouterLink(3, Address(5), 0xFF000000, 7),))),
    ],
    ids=["summary", "network", "router"],
)
def test_what_an_lsa_says_is_at_hand_in_its_octets(lsa):
    """Of those that graphs are made of the octets alone are kept."""
    lsdb = Lsdb()
    lsdb.install(lsa, 0)
    held = lsdb.get(lsa.key)
    assert (held.body, held.lsa.header, held.lsa.data) == (lsa.body, lsa.header, lsa.data)


def test_the_sum_of_checksums():
    """RFC 4750, ospfAreaLsaCksumSum: "The 32-bit sum of the link state advertisements' LS checksums"."""
    lsdb = Lsdb()
    lsas = [other(number) for number in range(5)]
    for each in lsas:
        lsdb.install(each, 0)
    assert lsdb.checksum_sum == sum(each.header.checksum for each in lsas)


def test_a_full_database_takes_our_own_alone():
    lsdb = Lsdb()
    for number in range(MAX_LSAS + 2):
        lsdb.install(other(number), 0)
    last = other(MAX_LSAS + 1)
    assert (len(lsdb), lsdb.overflow) == (MAX_LSAS, 2)
    assert lsdb.get(last.key) is None
    assert lsdb.install(other(0, age=5), 1) is False  # one that is held may be refreshed
    assert lsdb.get(other(0).key).age(1) == 5
    assert lsdb.install(last, 0, own=True)
    assert (len(lsdb), lsdb.overflow) == (MAX_LSAS + 1, 2)


def test_no_flood_takes_more_octets_than_there_are():
    """LSAs of 64 kB, then small ones that grow."""
    lsdb = Lsdb()
    long = NetworkLsa(0xFF000000, (Address(1),) * 16_000)
    for number in range(100):
        lsdb.install(Lsa.make(LsaKey(LsaType.NETWORK, Address(number), Address(1)), 2, 1, long), 0)
    held = list(lsdb.values())
    assert sum(len(stored.lsa.data) for stored in held) <= MAX_OCTETS
    assert lsdb.overflow == 100 - len(held)
    for stored in held:
        lsdb.remove(stored.key)
    for stored in held:
        lsdb.install(stored.lsa, 0)
    assert len(lsdb) == len(held)
    for stored in held:
        lsdb.remove(stored.key)
    short = NetworkLsa(0xFF000000, (Address(1),))
    for sequence, body in ((1, short), (2, long)):
        for number in range(100):
            lsdb.install(Lsa.make(LsaKey(LsaType.NETWORK, Address(number), Address(1)), 2, sequence, body), 0)
    assert len(lsdb) == 100
    assert sum(len(stored.lsa.data) for stored in lsdb.values()) <= MAX_OCTETS


def test_a_flood_of_refreshes_leaves_nothing():
    lsdb = Lsdb()
    for sequence in range(10_000):
        lsdb.install(summary(sequence=sequence), sequence)
    assert len(lsdb._expiries) < 50


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["install", "remove", "expire"]),
            st.integers(0, 5),
            st.integers(0, 3600),
            st.integers(0, 5000),
        ),
        max_size=40,
    )
)
def test_it_is_a_dictionary_with_ages(steps):
    """Beside a plain dictionary: what is held, and which reach MaxAge when."""
    lsdb, plain, now = Lsdb(), {}, 0.0
    for step, number, age, later in steps:
        now += later / 7
        key = other(number).key
        if step == "install":
            lsdb.install(other(number, age), now)
            plain[key] = now - age
        elif step == "remove":
            lsdb.remove(key)
            plain.pop(key, None)
        else:
            due = set(lsdb.expire(now))
            assert due == {key for key, born in plain.items() if -inf < born <= now - MAX_AGE + 1e-6} - _gone(lsdb, due)
            plain |= dict.fromkeys(due, -inf)
        assert set(lsdb.keys()) == plain.keys()
        for held in lsdb.values():
            born = plain[held.key]
            assert held.age(now) == (MAX_AGE if born == -inf else min(int(now - born + 1e-6), MAX_AGE))


def _gone(lsdb: Lsdb, due: set[LsaKey]) -> set[LsaKey]:
    """Those that came at MaxAge do not reach it."""
    return {stored.key for stored in lsdb.values() if stored.key not in due and stored.lsa.header.age == MAX_AGE}
