"""`make image`: what docker compose needs where no registry can be reached: the nodes' image, and in .env its base.

Compose builds the image itself where it is not there; then it takes BASE_IMAGE from .env, and the Python packages from
.wheelhouse/, which is filled here too.
"""

from __future__ import annotations

import sys

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.cli.context import engine
from catenet.orchestrator.cli.phases import phases
from catenet.orchestrator.cli.screen import say_to_stderr
from catenet.orchestrator.deploy.images import build_compose_image, find_repository
from catenet.orchestrator.observe.running import UserError

__all__ = ["ENV_FILE", "main", "with_base"]

ENV_FILE = ".env"
_VARIABLE = "BASE_IMAGE"


def main() -> int:
    """Exit code 3 where the image cannot be made, else 0."""
    try:
        with phases() as progress:
            base = build_compose_image(engine(), progress)
    except (EngineError, UserError) as error:
        say_to_stderr(f"catenet: {error}")
        return 3
    repository = find_repository()
    if repository is not None:
        file = repository / ENV_FILE
        file.write_text(with_base(file.read_text() if file.is_file() else "", base))
    return 0


def with_base(text: str, base: str) -> str:
    """What .env says, with another base image ("": with none); the user's own lines stay."""
    lines = [line for line in text.splitlines() if line.partition("=")[0].strip() != _VARIABLE]
    return "".join(f"{line}\n" for line in [*lines, *([f"{_VARIABLE}={base}"] if base else [])])


if __name__ == "__main__":
    sys.exit(main())
