"""A lab of ours with some of its nodes on another stack than its file says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab_bench import LABS, Bench, up
from on_engine import own
from ruamel.yaml import YAML

__all__ = ["mixed"]


@contextmanager
def mixed(lab: str, nodes: Iterable[str], folder: Path) -> Iterator[Bench]:
    """Inside, a copy runs in which these are on our stack."""
    yaml = YAML()
    document: Any = yaml.load((LABS / lab / "lab.yaml").read_text(encoding="utf-8"))
    for node in nodes:
        document["nodes"][node]["stack"] = "userspace"
    yaml.dump(document, folder / "lab.yaml")
    with up(folder, own(f"{lab}-mixed")) as bench:
        yield bench
