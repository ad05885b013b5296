"""A service of one's own is a folder and a file: the node runs it like those that it came with."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catenet.nodes.catalogue import table
from catenet.nodes.control.view import blocks, lay_out
from catenet.nodes.machine import Json
from catenet.nodes.runtime.supervisor import SupervisedService

if TYPE_CHECKING:
    from conftest import Bench, OnBench

pytestmark = pytest.mark.usefixtures("own_service")


def shown(service: SupervisedService) -> dict[str, Json]:
    assert service.context is not None
    answer = service.context.shows["parrot"]()
    assert isinstance(answer, dict)
    return answer


def test_it_serves_shows_tells_and_forgets(on_bench: OnBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hello.txt").write_text("good day\n")
    monkeypatch.setattr("catenet.nodes.runtime.context._DATA", tmp_path)

    async def run(bench: Bench) -> None:
        given: dict[str, Json] = {"greetings": "hello.txt", "port": 0, "remember": 5, "key": "hush "}
        service = SupervisedService(bench.shared, "parrot", given, lambda: None)
        running = asyncio.ensure_future(service.run())
        await bench.until(lambda: service.state != "starting")
        assert service.state == "ready"
        port = shown(service)["port"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.setblocking(False)
            for message in (b"who?", b"hush anyone?", b"hush again"):
                asker.sendto(message, ("127.0.0.1", port))
            receive = asyncio.get_running_loop().sock_recv
            assert [await receive(asker, 100) for _ in range(2)] == [b"good day\nanyone?", b"again"]
        (greeted,) = [event for event in bench.events() if event.kind == "parrot.greeted"]
        assert (greeted.service, greeted.text) == ("parrot", "127.0.0.1 greeted")
        assert service.status().counters == {"refused": 1}
        text = "\n".join(line for block in blocks(shown(service), {}, table("parrot")) for line in lay_out(block))
        assert "remember  5 s" in text
        assert "ago (s)" in text
        assert service.context is not None
        for flush in service.context.flushes:
            flush()
        assert shown(service)["greeted"] == []
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    on_bench(run)


def test_its_options_are_read_like_the_others(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        given: dict[str, Json] = {"greetings": "x", "port": -1}
        service = SupervisedService(bench.shared, "parrot", given, lambda: None)
        await service.run()
        status = service.status()
        assert (status.state, status.error) == ("failed", "parrot: port -1 is not between 0 and 65535")

    on_bench(run)
