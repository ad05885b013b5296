"""The lab ip-best-effort: what IP does to packets, and what it remembers of them, which is nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from catenet.nodes.address import Address
from catenet.nodes.control.datagrams import Datagrams
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.operations.scene import RunningScene

pytestmark = [pytest.mark.engine, pytest.mark.lab("ip-best-effort")]

own = pytest.mark.lab("ip-best-effort", stack="userspace")

FEW: dict[str, Any] = {"from": "h", "number": 150, "every": "1ms"}


def sent(lab: LabUnderTest, to: str, number: int = 100, every: float = 0.005) -> Datagrams:
    with RunningScene(lab.engine, lab.running) as scene:
        return scene.datagrams("h", to, number=number, every=every, size=100, whole=False)


def fails(lab: LabUnderTest, **words: Any) -> str:
    """What is seen where a check does not hold."""
    with pytest.raises(AssertionError) as caught:
        lab.wait_for(within="0s", **words)
    return str(caught.value)


def test_each_claim_holds_and_its_check_fails_where_it_is_not_so(lab: LabUnderTest) -> None:
    lab.check("B2", within="30s")
    lab.check("B4")
    lab.check("B5")
    for lan in ("lossy", "twofold", "unruly"):
        lab.do("impair", lan, off=True)
    assert ": 0 lost" in fails(lab, datagrams={**FEW, "to": "thin", "lost": "10%..30%"})
    assert "0 duplicated" in fails(lab, datagrams={**FEW, "to": "double", "duplicated": "10%..30%"})
    assert "0 overtaken" in fails(lab, datagrams={**FEW, "to": "mixed", "overtaken": "20%..80%"})
    lab.do("impair", "good", loss="20%", duplicate="20%", seed=7)
    assert "lost" in fails(lab, datagrams={**FEW, "to": "plain", "lost": "0%"})


def dies_and_begins_anew(lab: LabUnderTest) -> Datagrams:
    """What became of a stream of 12 s whose only router is killed in its midst, and started."""
    with ThreadPoolExecutor(1) as pool:
        stream = pool.submit(sent, lab, "plain", 1000, 0.012)
        with lab["r2"].kill():
            pass
        return stream.result()


def pinged(lab: LabUnderTest, node: str, address: str) -> int:
    """How many of three are answered."""
    with RunningScene(lab.engine, lab.running) as scene:
        return scene.ping(node, Address.parse(address), number=3, every=0.1).received


def test_a_stream_goes_on_when_its_router_has_died_and_begun_anew(lab: LabUnderTest) -> None:
    found = dies_and_begins_anew(lab)
    assert found.lost > 20
    assert 0.4 < found.silence < 11.0, "it went on before nothing was sent any more"


def test_whose_program_is_paused_does_not_answer_and_its_kernel_passes_on(lab: LabUnderTest) -> None:
    with lab["plain"].pause():
        paused = sent(lab, "plain")
        assert pinged(lab, "h", "10.7.11.7") == 3, "by its kernel"
    lab.wait_for(datagrams={**FEW, "to": "plain", "lost": "0%"})
    with lab["plain"].kill():
        killed = sent(lab, "plain")
    assert paused._replace(silence=0.0) == killed._replace(silence=0.0) == Datagrams(100, 0)
    lab.wait_for(datagrams={**FEW, "to": "plain", "lost": "0%"})
    with lab["r2"].pause():
        assert sent(lab, "plain").lost == 0


@own
def test_our_own_stack_gives_what_ip_gives(lab: LabUnderTest) -> None:
    lab.check("B2", within="30s")
    lab.check("B4")
    lab.check("B5")


@own
def test_a_stream_goes_on_over_a_router_of_ours(lab: LabUnderTest) -> None:
    found = dies_and_begins_anew(lab)
    assert found.lost > 20
    assert 0.4 < found.silence < 11.0
    names = lab["r2"].show()
    assert not {"flows", "connections"} & set(names), names


@own
def test_who_is_paused_and_who_is_dead_look_alike_to_their_peers(lab: LabUnderTest) -> None:
    """A14, of a host and of a router: neither answers, nor passes anything on; nor does ARP tell them apart."""

    def looks(peer: str, address: str) -> tuple[object, ...]:
        return sent(lab, "plain", 50)._replace(silence=0.0), pinged(lab, peer, address)

    well = {"lost": "0%", **FEW, "to": "plain"}
    lab.wait_for(datagrams=well)
    for who, *its_peer in (("plain", "h", "10.7.11.7"), ("r2", "r1", "10.7.2.2")):
        with lab[who].pause():
            paused = looks(*its_peer)
        lab.wait_for(datagrams=well)
        with lab[who].kill():
            killed = looks(*its_peer)
        lab.wait_for(datagrams=well)
        assert paused == killed == (Datagrams(50, 0), 0)
