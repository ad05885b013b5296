"""What a RIP router loads: a lab has dozens of them on one machine."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("heavy", ["_hashlib", "hmac", "difflib", "catenet.nodes.control.answers", "ssl"])
def test_a_router_without_keys_loads_no(heavy: str) -> None:
    program = f"""
import sys
sys.modules["ssl"] = None  # as __main__ does
import asyncio
del sys.modules["ssl"]
import catenet.nodes.runtime.node, catenet.nodes.services.rip
print({heavy!r} in sys.modules)
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
