"""`make engine`: an engine that answers, installed and started first where that is needed and allowed."""

from __future__ import annotations

import sys
import time

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.cli.context import chosen_hosts, engine
from catenet.orchestrator.cli.screen import say_to_stderr
from catenet.orchestrator.deploy.engine import ensure_engine
from catenet.orchestrator.observe.running import UserError

__all__ = ["main"]


def main() -> int:
    """Exit code 0 when an engine answers, else 3."""
    started = time.monotonic()
    try:
        named = chosen_hosts()  # what is installed and started is this machine's own, and never another's
        version = engine(named).version() if named else ensure_engine(_say)
    except (EngineError, UserError) as error:
        say_to_stderr(f"  engine    {error}")
        return 3
    _say(f"{f'Docker {version} answers':<57} {time.monotonic() - started:>6.1f} s")
    return 0


def _say(words: str) -> None:
    print(f"  engine    {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
