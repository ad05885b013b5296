"""A service more: the folder and the file in tests/toys, as if they lay beside the shipped ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catenet.nodes import application, services
from catenet.nodes.catalogue import services as declared

__all__ = ["own_service"]

TOYS = Path(__file__).parent / "toys"
PACKAGES = (application, services)


@pytest.fixture
def own_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The service `echo`."""
    for package in PACKAGES:
        layer = package.__name__.rpartition(".")[2]
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(TOYS / layer)])
    declared.cache_clear()
    yield
    monkeypatch.undo()
    declared.cache_clear()
    for package in PACKAGES:
        for module in [name for name in sys.modules if name.startswith(f"{package.__name__}.echo")]:
            del sys.modules[module]
        vars(package).pop("echo", None)
