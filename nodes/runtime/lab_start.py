"""When the lab was brought up: the time from which what a lab file says in durations counts, after a restart too."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from catenet.nodes.control.config import NodeConfig

__all__ = ["lab_start"]

_PATH = "/run/catenet.began"


def lab_start(config: NodeConfig, path: str = _PATH) -> int:
    """In seconds since 1970. Where the configuration does not say it (Compose's is made at any time), it is this
    container's first start: files in /run stay when it is killed and started.
    """
    if config.began:
        return config.began
    now, kept = int(time.time()), Path(path)
    try:
        return min(int(kept.read_text(encoding="ascii")), now)
    except (OSError, ValueError):
        with suppress(OSError):  # a node whose /run cannot be written is not worse off than one without it
            kept.write_text(str(now), encoding="ascii")
        return now
