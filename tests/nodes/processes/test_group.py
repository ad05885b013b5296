"""Programs that several services of a node share: there before each of these, and gone after the last of them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catenet.nodes.processes import daemon
from catenet.nodes.runtime import context as context_module
from catenet.nodes.runtime.supervisor import SupervisedService

if TYPE_CHECKING:
    from conftest import Bench, OnBench

pytestmark = pytest.mark.usefixtures("own_service")

GIVEN = {"parrot": {"implementation": "toyware", "greetings": "x"}, "browse": {"implementation": "toyware"}}


class Family:
    """Both services of toyware on one node. Each line of the log: what was started, and its process."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self._log, self._go = folder / "log", folder / "go"
        shared = replace(bench.shared, config=replace(bench.config, services=GIVEN))
        self.services = {name: SupervisedService(shared, name, given, lambda: None) for name, given in GIVEN.items()}
        self.tasks = {name: asyncio.ensure_future(service.run()) for name, service in self.services.items()}

    def started(self) -> list[tuple[str, int]]:
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [(line.rpartition(" ")[0], int(line.rpartition(" ")[2])) for line in lines]

    async def ready(self, starts: int) -> list[tuple[str, int]]:
        """So many programs were started, and both services are ready."""
        await self.bench.until(self._log.exists)  # the central one waits, and the others for it
        self._go.touch()
        services = self.services.values()
        await self.bench.until(lambda: len(self.started()) == starts and all(s.state == "ready" for s in services))
        return self.started()

    async def end(self, name: str) -> None:
        self.tasks[name].cancel()
        await asyncio.wait([self.tasks[name]])


@pytest.fixture
def family(on_bench: OnBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs a scenario with it."""
    monkeypatch.setattr(context_module, "_DATA", tmp_path)
    monkeypatch.setattr(daemon, "_FOLDER", str(tmp_path / "run"))

    def run(scenario: Callable[[Family], Awaitable[None]]) -> None:
        async def whole(bench: Bench) -> None:
            them = Family(bench, tmp_path)
            try:
                await scenario(them)
            finally:
                for name in them.tasks:
                    await them.end(name)

        on_bench(whole)

    return run


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


RunFamily = Callable[[Callable[[Family], Awaitable[None]]], None]


def test_they_are_started_once_for_all_and_end_with_the_last(family: RunFamily, tmp_path: Path) -> None:
    async def scenario(them: Family) -> None:
        (central, pid), *own = await them.ready(3)
        assert central == "central for parrot browse"
        assert sorted(name for name, _ in own) == ["browse", "parrot"]
        assert (tmp_path / "run" / "parrot" / "conf").exists()
        await them.end("parrot")
        assert alive(pid)
        assert them.services["browse"].state == "ready"
        await them.end("browse")
        assert not any(alive(each) for _, each in them.started())
        assert len(them.started()) == 3

    family(scenario)


def test_a_service_whose_own_program_ends_is_alone_started_again(family: RunFamily) -> None:
    async def scenario(them: Family) -> None:
        before = dict(await them.ready(3))
        os.kill(before["parrot"], signal.SIGKILL)
        *_, (name, _) = await them.ready(4)
        assert name == "parrot"
        assert alive(before["browse"])
        assert alive(before["central for parrot browse"])
        failed = [event for event in them.bench.events() if event.kind == "service.failed"]
        assert [event.service for event in failed] == ["parrot"]

    family(scenario)


def test_all_are_started_again_behind_a_shared_program_that_ends(family: RunFamily) -> None:
    async def scenario(them: Family) -> None:
        before = dict(await them.ready(3))
        os.kill(before["central for parrot browse"], signal.SIGKILL)
        central, *own = (await them.ready(6))[3:]
        assert central[0] == "central for parrot browse"
        assert sorted(name for name, _ in own) == ["browse", "parrot"]
        assert not any(alive(pid) for pid in before.values())
        failed = [event for event in them.bench.events() if event.kind == "service.failed"]
        assert sorted(event.service for event in failed) == ["browse", "parrot"]
        assert {event.text for event in failed} == {"sh was ended by SIGKILL; started again in 0.2 s"}

    family(scenario)
