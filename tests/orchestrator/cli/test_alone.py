"""Two processes at one copy of a lab: the second is told so."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from catenet.orchestrator.cli.alone import alone
from catenet.orchestrator.observe.running import UserError

COPY, OTHER = "alone-test", "alone-test-other"
HOLD = f"""
import sys
from catenet.orchestrator.cli.alone import alone
with alone(["{COPY}"]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_is_told_who_is_first_and_has_its_turn_when_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(UserError, match=rf"process {first.pid}\) is bringing lab {COPY} up"), alone([OTHER, COPY]):
            pass
        with alone([OTHER]):
            pass
        first.kill()
        first.wait()
    with alone([COPY]), pytest.raises(UserError, match=re.escape(f"process {os.getpid()}")), alone([COPY]):
        pass
