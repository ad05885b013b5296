"""`make clean`: our images go, and no others."""

from __future__ import annotations

import sys

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.deploy.images import remove_images

__all__ = ["main"]


def main() -> int:
    """Exit code 3 where the engine refuses, else 0."""
    try:
        remove_images(connect())
    except EngineError as error:
        print(f"catenet: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
