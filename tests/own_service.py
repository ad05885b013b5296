"""Three services more, and other programs for some: what is in tests/toys, as if it lay beside the shipped ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from catenet.nodes import application, implementations, internet, services
from catenet.nodes.catalogue import services as declared
from catenet.orchestrator.lab.values import option_hints, source_hints

__all__ = ["TOYS", "own_service", "toys"]

TOYS = Path(__file__).parent / "toys" / "nodes"
PACKAGES = (internet, application, services, implementations)
KEPT = (declared, option_hints, source_hints)
"""What is worked out once, of the services that there are."""
NAMES = ("parrot", "toyroute", "gate", "toybind", "toyware", "httpserver")


@contextmanager
def toys() -> Iterator[None]:
    """Inside, there are the services `parrot`, `toyroute`, `gate`, and the implementations `toybind` and `toyware`."""
    with pytest.MonkeyPatch.context() as patch:
        for package in PACKAGES:
            layer = package.__name__.rpartition(".")[2]
            patch.setattr(package, "__path__", [*package.__path__, str(TOYS / layer)])
        for kept in KEPT:
            kept.cache_clear()
        yield
    for kept in KEPT:
        kept.cache_clear()
    for package in PACKAGES:
        ours = tuple(f"{package.__name__}.{name}" for name in NAMES)
        for module in [name for name in sys.modules if name.startswith(ours)]:
            del sys.modules[module]
        for name in NAMES:
            vars(package).pop(name, None)


@pytest.fixture
def own_service() -> Iterator[None]:
    """As `toys`, for one test."""
    with toys():
        yield
