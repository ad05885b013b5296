"""A phone's file: who it is, and whose keys it believes.

    {"seed": "…", "pins": {"bob": "…"}}

Keys are in base64. It is written beside and renamed, so that it is whole at any moment.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

from catenet.nodes.application.phone.keys import KEY_SIZE
from catenet.nodes.application.phone.machine import Kept
from catenet.nodes.control.strict_json import read_json

__all__ = ["PLACE", "PhoneStore"]

PLACE = Path("/var/lib/catenet/phone.json")
"""In the container's own layer: it outlives kill and start, and goes with the container."""


class PhoneStore:
    """The file at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, entropy: Callable[[int], bytes]) -> Kept:
        """What it has; where there is none, a new identity, which is in it then.

        Raises:
            OSError: it cannot be read or written.
            ValueError: it is none of a phone's.

        """
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            kept = Kept(entropy(KEY_SIZE), {})
            self.save(kept)
            return kept
        match read_json(text):
            case {"seed": str(seed), "pins": dict(pins)}:
                return Kept(_key(seed), {user: _key(key) for user, key in pins.items()})
        raise ValueError(f"{self._path} has no seed and pins")

    def save(self, kept: Kept) -> None:
        """Raises OSError: it cannot be written."""
        pins = {user: b64encode(key).decode() for user, key in kept.pins.items()}
        text = json.dumps({"seed": b64encode(kept.seed).decode(), "pins": pins})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".new")
        with open(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:  # noqa: PTH123
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(self._path)


def _key(text: object) -> bytes:
    key = b64decode(str(text), validate=True)  # binascii.Error is a ValueError
    if len(key) != KEY_SIZE:
        raise ValueError(f"a key of {len(key)} octets")
    return key
