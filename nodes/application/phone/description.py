"""What one side says of a data stream in the midst of a call: its credentials and candidates (RFC 8445 section 9).

It is JSON, as the first ones are that go through the directory:

    {"stream": 1, "round": 3, "fragment": "…", "password": "…", "candidates": ["candidate:1 1 UDP …", …]}
"""

from __future__ import annotations

import json
from typing import NamedTuple

from catenet.nodes.application.ice.candidate import Candidate
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.phone.terms import Stream
from catenet.nodes.control.strict_json import read_json
from catenet.nodes.machine import DecodeError

__all__ = ["MOST_CANDIDATES", "MOST_ROUNDS", "Description"]

MOST_CANDIDATES = 16
"""Of one side: a host's, and two of each of three servers, are seven."""
MOST_ROUNDS = 1 << 16
_KEYS = {"stream", "round", "fragment", "password", "candidates"}


class Description(NamedTuple):
    """`number` 0 is `media`, 1 `spare`. `round` counts how often it was begun anew: an answer has its offer's."""

    number: int
    round: int
    stream: Stream

    @classmethod
    def parse(cls, data: bytes) -> Description:
        """The content of an offer or an answer → Description.

        Raises:
            DecodeError: not as above; a candidate that is none. Those of kinds not spoken here are left out.

        """
        try:
            value = read_json(data.decode())
        except ValueError:
            raise DecodeError("description", data[:40], "no JSON") from None
        if not isinstance(value, dict) or value.keys() != _KEYS:
            raise DecodeError("description", data[:40], f"not the fields {', '.join(sorted(_KEYS))}")
        number, repetition = _integer(value, "stream", 2), _integer(value, "round", MOST_ROUNDS)
        credentials = Credentials(_text(value, "fragment"), _text(value, "password"))
        if not credentials.is_well_formed:
            raise DecodeError("description.fragment", credentials.fragment[:40], "no credentials of RFC 8839's")
        texts = value["candidates"]
        if not isinstance(texts, list) or len(texts) > MOST_CANDIDATES or not all(isinstance(e, str) for e in texts):
            raise DecodeError("description.candidates", str(texts)[:40], f"not {MOST_CANDIDATES} texts at the most")
        found = (Candidate.parse(text) for text in texts)
        candidates = tuple(each for each in found if each is not None)
        return cls(number, repetition, Stream(credentials, candidates))

    def __bytes__(self) -> bytes:
        fields = {
            "stream": self.number,
            "round": self.round,
            "fragment": self.stream.credentials.fragment,
            "password": self.stream.credentials.password,
            "candidates": [str(each) for each in self.stream.candidates],
        }
        return json.dumps(fields, separators=(",", ":")).encode()


def _integer(value: dict[str, object], key: str, limit: int) -> int:
    number = value[key]
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < limit:
        raise DecodeError(f"description.{key}", str(number)[:40], f"not from 0 to {limit - 1}")
    return number


def _text(value: dict[str, object], key: str) -> str:
    text = value[key]
    if not isinstance(text, str):
        raise DecodeError(f"description.{key}", str(text)[:40], "no text")
    return text
