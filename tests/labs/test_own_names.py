"""Programs of one's own for a resolver, a name server and a web server: the wire is judged, as with ours."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_bench import LABS, Bench, up
from on_engine import own as own_name

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The resolver is the example that comes with the lab internet."""
    folder = tmp_path_factory.mktemp("labs") / "own-names"
    shutil.copytree(Path(__file__).parent / "own-names", folder)
    shutil.copy2(LABS / "internet" / "my-resolver", folder)
    with up(folder, own_name("own-names")) as bench:
        yield bench


def test_the_lab_holds_with_own_programs(own: Bench) -> None:
    own.until_all_holds()
    found = {
        node: [each["implementation"] for each in own.status(node)["services"].values()]
        for node in ("r", "dns.org", "www.org")
    }
    assert found == {"r": ["./my-resolver"], "dns.org": ["./my-nameserver"], "www.org": ["./my-web"]}


def test_it_forgets_when_it_is_told_to_and_not_before(own: Bench) -> None:
    """What it remembered would take two messages; the node's word makes it six again."""
    for claim in ("F2", "F4", "F2"):
        own.until_all_holds(claim)


def test_a_name_that_is_not_there_and_one_that_nobody_answers_for(own: Bench) -> None:
    assert "status: NXDOMAIN" in own.run("h", "dig", "nothing.org").stdout
    own.do("pause", "dns.org")
    assert "status: SERVFAIL" in own.run("h", "dig", "+time=5", "+tries=1", "other.org").stdout
    own.do("resume", "dns.org")
    own.until_all_holds("F2")
