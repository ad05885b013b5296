"""Several keys, each with its lifetime: RFC 4822 sections 2.2, 2.3, 3.2 and 5.1. The router's clock says 100 s when a
test begins, and the lab began at 0, in 1970; so a key `from: 2m` begins 20 s later.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from rip_router import N2, N3, WHOLE_TABLE, Router, entry, key_of, response, signed, unsigned

from catenet.nodes.machine import Datagram

FAR, NEAR = "10.9.0.0/24", "10.8.0.0/24"
ROLLOVER = {"md5": {"1": {"secret": "old", "until": "3m"}, "2": {"secret": "new", "from": "2m"}}}
"""Until 180 s, from 120 s: both for a minute."""
SECRETS = {1: b"old", 2: b"new", 3: b"third"}


def router(auth: Mapping[str, object] = ROLLOVER, **options: object) -> Router:
    return Router(auth=auth, **{"update": 5, "timeout": 60, "garbage": 10, **options})


def message(key: int, prefix: str = FAR, metric: int = 1, *, sequence: int = 100, method: str = "md5") -> bytes:
    return signed(response(entry(prefix, metric)), method, SECRETS[key], key=key, sequence=sequence)


def keys_used(sent: list[tuple[float, Datagram]], link: str = "link1") -> dict[int, tuple[float, float]]:
    """Key → from when to when it signed what was sent on a link."""
    times: dict[int, tuple[float, float]] = {}
    for at, packet in sent:
        if packet.interface == link:
            times[key_of(packet)] = times.get(key_of(packet), (at, at))[0], at
    return times


def test_4822_3_2_the_key_that_began_last_signs() -> None:
    """ "the new security association will begin use and the current security association will go out of use before the
    current security association's lifetime expires." """
    used = keys_used(router().wait(100))
    assert used[1][1] < 120 <= used[2][0]
    assert used[2][1] > 190


def test_4822_3_2_of_keys_that_began_together_the_first_of_the_file_signs() -> None:
    alike = {"md5": {"3": "third", "1": "old"}}
    assert keys_used(router(alike).wait(50)).keys() == {3}


def test_4822_3_2_during_the_overlap_either_key_is_taken_and_outside_its_lifetime_none() -> None:
    """ "For the duration of the overlap in security association lifetimes, a system may receive messages corresponding
    to either security association" """
    strict = router()
    taken = []
    for number in range(12):  # 100 s, 110 s, …
        for key in (1, 2):
            prefix = f"10.{key}.{number}.0/24"
            strict.hear(message(key, prefix, sequence=int(strict.now)), N2 if key == 1 else "10.0.1.77")
            taken += [(key, int(strict.now))] if prefix in strict.table else []
        strict.wait(10)
    assert [at for key, at in taken if key == 1] == [100, 110, 120, 130, 140, 150, 160, 170]
    assert [at for key, at in taken if key == 2] == [120, 130, 140, 150, 160, 170, 180, 190, 200, 210]
    assert strict.counters["refused.auth-expired"] == 6


def test_4822_5_6_an_expired_key_and_one_that_waits_are_told_apart() -> None:
    strict = router()
    whys = []
    for key in (2, 1):
        strict.take()
        strict.hear(message(key))
        whys += [report.data["why"] for report in strict.reports()]
        strict.wait(80)
    assert whys == ["auth-expired 2: this key is not valid yet", "auth-expired 1: this key has expired"]


def test_4822_2_3_1_a_key_may_be_taken_for_longer_than_it_signs() -> None:
    """As FRR's accept-lifetime and BIRD's `accept to` have it."""
    auth = {
        "md5": {
            "1": {"secret": "old", "send_until": "2m", "accept_until": "4m"},
            "2": {"secret": "new", "send_from": "2m", "accept_from": "1m"},
        }
    }
    strict = router(auth)
    strict.hear(message(2), N3)
    assert strict.table[FAR] == 2
    used = keys_used(strict.wait(100))
    assert used[1][1] < 120 <= used[2][0]
    strict.hear(message(1, NEAR, sequence=200))
    assert strict.table[NEAR] == 2


def test_4822_3_1_the_algorithm_may_change_with_the_key() -> None:
    auth = {"md5": {"1": {"secret": "old", "until": "3m"}}, "hmac-sha-256": {"2": {"secret": "new", "from": "2m"}}}
    strict = router(auth)
    strict.wait(30)
    strict.hear(message(1, FAR, sequence=130))
    strict.hear(message(2, NEAR, sequence=130, method="sha256"), "10.0.1.77")
    assert (strict.table[FAR], strict.table[NEAR]) == (2, 2)
    strict.hear(message(2, "10.7.0.0/24", sequence=130), "10.0.1.78")
    assert strict.counters["refused.auth-length"] == 1


# 5.1 (1): neighbours that have not got the new key


def test_4822_5_1_while_a_neighbour_uses_the_old_key_everything_is_said_with_both() -> None:
    """ "transmit its messages using both the new and old RIPv2 Security Associations (i.e., keys) until all of the
    neighbors are using the new security association" """
    strict = router()
    strict.wait(25)
    strict.hear(message(1, sequence=125), N2)
    sent = strict.wait(20)
    pairs = [unsigned(packet).data for _, packet in sent if packet.interface == "link1"]
    assert len(pairs) > 4 and pairs[::2] == pairs[1::2]
    assert [key_of(packet) for _, packet in sent if packet.interface == "link1"][:4] == [1, 2, 1, 2]
    assert keys_used(sent, "link2").keys() == {2}
    strict.hear(message(2, sequence=145), N2)
    assert keys_used(strict.wait(10)).keys() == {2}


def test_4822_5_1_with_the_old_key_no_longer_than_it_lives() -> None:
    """ "or the lifetime of the old security association expires" """
    strict = router()
    strict.wait(70)
    strict.hear(message(1, sequence=170), N2)
    used = keys_used(strict.wait(30))
    assert used[1][1] < 180 < used[2][1]


def test_4822_5_1_a_neighbour_that_says_everything_with_both_has_the_new_key() -> None:
    strict = router()
    strict.wait(30)
    for key in (1, 2):
        strict.hear(message(key, sequence=130), N2)
    assert keys_used(strict.wait(10)).keys() == {2}
    for key in (2, 1):
        strict.hear(message(key, sequence=140), N2)
    assert keys_used(strict.wait(10)).keys() == {2}


def test_4822_5_1_a_neighbour_that_goes_back_to_the_old_key_is_heard_with_it_again() -> None:
    """It was restarted with an older lab file, say."""
    strict = router()
    strict.wait(30)
    strict.hear(message(2, sequence=130), N2)
    strict.wait(5)
    strict.hear(message(1, sequence=135), N2)
    assert keys_used(strict.wait(10)).keys() == {1, 2}


def test_4822_5_1_a_neighbour_that_has_fallen_silent_keeps_no_old_key_in_use() -> None:
    strict = router(timeout=10)
    strict.wait(25)
    strict.hear(message(1, sequence=125), N2)
    strict.wait(10)
    assert keys_used(strict.wait(15)).keys() == {2}


def test_keys_in_another_order_are_no_obstacle() -> None:
    """Two routers have both keys without end; in one file the first is 1, in the other 2."""
    strict = router({"md5": {"1": "old", "2": "new"}})
    strict.hear(message(2), N2)
    assert strict.table[FAR] == 2
    assert keys_used(strict.wait(20)).keys() == {1, 2}


def test_an_answer_is_signed_with_the_askers_own_key() -> None:
    strict = router()
    strict.wait(25)
    asked = signed(WHOLE_TABLE, secret=b"old", key=1, sequence=125)
    assert [key_of(packet) for packet in strict.answer(asked, N2)] == [1]
    asked = signed(WHOLE_TABLE, secret=b"new", key=2, sequence=125)
    assert [key_of(packet) for packet in strict.answer(asked, N3)] == [2]


# 5.1 (2): the last key has expired

ENDING = {"md5": {"1": {"secret": "old", "until": "2m"}}}


def test_4822_5_1_the_last_key_stays_in_use_and_it_is_told() -> None:
    """ "the router MUST send a "last RIPv2 Security Association expiration" notification to the network manager […] and
    SHOULD treat that last Security Association as having an infinite lifetime" """
    strict = router(ENDING)
    strict.take()
    sent, said = [], []
    while strict.now < 300:
        sent += [(strict.now, packet) for packet in strict.sends()]
        said += [action for action in strict.actions if getattr(action, "kind", "").startswith("key.")]
        strict.now = min(300.0, strict.machine.next_wake())
        strict.wake()
    assert keys_used(sent)[1][1] > 290
    (report,) = said
    assert (report.kind, report.data["key"], report.data["lans"], report.data["last"]) == (
        "key.expired",
        1,
        ["link1", "link2"],
        True,
    )
    assert report.text == "RIP's key 1 (md5) has expired on link1, link2; no other is valid, so it stays in use"
    strict.hear(message(1, sequence=300))
    assert strict.table[FAR] == 2
    strict.hear(response(entry(NEAR, 1)))
    assert NEAR not in strict.table


def test_4822_5_1_with_fail_secure_nothing_is_said_and_nothing_taken() -> None:
    """ "a configuration knob ("fail secure") to let a network operator prefer to have the RIPv2 routing fail when the
    last key expires" """
    strict = router(ENDING, fail_secure="on")
    sent = strict.wait(200)
    assert max(at for at, _ in sent) < 120
    assert strict.counters["withheld.no-key"] > 10
    strict.hear(message(1, sequence=300))
    assert strict.counters["refused.auth-expired"] == 1
    assert strict.answer(signed(WHOLE_TABLE, secret=b"old", sequence=300)) == []


def test_4822_5_1_what_is_told_with_fail_secure() -> None:
    strict = router(ENDING, fail_secure="on")
    strict.take()
    strict.now = 120.0
    strict.wake()
    assert [report.text for report in strict.reports()] == [
        "RIP's key 1 (md5) has expired on link1, link2; no other is valid: nothing is sent, and nothing taken",
        "no key is valid: nothing is sent",
    ]


def test_4822_5_1_the_last_key_is_kept_until_another_begins() -> None:
    """ "until the lifetime is extended, the Security Association is deleted by network management, or a new security
    association is configured" """
    gap = {"md5": {"1": {"secret": "old", "until": "2m"}, "2": {"secret": "new", "from": "3m"}}}
    strict = router(gap)
    used = keys_used(strict.wait(100))
    assert used[1][1] > 170 and used[2][0] >= 180 > used[1][1]
    strict.hear(message(1, sequence=200))
    assert strict.counters["refused.auth-expired"] == 1


def test_before_the_first_key_begins_nothing_is_said_and_nothing_taken() -> None:
    waiting = {"md5": {"2": {"secret": "new", "from": "2m"}}}
    strict = router(waiting)
    strict.hear(message(2))
    assert FAR not in strict.table
    assert min(at for at, _ in strict.wait(40)) >= 120


# What is told


def test_the_events_of_a_rollover() -> None:
    strict = router(start=False)
    told = []
    strict.now = 0.0
    while strict.now <= 200:
        strict.wake()
        told += [(strict.now, report.text) for report in strict.reports() if report.kind.startswith("key.")]
        strict.now = strict.machine.next_wake()
    assert told == [
        (0.0, "key 1 (md5) signs until 00:02:00"),
        (120.0, "key 2 (md5) signs, was key 1"),
        (180.0, "RIP's key 1 (md5) has expired on link1, link2"),
    ]


def test_a_router_that_starts_in_the_middle_says_what_is_and_not_what_was() -> None:
    late = router(start=False)
    late.now = 500.0
    late.wake()
    assert [report.text for report in late.reports() if report.kind.startswith("key.")] == ["key 2 (md5) signs"]
    late = router(ENDING, start=False)
    late.now = 500.0
    late.wake()
    assert [report.text for report in late.reports() if report.kind.startswith("key.")] == [
        "RIP's key 1 (md5) has expired on link1, link2; no other is valid, so it stays in use",
        "key 1 (md5) signs",
    ]


def test_keys_without_end_are_no_event() -> None:
    strict = router({"md5": {"1": "old", "2": "new"}}, start=False)
    strict.wake()
    assert strict.reports() == []
    assert strict.machine.next_wake() > strict.now


def test_show_says_which_key_is_used_and_until_when() -> None:
    strict = router()
    strict.wait(25)
    strict.hear(message(1, sequence=125), N2)
    assert strict.status["keys"] == [
        {"key": 1, "method": "md5", "state": "valid", "begins": None, "signs_for": None, "taken_for": 55.0},
        {"key": 2, "method": "md5", "state": "signs", "begins": None, "signs_for": None, "taken_for": None},
    ]
    assert [(row["node"], row["key"]) for row in strict.status["neighbours"]] == [("n2", 1)]
    strict.wait(60)
    assert [row["state"] for row in strict.status["keys"]] == ["expired", "signs"]
    assert [row["state"] for row in router().status["keys"]] == ["signs", "waits"]
    assert [row["begins"] for row in router().status["keys"]] == [None, 20.0]
    assert [row["signs_for"] for row in router().status["keys"]] == [20.0, None]
    assert [row["taken_for"] for row in router().status["keys"]] == [80.0, None]
    kept = router(ENDING)
    kept.wait(30)
    assert [row["state"] for row in kept.status["keys"]] == ["last"]
    assert "keys" not in Router().status


@pytest.mark.parametrize("secret", ["old", "new"])
def test_no_secret_is_shown(secret: str) -> None:
    strict = router()
    strict.hear(message(2))
    assert secret not in str(strict.status) + str(strict.reports())


def test_times_count_from_the_labs_start_whenever_the_router_starts() -> None:
    """Its own clock begins anew at a restart; the time of day and the lab's start do not."""
    for epoch, seconds in ((1_000_000, 20.0), (1_000_070, 0.0)):  # the test begins at 100 s of the router's clock
        strict = Router(auth=ROLLOVER, epoch=epoch, began=1_000_000, update=5, timeout=60)
        used = keys_used(strict.wait(60))
        assert (1 in used) is bool(seconds)
        assert used[2][0] >= 100 + seconds


# 2.2 and 2.3.2 (6): sequence numbers when the key changes


def numbered(*messages: tuple[int, int]) -> list[bool]:
    """Which of these messages (key, sequence number) of one neighbour are taken, at 130 s."""
    strict = router()
    strict.wait(30)
    taken = []
    for place, (key, number) in enumerate(messages):
        strict.hear(message(key, f"10.{place + 20}.0.0/16", sequence=number))
        taken.append(f"10.{place + 20}.0.0/16" in strict.table)
    return taken


def test_4822_2_2_with_a_newer_key_the_numbers_may_begin_anew() -> None:
    """ "The sequence number MUST be non-decreasing for all messages sent from a given source router with a given Key ID
    value." (2.1)"""
    assert numbered((1, 100), (2, 0), (2, 1), (2, 0)) == [True, True, True, False]


def test_4822_2_3_2_an_old_message_of_the_old_key_is_refused_after_the_change() -> None:
    """Also the last one before it, whose number alone would do."""
    assert numbered((1, 99), (1, 100), (2, 130), (1, 99), (1, 100)) == [True, True, True, False, False]
    assert numbered((2, 130), (1, 100)) == [True, False]


def test_4822_5_1_a_neighbour_may_go_on_saying_everything_with_both() -> None:
    assert numbered((1, 130), (2, 130), (1, 130), (2, 130), (1, 131), (2, 131)) == [True] * 6
    assert numbered((1, 130), (2, 0), (1, 131), (2, 1)) == [True] * 4


def test_a_number_of_the_newer_key_does_not_open_the_older_one_again() -> None:
    assert numbered((1, 100), (2, 5), (1, 50)) == [True, True, False]
