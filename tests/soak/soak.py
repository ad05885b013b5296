"""A hundred verbs killed, or robbed of the engine's answer, at any moment; after each the lab is put right.

make soak                                   100 rounds of a seed of its own
make soak ARGS="--seed elm --rounds 20"
make soak ARGS="--seed elm --round 17"      that one alone
make soak ARGS="--hosts --rounds 20"        over two engines, of which one is troubled (root)
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Sequence

from engines import Engines, engines_running
from rounds import Outcome, Round, choose, play
from ways import ONE, Ways

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress

LINES = 20  # of what a verb said that a fault repeats


def main() -> int:
    arguments = _arguments()
    if not arguments.hosts:
        return _all(arguments, ONE)
    with engines_running() as engines:
        return _all(arguments, _ways(engines))


def _ways(engines: Engines) -> Ways:
    """The two engines are one swarm, and have the image."""
    engines.carry(ensure_node_image(connect("local"), NoProgress()))
    ways = Ways({name: host.socket for name, host in engines.hosts.items()}, engines.folder / "troubled.sock")
    os.environ.update(ways.environment)
    addresses = [f"--address={name}={host.address}" for name, host in engines.hosts.items()]
    if run(["hosts", "join", *addresses]):
        raise SystemExit("soak: the two engines cannot be joined")
    return ways


def _all(arguments: argparse.Namespace, ways: Ways) -> int:
    seed = arguments.seed or secrets.token_hex(3)
    numbers = [arguments.round] if arguments.round else range(1, arguments.rounds + 1)
    say(f"seed {seed}")
    played = []
    for number in numbers:
        chosen = choose(seed, number)
        outcome = play(chosen, arguments.name, ways)
        played.append((chosen, outcome))
        tell(chosen, outcome, "--hosts " if ways.several else "")
    run(["down", "--lab", arguments.name])
    _table(played)
    return 1 if any(outcome.faults for _, outcome in played) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", default="")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--round", type=int, default=0, help="only this one")
    parser.add_argument("--hosts", action="store_true", help="over two engines")
    parser.add_argument("--name", default="soak", help="of the copy of the lab")
    return parser.parse_args()


def say(line: str) -> None:
    """At once, in a log too."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def tell(chosen: Round, outcome: Outcome, where: str) -> None:
    """A line; and for one that failed what was wrong, and how to have it again (`where`: the options before)."""
    verdict = "FAILED" if outcome.faults else "ok" if outcome.happened else "ok, it was over before"
    times = f"verb {outcome.verb:4.1f} s, status {outcome.status:3.1f} s, right after {outcome.recovery:4.1f} s"
    say(f"{chosen.number:>4}  {chosen!s:<46}  exit {outcome.code:>3}  {times}  {verdict}")
    for fault in outcome.faults:
        say("\n      | ".join(f"      {fault}".rstrip().splitlines()[:LINES]))
    if outcome.faults:
        say(f'      again: make soak ARGS="{where}--seed {chosen.seed} --round {chosen.number}"')


def _table(played: Sequence[tuple[Round, Outcome]]) -> None:
    say(f"\n{'evil':<9} {'rounds':>6} {'happened':>8} {'failed':>6} {'longest verb':>12} {'longest recovery':>16}")
    for evil in sorted({chosen.evil for chosen, _ in played}):
        _row(evil, [outcome for chosen, outcome in played if chosen.evil == evil])
    _row("all", [outcome for _, outcome in played])


def _row(name: str, outcomes: Sequence[Outcome]) -> None:
    happened, failed = sum(each.happened for each in outcomes), sum(bool(each.faults) for each in outcomes)
    verb, recovery = max(each.verb for each in outcomes), max(each.recovery for each in outcomes)
    say(f"{name:<9} {len(outcomes):>6} {happened:>8} {failed:>6} {verb:>10.1f} s {recovery:>14.1f} s")


if __name__ == "__main__":
    sys.exit(main())
