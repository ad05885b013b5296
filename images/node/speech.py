"""Makes what a telephone says that was given nothing else: /usr/share/catenet/speech.wav, some 10 s of 8 kHz.

Run as root in an image of Debian while it is made. espeak-ng speaks, and is there only meanwhile. Where it cannot be
had there is no speech, only the folder, so that nobody tries again: telephones then make a tone of their own.
"""

import array
import contextlib
import math
import os
import pathlib
import shutil
import subprocess
import sys
import wave

FILE = pathlib.Path("/usr/share/catenet/speech.wav")
LISTS = pathlib.Path("/var/lib/apt/lists")
RATE = 8000
TEXT = (
    "Hello, can you hear me? This call goes from one home to another, through a relay that carries every word and "
    "understands none. If it sounds as it should, then all is well: nine, eight, seven, six, five."
)
PATIENCE = 120  # seconds for each program
REACH = 24  # samples of the filter to each side, at the lower rate
QUIET = {"DEBIAN_FRONTEND": "noninteractive"}


def main() -> None:
    """Once: where the folder is there, it has been tried."""
    if FILE.parent.exists():
        return
    FILE.parent.mkdir(parents=True)
    try:
        run("apt-get", "-qq", "update")
        run("apt-get", "-qqy", "--no-install-recommends", "install", "espeak-ng")
        spoken = FILE.with_suffix(".spoken")
        run("espeak-ng", "-v", "en", "-s", "165", "-w", str(spoken), TEXT)
        keep(spoken)
        spoken.unlink()
    except (OSError, subprocess.SubprocessError, wave.Error) as error:
        sys.stderr.write(f"no speech: {error}\n")
    finally:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            run("apt-get", "-qqy", "purge", "--auto-remove", "espeak-ng")
        for each in LISTS.iterdir() if LISTS.is_dir() else ():
            shutil.rmtree(each) if each.is_dir() else each.unlink()


def run(*command: str) -> None:
    """To its end, which is a good one."""
    subprocess.run(command, check=True, timeout=PATIENCE, env={**os.environ, **QUIET})


def keep(spoken: pathlib.Path) -> None:
    """At the rate of a telephone."""
    with wave.open(str(spoken)) as file:
        rate, pcm = file.getframerate(), array.array("h", file.readframes(file.getnframes()))
    with wave.open(str(FILE), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(lowered(pcm, rate).tobytes())


def lowered(pcm: "array.array[int]", rate: int) -> "array.array[int]":
    """The samples at RATE: each the mean of those around its time, weighted by a windowed sinc that leaves out what
    that rate cannot hold."""
    step = rate / RATE
    reach = int(REACH * step)
    out = array.array("h")
    for number in range(int(len(pcm) / step)):
        middle = number * step
        first, last = max(0, math.ceil(middle) - reach), min(len(pcm), math.floor(middle) + reach + 1)
        total = weights = 0.0
        for place in range(first, last):
            away = (place - middle) / step
            window = 0.5 + 0.5 * math.cos(math.pi * (place - middle) / (reach + 1))
            weight = window * (math.sin(math.pi * away) / (math.pi * away) if away else 1.0)
            total += weight * pcm[place]
            weights += weight
        out.append(max(-32768, min(32767, round(total / weights))))
    return out


if __name__ == "__main__":
    main()
