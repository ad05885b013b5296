"""Run the benches of this folder, all or those named, and print their figures.

    python tests/bench/bench.py [NAME…] [--runs 3] [--json]

NAME is a bench, or how the names of several begin: ospf is all of OSPF's.

A bench is a file bench_NAME.py here: its `figures(runs, steps)` gives what it measured, medians over that many runs,
and tells `steps` what it does meanwhile; `seconds(runs)` is how long that should take. What is compared runs
alternately, so that a busy machine slows all alike. Exit code 1 when an aim was missed, 130 after Ctrl-C, at which a
bench removes what it has started.
"""

from __future__ import annotations

import argparse
import importlib
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import figures
from progress import Steps, clock

HERE = Path(__file__).parent
_INTERRUPTED = 130  # as a shell gives it
BENCHES = sorted(file.stem.removeprefix("bench_") for file in HERE.glob("bench_*.py"))


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(BENCHES)}; all unless named")
    parser.add_argument("--runs", type=int, default=3, help="how often each is done (the median counts)")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    options = parser.parse_args()
    unknown = [name for name in options.names if not _meant(name)]
    if unknown:
        parser.error(f"there is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    sys.path += [str(HERE.parent / "simulation"), str(HERE.parent)]  # the simulated network, and its worlds; engines
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        found = _run(
            [each for name in options.names for each in _meant(name)] or BENCHES, options.runs, tables=not options.json
        )
    except KeyboardInterrupt:
        sys.stderr.write("stopped; what it had started is removed\n")
        return _INTERRUPTED
    if options.json:
        print(json.dumps({name: figures.as_json(each) for name, each in found.items()}, indent=2))  # noqa: T201
    return 0 if all(figure.good for each in found.values() for figure in each) else 1


def _meant(name: str) -> list[str]:
    return [bench for bench in BENCHES if f"{bench}_".startswith(f"{name}_")]


def _run(names: Sequence[str], runs: int, *, tables: bool) -> dict[str, list[figures.Figure]]:
    benches = {name: importlib.import_module(f"bench_{name}") for name in names}
    seconds = {name: bench.seconds(runs) for name, bench in benches.items()}
    if len(names) > 1:
        sys.stderr.write(f"{len(names)} benches, about {clock(sum(seconds.values()))} in all (minutes:seconds)\n")
    found = {}
    for number, (name, bench) in enumerate(benches.items()):
        title = bench.__doc__.splitlines()[0]
        sys.stderr.write(f"[{number + 1}/{len(names)}] {name}, about {clock(seconds[name])}: {title}\n")
        steps = Steps(seconds[name])
        with steps.shown():
            found[name] = bench.figures(runs, steps)
        if tables:
            figures.show(title, found[name])
    return found


def _interrupt(number: int, _: FrameType | None) -> None:
    """Stops the bench, which then removes what it has started; whoever is impatient does not stop that."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _removing)
    raise KeyboardInterrupt(number)


def _removing(number: int, _: FrameType | None) -> None:
    sys.stderr.write("still removing what was started\n")


if __name__ == "__main__":
    sys.exit(main())
