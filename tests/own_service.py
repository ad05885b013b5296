"""Two services more: the folders and the file in tests/toys, as if they lay beside the shipped ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catenet.nodes import application, internet, services
from catenet.nodes.catalogue import services as declared

__all__ = ["own_service"]

TOYS = Path(__file__).parent / "toys" / "nodes"
PACKAGES = (internet, application, services)
NAMES = ("echo", "toyroute")


@pytest.fixture
def own_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The services `echo` and `toyroute`."""
    for package in PACKAGES:
        layer = package.__name__.rpartition(".")[2]
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(TOYS / layer)])
    declared.cache_clear()
    yield
    monkeypatch.undo()
    declared.cache_clear()
    for package in PACKAGES:
        ours = tuple(f"{package.__name__}.{name}" for name in NAMES)
        for module in [name for name in sys.modules if name.startswith(ours)]:
            del sys.modules[module]
        for name in NAMES:
            vars(package).pop(name, None)
