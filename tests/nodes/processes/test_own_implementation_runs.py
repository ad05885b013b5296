"""A name server by another program, which routes nothing: started with its configuration, ready once it answers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catenet.nodes.machine import Json
from catenet.nodes.processes import daemon
from catenet.nodes.runtime import context as context_module
from catenet.nodes.runtime.supervisor import SupervisedService

if TYPE_CHECKING:
    from conftest import Bench, OnBench

pytestmark = pytest.mark.usefixtures("own_service")


def test_it_runs_and_is_ready_once_it_answers(
    on_bench: OnBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context_module, "_DATA", tmp_path)
    monkeypatch.setattr(daemon, "_FOLDER", str(tmp_path / "run"))

    async def scenario(bench: Bench) -> None:
        service = SupervisedService(
            bench.shared, "nameserver", {"implementation": "toybind", "zones": ["example"]}, lambda: None
        )
        running = asyncio.ensure_future(service.run())
        await bench.until(lambda: len(bench.events()) == 1)
        (said,) = bench.events()
        assert said.text == f'zone "example" {{ type primary; file "{tmp_path}/zones/example.zone"; }};'
        assert service.state == "starting"
        (tmp_path / "serving").touch()
        await bench.until(lambda: service.state == "ready")
        assert [(event.kind, event.text) for event in bench.events()[1:]] == [("service.ready", "serves")]
        assert service.context is not None
        assert service.context.shows == {}  # it has no table that somebody would have had to leave empty
        running.cancel()
        await asyncio.wait([running])

    on_bench(scenario)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("toybnd", "nameserver.implementation 'toybnd' is none that it has; there is catenet, toybind"),
        ("./../x", "nameserver.implementation './../x' may not be: like ./my-rip: a file or folder beside"),
        (7, "nameserver.implementation 7 is none that it has"),
        ("", "nameserver.implementation '' may not be"),
    ],
)
def test_one_that_there_is_not_stays_down(on_bench: OnBench, given: Json, said: str) -> None:
    async def scenario(bench: Bench) -> None:
        service = SupervisedService(
            bench.shared, "nameserver", {"implementation": given, "zones": ["example"]}, lambda: None
        )
        await service.run()
        assert service.status().stays_down
        assert str(service.status().error).startswith(said)

    on_bench(scenario)
