"""Run the benches of this folder, all or those named, and print their figures.

    python tests/bench/bench.py [NAME…] [--runs 3] [--json]

A bench is a file bench_NAME.py here: its `figures(runs)` gives what it measured, medians over that many runs. What is
compared runs alternately, so that a busy machine slows all alike. Exit code 1 when an aim was missed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

import figures

HERE = Path(__file__).parent
BENCHES = sorted(file.stem.removeprefix("bench_") for file in HERE.glob("bench_*.py"))


def main() -> int:
    """Exit code 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(BENCHES)}; all unless named")
    parser.add_argument("--runs", type=int, default=3, help="how often each is done (the median counts)")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        parser.error(f"there is no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    sys.path.append(str(HERE.parent / "simulation"))  # the simulated network, and its worlds
    found = {}
    for name in options.names or BENCHES:
        bench = importlib.import_module(f"bench_{name}")
        found[name] = bench.figures(options.runs)
        if not options.json:
            figures.show(bench.__doc__.splitlines()[0], found[name])
    if options.json:
        print(json.dumps({name: figures.as_json(each) for name, each in found.items()}, indent=2))  # noqa: T201
    return 0 if all(figure.good for each in found.values() for figure in each) else 1


if __name__ == "__main__":
    sys.exit(main())
