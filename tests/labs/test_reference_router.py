"""The reference implementations in a router's place: the lab does not notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from lab_bench import LABS, Bench, until, up
from on_engine import own

from catenet.orchestrator.backend.protocols import containers_of

pytestmark = pytest.mark.engine

RIP_AT_A = "link3: 10.0.3.1}, services: {rip: {"
RIP_AT_C = "link5: 10.0.5.3}, services: {rip: {"


def changed(folder: Path, replaced: Mapping[str, str]) -> Path:
    """The lecture's five routers, in a folder of their own."""
    folder.mkdir()
    text = (LABS / "five-routers" / "lab.yaml").read_text()
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "lab.yaml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    timers = {
        "update: 2s, timeout: 6s, garbage: 4s": 'update: 5s, timeout: 15s, garbage: 10s, auth: {md5: {"1": hush}}'
    }
    words = {RIP_AT_A: f"{RIP_AT_A}implementation: frr", RIP_AT_C: f"{RIP_AT_C}implementation: bird"}
    folder = changed(tmp_path_factory.mktemp("labs") / "mixed", timers | words)
    with up(folder, own("mixed")) as bench:
        yield bench


def test_the_lab_holds_with_frr_and_bird_and_md5(mixed: Bench) -> None:
    mixed.until_all_holds()
    assert [mixed.show(node, "rip")["implementation"] for node in "ac"] == ["frr", "bird"]
    for node in "bde":  # FRR's requests carry no authentication, whatever its interface says: one at each start
        counters = mixed.show(node, "rip")["counters"]
        refused = {key: count for key, count in counters.items() if key.startswith("refused") and count}
        refused.pop("refused.not-running", None)  # said before it was ready: nobody's fault
        assert refused in ({}, {"refused.auth-missing": 1}), counters


def test_only_frr_may_do_more_than_a_node(mixed: Bench) -> None:
    containers = {each.node: each.name for each in containers_of(mixed.engine, mixed.copy)}
    added = {}
    for node in "abc":
        host = mixed.engine.inspect(containers[node])["HostConfig"]
        assert isinstance(host, dict)
        added[node] = {word.removeprefix("CAP_") for word in host["CapAdd"]}
        assert (host["Privileged"], host["SecurityOpt"]) == (False, ["no-new-privileges"])
    more = {"SYS_ADMIN", "SETUID", "SETGID", "CHOWN", "DAC_OVERRIDE", "KILL"}
    assert (added["a"] - added["b"], added["c"]) == (more, added["b"])


def test_a_daemon_that_dies_takes_its_fellows_with_it_and_all_come_back(mixed: Bench) -> None:
    mixed.run("a", "pkill", "-9", "ripd")
    until(lambda: mixed.status("a")["services"]["rip"]["restarts"] == 0)
    mixed.until_all_holds()


MARK = "198.51.100.0/24"


@pytest.mark.parametrize(
    ("node", "daemon", "prefix", "via"),
    [("a", "ripd", "10.1.3.0/24", "10.0.3.4"), ("c", "bird", "10.1.1.0/24", "10.0.5.5")],
)
def test_another_sources_route_carries_while_the_program_is_dead(
    mixed: Bench, node: str, daemon: str, prefix: str, via: str
) -> None:
    """The kernel tells of all that goes and comes, from before the program's death until after its return."""
    mixed.until_all_holds()
    restarts = mixed.status(node)["services"]["rip"]["restarts"]
    mixed.sh(node, f"ip route add {prefix} via {via} proto static metric 200")
    mixed.sh(node, "setsid ip -o monitor route >/tmp/told 2>/tmp/told.errors </dev/null & echo $! >/tmp/told.pid")

    def told() -> list[str]:
        """What it has told of the prefix, up to a mark of ours."""
        mark = f"{MARK} via {via} proto static metric 77"
        lines = mixed.sh(node, f"ip route add {mark}; ip route del {mark}; cat /tmp/told /tmp/told.errors").splitlines()
        marks = [number for number, line in enumerate(lines) if f"{MARK} " in line]
        return [line for line in lines[: marks[-1]] if f"{prefix} " in line] if marks else []

    def not_yet() -> object:
        lines = told()
        gone = next((number for number, line in enumerate(lines) if _is(line, 120, gone=True)), None)
        return None if gone is not None and any(_is(line, 120) for line in lines[gone:]) else lines or "nothing is told"

    try:
        until(lambda: MARK not in mixed.sh(node, f"ip route add {MARK} via {via}; ip route del {MARK}; cat /tmp/told"))
        mixed.run(node, "pkill", "-9", daemon)
        until(lambda: mixed.status(node)["services"]["rip"]["restarts"] == restarts)
        until(not_yet)
        assert [line for line in told() if _is(line, 200, gone=True)] == []
        assert "metric 200" in mixed.sh(node, f"ip route show {prefix}")
        assert mixed.sh(node, "cat /tmp/told.errors") == ""
    finally:
        mixed.sh(node, f"kill $(cat /tmp/told.pid); ip route del {prefix} proto static metric 200")
    mixed.until_all_holds()


def _is(line: str, metric: int, *, gone: bool = False) -> bool:
    """Whether it says that the route of that metric came, or went."""
    return line.startswith("Deleted ") is gone and f" metric {metric} " in f"{line} "
