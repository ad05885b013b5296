"""`make clean`: our images go, and no others; and .env no longer names one of them."""

from __future__ import annotations

import sys

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.cli.context import engine
from catenet.orchestrator.cli.image import ENV_FILE, with_base
from catenet.orchestrator.cli.screen import say_to_stderr
from catenet.orchestrator.deploy.images import find_repository, remove_images

__all__ = ["main"]


def main() -> int:
    """Exit code 3 where the engine refuses, else 0."""
    repository = find_repository()
    if repository is not None and (file := repository / ENV_FILE).is_file():
        left = with_base(file.read_text(), "")
        file.write_text(left) if left else file.unlink()
    try:
        remove_images(engine())
    except EngineError as error:
        say_to_stderr(f"catenet: {error}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
