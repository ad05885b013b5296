"""The fuzzing itself: what it takes for a finding, and what its command line says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from fuzz_target import pieces, sliced
from hypothesis import given
from hypothesis import strategies as st

FOLDER = Path(__file__).parent

WATCHED = """
import json
from time import process_time

from fuzz_target import Target
from fuzz_watch import Watch

kept = []


def read(data):
    if data == b"refused":
        raise ValueError("as it should")
    if data.startswith(b"crash"):
        raise KeyError("foreign")
    if data == b"slow":
        end = process_time() + 0.3
        while process_time() < end:
            pass
    if data == b"hang":
        while True:
            pass
    if data == b"memory":
        kept.append(bytearray(b"x") * (200 << 20))
    return data


def check(data):
    assert data != b"wrong"


found = []
watch = Watch(Target(read, (ValueError,), check), found.append, hang=1)
for data in (b"", b"refused", b"fine", b"crash twice", b"crash", b"crash again", b"wrong", b"slow", b"hang", b"memory"):
    watch(data)
print(json.dumps([[finding.kind, finding.data.decode()] for finding in found]))
"""
"""In a process of its own: a watch limits the memory of the process, and takes one of its signals."""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=FOLDER, capture_output=True, text=True, check=False)


def test_exceptions_that_are_no_refusals_hangs_and_what_costs_too_much_are_findings() -> None:
    done = run("-c", WATCHED)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        ["KeyError", "crash twice"],
        ["KeyError", "crash"],  # it is shorter; the next one is not
        ["AssertionError", "wrong"],
        ["slow", "slow"],
        ["hang", "hang"],
        ["memory", "memory"],
    ]


def test_a_target_is_run_for_so_many_inputs() -> None:
    done = run("fuzz.py", "--plain", "--inputs", "300", "rip-message")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "300 inputs" in done.stdout


def test_a_kept_input_is_replayed() -> None:
    done = run("fuzz.py", "replay", "corpus/rip-message/request")
    assert done.returncode == 0
    assert done.stdout == "  corpus/rip-message/request: nothing wrong\n"


def test_a_target_that_does_not_exist_is_the_users_mistake() -> None:
    done = run("fuzz.py", "rip-massage")
    assert done.returncode == 2
    assert "'rip-massage' is none of dns-message," in done.stderr


@given(st.binary(max_size=60))
def test_pieces_and_slices_leave_nothing_out(data: bytes) -> None:
    whole, parts = sliced(data)
    assert whole == data[2:]
    assert b"".join(parts) == whole
    framed = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
    assert pieces(framed + b"\0\0\0") == [*parts, b""]
