"""The command line on the small lab in memory."""

from __future__ import annotations

import pytest

from catenet.orchestrator.cli.app import run


@pytest.fixture
def catenet(small, capsys, monkeypatch, tmp_path):
    """Runs a command line on the small lab: exit code, output, error output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATENET_LAB", raising=False)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(words, lambda: small.engine)
        return code, *capsys.readouterr()

    return call
