"""A phone's file: the same identity at each start, and the keys that were pinned."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from catenet.nodes.application.phone.machine import Kept
from catenet.nodes.services.phone_store import PhoneStore


def test_an_identity_is_made_once_and_nobody_else_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "lib" / "phone.json"
    kept = PhoneStore(path).load(os.urandom)
    assert len(kept.seed) == 32
    assert PhoneStore(path).load(os.urandom) == kept
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    store = PhoneStore(tmp_path / "phone.json")
    kept = Kept(b"s" * 32, {"bob": b"b" * 32, "carol": b"c" * 32})
    store.save(kept)
    store.save(kept._replace(pins={"bob": b"d" * 32}))
    assert store.load(os.urandom) == Kept(b"s" * 32, {"bob": b"d" * 32})
    assert [each.name for each in tmp_path.iterdir()] == ["phone.json"]


@pytest.mark.parametrize("text", ["", "{}", '{"seed": "AA==", "pins": {}}', '{"seed": 1, "pins": []}', "[]"])
def test_a_file_that_is_none_is_no_identity(tmp_path: Path, text: str) -> None:
    """A new one in its place would be a stranger to all contacts."""
    (tmp_path / "phone.json").write_text(text)
    with pytest.raises(ValueError):
        PhoneStore(tmp_path / "phone.json").load(os.urandom)
