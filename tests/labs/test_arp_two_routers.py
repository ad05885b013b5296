"""The lab `arp-two-routers`: who has which hardware address, on the kernel's stack, on our own, and on both mixed."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest
from lab_bench import Bench, failures, until
from mixed_stacks import mixed

from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = pytest.mark.engine

LAB = "arp-two-routers"
STACKS = {
    "kernel": (),
    "userspace": ("host1", "host2", "old", "f1", "f3", "host3", "host4"),
    "mixed": ("host2", "f1", "host4"),
}


@pytest.fixture(scope="module", params=STACKS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with mixed(LAB, STACKS[request.param], tmp_path_factory.mktemp("labs")) as bench:
        bench.until_all_holds()
        yield bench


def hardware(bench: Bench, node: str) -> dict[str, str]:
    return {row["lan"]: row["hardware"] for row in bench.show(node, "links")}


@pytest.mark.parametrize(("node", "claims"), [("host2", {"E1", "E2", "E3"}), ("f3", {"E4", "E5", "E6"})])
def test_a_claim_that_is_false_fails(bench: Bench, node: str, claims: set[str]) -> None:
    """Of who is not there nobody has the hardware address, and nobody answers for him."""
    bench.do("kill", node)
    try:
        assert failures(bench.check(*claims)).keys() == claims
    finally:
        bench.do("start", node)


def test_the_hardware_addresses_are_the_file_s_after_every_start_and_reconnect(bench: Bench) -> None:
    expected = {"ethernet1": "02:00:00:00:00:e3", "ring": "02:00:00:00:00:f1"}
    assert hardware(bench, "f1") == expected
    bench.restart("f1")
    assert hardware(bench, "f1") == expected
    client = docker.from_env()
    network = client.networks.get(bench.running.lans["ring"].name)
    container = client.containers.get(bench.container("f1").name)
    network.disconnect(container)
    network.connect(container)
    client.close()
    until(lambda: None if hardware(bench, "f1") == expected else hardware(bench, "f1"))
    bench.until_all_holds("E4")


def test_flush_empties_the_cache_of_either_stack(bench: Bench) -> None:
    bench.until_all_holds("E4")
    assert bench.show("host4", "arp")
    bench.flush("host4")
    assert not bench.show("host4", "arp")


@pytest.mark.lab("arp-two-routers/proxy.yaml")
def test_each_hop_asks_for_the_far_address_itself(lab: LabUnderTest) -> None:
    lab.check(within="60s")


@pytest.mark.lab("arp-two-routers/proxy.yaml", stack="userspace")
def test_each_hop_of_ours_asks_for_the_far_address_itself(lab: LabUnderTest) -> None:
    lab.check(within="60s")
