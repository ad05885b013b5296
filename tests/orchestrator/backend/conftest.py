"""An engine: Docker, its twin in memory, and two of these as one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from backend_bench import IMAGE, LAB, LONG, answer, build_image, clear
from on_engine import claimed, remove_images_of_the_dead

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.backend.protocols import Engine


@pytest.fixture(scope="module")
def docker() -> Iterator[Engine]:
    with claimed(LAB) as engine:
        remove_images_of_the_dead(engine)
        build_image(engine)
        yield engine
        clear(engine)
        engine.remove_image(IMAGE)


@pytest.fixture(params=["fake", "fleet", pytest.param("docker", marks=pytest.mark.engine)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "fake":
        yield _twin()
        return
    if request.param == "fleet":
        yield Fleet({"a": _twin(), "b": _twin()})
        return
    real: Engine = request.getfixturevalue("docker")
    yield real
    clear(real)


def _twin() -> FakeEngine:
    twin = FakeEngine(script=lambda _spec: ["one", "two", LONG, "last"], answer=answer)
    twin.build(IMAGE, b"context", {}, {})
    return twin
