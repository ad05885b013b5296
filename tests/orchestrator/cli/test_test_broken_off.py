"""`catenet test` and the tour that do not come to their end: what is said of it, and what the next one finds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_LAN, EngineError, NetworkSpec, networks_of
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.cli.tour import healing
from catenet.orchestrator.deploy.locks import is_orphan
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.operations.verbs import do

COPY = "test-broken-off"
OWN = f"""
import sys
from catenet.orchestrator.deploy.locks import OwnershipLock
mine = OwnershipLock("{COPY}")
print("mine", flush=True)
sys.stdin.read()
"""


class Ending(FakeEngine):
    """We are told to end while the lab is being started."""

    def __init__(self, end: BaseException) -> None:
        super().__init__()
        self.end = end

    def has_image(self, tag: str) -> bool:
        raise self.end


@pytest.mark.parametrize(("end", "code"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)], ids=["^C", "SIGTERM"])
def test_the_report_says_that_it_was_interrupted(end: BaseException, code: int, tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    file.write_text("all is well")  # an earlier one's
    assert run(["test", "five-routers", "--name", COPY, "--junit", str(file)], lambda: Ending(end)) == code
    root = ElementTree.parse(file).getroot()
    assert root.attrib["errors"] == "1"
    assert [error.attrib["message"] for error in root.iter("error")] == ["interrupted"]


class Stubborn(Ending):
    """Nor is anything of it removed."""

    copy = "test-stubborn"

    def has_image(self, tag: str) -> bool:
        prefix = Prefix.parse("10.0.1.0/24")
        labels = {LABEL_LAB: self.copy, LABEL_LAN: "l"}
        self.create_network(NetworkSpec(f"{self.copy}_l", prefix, Address(prefix.broadcast - 1), labels))
        return super().has_image(tag)

    def remove_network(self, name: str, host: str = "") -> None:
        raise EngineError(f"network {name} is in use")


@pytest.mark.parametrize(
    ("end", "code", "why"),
    [(KeyboardInterrupt(), 130, ""), (UserError("no room"), 2, "catenet: no room")],
    ids=["^C", "error"],
)
def test_what_cannot_be_removed_does_not_hide_why_it_ended(
    end: BaseException, code: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["test", "five-routers", "--name", Stubborn.copy], lambda: Stubborn(end)) == code
    err = capsys.readouterr().err
    assert why in err
    assert "network test-stubborn_l is in use; lab test-stubborn stays; catenet down test-stubborn removes it" in err
    assert is_orphan(Stubborn.copy)


def test_the_tour_says_both_why_it_ended_and_that_its_lan_is_not_healed(small, capsys) -> None:
    small.engine.answer = lambda *_: (1, b"", b"no answer\n")
    with pytest.raises(EngineError, match="the first"), healing(small.engine, small.running, "link1"):
        raise EngineError("the first")
    assert capsys.readouterr().err.startswith("catenet: link1 is not healed: heal link1: ")


def test_a_lan_of_the_tour_is_healed_after_an_error(small) -> None:
    do(small.engine, small.running, "cut", "link1")
    with pytest.raises(KeyboardInterrupt), healing(small.engine, small.running, "link1"):
        raise KeyboardInterrupt
    assert small.down == set()


def leave_an_orphan() -> None:
    with subprocess.Popen([sys.executable, "-c", OWN], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"mine\n"
        killed.kill()
    assert is_orphan(COPY)


@pytest.mark.parametrize(
    "words", [["up", "five-routers", "--name", COPY], ["down", "--name", COPY]], ids=["up", "down"]
)
def test_what_somebody_brings_up_or_takes_down_by_hand_is_no_orphan_any_more(words: list[str]) -> None:
    """Else the next `catenet test`, of whatever lab, would take it away."""
    leave_an_orphan()
    run(words, lambda: Ending(KeyboardInterrupt()))
    assert not is_orphan(COPY)


def test_what_a_killed_one_left_under_the_same_name_is_removed_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = Ending(KeyboardInterrupt())
    prefix = Prefix.parse("10.0.1.0/24")
    engine.create_network(
        NetworkSpec(f"{COPY}_l", prefix, Address(prefix.broadcast - 1), {LABEL_LAB: COPY, LABEL_LAN: "l"})
    )
    assert run(["test", "five-routers", "--name", COPY], lambda: engine) == 2
    assert f"lab {COPY} runs already" in capsys.readouterr().err
    leave_an_orphan()
    assert run(["test", "five-routers", "--name", COPY], lambda: engine) == 130  # it comes as far as its own start
    assert networks_of(engine, COPY) == []
