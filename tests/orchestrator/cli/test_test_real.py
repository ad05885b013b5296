"""`catenet test` on the real engine, as CI runs it."""

from __future__ import annotations

import os
import re
import signal
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from on_engine import CATENET, own

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import Engine, containers_of, networks_of
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.wire.packets import PcapStream

pytestmark = pytest.mark.engine

COPY = own("verb-test")
FILE = """
lans: {left: {}, right: {}}
nodes:
  h1: {lans: [left]}
  r: {lans: [left, right]}
  h2: {lans: [right]}
checks:
  - {claim: D1, ping: {from: h1, to: h2}}
  - {claim: D2, ping: {from: h2, to: h1, answered: no}}
timeline:
  - {at: 0s, cut: right}
  - {at: 0s, claim: D5, expect: {ping: {from: h1, to: h2, answered: no}}}
  - {at: 0s, heal: right}
  - {at: LAST, expect: {ping: {from: h1, to: h2}}, within: 200s}
"""


@pytest.fixture
def engine() -> Iterator[Engine]:
    """The copy belongs to the process of the verb."""
    engine = connect()
    ensure_node_image(engine, NoProgress())
    yield engine
    down(engine, COPY, NoProgress())


def begin(folder: Path, *options: str, last: str) -> subprocess.Popen[str]:
    (folder / "lab.yaml").write_text(FILE.replace("LAST", last))
    command = [*CATENET, "test", str(folder), "--name", COPY, *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def is_gone(engine: Engine) -> bool:
    return not containers_of(engine, COPY) and not networks_of(engine, COPY)


def test_what_fails_is_reported_with_evidence_and_the_lab_is_removed(engine: Engine, tmp_path: Path) -> None:
    process = begin(tmp_path, "--junit", "out/report.xml", last="0s")
    out, err = process.communicate(timeout=500)
    assert process.returncode == 1, err
    assert "1 of 2 checks hold" in out
    assert "2 of 2 expectations held" in out
    there = f"(with CATENET_LAB={COPY}; `catenet test {tmp_path} --keep --name {COPY}` leaves that copy)"
    assert re.search(rf"^  next      catenet traceroute h2 h1 {re.escape(there)}$", out, re.MULTILINE), out
    root = ElementTree.parse(tmp_path / "out" / "report.xml").getroot()
    failed = {case.attrib["name"]: case.find("failure") is not None for case in root.iter("testcase")}
    assert failed == {
        "h1 pings h2": False,
        "h2 pings h1, in vain": True,
        "at 0ms: h1 pings h2, in vain": False,
        "at 0ms: h1 pings h2": False,
    }
    [place] = (tmp_path / ".catenet" / "failures").iterdir()
    assert str(place.relative_to(tmp_path)) in err
    assert str(place.relative_to(tmp_path)) in root.find(".//system-out").text
    assert sorted(file.stem for file in (place / "captures").iterdir()) == ["h1", "h2", "r"]
    frames = PcapStream().feed((place / "captures" / "r.pcap").read_bytes())
    echoes = [frame for frame in frames if struct.unpack_from("!B", frame.data, 20 + 9)[0] == 1]  # cooked v2, ICMP
    assert len(echoes) >= 12  # three requests and their answers, in and out, while the check was made once more
    assert (place / "tables" / "r" / "routes.json").is_file()
    assert is_gone(engine)


def test_ctrl_c_removes_the_lab(engine: Engine, tmp_path: Path) -> None:
    process = begin(tmp_path, "--junit", "report.xml", last="9999s")
    assert process.stdout is not None
    for line in process.stdout:
        if " heal " in line:
            break
    else:
        pytest.fail(process.communicate()[1])
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=500)  # long before the last moment
    assert process.returncode == 130
    assert is_gone(engine)
    assert ElementTree.parse(tmp_path / "report.xml").getroot().attrib["failures"] == "1"
