"""exec, shell, show and logs on one real node, as a user types them: in a pipe, on a terminal, interrupted."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest
from on_engine import CATENET, cleared, own

from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_NODE, ContainerSpec
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.images import node_image_tag
from catenet.orchestrator.observe.events import wait_for
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.running import running_lab

pytestmark = pytest.mark.engine

LAB = own("one-node")


@pytest.fixture(scope="module", autouse=True)
def node() -> Iterator[None]:
    """A lab of one node, `n`, that is on no LAN and runs no service."""
    config = NodeConfig(LAB, "n", (), events="json").to_json()
    labels = {LABEL_LAB: LAB, LABEL_NODE: "n"}
    with cleared(LAB) as engine:
        engine.create(ContainerSpec(f"{LAB}-n", "n", node_image_tag(), {CONFIG_VARIABLE: config}, {}, labels))
        engine.start(f"{LAB}-n")
        assert wait_for(
            engine, running_lab(engine, LAB).node("n"), lambda event: event.kind == "node.ready", 0.0, 200.0
        )
        yield


def catenet(*words: str, given: bytes = b"") -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [*CATENET, words[0], "--lab", LAB, *words[1:]], input=given, capture_output=True, check=False, timeout=200
    )
    return done.returncode, done.stdout, done.stderr


def stays_inside(word: str) -> bool:
    """Whether that program still runs 100 s later: the engine takes a moment to end it."""
    engine = connect()
    wait = f"timeout 100 sh -c 'while pgrep -x {word}; do sleep 0.05; done'"
    return run_program(engine, running_lab(engine, LAB).node("n"), ["sh", "-c", wait], 200.0).returncode != 0


def test_input_output_and_exit_code_pass():
    data = bytes(range(256)) * 4000
    assert catenet("exec", "n", "cat", given=data) == (0, data, b"")
    assert catenet("exec", "n", "--", "sh", "-c", "echo out; echo err >&2; exit 7") == (7, b"out\n", b"err\n")


def test_a_program_that_is_not_there_is_127_as_in_a_shell():
    code, out, err = catenet("exec", "n", "no-such-program")
    assert (code, out) == (127, b"")
    assert b"no-such-program" in err


def test_a_reader_that_goes_away_ends_the_program_too():
    pipe = subprocess.Popen(
        [*CATENET, "exec", "--lab", LAB, "n", "yes"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert pipe.stdout is not None and pipe.stderr is not None
    assert pipe.stdout.readline() == b"y\n"
    pipe.stdout.close()
    assert pipe.stderr.read() == b""
    pipe.wait(200)
    pipe.stderr.close()
    assert not stays_inside("yes")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_program_too(number, code):
    pipe = subprocess.Popen(
        [*CATENET, "exec", "--lab", LAB, "n", "sh", "-c", "echo here; exec sleep 1000"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert pipe.stdout is not None
    with pipe.stdout:
        assert pipe.stdout.readline() == b"here\n"
        pipe.send_signal(number)
        assert pipe.wait(200) == code
    assert not stays_inside("sleep")


def test_a_shell_on_a_terminal_names_the_node_and_returns_its_exit_code():
    process, terminal = pty.fork()
    if process == 0:
        os.execv(CATENET[0], [*CATENET, "shell", "--lab", LAB, "n"])
    seen = b""
    while b"n:/" not in seen:
        seen += os.read(terminal, 4096)
    os.write(terminal, b"test -t 0 && exit 4\r")
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # EIO: the other side of the terminal has gone
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 4


def test_a_shell_reads_its_commands_from_a_pipe():
    assert catenet("shell", "n", given=b"echo $((6 * 7)); exit 5\n") == (5, b"42\n", b"")


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """A verb in this process: what it says is the same, and Python need not start for it."""

    def call(*words: str) -> tuple[int, str, str]:
        code = run([words[0], "--lab", LAB, *words[1:]])
        return code, *capsys.readouterr()

    return call


def test_the_node_answers_and_its_log_is_read(here):
    assert "links, routes" in here("show", "n")[1]
    code, out, err = here("show", "n", "link")
    assert (code, out) == (2, "")
    assert "did you mean links?" in err
    assert "node.ready" in here("logs", "n")[1]
    assert f"{LAB}: 1 nodes (1 ready), 0 LANs" in here("status")[1]


def test_paused_and_killed_are_said_and_mended(here):
    assert here("pause", "n")[1].startswith("n paused")
    assert here("exec", "n", "true")[::2] == (2, "catenet: n is paused: catenet resume n\n")
    assert here("kill", "n")[1].startswith("n killed")
    assert "n     exited (137)" in here("status")[1]
    assert "node.ready" in here("logs", "n")[1]
    assert here("start", "n")[1].startswith("n started and ready")
