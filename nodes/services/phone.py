"""The service `phone`. It answers, beside its tables:

call    to, [seconds], [play]   call a contact → `call`, its name. `seconds`: it is hung up when it was up for so long;
                                `play`: a wav file in the lab's folder, in the place of the option `speech`
answer                          answer the call that rings
refuse                          refuse it
hangup                          end the call, however far it is
trust   user, fingerprint       the key with which a contact is seen now is his: it has this fingerprint, which the two
                                have compared
heard                           write what was heard in the last call → `file`, in the node, and its `seconds`
said                            likewise what the user said in it, again and again
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from catenet.nodes.application.directory.client import DirectoryClient
from catenet.nodes.application.directory.place import place_of
from catenet.nodes.application.phone.config import PhoneOptions
from catenet.nodes.application.phone.machine import DIRECTORY_TAG, KEEP, Phone
from catenet.nodes.application.phone.voice import synthetic
from catenet.nodes.application.rtp.g711 import RATE
from catenet.nodes.application.rtp.wav import read_wav, write_wav
from catenet.nodes.control.config import ConfigError
from catenet.nodes.control.needs import Folder
from catenet.nodes.machine import DecodeError, Json
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import Asked, run_machine
from catenet.nodes.services.phone_store import PLACE, PhoneStore

__all__ = ["FILES", "serve"]

FILES = {"heard": Path("/run/catenet-heard.wav"), "said": Path("/run/catenet-said.wav")}
"""Where they are, once they were asked for."""
_SPEECH = Path("/usr/share/catenet/speech.wav")
"""What a phone says that was given nothing else."""
_LONGEST = 86_400.0  # seconds of a call


async def serve(context: ServiceContext, options: PhoneOptions) -> None:
    """Ring until cancelled.

    Raises:
        ConfigError: it is not told where the directory is; its speech cannot be read.
        OSError: its file cannot be read or written.

    """
    try:
        directory = place_of(context.told)
        store = PhoneStore(PLACE)
        kept = store.load(os.urandom)
        folder = Folder(context.data)
        if options.speech:
            _read(folder, options.speech)
    except ValueError as error:
        raise ConfigError(f"phone: {error}") from None
    phone = Phone(
        options,
        DirectoryClient(
            options.user,
            options.password,
            directory.at,
            directory.name,
            tag=DIRECTORY_TAG,
            entropy=os.urandom,
            random=context.random,
            count=context.count,
        ),
        kept,
        interfaces=context.interfaces(),
        speech=lambda: _speech(folder, options.speech),
        entropy=os.urandom,
        randomness=context.random,
        wall_clock=context.wall_clock,
        count=context.count,
    )
    context.answer("heard", partial(_written, "heard", lambda: phone.heard))
    context.answer("said", partial(_written, "said", lambda: phone.said))
    await run_machine(context, phone, {KEEP: store.save}, _questions(phone, folder))


def _questions(phone: Phone, folder: Folder) -> Mapping[str, Asked]:
    def call(arguments: Mapping[str, Json], now: float) -> Json:
        to, play = _text(arguments, "to"), _text(arguments, "play", "")
        seconds = arguments.get("seconds", 0.0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _LONGEST:
            raise ValueError(f"seconds {str(seconds)[:80]!r} is no number from 0 to {_LONGEST:g}")
        pcm = _read(folder, play) if play else None
        return {"call": phone.call(to, now, seconds=seconds, pcm=pcm)}

    def simply(what: Callable[[float], None]) -> Asked:
        def asked(_: Mapping[str, Json], now: float) -> Json:
            what(now)
            return {}

        return asked

    def trust(arguments: Mapping[str, Json], _: float) -> Json:
        phone.trust(_text(arguments, "user"), _text(arguments, "fingerprint"))
        return {}

    return {
        "call": call,
        "answer": simply(phone.answer),
        "refuse": simply(phone.refuse),
        "hangup": simply(phone.hang_up),
        "trust": trust,
    }


async def _written(word: str, speech: Callable[[], bytes], _: Mapping[str, Json]) -> Json:
    pcm, file = speech(), FILES[word]
    await asyncio.to_thread(lambda: file.write_bytes(write_wav(pcm)))  # ten minutes of it would be heard as a gap
    return {"file": str(file), "seconds": len(pcm) / 2 / RATE}


def _text(arguments: Mapping[str, Json], name: str, absent: str | None = None) -> str:
    value = arguments.get(name, absent)
    if not isinstance(value, str):
        raise ValueError(f"{name} {str(value)[:80]!r} is no text")
    return value


def _read(folder: Folder, name: str) -> bytes:
    """The samples in a file of the lab's folder. Raises ValueError: it cannot be read, or is no speech."""
    try:
        return read_wav(folder.read(name))
    except OSError as error:
        raise ValueError(f"{name[:80]} cannot be read: {error.strerror}") from None
    except DecodeError as error:
        raise ValueError(f"{name[:80]} is no speech: {error}") from None


def _speech(folder: Folder, name: str) -> bytes:
    """What is said in a call for which nothing else was given: where it cannot be read any more, what is made here."""
    try:
        return _read(folder, name) if name else read_wav(_SPEECH.read_bytes())
    except (OSError, ValueError):
        return synthetic()
