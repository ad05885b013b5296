"""An engine: Docker, and its twin in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from backend_bench import IMAGE, LONG, answer, build_image, clear

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import Engine


@pytest.fixture(scope="module")
def docker() -> Iterator[Engine]:
    engine = connect()
    clear(engine)
    build_image(engine)
    yield engine
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
