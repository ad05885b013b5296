"""Caches are emptied in every node, again and again where several checks want them cold."""

from __future__ import annotations

from typing import Any

import pytest

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.operations.scene import RunningScene


def test_one_program_in_each_node_carries_every_order(small: Any) -> None:
    with RunningScene(small.engine, small.running) as scene:
        for _ in range(3):
            scene.empty_caches()
    assert sorted(small.engine.executed) == ["small-a", "small-b", "small-c"]
    emptied = [node for node, question in small.asked if question.ask == "flush"]
    assert {node: emptied.count(node) for node in emptied} == {"a": 3, "b": 3, "c": 3}


def test_a_node_that_was_started_again_meanwhile_is_emptied_too(small: Any) -> None:
    with RunningScene(small.engine, small.running) as scene:
        scene.empty_caches()
        small.engine.kill("small-b")
        small.engine.start("small-b")
        scene.empty_caches()
    assert [node for node, question in small.asked if question.ask == "flush"].count("b") == 2


def test_a_node_that_was_killed_meanwhile_is_said_by_name(small: Any) -> None:
    with RunningScene(small.engine, small.running) as scene:
        scene.empty_caches()
        small.engine.kill("small-b")
        with pytest.raises(EngineError, match=r"the caches of b could not be emptied: .*exited"):
            scene.empty_caches()
