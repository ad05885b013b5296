"""Files of speech from anybody. The oracle is Python's own reader, of those that are samples."""

from __future__ import annotations

import io
import wave

from fuzz_target import Target

from catenet.nodes.application.rtp.wav import read_wav, write_wav
from catenet.nodes.machine import DecodeError


def _both(data: bytes) -> tuple[bytes, bytes]:
    return data, read_wav(data)


def _check(value: tuple[bytes, bytes]) -> None:
    data, pcm = value
    assert read_wav(write_wav(pcm)) == pcm
    try:
        with wave.open(io.BytesIO(data)) as file:
            assert pcm.startswith(file.readframes(len(data)))
    except (wave.Error, EOFError):
        return  # Codes; or a chunk goes beyond the end that RIFF's length says, at which we do not look.


wav = Target(
    _both,
    (DecodeError,),
    _check,
    words=(
        write_wav(bytes(16)),
        *(b"RIFF", b"WAVE", b"fmt ", b"data", b"LIST", b"\1\0\1\0", b"\6\0\1\0", b"\7\0\1\0"),
        *(b"\x40\x1f\0\0", b"\2\0\x10\0", b"\1\0\x08\0"),
    ),
)
