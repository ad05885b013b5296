"""A machine that is reached by SSH, beside its engine: by fabric, as ssh's configuration has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ssh_server import SshServer

from catenet.orchestrator.backend.machine import LocalMachine
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.backend.ssh_machine import SshMachine
from catenet.orchestrator.backend.ssh_place import SshPlace

FILES = Path("/proc/self/fd")
CHILDREN = Path("/proc/thread-self/children")


def test_it_says_what_the_machine_itself_says(server: SshServer) -> None:
    with SshMachine(SshPlace.parse(server.url)) as far, LocalMachine() as near:
        assert far.read("/proc/version") == near.read("/proc/version") != ""
        assert far.run(["printf", "%s", "a b'c $HOME"]) == "a b'c $HOME"
        assert far.run(["false"]) == far.run(["catenet-no-such-program"]) == far.read("/proc/nothing") == ""


def test_it_goes_by_the_names_of_sshs_configuration(server: SshServer) -> None:
    server.configure(f"Host big\n  HostName {server.address}\n  Port {server.port}")
    with SshMachine(SshPlace.parse("ssh://big")) as machine:
        assert machine.run(["uname"]) == "Linux\n"


@pytest.fixture
def jumped(server: SshServer) -> SshPlace:
    """The same machine, by way of itself under another name."""
    known = server.folder / "known_hosts"
    known.write_text(known.read_text() + known.read_text().replace(server.address, "localhost"))
    jump = server.url.replace(server.address, "localhost")
    server.configure(f"Host far\n  HostName {server.address}\n  Port {server.port}\n  ProxyJump {jump}")
    return SshPlace.parse("ssh://far")


def test_it_goes_by_jumps(jumped: SshPlace) -> None:
    with SshMachine(jumped) as machine:
        assert machine.run(["uname"]) == "Linux\n"


@pytest.mark.parametrize("known", [True, False])
def test_of_a_jump_it_leaves_no_process_and_no_file(server: SshServer, jumped: SshPlace, known: bool) -> None:
    with SshMachine(jumped):
        pass  # what is opened once for all has been
    files, children = set(FILES.iterdir()), CHILDREN.read_text()
    if known:
        SshMachine(jumped).__exit__()
    else:
        (server.folder / "known_hosts").write_text((server.folder / "known_hosts").read_text().splitlines()[1])
        with pytest.raises(EngineError, match="not found in known_hosts"):
            SshMachine(jumped)
    assert set(FILES.iterdir()) <= files
    assert CHILDREN.read_text() == children


@pytest.mark.parametrize("file", ["known_hosts", "authorized_keys"])
def test_an_unknown_key_of_either_side_is_refused(server: SshServer, file: str) -> None:
    (server.folder / file).write_text("")
    with pytest.raises(EngineError, match=rf"^look at {server.url}: .*`ssh -p {server.port} .* true` must ask nothing"):
        SshMachine(SshPlace.parse(server.url))
    assert (server.folder / file).read_text() == ""
