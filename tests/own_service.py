"""Three services more, and other programs for some: what is in tests/toys, as if it lay beside the shipped ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catenet.nodes import application, implementations, internet, services
from catenet.nodes.catalogue import services as declared
from catenet.orchestrator.lab.values import option_hints, source_hints

__all__ = ["own_service"]

TOYS = Path(__file__).parent / "toys" / "nodes"
PACKAGES = (internet, application, services, implementations)
KEPT = (declared, option_hints, source_hints)
"""What is worked out once, of the services that there are."""
NAMES = ("echo", "toyroute", "gate", "toybind", "toyware", "httpserver")


@pytest.fixture
def own_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The services `echo`, `toyroute` and `gate`; the implementations `toybind` and `toyware`."""
    for package in PACKAGES:
        layer = package.__name__.rpartition(".")[2]
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(TOYS / layer)])
    for kept in KEPT:
        kept.cache_clear()
    yield
    monkeypatch.undo()
    for kept in KEPT:
        kept.cache_clear()
    for package in PACKAGES:
        ours = tuple(f"{package.__name__}.{name}" for name in NAMES)
        for module in [name for name in sys.modules if name.startswith(ours)]:
            del sys.modules[module]
        for name in NAMES:
            vars(package).pop(name, None)
