"""The question `originate`: a router says one of its LSAs anew, though nothing has changed."""

from __future__ import annotations

from typing import Any

import pytest
from ospf_router import LOW, ME, Peer, Router, on_point_to_point

from catenet.nodes.control.flooding import Key, Originated


def full(**options: Any) -> tuple[Router, Peer]:
    """Full with one, and all acknowledged for long."""
    router = on_point_to_point(**options)
    one = Peer(router, LOW)
    one.become_full()
    for _ in range(10):
        router.wait(1)
        one.acknowledge_all()
        one.greet()
        router.clear()
    return router, one


def ask(router: Router, **arguments: Any) -> Originated:
    answer = Originated.parse(router.machine.say_anew({"type": "router", **arguments}, router.now))
    router.take()
    return answer


def numbers(one: Peer) -> list[int]:
    return [each.header.sequence for each in one.flooded()]


def test_the_router_lsa_is_flooded_with_the_next_number() -> None:
    router, one = full()
    before = router.database()["router", str(ME)]
    said = ask(router)
    assert said == Originated(Key("router", str(ME), str(ME)), "0.0.0.0", f"{int(before, 16) + 1:08x}", 0.0)
    assert [f"{each & 0xFFFFFFFF:08x}" for each in numbers(one)] == [said.sequence]


def test_12_4_two_instances_are_min_ls_interval_apart() -> None:
    router, one = full()
    first = ask(router)
    one.acknowledge_all()
    again = ask(router)
    assert int(again.sequence, 16) == int(first.sequence, 16) + 1
    assert again.after == 5.0
    assert len(numbers(one)) == 1
    router.wait(4.9)
    assert again.sequence not in {f"{each & 0xFFFFFFFF:08x}" for each in numbers(one)}
    router.wait(0.2)
    assert f"{numbers(one)[-1] & 0xFFFFFFFF:08x}" == again.sequence


def test_of_several_one_is_meant_by_its_id_or_by_a_prefix_that_it_lies_in() -> None:
    router, _ = full(redistribute=["default", "connected"], area={"link2": "off"})
    with pytest.raises(ValueError, match=r"several AS-external-LSAs: say which of 0\.0\.0\.0, 10\.0\.2\.0"):
        ask(router, type="external")
    for word in ("10.0.2.0", "10.0.2.0/24"):
        said = ask(router, type="external", id=word)
        assert (said.key.id, said.area) == ("10.0.2.0", "")


def test_each_area_has_its_own_router_lsa() -> None:
    router, _ = full(area={"link2": 7})
    assert ask(router).area == "0.0.0.0"
    assert ask(router, area="0.0.0.7").area == "0.0.0.7"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"type": "rooter"}, "type 'rooter' is none of router, network"),
        ({"type": 3}, "type 3 is no text"),
        ({"type": "router", "id": "x"}, "'x'"),
        ({"type": "router", "id": ["10.0.1.5"]}, "is no text"),
        ({"type": "router", "id": "10.0.0.0/33"}, "10.0.0.0/33"),
        ({"type": "network"}, "there is no such network-LSA of this router's"),
        ({"type": "router", "id": "9.9.9.9"}, r"no such router-LSA of this router's, but 10\.0\.1\.5"),
        ({"type": "router", "area": "0.0.0.9"}, r"no such router-LSA of this router's, but 10\.0\.1\.5 in 0\.0\.0\.0"),
    ],
)
def test_what_cannot_be_said_is_refused_in_words(arguments: dict[str, Any], message: str) -> None:
    router, _ = full()
    with pytest.raises(ValueError, match=message):
        router.machine.say_anew(arguments, router.now)


def test_before_it_runs_and_afterwards_nothing_is_said() -> None:
    router = Router(start=False)
    with pytest.raises(ValueError, match="does not run"):
        ask(router)
    router, _ = full()
    router.machine.shutdown()
    with pytest.raises(ValueError, match="does not run"):
        ask(router)


def test_others_are_told_of_it_as_of_a_refresh() -> None:
    router, _ = full()
    ask(router)
    told = router.reports("lsa.originated")
    assert [(each.data["router"], each.data["cause"]) for each in told] == [(str(ME), "it is refreshed")]
