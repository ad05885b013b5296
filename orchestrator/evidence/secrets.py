"""What the engine knows of a node, without passwords and keys: evidence is handed on."""

from __future__ import annotations

import json
from collections.abc import Mapping

from catenet.nodes.control.certificate import PRIVATE_KEY
from catenet.nodes.control.config import CONFIG_VARIABLE
from catenet.nodes.control.strict_json import read_json
from catenet.orchestrator.lab.secrets import HIDDEN, without_secrets

__all__ = ["inspected_without_secrets"]


def inspected_without_secrets(known: Mapping[str, object]) -> Mapping[str, object]:
    """Of the environment only what we have set ourselves, and that without secrets.

    Somebody's image or engine may set passwords; a lab's own are those by which routers believe each other.
    """
    config = known.get("Config")
    if not isinstance(config, Mapping):
        return known
    variables = config.get("Env")
    ours = [str(each) for each in variables if str(each).startswith("CATENET_")] if isinstance(variables, list) else []
    return {**known, "Config": {**config, "Env": [_shown(each) for each in ours]}}


def _shown(variable: str) -> str:
    """NAME=VALUE, without the secrets of the node's services; the configuration is hidden whole where it is none."""
    name, _, value = variable.partition("=")
    if name != CONFIG_VARIABLE:
        return variable
    try:
        config = read_json(value)
        services = config.get("services", {})
        services |= {name: without_secrets(name, options) for name, options in services.items()}
        for told in config.get("told", {}).values():
            told.update({PRIVATE_KEY: HIDDEN} if PRIVATE_KEY in told else {})
    except (ValueError, TypeError, AttributeError):
        return f"{name}={HIDDEN}"
    return f"{name}={json.dumps(config)}"
