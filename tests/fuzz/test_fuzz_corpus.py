"""The kept inputs of the fuzzing: each was once a finding, or goes a way of its own; none is one now."""

from __future__ import annotations

import pytest
from fuzz_target import CORPUS
from fuzz_targets import TARGETS, load


@pytest.mark.parametrize("name", TARGETS)
def test_no_kept_input_is_a_finding(name: str) -> None:
    target = load(name)
    files = sorted((CORPUS / name).iterdir())
    assert files
    for file in files:
        data = file.read_bytes()
        assert len(data) <= target.longest
        try:
            target.run(data)
        except BaseException as error:
            error.add_note(f"the input is {file}")
            raise


def test_every_kept_input_has_a_target() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} == set(TARGETS)
