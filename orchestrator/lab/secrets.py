"""A service's options without their secrets: what is handed on, in evidence for example."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.catalogue import services
from catenet.nodes.control.implementation import IMPLEMENTATION
from catenet.nodes.machine import Json
from catenet.orchestrator.lab.values import holds_secret, option_hints

__all__ = ["HIDDEN", "without_secrets"]

HIDDEN = "(hidden)"
"""In the place of a secret."""


def without_secrets(service: str, given: Mapping[str, Json]) -> dict[str, Json]:
    """Options as JSON has them. Of one whose annotation has a secret in it the keys stay: methods and key numbers tell
    why routers do not understand each other. Of one that this version does not know, nothing does.
    """
    hints = option_hints(service) if service in services() else {}
    return {
        name: _without_leaves(value)
        if name in hints and holds_secret(hints[name])
        else value
        if name in hints or name == IMPLEMENTATION
        else HIDDEN
        for name, value in given.items()
    }


def _without_leaves(value: Json) -> Json:
    return {key: _without_leaves(child) for key, child in value.items()} if isinstance(value, Mapping) else HIDDEN
