"""An engine that answers: says so, or installs and starts Docker where it may, or says exactly what to do.

It may on Debian and Ubuntu as root; on a terminal it asks first, and CATENET_INSTALL_ENGINE=no forbids it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.docker_errors import START
from catenet.orchestrator.backend.protocols import EngineError

__all__ = ["ensure_engine"]

_START_LIMIT = 60.0
"""Seconds that a fresh engine may take until it answers."""

_PID_FILE = Path("/var/run/docker.pid")
_LOG = Path("/var/log/dockerd.log")


def ensure_engine(say: Callable[[str], None]) -> str:
    """The version of the engine that answers, which is installed and started first where that is needed and allowed.

    `say` is told of every step that takes time.

    Raises:
        EngineError: none answers, and none may be started here.

    """
    try:
        return connect().version()
    except EngineError as silent:
        _may_install(silent)
    if shutil.which("dockerd") is None:
        _install(say)
    _start(say)
    return _wait()


def _may_install(silent: EngineError) -> None:
    if silent.hint != START:  # there is one, and it will not speak with us, or hangs
        raise silent
    by_hand = "install and start Docker, as root: apt-get install docker.io && dockerd"
    if os.environ.get("DOCKER_HOST"):
        raise EngineError(
            f"no engine answers at DOCKER_HOST={os.environ['DOCKER_HOST']}", "start it, or unset DOCKER_HOST"
        )
    if os.environ.get("CATENET_INSTALL_ENGINE") == "no":
        raise EngineError("no engine answers, and CATENET_INSTALL_ENGINE=no forbids to start one", by_hand)
    if os.geteuid() != 0:
        raise EngineError(f"{silent}", f"{by_hand}; then put yourself into the group docker")
    if shutil.which("dockerd") is None and shutil.which("apt-get") is None:
        raise EngineError(
            "no engine answers, and this is neither Debian nor Ubuntu", "see docs.docker.com/engine/install"
        )
    if sys.stdin.isatty() and os.environ.get("CATENET_INSTALL_ENGINE") != "yes":
        answer = input("  engine    no Docker answers; install and start it here? [Y/n] ")
        if answer.strip().lower() not in ("", "y", "yes"):
            raise EngineError("no engine was started", by_hand)


def _install(say: Callable[[str], None]) -> None:
    say("installing Debian's docker.io")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "docker.io"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise EngineError(f"{' '.join(command)} failed: {done.stderr.strip()[-400:]}", "mend that and try again")


def _start(say: Callable[[str], None]) -> None:
    _remove_stale_pid_file()
    if Path("/run/systemd/system").is_dir():
        subprocess.run(["systemctl", "start", "docker"], check=False, capture_output=True)
        return
    say("starting dockerd in the background")
    with _LOG.open("ab") as log:
        subprocess.Popen(["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def _remove_stale_pid_file() -> None:
    """An engine that was killed leaves its pid file, and dockerd then refuses to start."""
    try:
        pid = int(_PID_FILE.read_text())
    except (OSError, ValueError):
        _PID_FILE.unlink(missing_ok=True)
        return
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        name = ""
    if name != "dockerd":
        _PID_FILE.unlink(missing_ok=True)


def _wait() -> str:
    deadline = time.monotonic() + _START_LIMIT
    while True:
        try:
            return connect().version()
        except EngineError as error:
            if time.monotonic() > deadline:
                raise EngineError(f"dockerd was started and does not answer: {error}", f"its log is {_LOG}") from None
        time.sleep(0.2)
