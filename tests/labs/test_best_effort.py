"""The lab ip-best-effort: what IP does to packets, and what it remembers of them, which is nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from catenet.nodes.control.datagrams import Datagrams
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.operations.scene import RunningScene

pytestmark = [pytest.mark.engine, pytest.mark.lab("ip-best-effort")]

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


def test_a_stream_goes_on_when_its_router_has_died_and_begun_anew(lab: LabUnderTest) -> None:
    lab.wait_for(path={"from": "h", "to": "plain", "routers": ["r1", "r2"]})
    with ThreadPoolExecutor(1) as pool:
        stream = pool.submit(sent, lab, "plain", 900, 0.01)
        with lab["r2"].kill():
            assert "1 received" not in lab["h"].run("ping", "-n", "-c1", "-W1", "10.7.11.7").stdout
        found = stream.result()
    assert found.lost > 50
    assert 0.5 < found.silence < 8.5, "it went on before nothing was sent any more"


def test_who_is_paused_and_who_is_dead_look_alike(lab: LabUnderTest) -> None:
    with lab["plain"].pause():
        paused = sent(lab, "plain")
    lab.wait_for(datagrams={**FEW, "to": "plain", "lost": "0%"})
    with lab["plain"].kill():
        killed = sent(lab, "plain")
    assert paused._replace(silence=0.0) == killed._replace(silence=0.0) == Datagrams(100, 0)
    lab.wait_for(datagrams={**FEW, "to": "plain", "lost": "0%"})
