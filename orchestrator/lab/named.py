"""Which nodes and LANs a lab file names. To read it whole, and to judge it, takes longer than all else of `status`."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

__all__ = ["named"]


def named(file: Path) -> tuple[list[str], list[str]]:
    """The names of its nodes, and of its LANs; none where the file has gone, or is wrong by now."""
    try:
        document = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError, RecursionError):
        return [], []
    parts = [document.get(word) if isinstance(document, dict) else None for word in ("nodes", "lans")]
    nodes, lans = ([str(name) for name in part] if isinstance(part, dict) else [] for part in parts)
    return nodes, lans
