"""Bad LANs in containers: what was asked is what is seen, by programs at both ends."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import sqrt
from statistics import median
from typing import NamedTuple

import pytest
from lab_bench import until

from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.observe.running import UserError

pytestmark = [pytest.mark.engine, pytest.mark.lab("bad-links/lab.yaml")]

AT = {"a": "10.77.1.1", "b": "10.77.1.2", "c": "10.77.1.3"}
GROUP = "224.0.0.77"
MANY = 2000
HEADERS = 14 + 20 + 8
Heard = list[tuple[int, float, float]]
LARGE = 3_000_000  # octets
TAKE = "python3 /lab/probe.py take >/tmp/heard 2>/tmp/ready"
UNTIL_IT_HEARS = "until grep -qs hears /tmp/ready; do :; done"
UNTIL_IT_HAS_HEARD = "until [ -s /tmp/heard ]; do sleep 0.2; done; cat /tmp/heard"


class Sent(NamedTuple):
    """So many datagrams, one each `gap` seconds, each of so many octets."""

    count: int
    gap: float = 0.002
    octets: int = 100


def probe(lab: LabUnderTest, source: str, targets: str, sent: Sent, to: str = "") -> list[Heard]:
    """What each of `targets` heard of what `source` sent, in the order of its coming."""
    address = to or AT[targets[0]]
    for node in targets:
        hear = f"python3 /lab/probe.py hear {address} {AT[node]} >/tmp/heard 2>/tmp/ready"
        lab[node].run("sh", "-c", f"rm -f /tmp/ready; {hear} & {UNTIL_IT_HEARS}").check_returncode()
    lab[source].run("python3", "/lab/probe.py", "send", address, *map(str, sent), AT[source]).check_returncode()
    heard = [lab[node].run("sh", "-c", UNTIL_IT_HAS_HEARD) for node in targets]
    return [list(map(tuple, json.loads(each.stdout))) for each in heard]


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(lab: LabUnderTest) -> Iterator[None]:
    """A node in which something is has to be started anew."""
    yield
    for node in AT:
        lab[node].run("ip", "neigh", "flush", "nud", "permanent", "dev", "lan")


def impair(lab: LabUnderTest, lan: str = "lan", **words: object) -> None:
    """From now on; neighbours are known, so that no ARP is among the frames that are counted."""
    lab.do("heal", lan)
    known = {node: next(row["hardware"] for row in lab[node].show("links") if row["lan"] == "lan") for node in AT}
    for node in AT:
        for other in AT.keys() - {node}:
            words_of_ip = ("neigh", "replace", AT[other], "lladdr", known[other], "dev", "lan", "nud", "permanent")
            lab[node].run("ip", *words_of_ip).check_returncode()
    lab.do("impair", lan, **words)


def within(count: int, share: float, tries: int = MANY) -> bool:
    """Five standard deviations of the binomial distribution."""
    return abs(count - tries * share) < 5 * sqrt(tries * share * (1 - share))


def numbers(heard: Heard) -> list[int]:
    return [number for number, *_ in heard]


def overtaking(order: Sequence[int]) -> int:
    """How many came before one that was sent earlier: their order stays, however busy who hears them is."""
    least_from_there = reversed(list(accumulate(reversed(order), min)))
    return sum(number > least for number, least in zip(order, least_from_there, strict=True))


def soonest(heard: Heard) -> float:
    """Seconds that the fastest one took: what waited for a busy machine took longer."""
    return min(late for _, late, _ in heard)


def must_take(lab: LabUnderTest, ends: tuple[str, str], seconds: float) -> None:
    """Never less, and a millisecond more at most, once the machine has time for it."""

    def look() -> str | None:
        (heard,) = probe(lab, *ends, Sent(200))
        assert numbers(heard) == list(range(200))
        assert soonest(heard) >= seconds
        return None if soonest(heard) < seconds + 0.001 else f"{soonest(heard)} s"

    until(look)


def counted(lab: LabUnderTest, node: str) -> Counter[str]:
    return Counter(next(row.get("counted", {}) for row in lab[node].show("links") if row["lan"] == "lan"))


def round_trips(lab: LabUnderTest, source: str, target: str) -> Sequence[float]:
    said = lab[source].run("ping", "-n", "-c", "6", "-i", "0.1", target).stdout
    return [float(line.split("time=")[1].split()[0]) for line in said.splitlines() if "time=" in line]


def test_a_delay_is_that_of_each_way_and_ping_sees_both(lab: LabUnderTest) -> None:
    impair(lab, delay="20ms")
    must_take(lab, ("a", "b"), 0.020)
    must_take(lab, ("b", "a"), 0.020)
    until(lambda: None if 40 <= min(round_trips(lab, "a", AT["b"])) < 42 else "ping takes longer")


def test_of_one_sender_alone(lab: LabUnderTest) -> None:
    impair(lab, from_="a", delay="50ms")
    must_take(lab, ("a", "b"), 0.050)
    must_take(lab, ("b", "a"), 0.0)
    must_take(lab, ("c", "b"), 0.0)


def test_so_many_are_lost_and_the_same_seed_loses_the_same(lab: LabUnderTest) -> None:
    def lost(**words: object) -> set[int]:
        """Which of them, where nothing else was sent: who has just come announces itself, and that draws too."""
        impair(lab, from_="a", loss="10%", **words)
        (heard,) = probe(lab, "a", "b", Sent(MANY, 0.0002))
        if (counts := counted(lab, "a"))["packets"] != MANY:
            return lost(**words)
        missed = set(range(MANY)) - set(numbers(heard))
        assert numbers(heard) == sorted(numbers(heard))
        assert counts["lost"] == len(missed)
        assert within(len(missed), 0.1)
        return missed

    assert lost(seed=7) == lost(seed=7, delay="5ms") != lost(seed=8)


def test_each_nth_is_lost(lab: LabUnderTest) -> None:
    impair(lab, drop_every=10)
    (heard,) = probe(lab, "a", "b", Sent(100, 0.0005))
    assert set(range(100)) - set(numbers(heard)) == set(range(9, 100, 10))


def test_so_many_arrive_twice_and_so_many_overtake(lab: LabUnderTest) -> None:
    impair(lab, delay="20ms", duplicate="20%", reorder="25%", seed=1)
    (heard,) = probe(lab, "a", "b", Sent(MANY, 0.0004))
    assert within(len(heard) - MANY, 0.2)
    assert set(numbers(heard)) == set(range(MANY))
    assert within(overtaking(list(dict.fromkeys(numbers(heard)))), 0.25)


def test_a_damaged_datagram_is_found_out_by_its_receiver(lab: LabUnderTest) -> None:
    def wrong() -> int:
        said = lab["b"].run("nstat", "-az", "UdpInCsumErrors").stdout.split()
        return int(float(said[said.index("UdpInCsumErrors") + 1]))

    impair(lab, corrupt="20%", seed=1)
    before = wrong()
    (heard,) = probe(lab, "a", "b", Sent(MANY, 0.0002))
    lost = MANY - len(heard)
    assert within(lost, 0.2)
    assert 0.9 * lost < wrong() - before <= lost, "but for those whose port or length is another"


def test_a_rate_is_that_of_the_frames_and_what_finds_no_room_is_lost(lab: LabUnderTest) -> None:
    impair(lab, from_="a", rate="1mbit", queue=150)

    def look() -> str | None:
        (heard,) = probe(lab, "a", "b", Sent(400, 0.0, 1000 - HEADERS))
        assert counted(lab, "a")["overflowed"] >= 400 - len(heard) > 0
        (_, _, began), *_, (_, _, ended) = heard
        rate = (len(heard) - 1) * 8000 / (ended - began)
        return None if rate == pytest.approx(1e6, rel=0.05) else f"{rate} bit/s, {len(heard)} heard"

    until(look)


def test_jitter_is_about_the_delay(lab: LabUnderTest) -> None:
    impair(lab, delay="20ms", jitter="10ms", seed=1)

    def look() -> str | None:
        (heard,) = probe(lab, "a", "b", Sent(MANY, 0.0005))
        late = sorted(late for _, late, _ in heard)
        assert sorted(numbers(heard)) == list(range(MANY)) != numbers(heard)
        assert late[0] >= 0.010
        quarters = [late[MANY * part // 4] for part in (1, 2, 3)]
        return None if quarters == pytest.approx([0.015, 0.020, 0.025], abs=0.002) else f"{quarters}"

    until(look)


def test_of_a_group_s_datagram_that_is_lost_nobody_gets_it(lab: LabUnderTest) -> None:
    impair(lab, loss="30%", seed=1)
    b, c = probe(lab, "a", "bc", Sent(500, 0.001), to=GROUP)
    assert within(500 - len(b), 0.3, 500)
    assert numbers(b) == numbers(c)


def test_a_connection_gets_through_as_frames_that_a_wire_can_carry(lab: LabUnderTest) -> None:
    impair(lab, delay="20ms")
    lab["b"].run("sh", "-c", f"rm -f /tmp/ready; {TAKE} & {UNTIL_IT_HEARS}").check_returncode()
    lab["a"].run("python3", "/lab/probe.py", "give", AT["b"], str(LARGE)).check_returncode()
    assert json.loads(lab["b"].run("sh", "-c", UNTIL_IT_HAS_HEARD).stdout) == LARGE
    assert counted(lab, "a")["packets"] >= LARGE / 1460


def test_arp_suffers_too_and_so_does_every_other_frame(lab: LabUnderTest) -> None:
    impair(lab, delay="100ms")
    for node, other in (("a", "b"), ("b", "a")):
        lab[node].run("ip", "neigh", "del", AT[other], "dev", "lan").check_returncode()
    first, *later = round_trips(lab, "a", AT["b"])
    assert first >= 400, "b asks for a's address, too, or has it from a's question"
    assert min(later) >= 200


def test_a_capture_shows_each_frame_once_at_each_end(lab: LabUnderTest) -> None:
    impair(lab, delay="20ms")
    with lab.capture("lan", "udp port 7700") as packets:
        (heard,) = probe(lab, "a", "b", Sent(50, 0.001))
    assert len(heard) == len(packets) == 50


def test_who_kills_the_program_that_does_it_holds_up_nobody(lab: LabUnderTest) -> None:
    impair(lab, delay="20ms")
    lab["a"].run("sh", "-c", "kill -9 $(pgrep -f runtime.[e]mulator)").check_returncode()
    lab["a"].run("ping", "-c1", "-W2", AT["b"]).check_returncode()
    until(lambda: None if min(round_trips(lab, "a", AT["b"])) >= 40 else "not impaired again")
    assert any("emulator of impairments has ended" in line for line in lab["a"].logs())


def test_who_comes_back_suffers_what_the_others_do(lab: LabUnderTest) -> None:
    lab.do("impair", "lan", delay="25ms")
    with lab["b"].kill():
        assert any(row.get("impairments") == [{"delay": 0.025}] for row in lab["a"].show("links"))
    assert min(round_trips(lab, "a", AT["b"])) >= 50


def test_the_lab_file_says_it_of_each_sender_and_heal_comes_back_to_it(lab: LabUnderTest) -> None:
    def trip() -> float:
        return median(round_trips(lab, "a", "10.77.2.2"))

    assert trip() >= 40
    lab.do("impair", "two", off=True)
    until(lambda: None if trip() < 5 else "late")
    lab.do("heal", "two")
    assert trip() >= 40
    lab.do("cut", "two", silent=True)
    with pytest.raises(UserError, match="it is silent, so nothing would arrive: catenet heal two first"):
        lab.do("impair", "two", delay="1ms")
    assert "1 received" not in lab["a"].run("ping", "-c1", "-W1", "10.77.2.2").stdout
    lab.do("heal", "two")
    assert trip() >= 40
