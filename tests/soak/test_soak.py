"""A few of the rounds of `make soak`, of a named seed: verbs killed, nodes that die meanwhile, answers lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from on_engine import own
from rounds import choose, play

from catenet.orchestrator.cli.app import run

SEED, ROUNDS = "lime", (14, 50)
"""A verb that looks is killed, and one that mends is interrupted. `make soak` has a hundred more, and all kinds; an
`up` that is killed is tried in orchestrator/deploy/test_up_real.py.
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of one that `catenet test` may claim.

    With locks that nobody else looks at: else the tests that run meanwhile remove what a killed `catenet test` left.
    """
    name = own("soak")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("locks")))
        yield name
        assert run(["down", "--lab", name]) == 0


@pytest.mark.engine
@pytest.mark.parametrize("number", ROUNDS)
def test_the_next_verb_says_what_is_there_and_puts_it_right(copy: str, number: int) -> None:
    chosen = choose(SEED, number)
    outcome = play(chosen, copy)
    again = f'make soak ARGS="--seed {SEED} --round {number}"'
    assert not outcome.faults, f"{chosen}; again: {again}\n" + "\n".join(outcome.faults)
