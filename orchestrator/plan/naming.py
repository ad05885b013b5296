"""What the engine calls the things of a copy, how they are labelled, and by which hash a change is seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from catenet.orchestrator.backend.protocols import LABEL_BEGAN, LABEL_FILE, LABEL_HOSTS, LABEL_LAB, LABEL_PROJECT
from catenet.orchestrator.lab.model import Lab

__all__ = ["UNDERLAY", "container_name", "copy_labels", "hash_of", "lab_file", "network_name"]

UNDERLAY = "_underlay"
"""How the underlay is called among the LANs, whose names begin with a letter."""


def network_name(copy: str, lan: str) -> str:
    """The engine's name of a LAN."""
    return f"{copy}_{lan}"


def container_name(copy: str, node: str) -> str:
    """The engine's name of a node."""
    return f"{copy}-{node}"


def lab_file(lab: Lab) -> str:
    """The lab file's path; empty where the lab has none."""
    return "" if lab.file is None else str(lab.file)


def copy_labels(lab: Lab, copy: str, began: int, places: Mapping[str, str]) -> dict[str, str]:
    """What every network and container of the copy bears. `began`: as of `desired`; `places`: node → host, where there
    are several.
    """
    urls = {name: lab.hosts[name].url for name in lab.hosts}
    return {
        LABEL_LAB: copy,
        LABEL_FILE: lab_file(lab),
        LABEL_PROJECT: copy,
        **({LABEL_BEGAN: str(began)} if began else {}),
        **({LABEL_HOSTS: json.dumps(urls)} if places else {}),
    }


def hash_of(*whole: object) -> str:
    """Of all that is said of the thing, whatever fields it has."""
    return sha256(repr(whole).encode()).hexdigest()
