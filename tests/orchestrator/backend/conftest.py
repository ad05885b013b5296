"""An engine: Docker, and its twin in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from backend_bench import IMAGE, LAB, LONG, answer, build_image, clear
from on_engine import claimed, remove_images_of_the_dead

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import Engine


@pytest.fixture(scope="module")
def docker() -> Iterator[Engine]:
    with claimed(LAB) as engine:
        remove_images_of_the_dead(engine)
        build_image(engine)
        yield engine
        clear(engine)
        engine.remove_image(IMAGE)


@pytest.fixture(params=["fake", pytest.param("docker", marks=pytest.mark.engine)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "fake":
        twin = FakeEngine(script=lambda _spec: ["one", "two", LONG, "last"], answer=answer)
        twin.build(IMAGE, b"context", {}, {})
        yield twin
        return
    real: Engine = request.getfixturevalue("docker")
    yield real
    clear(real)
