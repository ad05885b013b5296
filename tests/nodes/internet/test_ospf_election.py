"""Electing the Designated Router (RFC 2328 section 9.4)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.election import Candidate, elect

NOBODY = Address(0)


def router(number: int, priority: int = 1, designated: int = 0, backup: int = 0) -> Candidate:
    return Candidate(priority, Address(number), Address(number), Address(designated), Address(backup))


def test_9_4_the_first_election_takes_the_highest_priority_and_then_router_id() -> None:
    """To the others the winner is both, until it says otherwise: "assign the Designated Router to be the same as the
    newly elected Backup" (step 3), and only itself repeats that (step 4)."""
    assert elect(router(3), [router(1), router(2)]) == (3, 2)
    assert elect(router(1), [router(2), router(3)]) == (3, 3)
    assert elect(router(1, 9), [router(2), router(3)]) == (1, 3)


def test_9_4_priority_0_is_never_elected() -> None:
    assert elect(router(1, 0), [router(2, 0), router(3, 0)]) == (NOBODY, NOBODY)
    assert elect(router(1, 0), [router(2), router(3, 0)]) == (2, 2)
    assert elect(router(1), [router(2, 0)]) == (1, NOBODY)


def test_9_4_who_is_designated_stays_so_when_a_better_one_comes() -> None:
    assert elect(router(9, 255), [router(1, 1, 1, 2), router(2, 1, 1, 2)]) == (1, 2)


def test_9_4_the_backup_takes_over_and_another_becomes_backup() -> None:
    """Of three, 3 was designated and is gone: the Backup itself calculates (step 4)."""
    assert elect(router(2, 1, 3, 2), [router(1, 1, 3, 2)]) == (2, 1)


def test_9_4_the_others_wait_for_the_backup_to_accept() -> None:
    """ "No new Backup Designated Router can be chosen until the old Backup accepts its new Designated Router
    responsibilities": to a third one it is both."""
    assert elect(router(1, 1, 3, 2), [router(2, 1, 3, 2)]) == (2, 2)
    assert elect(router(1, 1, 2, 2), [router(2, 1, 2, 0)]) == (2, 1)


def test_9_4_of_two_that_declare_themselves_the_higher_one_stays() -> None:
    """Two halves of a network come together."""
    assert elect(router(1, 1, 1, 0), [router(2, 1, 2, 0)]) == (2, 1)


routers = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=6)


@given(routers)
def test_no_router_declares_itself_both(given_: list[tuple[int, int, int]]) -> None:
    """ "This will ensure that no router will declare itself both" (step 4)."""
    me, *others = [router(number, *each) for number, each in enumerate(given_, 1)]
    designated, backup = elect(me, others)
    assert not me.address == designated == backup


@given(routers)
def test_all_come_to_the_same_and_stay_with_it(given_: list[tuple[int, int, int]]) -> None:
    """Each tells the others, and all calculate until nothing changes: then all have elected the same."""
    says = {number: router(number, *each) for number, each in enumerate(given_, 1)}
    for _ in range(10):
        said = dict(says)
        for number, me in said.items():
            designated, backup = elect(me, [each for each in said.values() if each is not me])
            says[number] = me._replace(designated=designated, backup=backup)
        if said == says:
            break
    assert len({(each.designated, each.backup) for each in says.values()}) == 1
    able = {number for number, each in says.items() if each.priority}
    assert ({int(says[1].designated)} <= able) if able else says[1].designated == NOBODY
