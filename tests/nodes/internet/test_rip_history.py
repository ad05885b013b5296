"""Where a route comes from, as the router itself remembers it."""

from __future__ import annotations

from rip_router import N2, N3, NAMES, Middle, Router, entry, response

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.origin import Explanation
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.history import MAX_DATAGRAMS, MAX_STATES
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.nodes.machine import Endpoint

FAR = "10.9.0.0/16"
OWN = "10.0.1.0/24"
ME = Endpoint(Address.parse("10.0.1.1"), 520)
EPOCH = 1_700_000_000.0


def router(**options: object) -> Router:
    """One that remembers, and whose clock is that of the day."""
    made = Router(start=False, epoch=EPOCH, **options)
    made.machine = RipMachine(
        RipOptions(**options),
        made.links.values(),
        Middle(),
        lambda a: NAMES.get(str(a), str(a)),
        epoch=EPOCH,
        remember=True,
    )
    made.wake()
    made.take()
    return made


def explained(it: Router, prefix: str = FAR) -> dict:
    found = it.machine.explain(Prefix.parse(prefix), it.now)
    assert found is not None
    told = found.to_json()
    assert Explanation.parse(told) == found
    return told


def test_a_network_of_our_own_is_there_since_the_start() -> None:
    it = router()
    found = explained(it, OWN)
    assert (found["state"], found["metric"], found["lan"], found["router"]) == ("connected", 1, "link1", None)
    assert (found["cause"], found["since"]) == ("started", EPOCH + 100)
    assert found["announced"] == {"at": EPOCH + 100, "by": "update"}
    assert "message" not in found


def test_a_route_names_the_message_that_brought_it_and_when_it_was_last_confirmed() -> None:
    it = router(cost={"link1": 3})
    it.now = 110.0
    it.hear(response(entry(FAR, 4, tag=7, next_hop="10.0.1.9")), to=ME)
    it.now = 125.0
    it.hear(response(entry(FAR, 4, tag=7, next_hop="10.0.1.9")))
    found = explained(it)
    assert (found["state"], found["node"], found["router"], found["lan"]) == ("valid", "n2", N2, "link1")
    assert (found["message"], found["carried"], found["cost"], found["metric"]) == ("answer", 4, 3, 7)
    assert (found["tag"], found["next_hop"], found["via"], found["auth"]) == (7, "10.0.1.9", "10.0.1.9", None)
    assert (found["since"], found["refreshed"]) == (EPOCH + 110, EPOCH + 125)


def test_what_a_change_was_first_said_in() -> None:
    it = router()
    it.now = 110.0
    it.hear(response(entry(FAR, 1)))
    assert explained(it)["announced"] is None
    it.wake()
    assert explained(it)["announced"] == {"at": EPOCH + 110, "by": "triggered"}
    it.hear(response(entry(FAR, 2)))
    assert explained(it)["announced"] is None  # that is news again
    it.wait(30)
    assert explained(it)["announced"]["by"] == "triggered"


def test_who_offered_another_way_and_why_it_was_not_taken() -> None:
    it = router()
    it.hear(response(entry(FAR, 2)))
    it.hear(response(entry(FAR, 4)), N3)
    [rival] = explained(it)["rivals"]
    assert (rival["node"], rival["lan"], rival["carried"], rival["metric"]) == ("n3", "link2", 4, 5)
    assert rival["why"] == "worse: 5, not 3"
    it.now += 5
    it.hear(response(entry(FAR, 2)), N3)
    [rival] = explained(it)["rivals"]
    assert (rival["why"], rival["at"]) == (
        "no better: 3 too, and the first stays while it is heard",
        EPOCH + 105,
    )
    it.hear(response(entry(FAR, 16)), N3)
    [rival] = explained(it)["rivals"]
    assert rival["why"].startswith("unreachable")
    it.hear(response(entry(OWN, 1)), N3)
    [rival] = explained(it, OWN)["rivals"]
    assert rival["why"] == "not needed: the network is our own"


def test_a_way_that_was_no_better_once_is_not_kept() -> None:
    it = router()
    it.hear(response(entry(FAR, 2)))
    it.hear(response(entry(FAR, 4)), N3)
    it.hear(response(entry(FAR, 16)))
    found = explained(it)
    assert found["state"] == "garbage"
    rivals = {rival["node"]: rival["why"] for rival in found["rivals"]}
    assert rivals["n3"].startswith("it said so when that was no better")
    it.hear(response(entry(FAR, 4)), N3)
    assert (explained(it)["state"], explained(it)["node"]) == ("valid", "n3")


def test_what_was_said_long_ago_or_over_a_dead_link_counts_no_more() -> None:
    it = router()
    it.hear(response(entry(FAR, 2)))
    it.hear(response(entry(FAR, 4)), N3)
    it.set_link("link2", up=False)
    assert explained(it)["rivals"] == []
    it.set_link("link2", up=True)
    assert len(explained(it)["rivals"]) == 1
    it.now += 181
    it.hear(response(entry(FAR, 2)))
    assert explained(it)["rivals"] == []


def test_every_turn_is_remembered_with_its_cause_also_when_the_route_is_forgotten() -> None:
    it = router()
    it.hear(response(entry(FAR, 2)))
    it.hear(response(entry(FAR, 1)), N3)
    it.set_link("link2", up=False)
    it.set_link("link2", up=True)
    it.hear(response(entry(FAR, 2)))
    it.wait(180)
    assert explained(it)["state"] == "garbage"
    it.wait(121)
    found = explained(it)
    assert found["state"] == "forgotten"
    assert [(turn["metric"], turn["cause"]) for turn in found["history"]] == [
        (3, "n2's update"),
        (2, "n3's update"),
        (16, "link2 went down"),
        (3, "n2's update"),
        (16, "timed out"),
    ]
    own = explained(it, "10.0.2.0/24")
    assert (own["cause"], own["reason"], own["of"]) == ("link2 came up", "link up", "link2")


def test_memory_is_bounded_whatever_a_neighbour_says() -> None:
    it = router()
    for metric in range(1, 15):
        it.hear(response(entry(FAR, metric)))
    assert len(explained(it)["history"]) == MAX_STATES
    it.hear(response(entry(FAR, 3)))
    it.hear(response(entry(FAR, 9)), N3)
    for number in range(MAX_DATAGRAMS):
        it.hear(response(entry(f"10.{100 + number // 256}.{number % 256}.0/24", 1)))
    assert explained(it)["rivals"] == []  # pushed out by later ones


def test_a_router_that_is_not_to_remember_knows_nothing() -> None:
    it = Router()
    it.hear(response(entry(FAR, 2)))
    assert it.machine.explain(Prefix.parse(FAR), it.now) is None


def test_a_prefix_of_which_nobody_spoke() -> None:
    assert router().machine.explain(Prefix.parse(FAR), 100.0) is None
