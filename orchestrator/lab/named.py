"""Which nodes and LANs a lab file names. To read it whole, and to judge it, takes longer than all else of `status`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode

__all__ = ["named"]


def named(file: Path) -> tuple[list[str], list[str]]:
    """The names of its nodes, and of its LANs, as written; none where the file has gone, or is wrong by now."""
    try:
        top = _entries(YAML(typ="safe").compose(file.read_text(encoding="utf-8-sig")))
    except Exception:  # of the system, of the encoding, and whatever the library stumbles in (see document.py)
        return [], []
    return [*_entries(top.get("nodes"))], [*_entries(top.get("lans"))]


def _entries(node: Any) -> dict[str, Any]:
    """A mapping's, by the text of their keys: what the library makes of a key (a date, a number) is no name."""
    pairs = node.value if isinstance(node, MappingNode) else []
    return {str(key.value): value for key, value in pairs if isinstance(key, ScalarNode)}
