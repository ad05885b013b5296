"""The program that makes an image's speech: it speaks at a telephone's rate, leaves nothing else, and never fails."""

from __future__ import annotations

import importlib.util
import sys
import wave
from array import array
from math import pi, sin
from pathlib import Path
from types import ModuleType

import pytest

from catenet.nodes.application.rtp.wav import read_wav
from catenet.orchestrator.deploy.images import PACKAGE

ESPEAK = """#!{python}
import sys, wave
with wave.open(sys.argv[sys.argv.index("-w") + 1], "wb") as file:
    file.setparams((1, 2, 22050, 0, "NONE", ""))
    file.writeframes(bytes(2 * 22050))
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """As in an image of which nothing is known but what is in `tmp_path`."""
    spec = importlib.util.spec_from_file_location("speech_program", PACKAGE / "images" / "node" / "speech.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(module, "FILE", tmp_path / "share" / "speech.wav")
    monkeypatch.setattr(module, "LISTS", tmp_path / "lists")
    return module


def install(folder: Path, name: str, text: str) -> None:
    file = folder / "bin" / name
    file.write_text(text)
    file.chmod(0o755)


def tone(hertz: float, rate: int) -> array[int]:
    return array("h", (round(10_000 * sin(2 * pi * hertz * n / rate)) for n in range(rate // 4)))


def test_it_speaks_and_what_speaks_is_gone_again(program: ModuleType, tmp_path: Path) -> None:
    install(tmp_path, "apt-get", f'#!/bin/sh\necho "$*" >>{tmp_path}/asked\n')
    install(tmp_path, "espeak-ng", ESPEAK.format(python=sys.executable))
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "index").touch()
    program.main()
    assert len(read_wav((tmp_path / "share" / "speech.wav").read_bytes())) == 2 * 8000
    assert [file.name for file in (tmp_path / "share").iterdir()] == ["speech.wav"]
    assert [*(tmp_path / "lists").iterdir()] == []
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [words.split()[-1] for words in asked] == ["update", "espeak-ng", "espeak-ng"]
    assert "purge --auto-remove" in asked[-1]


@pytest.mark.parametrize("apt", ["", "#!/bin/sh\nexit 100\n", "#!/bin/sh\n"])
def test_where_nothing_can_be_fetched_there_is_no_speech_and_nobody_tries_again(
    program: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], apt: str
) -> None:
    """No apt-get at all, no mirror, or no such package."""
    if apt:
        install(tmp_path, "apt-get", apt)
    program.main()
    assert capsys.readouterr().err.startswith("no speech: ")
    assert [*(tmp_path / "share").iterdir()] == []
    program.main()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 3000.0])
def test_what_a_telephone_can_carry_is_as_it_was(program: ModuleType, hertz: float) -> None:
    made = program.lowered(tone(hertz, 22_050), 22_050)
    inner = slice(100, -100)
    assert max(abs(a - b) for a, b in zip(made[inner], tone(hertz, 8000)[inner], strict=False)) < 300


def test_what_it_cannot_carry_is_not_heard_as_something_else(program: ModuleType) -> None:
    assert max(map(abs, program.lowered(tone(6000.0, 22_050), 22_050)[100:-100])) < 300


def test_it_is_written_as_a_telephone_reads_it(program: ModuleType, tmp_path: Path) -> None:
    spoken = tmp_path / "spoken.wav"
    with wave.open(str(spoken), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(tone(440.0, 8000).tobytes())
    program.FILE.parent.mkdir()
    program.keep(spoken)
    assert len(read_wav(program.FILE.read_bytes())) == 2 * 2000
