"""Files of speech: what Python's own reader says of ours, what we say of its, and files that are refused."""

from __future__ import annotations

import io
import struct
import wave
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from speech import speech

from catenet.nodes.application.rtp.g711 import PCMA, PCMU, Law
from catenet.nodes.application.rtp.wav import LONGEST, read_wav, write_wav
from catenet.nodes.machine import DecodeError

PCM = speech(0.5, 7)
LAWS = [None, PCMA, PCMU]
FORMS = {None: 1, PCMA: 6, PCMU: 7}
"""RFC 2361: WAVE_FORMAT_PCM, WAVE_FORMAT_ALAW, WAVE_FORMAT_MULAW."""


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def words(form: int = 1, channels: int = 1, rate: int = 8000, align: int = 2, bits: int = 16) -> bytes:
    return struct.pack("<HHIIHH", form, channels, rate, rate * align, align, bits)


def riff(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_python_reads_what_we_write() -> None:
    with wave.open(io.BytesIO(write_wav(PCM))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 8000, 2)
        assert file.readframes(10_000) == PCM


def test_we_read_what_python_writes() -> None:
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(PCM)
    assert read_wav(data.getvalue()) == PCM


@pytest.mark.parametrize("law", [PCMA, PCMU])
def test_a_file_of_codes(law: Law) -> None:
    """Its samples are those that the law leaves; its form is RFC 2361's."""
    data = write_wav(PCM, law)
    assert data[20:22] == FORMS[law].to_bytes(2, "little")
    assert data.endswith(law.encode(PCM))
    assert read_wav(data) == law.decode(law.encode(PCM))


@given(st.lists(st.integers(-32768, 32767), max_size=50), st.sampled_from(LAWS))
def test_there_and_back(samples: list[int], law: Law | None) -> None:
    pcm = array("h", samples).tobytes()
    data = write_wav(pcm, law)
    assert len(data) % 2 == 0
    assert struct.unpack_from("<I", data, 4) == (len(data) - 8,)
    assert read_wav(data) == (law.decode(law.encode(pcm)) if law else pcm)


def test_others_chunks_are_passed_over() -> None:
    data = riff(chunk(b"LIST", b"odd"), chunk(b"fmt ", words()), chunk(b"fact", bytes(4)), chunk(b"data", b"\1\2\3\4"))
    assert read_wav(data) == read_wav(riff(chunk(b"fmt ", words()), chunk(b"data", b"\1\2\3\4")))


def test_what_stands_behind_the_samples_is_not_looked_at() -> None:
    assert len(read_wav(riff(chunk(b"fmt ", words()), chunk(b"data", bytes(8)), b"LIST\xff\xff"))) == 8


DATA = chunk(b"data", bytes(8))
FORMAT = chunk(b"fmt ", words())
REFUSED = {
    "file": [b"", b"RIFF", riff(), riff(FORMAT), riff(*[chunk(b"junk", b"")] * 100), b"RIFX" + riff(FORMAT, DATA)[4:]],
    "chunk": [
        riff(FORMAT, DATA)[:-1],
        riff(FORMAT, b"data\xff\xff\xff\xff"),
        riff(b"fmt \xff\xff\xff\xff", DATA),
        riff(FORMAT, b"data\xff\xff\xff\x7f" + bytes(100)),
    ],
    "data": [
        riff(DATA, FORMAT),
        riff(FORMAT, chunk(b"data", bytes(7))),
        riff(FORMAT, chunk(b"data", bytes(2 * 8000 * LONGEST + 2))),
        riff(chunk(b"fmt ", words(7, align=1, bits=8)), chunk(b"data", bytes(8000 * LONGEST + 1))),
    ],
    "fmt": [riff(chunk(b"fmt ", words()[:15]), DATA), riff(chunk(b"fmt ", b""), DATA)],
    "form": [riff(chunk(b"fmt ", words(form)), DATA) for form in (0, 3, 0x55, 0xFFFE)],
    "channels": [riff(chunk(b"fmt ", words(channels=channels)), DATA) for channels in (0, 2, 65535)],
    "rate": [riff(chunk(b"fmt ", words(rate=rate)), DATA) for rate in (0, 22050, 44100)],
    "bits": [
        riff(chunk(b"fmt ", words(bits=8)), DATA),
        riff(chunk(b"fmt ", words(7)), DATA),
        riff(chunk(b"fmt ", words(align=0)), DATA),
        riff(chunk(b"fmt ", words(7, align=2, bits=8)), DATA),
    ],
}


@pytest.mark.parametrize(("field", "data"), [(field, data) for field, several in REFUSED.items() for data in several])
def test_it_is_refused_by_the_field_that_is_wrong(field: str, data: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        read_wav(data)
    assert caught.value.field == field


def test_the_longest_file() -> None:
    longest = bytes(2 * 8000 * LONGEST)
    assert len(read_wav(write_wav(longest))) == len(longest)
    for wrong in (longest + b"\0\0", b"\0"):
        with pytest.raises(ValueError, match="octets"):
            write_wav(wrong)


@given(st.integers(0, 60), st.binary(min_size=1, max_size=4), st.sampled_from(LAWS))
def test_a_file_with_other_octets_is_read_or_refused(place: int, octets: bytes, law: Law | None) -> None:
    data = bytearray(write_wav(bytes(16), law))
    data[place : place + len(octets)] = octets
    try:
        assert len(read_wav(bytes(data))) <= 2 * len(data)
    except DecodeError as error:
        assert error.field in REFUSED
