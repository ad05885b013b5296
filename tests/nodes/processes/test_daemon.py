"""Programs of other people as services: started, listened to, ended, started again, whatever they do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.catalogue import services
from catenet.nodes.control.answers import ProtocolRoute, RoutingTable
from catenet.nodes.control.implementation import Implementation
from catenet.nodes.control.origin import Explanation
from catenet.nodes.control.service import Service as Declaration
from catenet.nodes.implementations.daemon import (
    Command,
    LearnedRoute,
    PrintedTable,
    RouteExchange,
    RoutingDaemon,
    Task,
)
from catenet.nodes.implementations.daemon import Run as Plan
from catenet.nodes.machine import Interface
from catenet.nodes.processes import daemon, programs
from catenet.nodes.processes.programs import Programs
from catenet.nodes.runtime import context as context_module
from catenet.nodes.runtime.children import ProgramError
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.supervisor import SupervisedService

if TYPE_CHECKING:
    from conftest import Bench, OnBench

Scenario = Callable[["Bench", SupervisedService], Any]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_bench: OnBench) -> Callable[[str, Scenario], None]:
    """Runs a script as the service `rip`, and a scenario beside it."""
    monkeypatch.setattr(context_module, "_DATA", tmp_path)
    monkeypatch.setattr(daemon, "_FOLDER", str(tmp_path / "run"))
    rip = services()["rip"]._replace(routing=None)  # the routes of the machine that runs the test are none of ours
    monkeypatch.setitem(cast("dict[str, Declaration]", services()), "rip", rip)

    def run(script: str, scenario: Scenario) -> None:
        file = tmp_path / "it"
        file.write_text(script)
        file.chmod(0o755)

        async def whole(bench: Bench) -> None:
            service = SupervisedService(bench.shared, "rip", {"implementation": "./it"}, lambda: None)
            running = asyncio.ensure_future(service.run())
            try:
                await scenario(bench, service)
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running

        on_bench(whole)

    return run


Run = Callable[[str, Scenario], None]


async def failed(bench: Bench) -> str:
    """The first failure's text."""
    await bench.until(lambda: any(event.kind == "service.failed" for event in bench.events()))
    return next(event.text for event in bench.events() if event.kind == "service.failed")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition: Callable[[], bool]) -> None:
    """The kernel takes a moment to end what it was told to kill."""
    ends = time.monotonic() + 200
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_it_says_ready_and_what_it_prints_is_told(program: Run, tmp_path: Path) -> None:
    async def scenario(bench: Bench, service: SupervisedService) -> None:
        await bench.until(lambda: service.state == "ready")
        (tmp_path / "heard").touch()  # so that what follows is said later
        await bench.until(lambda: len(bench.events()) == 4)
        found = [(event.kind, event.text, event.data) for event in bench.events()]
        assert found == [
            ("service.said", "hello rip", {"stream": "stdout"}),
            ("rip.mine", "own", {"n": 1}),
            ("service.ready", "serves", {}),
            ("service.said", "oh", {"stream": "stderr"}),
        ]
        status = service.status()
        assert (status.implementation, status.restarts) == ("./it", 0)

    script = """#!/bin/sh
[ -n "$CATENET_NODE" ] && exit 3
echo "hello $(echo "$CATENET_SERVICE" | grep -o '"service":"[a-z]*"' | cut -d'"' -f4)"
echo '{"kind": "rip.mine", "text": "own", "data": {"n": 1}}'
echo ready
until [ -e HEARD ]; do sleep 0.02; done
echo oh >&2
sleep 60
"""
    program(script.replace("HEARD", str(tmp_path / "heard")), scenario)


VIAS = {"10.0.1.0/24": Address.parse("10.0.0.2")}


def sleeper(file: Path | None = None) -> RoutingDaemon:
    """It sleeps. Its table, where it has one, is a file: prefixes, of those in VIAS."""

    def read(text: str) -> list[LearnedRoute]:
        return [LearnedRoute(Prefix.parse(word), VIAS[word], 2) for word in text.split()]

    printed = PrintedTable(("/bin/cat", str(file)), read) if file else None
    return RoutingDaemon(run=lambda _: Plan((Command(("/bin/sleep", "60")),)), routes=lambda _: RouteExchange(printed))


def sleeping(bench: Bench, adapter: RoutingDaemon, folder: Path) -> tuple[ServiceContext, asyncio.Future[None]]:
    context = bench.context(bench.router)
    task = Task("rip", Implementation("sleeper"), None, bench.config, (), str(folder / "run"))
    return context, asyncio.ensure_future(daemon.DaemonRun(context, adapter, task, presumed_after=0.05).run())


def test_one_that_never_says_so_is_ready_after_a_while(on_bench: OnBench, tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        silent = asyncio.get_running_loop().create_future()
        context, running = sleeping(bench, sleeper(), tmp_path)
        context.on_ready = silent.set_result
        assert await silent == 0.05
        running.cancel()
        await asyncio.wait([running])

    on_bench(scenario)


def test_what_only_counts_as_ready_is_said_to_do_so(program: Run) -> None:
    async def scenario(bench: Bench, service: SupervisedService) -> None:
        await bench.until(lambda: service.state == "ready")
        [said] = [event for event in bench.events() if event.kind == "service.ready"]
        assert (said.text, said.data) == ("counts as ready: did not say `ready` for 2 s", {"silent": 2.0})

    program("#!/bin/sh\nexec sleep 60\n", scenario)


@pytest.mark.parametrize(("service", "network_cost"), [("rip", 1), ("toyroute", 0)])
@pytest.mark.usefixtures("own_service")
def test_its_table_is_sorted_by_prefix_whatever_is_connected(
    on_bench: OnBench, tmp_path: Path, service: str, network_cost: int
) -> None:
    """Costs are those of its declaration: without what the network at the end adds to the metric."""

    async def scenario(bench: Bench) -> None:
        (tmp_path / "table").write_text("10.0.1.0/24")
        context = bench.context(bench.router)
        wire = Interface("wire", Address.parse("10.0.0.1"), Prefix.parse("10.0.0.0/24"))
        last = Interface("last", Address.parse("10.0.9.1"), Prefix.parse("10.0.9.0/24"))
        context.interfaces = lambda: (last, wire)  # type: ignore[method-assign]
        task = Task(service, Implementation("sleeper"), None, bench.config, (), str(tmp_path / "run"))
        running = asyncio.ensure_future(daemon.DaemonRun(context, sleeper(tmp_path / "table"), task).run())
        await bench.until(lambda: any(event.kind == "route.changed" for event in bench.events()))
        shown = context.shows["svc"]()
        assert isinstance(shown, dict)
        assert RoutingTable.parse(shown).routes == (
            ProtocolRoute("10.0.0.0/24", "wire", metric=network_cost, cost=0, state="connected"),
            ProtocolRoute("10.0.1.0/24", "wire", "10.0.0.2", "10.0.0.2", 2, 2 - network_cost, state="valid"),
            ProtocolRoute("10.0.9.0/24", "last", metric=network_cost, cost=0, state="connected"),
        )
        [changed] = [event for event in bench.events() if event.kind == "route.changed"]
        assert (changed.data["metric"], changed.data["cost"]) == (2, 2 - network_cost)
        known = context.explains[0](Prefix.parse("10.0.1.0/24"))
        assert known == Explanation(
            "10.0.1.0/24",
            "valid",
            2,
            "wire",
            node="10.0.0.2",
            via="10.0.0.2",
            implementation=str(context.implementation),
        )
        running.cancel()
        await asyncio.wait([running])

    on_bench(scenario)


def test_each_next_hop_of_a_route_is_a_row(on_bench: OnBench, tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        (tmp_path / "table").touch()
        prefix, vias = Prefix.parse("10.0.1.0/24"), [Address.parse("10.0.0.2"), Address.parse("10.0.0.3")]
        routes = [LearnedRoute(prefix, vias[0], 3, 7, (vias[1],))]
        printed = PrintedTable(("/bin/cat", str(tmp_path / "table")), lambda _: routes)
        adapter = replace(sleeper(), routes=lambda _: RouteExchange(printed))
        context, running = sleeping(bench, adapter, tmp_path)
        await bench.until(lambda: any(event.kind == "route.changed" for event in bench.events()))
        shown = RoutingTable.parse(context.shows["svc"]()).routes
        assert [(row.via, row.cost, row.tag) for row in shown if row.prefix == str(prefix)] == [
            (str(via), 2, 7) for via in vias
        ]
        running.cancel()
        await asyncio.wait([running])

    on_bench(scenario)


def test_a_first_table_that_is_none_ends_the_run(on_bench: OnBench, tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        (tmp_path / "table").write_text("10.0.1.7/24")
        _, running = sleeping(bench, sleeper(tmp_path / "table"), tmp_path)
        with pytest.raises(ProgramError, match=r"/bin/cat prints an odd table: '10\.0\.1\.7/24' has host bits set"):
            await running

    on_bench(scenario)


def test_a_table_that_is_none_for_once_is_told_and_read_again(on_bench: OnBench, tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        table = tmp_path / "table"
        table.write_text("")
        ready = asyncio.Event()
        context, running = sleeping(bench, sleeper(table), tmp_path)
        context.on_ready = lambda _: ready.set()
        await ready.wait()
        table.write_text("10.0.1.7/24")
        await bench.until(lambda: any("odd table" in event.text for event in bench.events()))
        table.write_text("10.0.1.0/24")
        await bench.until(lambda: bench.events()[-1].kind == "route.changed")
        assert bench.counters["table_unread"] >= 1
        running.cancel()
        await asyncio.wait([running])

    on_bench(scenario)


def test_a_fault_while_its_table_is_followed_ends_the_run(on_bench: OnBench, tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        table = tmp_path / "table"
        table.write_text("10.0.1.0/24")
        _, running = sleeping(bench, sleeper(table), tmp_path)
        await bench.until(lambda: any(event.kind == "route.changed" for event in bench.events()))
        table.write_text("10.0.9.0/24")
        with pytest.raises(KeyError, match=r"10\.0\.9\.0/24"):
            await running

    on_bench(scenario)


def test_one_that_ends_at_once_is_started_again(program: Run) -> None:
    async def scenario(bench: Bench, service: SupervisedService) -> None:
        assert await failed(bench) == (
            "it ended by itself, with exit code 7; its last words: no such thing; started again in 0.2 s"
        )
        await bench.until(lambda: sum(event.kind == "service.failed" for event in bench.events()) >= 2)
        assert not any(event.kind == "service.ready" for event in bench.events())

    program("#!/bin/sh\necho no such thing >&2\nexit 7\n", scenario)


@pytest.mark.parametrize(("number", "name"), [(11, "SIGSEGV"), (40, "signal 40")])  # 40: a realtime signal, unnamed
def test_one_that_is_killed(program: Run, number: int, name: str) -> None:
    async def scenario(bench: Bench, service: SupervisedService) -> None:
        assert (await failed(bench)).startswith(f"it was ended by {name}; started again")

    program(f"#!/bin/sh\nkill -{number} $$\n", scenario)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("#!/no/such/interpreter\n", "what its first line names"),
        ("\x7fELF no such machine", "it is no program of this machine"),
    ],
)
def test_one_that_cannot_be_started_stays_down(program: Run, script: str, why: str) -> None:
    async def scenario(bench: Bench, service: SupervisedService) -> None:
        text = await failed(bench)
        assert why in text
        assert text.endswith("it stays down")

    program(script, scenario)


def test_one_that_ignores_sigterm_is_killed_with_all_that_it_started(program: Run, tmp_path: Path) -> None:
    pids: list[int] = []

    async def scenario(bench: Bench, service: SupervisedService) -> None:
        await bench.until(lambda: service.state == "ready")
        pids.extend(int(word) for word in (tmp_path / "pids").read_text().split())
        assert all(alive(pid) for pid in pids)

    script = f"""#!/bin/sh
trap '' TERM
sleep 60 & echo $$ $! >{tmp_path}/pids
echo ready
while :; do sleep 60; done
"""
    program(script, scenario)
    assert len(pids) == 2
    until(lambda: not any(alive(pid) for pid in pids))


def test_of_two_programs_by_one_name_none_is_left_behind(on_bench: OnBench, tmp_path: Path) -> None:
    def command(file: str) -> Command:
        return Command(("/bin/sh", "-c", f"echo $$ >{tmp_path}/{file}; exec sleep 60"))

    async def scenario(bench: Bench) -> None:
        started = Programs(bench.context())
        await started.start(Plan((command("one"), command("two"))))
        files = [tmp_path / "one", tmp_path / "two"]
        await bench.until(lambda: all(file.exists() and file.read_text().endswith("\n") for file in files))
        pids = [int(file.read_text()) for file in files]
        assert all(alive(pid) for pid in pids)
        await started.end()
        until(lambda: not any(alive(pid) for pid in pids))

    on_bench(scenario)


def test_its_farewell_is_heard(program: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(bench: Bench, service: SupervisedService) -> None:
        await bench.until(lambda: service.state == "ready")

    monkeypatch.setattr(programs, "_GRACE", 60.0)  # on a busy machine a shell may need longer than a node has
    program(f"#!/bin/sh\ntrap 'echo bye >{tmp_path}/bye; exit' TERM\necho ready\nsleep 60 & wait\n", scenario)
    assert (tmp_path / "bye").read_text() == "bye\n"


@pytest.mark.parametrize("what", ["yes", "cat /dev/zero", "cat /dev/urandom"])
def test_a_flood_neither_stops_the_node_nor_fills_its_log(program: Run, what: str) -> None:
    async def scenario(bench: Bench, service: SupervisedService) -> None:
        started = time.monotonic()
        await bench.until(lambda: service.state == "ready")
        for _ in range(1000):  # the node's other work gets its turn again and again
            await asyncio.sleep(0)
        seconds = time.monotonic() - started  # however long a busy machine took: so much a second is let through
        assert bench.file.stat().st_size < 2_000_000 + 1_000_000 * seconds
        assert len(bench.events()) < 1000 + 200 * seconds

    program(f"#!/bin/sh\necho ready\nexec {what}\n", scenario)


def test_one_that_does_not_read_holds_nobody_up(program: Run) -> None:
    async def scenario(bench: Bench, service: SupervisedService) -> None:
        child = bench.shared.children.start(["sleep", "60"], lambda *_: None, lambda _: None)
        for _ in range(100):
            child.tell("x" * 4096)
        child.signal(9)
        await bench.until(lambda: child.code == -9)

    program("#!/bin/sh\nexec sleep 60\n", scenario)


@pytest.mark.parametrize(("line", "counts"), [("x" * 99, 100), ("y", 64)])
def test_a_flood_waits_in_the_pipe(on_bench: OnBench, line: str, counts: int) -> None:
    """A short line is work too: it counts as 64 bytes."""

    async def run(bench: Bench) -> None:
        heard = 0

        def said(_: str, _line: str) -> None:
            nonlocal heard
            heard += counts

        child = bench.shared.children.start(["yes", line], said, lambda _: None)
        loop = asyncio.get_running_loop()
        await bench.until(lambda: heard > 1_000_000)  # what is allowed at once
        began, before = loop.time(), heard
        await bench.until(lambda: loop.time() > began + 0.5)
        assert heard - before < 1_000_000 * (loop.time() - began) + 1_000_000  # unhindered, it says gigabytes
        child.signal(9)
        await bench.until(lambda: child.code is not None)

    on_bench(run)
