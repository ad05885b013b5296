"""The question `probe`: a machine for one question, on the node's network; what it reports is the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from catenet.nodes.control.datagrams import Datagrams
from catenet.nodes.control.questions import QuestionError, UnknownWordError
from catenet.nodes.machine import Json
from catenet.nodes.runtime import probing
from catenet.nodes.runtime.probing import Probing
from catenet.nodes.runtime.supervisor import SupervisedService

if TYPE_CHECKING:
    from conftest import Bench, OnBench

PORT = 40_007


def asked(**words: Json) -> dict[str, Json]:
    return {"kind": "datagrams", "to": "127.0.0.1", "port": PORT, "number": 20, "every": 0.001, **words}


def test_datagrams_go_to_an_echo_and_come_back(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        service = SupervisedService(bench.shared, "echo", {"port": PORT}, lambda: None)
        running = asyncio.ensure_future(service.run())
        await bench.until(lambda: service.state != "starting")
        for words in ({}, {"size": 20_000}, {"size": 20_000, "whole": True}):
            found = Datagrams.parse(await Probing(bench.shared).answer(asked(**words)))
            assert (found.sent, found.arrived, found.corrupted) == (20, 20, 0)
        assert service.status().counters == {"echoed": 60}
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    on_bench(run)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"kind": "rip"}, "kind 'rip' is none of .*datagrams"),
        ({"kind": None}, "is none of"),
        ({"kind": "__init__"}, "is none of"),
        ({"number": 0.5}, "number"),
        ({"to": "x"}, "to 'x' is no address"),
    ],
)
def test_a_wrong_word_is_the_asker_s_mistake(on_bench: OnBench, words: dict[str, Json], said: str) -> None:
    async def run(bench: Bench) -> None:
        with pytest.raises(ValueError, match=said):
            await Probing(bench.shared).answer(asked(**words))

    on_bench(run)


def test_there_are_only_so_many_at_once_and_a_long_one_ends(on_bench: OnBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "_LONGEST", 0.2)

    async def run(bench: Bench) -> None:
        one = Probing(bench.shared)
        slow = [asyncio.ensure_future(one.answer(asked(every=2.0))) for _ in range(16)]
        await asyncio.sleep(0)
        with pytest.raises(QuestionError, match="16 are under way already"):
            await one.answer(asked())
        ends: list[Any] = await asyncio.gather(*slow, return_exceptions=True)
        assert {type(each) for each in ends} == {TimeoutError}
        assert bench.shared.lans._news._listeners == []

    on_bench(run)


def test_the_word_is_known(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        with pytest.raises(UnknownWordError) as caught:
            await Probing(bench.shared).answer({"kind": "x"})
        assert "datagrams" in caught.value.known

    on_bench(run)
