"""What a RIP router loads, and a web server: a lab has dozens of them on one machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("ssl", "_ssl", "catenet.nodes.runtime.tls")


RARE = ("ctypes", *(f"catenet.nodes.runtime.{name}" for name in ("mmsg", "raw", "frames", "tcp", "machine_streams")))


@pytest.mark.parametrize("heavy", [*HEAVY, *RARE, "_hashlib", "hmac", "difflib", "catenet.nodes.control.answers"])
def test_a_router_without_keys_loads_no(heavy: str) -> None:
    assert not _loads("rip", heavy)


@pytest.mark.parametrize("heavy", HEAVY)
def test_a_web_server_without_tls_loads_no(heavy: str) -> None:
    assert not _loads("web", heavy)


def _loads(service: str, heavy: str) -> bool:
    program = f"""
import sys
sys.modules["ssl"] = None  # as __main__ does
import asyncio
del sys.modules["ssl"]
import catenet.nodes.runtime.node, catenet.nodes.services.{service}
print({heavy!r} in sys.modules)
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], check=True, capture_output=True, text=True)
    return done.stdout == "True\n"
