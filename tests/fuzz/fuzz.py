"""Every parser against inputs that nobody wrote.

make fuzz                                         each target for 20 s, one after the other
make fuzz ARGS="--seconds 60 dns-message"         this one for a minute
make fuzz ARGS="--inputs 1000000 rip-md5"         or for so many inputs
make fuzz ARGS="replay .catenet/fuzz/findings/dns-message/AssertionError-1a2b3c4d"
make fuzz ARGS="keep dns-message"                 of all that was found so far, keep what covers new lines

An input that ends in any exception but the parser's own refusal is a finding, and so is one that takes too much time or
memory, or after which something does not hold that should. It is written into a file; exit 1 says that there are some.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fuzz_keep import keep
from fuzz_targets import TARGETS, load
from fuzz_watch import Finding, Watch

SECONDS = 20.0
FOREVER = 1 << 60
_PROGRESS = re.compile(r"#\d+\s.* cov: (\d+) .* corp: (\d+)/")
_SHOWN = 30  # lines of a finding


@dataclass
class Done:
    """What one target's process told."""

    inputs: int = 0
    seconds: float = 0.0
    coverage: int = 0
    corpus: int = 0
    findings: dict[str, str] = field(default_factory=dict)  # file → kind and place
    last: list[str] = field(default_factory=list)

    def hear(self, line: str) -> None:
        """A line of its output, ours or atheris'."""
        if line.startswith("fuzz {"):
            self._take(json.loads(line[5:]))
        elif (match := _PROGRESS.match(line)) is not None:
            self.coverage, self.corpus = int(match[1]), int(match[2])
        else:
            self.last = [*self.last[1 - _SHOWN :], line]

    def _take(self, told: dict[str, Any]) -> None:
        if "inputs" in told:
            self.inputs, self.seconds = told["inputs"], told["seconds"]
            return
        if told["file"] not in self.findings:
            say("\n    | ".join(f"\n    {told['kind']} {told['place']}\n{told['text']}".splitlines()[-_SHOWN:]))
            say(f'    again: make fuzz ARGS="replay {told["file"]}"')
        self.findings[told["file"]] = f"{told['kind']} {told['place']}"

    def __str__(self) -> str:
        rate = self.inputs / self.seconds if self.seconds else 0.0
        seen = f"  {self.coverage:>6,} branches  {self.corpus:>5,} in its corpus" if self.coverage else ""
        found = f"  {len(self.findings)} FOUND" if self.findings else ""
        return f"{self.inputs:>11,} inputs  {self.seconds:>6.0f} s  {rate:>7,.0f}/s{seen}{found}"


def main() -> int:
    arguments = _arguments()
    match arguments.words:
        case ["replay", *files]:
            return 1 if sum(_replay(Path(file)) for file in files) else 0
        case ["keep", *names]:
            for name in _chosen(names):
                say(f"  {name:<18} {keep(name)}")
            return 0
    way = "plain" if arguments.plain or find_spec("atheris") is None else "atheris"
    say(f"  seed {arguments.seed}, {'guided by atheris' if way == 'atheris' else 'without atheris: changes at random'}")
    seconds = arguments.seconds or (FOREVER if arguments.inputs else SECONDS)
    found = 0
    for name in _chosen(arguments.words):
        found += _fuzz(name, str(seconds), str(arguments.inputs or FOREVER), arguments.seed, way)
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.0, help=f"for each target ({SECONDS:g})")
    parser.add_argument("--inputs", type=int, default=0, help="for each target")
    parser.add_argument("--seed", default=secrets.token_hex(3))
    parser.add_argument("--plain", action="store_true", help="without atheris, where it is there too")
    parser.add_argument("words", nargs="*", metavar="TARGET", help=f"one or more of {', '.join(TARGETS)}")
    return parser.parse_args()


def _chosen(names: list[str]) -> list[str]:
    for name in names:
        if name not in TARGETS:
            sys.stderr.write(f"fuzz: {name!r} is none of {', '.join(TARGETS)}\n")
            sys.exit(2)
    return names or list(TARGETS)


def _fuzz(name: str, seconds: str, inputs: str, seed: str, way: str) -> int:
    """One target, in a process of its own; how much it found."""
    done = Done()
    engine = str(Path(__file__).with_name("fuzz_engine.py"))
    live = sys.stdout.isatty()
    with (
        tempfile.TemporaryDirectory(prefix="catenet-fuzz-") as folder,
        subprocess.Popen(
            [sys.executable, engine, name, seconds, inputs, seed, way, folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "TMPDIR": folder},
        ) as run,
    ):
        assert run.stdout is not None
        for line in run.stdout:
            done.hear(line.rstrip())
            if live:
                sys.stdout.write(f"\r  {name:<18} {done}\033[K")
                sys.stdout.flush()
    say("\r" * live + f"  {name:<18} {done}")
    if run.returncode:
        say("\n    | ".join(["    its process ended early:", *done.last]))
        return 1
    return len(done.findings)


def _replay(file: Path) -> bool:
    """One input again, in this process; whether it is a finding. Its folder is called as the target is."""
    found: list[Finding] = []
    (name,) = _chosen([file.resolve().parent.name])
    Watch(load(name), found.append)(file.read_bytes())
    for finding in found:
        say(f"{finding.kind} {finding.place}\n{finding.text}")
    say(f"  {file}: {'FOUND' if found else 'nothing wrong'}")
    return bool(found)


def say(line: str) -> None:
    """At once, in a log too."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
