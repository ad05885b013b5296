"""What a session of pytest finds that was killed: removed first; and if the engine does not let go of it, it stays."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from on_engine import give_back

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_LAN, ContainerSpec, EngineError, NetworkSpec
from catenet.orchestrator.deploy.locks import OwnershipLock, adopt_orphan, is_orphan, owned_copies
from catenet.orchestrator.harness.labs import Copy, Labs, SessionOptions, remove_what_is_left
from catenet.orchestrator.lab.find import LABS
from catenet.orchestrator.lab.load import load

COPY = "pytest-orphan-test"
OWN = f"""
import sys
from catenet.orchestrator.deploy.locks import OwnershipLock
mine = OwnershipLock("{COPY}")
print("mine", flush=True)
sys.stdin.read()
"""


class Stubborn(FakeEngine):
    """As Docker, when it still counts an endpoint of a container that is gone."""

    def remove_network(self, name: str, host: str = "") -> None:
        raise EngineError(f"remove the network {name}: it has active endpoints")


class Clinging(FakeEngine):
    """Does not let go of a container."""

    def remove(self, name: str, host: str = "") -> None:
        raise EngineError(f"remove {name}: it is in use")


def left_over(engine: FakeEngine, *, killed: bool = True) -> FakeEngine:
    """The copy has a network; its process was `killed`, or is this one."""
    prefix = Prefix.parse("10.0.1.0/24")
    labels = {LABEL_LAB: COPY, LABEL_LAN: "l"}
    engine.create_network(NetworkSpec(f"{COPY}_l", prefix, Address(prefix.broadcast - 1), labels))
    if killed:
        with subprocess.Popen([sys.executable, "-c", OWN], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
            assert owner.stdout is not None
            assert owner.stdout.readline() == b"mine\n"
            owner.kill()
        assert is_orphan(COPY)
    return engine


def with_container(engine: FakeEngine) -> FakeEngine:
    engine.build("image:1", b"folder", {})
    engine.create(ContainerSpec(f"{COPY}-a", "a", "image:1", {}, {}, {LABEL_LAB: COPY}))
    return engine


def test_what_a_killed_session_has_left_is_removed(tmp_path: Path) -> None:
    engine = left_over(FakeEngine())
    Labs(engine, SessionOptions(reuse=False, keep=False, artifacts=tmp_path, worker=""))
    assert engine.networks() == []
    assert not is_orphan(COPY)


def test_what_the_engine_does_not_let_go_keeps_nobody_from_testing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = left_over(Stubborn())
    Labs(engine, SessionOptions(reuse=False, keep=False, artifacts=tmp_path, worker="")).close()
    assert f"left of a session that was killed: remove the network {COPY}_l" in capsys.readouterr().err
    assert is_orphan(COPY)  # the next session tries again
    orphan = adopt_orphan(COPY)
    assert orphan is not None
    orphan.release()


def of_a_session(engine: FakeEngine, folder: Path) -> tuple[Labs, Copy]:
    """Its labs, of which the copy is one."""
    orphan = adopt_orphan(COPY)
    assert orphan is not None
    orphan.release()
    labs = Labs(engine, SessionOptions(reuse=False, keep=False, artifacts=folder, worker=""))
    copy = Copy(engine, COPY, load(LABS / "bfd" / "lab.yaml"), "", OwnershipLock(COPY), stays=False, changed=False)
    labs._all[COPY] = copy
    return labs, copy


def test_a_lab_of_which_the_engine_keeps_an_empty_network_is_left_to_the_end(tmp_path: Path) -> None:
    labs, copy = of_a_session(left_over(Stubborn()), tmp_path)
    labs.remove(copy)
    assert is_orphan(COPY)
    orphan = adopt_orphan(COPY)
    assert orphan is not None
    orphan.release()


def test_so_is_one_of_which_it_keeps_a_container_which_is_an_error(tmp_path: Path) -> None:
    labs, copy = of_a_session(with_container(left_over(Clinging())), tmp_path)
    with pytest.raises(EngineError, match="is in use"):
        labs.close()
    del labs, copy
    gc.collect()  # no lock is still open: that would be an error of whatever test runs then
    assert is_orphan(COPY)
    orphan = adopt_orphan(COPY)
    assert orphan is not None
    orphan.release()


def test_a_network_without_containers_that_the_engine_does_not_let_go_is_no_failure_of_the_tests() -> None:
    engine = left_over(Stubborn())
    said = remove_what_is_left(lambda: engine)
    assert said == f"remove the network {COPY}_l: it has active endpoints"
    orphan = adopt_orphan(COPY)
    assert orphan is not None
    orphan.release()


def test_a_container_that_the_engine_does_not_let_go_is_one() -> None:
    engine = with_container(left_over(Clinging()))
    with pytest.raises(EngineError, match="is in use"):
        remove_what_is_left(lambda: engine)
    orphan = adopt_orphan(COPY)
    assert orphan is not None
    orphan.release()


def test_a_test_that_took_its_lab_down_by_itself_goes_on_too(capsys: pytest.CaptureFixture[str]) -> None:
    engine = left_over(Stubborn())
    orphan = adopt_orphan(COPY)
    assert orphan is not None
    give_back(engine, orphan)
    assert capsys.readouterr().err == f"remove the network {COPY}_l: it has active endpoints\n"
    assert is_orphan(COPY)
    orphan = adopt_orphan(COPY)
    assert orphan is not None
    with pytest.raises(EngineError, match="is in use"):
        give_back(with_container(left_over(Clinging(), killed=False)), orphan)
    orphan = adopt_orphan(COPY)
    assert orphan is not None
    give_back(FakeEngine(), orphan)
    assert owned_copies(COPY) == []
