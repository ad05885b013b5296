"""What a lab file may say of a phone, and what a phone needs of its lab."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from catenet.nodes.address import Address
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.directory.place import Place, place_of
from catenet.nodes.application.phone.config import PhoneOptions
from catenet.nodes.application.phone.needs import read_needs, tell
from catenet.nodes.application.phone.voice import synthetic
from catenet.nodes.application.rtp.wav import write_wav
from catenet.nodes.control.needs import Folder, Others, Surroundings
from catenet.nodes.control.units import OptionError, Secret
from catenet.nodes.machine import Endpoint

ACCOUNTS = {user: Secret("a password") for user in ("alice", "bob")}
DIRECTORY = DirectoryOptions(accounts=ACCOUNTS)
ONE = {"d": {"directory": DIRECTORY}, "a": {"phone": None}}
TWO = {**ONE, "e": {"directory": DirectoryOptions(accounts=ACCOUNTS, port=5555)}}


def options(**more: Any) -> PhoneOptions:
    return PhoneOptions(**{"user": "alice", "password": Secret("a password"), **more})


def faults(given: PhoneOptions, services: Mapping[str, Mapping[str, Any]], folder: Path) -> list[str]:
    needs = read_needs(given, Surroundings(Folder(folder), services))
    return [need.fault.message for need in needs if need.fault is not None]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("user", "Alice"),
        ("user", ""),
        ("password", ""),
        ("password", "a\nb"),
        ("contacts", ("bob", "no name")),
        ("contacts", ("alice",)),
        ("answers", "maybe"),
        ("paths", "direct"),
        ("encryption", "none"),
    ],
)
def test_an_option_that_is_wrong_is_named_and_a_password_never_said(option: str, value: object) -> None:
    with pytest.raises(OptionError) as wrong:
        options(**{option: value})
    assert option in wrong.value.options
    assert "a password" not in str(wrong.value)


@pytest.mark.parametrize(
    ("given", "services", "fault"),
    [
        ({}, ONE, None),
        ({"directory": "e"}, TWO, None),
        ({}, {"a": {"phone": None}}, "no node of this lab has the service directory"),
        ({}, TWO, "there are several directories"),
        ({"directory": "a"}, ONE, "a has no service directory"),
        ({"user": "carol"}, ONE, "the directory of d has no account carol"),
        ({"contacts": ("bob", "dave")}, ONE, "the directory of d has no account dave"),
    ],
)
def test_a_directory_that_knows_him_is_needed(
    given: dict[str, Any], services: Mapping[str, Mapping[str, Any]], fault: str | None, tmp_path: Path
) -> None:
    found = faults(options(**given), services, tmp_path)
    assert found == [] if fault is None else fault in found[0]


def test_speech_is_judged_before_the_start(tmp_path: Path) -> None:
    (tmp_path / "good.wav").write_bytes(write_wav(synthetic()))
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    assert faults(options(speech="good.wav"), ONE, tmp_path) == []
    assert "no speech" in faults(options(speech="bad.wav"), ONE, tmp_path)[0]
    assert "cannot be read" in faults(options(speech="none.wav"), ONE, tmp_path)[0]


def test_a_phone_is_told_where_its_directory_is() -> None:
    others = Others(TWO, {"d": Address.parse("10.0.0.1"), "e": Address.parse("10.0.0.2")}, {})
    told = tell(options(directory="e"), others)
    assert place_of(told) == Place(Endpoint(Address.parse("10.0.0.2"), 5555), "e")
    assert tell(options(), others) == {}, "there are two"
    with pytest.raises(ValueError, match="not told where"):
        place_of({})


def test_what_is_said_without_a_recording_has_loud_parts_and_pauses() -> None:
    samples = memoryview(synthetic()).cast("h")
    assert 3.5 < len(samples) / 8000 < 4.5
    blocks = [max(map(abs, samples[at : at + 400])) for at in range(0, len(samples), 400)]
    assert 0.1 < sum(peak < 100 for peak in blocks) / len(blocks) < 0.5
    assert max(blocks) > 8000
