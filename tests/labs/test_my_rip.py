"""labs/five-routers/my-rip, the very file of the lab, as far as it goes without a network."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "labs" / "five-routers" / "my-rip"
OPTIONS = {"update": 2.0, "timeout": 6.0, "garbage": 4.0, "auth": {}}


def place(lan: str, *, up: bool) -> dict[str, object]:
    return {"lan": lan, "device": "nowhere", "address": "10.0.1.1", "prefix": "10.0.1.0/24", "up": up}


def started(options: dict[str, object], *interfaces: dict[str, object]) -> subprocess.Popen[bytes]:
    told = json.dumps({"table": 189, "options": options, "interfaces": interfaces})
    pipe = subprocess.PIPE
    environment = {**os.environ, "CATENET_SERVICE": told, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen([PROGRAM], stdin=pipe, stdout=pipe, stderr=pipe, env=environment)


def test_a_key_that_it_cannot_use_is_refused() -> None:
    with started({**OPTIONS, "auth": {"password": "secret"}}) as program:
        assert program.communicate(timeout=200) == (b"", b"auth: this router has none\n")
        assert program.returncode == 1


def test_of_two_changes_that_come_together_it_hears_both() -> None:
    """The second is of a device that nobody has: only who reads it falls over. Standard input stays open."""
    with started(OPTIONS, place("link1", up=False)) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline() == b"ready\n"
        changes = place("link1", up=False), place("link2", up=True)
        program.stdin.write(b"".join(json.dumps({"interface": each}).encode() + b"\n" for each in changes))
        program.stdin.flush()
        try:
            assert program.wait(200) == 1
            assert b"in open_socket" in program.stderr.read()
        finally:
            program.kill()
