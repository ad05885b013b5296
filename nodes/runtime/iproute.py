"""The programs of iproute2, ip and tc, told what to do; each is there in every node."""

from __future__ import annotations

import errno
import subprocess

__all__ = ["run", "said"]

_PATIENCE = 10.0  # seconds; only there to end a hang


def run(program: str, *lines: str, tolerated: str = "") -> None:
    """Do these, one after the other. An error whose text has `tolerated` in it is none.

    Raises:
        OSError: one is refused; the text is the program's own.

    """
    _call([program, "-batch", "-"], "".join(f"{line}\n" for line in lines), tolerated)


def said(*command: str) -> str:
    """What it prints.

    Raises:
        OSError: it is refused; the text is the program's own.

    """
    return _call([*command], "", "")


def _call(command: list[str], text: str, tolerated: str) -> str:
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise OSError(errno.ETIMEDOUT, f"{command[0]} has not ended in {_PATIENCE:g} s") from None
    if done.returncode and not (tolerated and tolerated in done.stderr):
        raise OSError(errno.EPERM, f"{command[0]}: {' '.join(done.stderr.split())}")
    return done.stdout
