"""A service as the node's configuration has it, JSON → who does its work, and its options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from catenet.nodes.catalogue import implementations, options_class, services
from catenet.nodes.control.config import ConfigError
from catenet.nodes.control.implementation import IMPLEMENTATION, OURS, Implementation
from catenet.nodes.machine import Json
from catenet.nodes.runtime.options import build_options

__all__ = ["ServiceConfig", "read_service"]


class ServiceConfig(NamedTuple):
    """Who does its work, and its options."""

    implementation: Implementation
    options: Any


def read_service(service: str, given: Mapping[str, Json]) -> ServiceConfig:
    """A service, from the JSON that the node was given.

    Raises:
        ConfigError: there is no such service, or it names the field and the value.

    """
    if service not in services():
        raise ConfigError(f"{service} is an unknown service; there are {', '.join(services())}")
    options = {name: value for name, value in given.items() if name != IMPLEMENTATION}
    implementation = _implementation(service, given.get(IMPLEMENTATION, str(OURS)))
    return ServiceConfig(implementation, build_options(service, options_class(service), options))


def _implementation(service: str, word: Json) -> Implementation:
    try:
        found = Implementation.parse(str(word))
    except ValueError as error:
        raise ConfigError(f"{service}.{IMPLEMENTATION} {word!r} may not be: {error}") from None
    if found != OURS and not implementations(service).has(found):
        known = ", ".join(implementations(service).words())
        raise ConfigError(f"{service}.{IMPLEMENTATION} {word!r} is none that it has; there is {known}")
    return found
