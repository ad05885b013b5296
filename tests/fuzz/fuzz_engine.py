"""The process in which one target's inputs are made and run: with atheris, which is guided by branches, or without.

    python fuzz_engine.py TARGET SECONDS INPUTS SEED atheris|plain FOLDER       an empty folder, for files of its own

It prints a line of JSON behind `fuzz `, about once a second and at its end, and one for each finding; atheris prints
lines of its own, of which fuzz.py reads the coverage.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from fuzz_mutate import mutate, repeat
from fuzz_target import GROWN, REPOSITORY, Target
from fuzz_targets import load
from fuzz_watch import FINDINGS, Finding, Watch, file_of

WATCHED = ("catenet", "dnslib", "html", "_markupbase", "requests", "ruamel", "urllib3")
"""Packages whose branches guide the search."""
_REPEATED = 24  # one input in so many is a repetition
_LOOK = 64  # inputs between two looks at the clock


class Job(NamedTuple):
    """The arguments, in their order."""

    name: str
    seconds: float
    inputs: int
    seed: str
    way: str
    folder: Path


class _Run:
    """Counts, tells, and ends the process when it is time."""

    def __init__(self, job: Job, target: Target) -> None:
        self.watch = Watch(target, self._found)
        self._job = job
        self._began = self._told = time.monotonic()

    def __call__(self, data: bytes) -> bool:
        taken = self.watch(data)
        if self.watch.inputs % _LOOK == 0 or self.watch.inputs >= self._job.inputs:
            self._look()
        return taken

    def _look(self) -> None:
        now = time.monotonic()
        over = now >= self._began + self._job.seconds or self.watch.inputs >= self._job.inputs
        if over or now >= self._told + 1:
            self._told = now
            _say(inputs=self.watch.inputs, seconds=now - self._began)
        if over:
            os._exit(0)  # what is under way in atheris ends without ceremony

    def _found(self, finding: Finding) -> None:
        file = file_of(self._job.name, finding)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(finding.data)
        _say(kind=finding.kind, place=finding.place, text=finding.text, file=str(file.relative_to(REPOSITORY)))


def main(job: Job) -> None:
    if job.way != "atheris":
        target = load(job.name)
        _plain(job, target, _Run(job, target))
    import atheris

    with atheris.instrument_imports(include=list(WATCHED)):
        target = load(job.name)
    _guided(atheris, job, target, _Run(job, target))


def _plain(job: Job, target: Target, run: _Run) -> NoReturn:
    chance = random.Random(job.seed)
    gc.freeze()  # what was imported stays, and is not gone through again and again
    inputs = [data for data in target.begin(job.name) if len(data) <= target.longest]
    taken = [data for data in inputs if run(data)] or inputs
    while True:
        begin = taken if chance.randrange(4) else inputs
        run(mutate(chance, begin, target.octets, target.longest))


def _guided(atheris: Any, job: Job, target: Target, run: _Run) -> NoReturn:
    chance = random.Random(job.seed)

    def one(data: bytes) -> None:
        run(data)

    def change(data: bytes, longest: int, _seed: int) -> bytes:
        if not chance.randrange(_REPEATED):
            return repeat(chance, data, longest)
        return bytes(atheris.Mutate(data, longest))

    grown, findings, seeds = GROWN / job.name, FINDINGS / job.name, job.folder / "seeds"
    for folder in (grown, findings, seeds):
        folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.begin(job.name)):
        (seeds / str(number)).write_bytes(data)
    number = int.from_bytes(job.seed.encode(), "big") % (1 << 31) or 1  # 0 would be a seed of its own choice
    options = [f"-max_len={target.longest}", "-len_control=100", "-reload=0", f"-seed={number}"]
    options += ["-timeout=86400", "-rss_limit_mb=0", f"-artifact_prefix={findings}/"]  # we look at these ourselves
    if target.octets:
        words = job.folder / "words"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.octets))
        options.append(f"-dict={words}")
    atheris.Setup([sys.argv[0], *options, str(grown), str(seeds)], one, custom_mutator=change)
    atheris.Fuzz()
    raise AssertionError("it never returns")


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def _say(**what: object) -> None:
    sys.stdout.write(f"fuzz {json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    name, seconds, inputs, seed, way, folder = sys.argv[1:]
    main(Job(name, float(seconds), int(inputs), seed, way, Path(folder)))
