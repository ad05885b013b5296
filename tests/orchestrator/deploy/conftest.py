"""The command line on an engine in memory, in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import Catenet

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.base import DEBIAN


@pytest.fixture
def catenet(
    engine: FakeEngine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Catenet:
    """Runs a command line: exit code, output, error output."""
    monkeypatch.chdir(tmp_path)
    for variable in ("BASE_IMAGE", "CATENET_LAB"):
        monkeypatch.delenv(variable, raising=False)
    engine.build(DEBIAN, b"context", {})

    def call(*words: str) -> tuple[int, str, str]:
        code = run(words, lambda: engine)
        return code, *capsys.readouterr()

    return call
