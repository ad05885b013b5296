"""Lines of logs and events, as the command line shows them."""

from __future__ import annotations

import json
import time

import pytest

from catenet.nodes.control.events import Event


class TestLines:
    @pytest.fixture
    def story(self, small):
        """The times of three events, in the last minute."""
        began = int(time.time()) - 60
        for at, node, text in ((3.5, "a", "third"), (1.5, "b", "first"), (2.5, "a", "second")):
            kind = "link.up" if node == "a" else "route.lost"
            small.engine.write(f"small-{node}", Event(began + at, node, "rip", kind, text).line(with_json=True))
        small.engine.write("small-a", "[not] an event: \x1b[31m…")
        return [time.strftime("%H:%M:%S.5", time.gmtime(began + second)) for second in (1, 2, 3)]

    def test_events_are_in_order_of_time(self, catenet, story):
        lines = catenet("events", "--kind", "link", "--kind", "route")[1].splitlines()
        assert lines == [
            f"{story[0]}00 b  route.lost     first",
            f"{story[1]}00 a  link.up        second",
            f"{story[2]}00 a  link.up        third",
        ]

    def test_the_last_of_them(self, catenet, story):
        assert catenet("events", "--kind", "link", "-n", "1")[1].endswith(" third\n")
        assert catenet("events", "-n", "0")[1] == ""

    def test_events_as_json_lines(self, catenet, story):
        lines = [json.loads(line) for line in catenet("events", "--json", "--node", "b")[1].splitlines()]
        assert [line["kind"] for line in lines] == ["route.lost", "node.ready"]

    def test_following_ends_with_the_lab(self, catenet, small, story):
        for node in "abc":
            small.engine.remove(f"small-{node}")
        for lan in ("link1", "link2"):
            small.engine.remove_network(f"small_{lan}")
        assert catenet("events", "-f")[::2] == (2, "catenet: no lab is running; start one: catenet up internet\n")

    def test_logs_show_what_is_no_event_and_the_dead(self, catenet, small, story):
        small.kill("a")
        out = catenet("logs", "a")[1]
        assert out.splitlines()[-1] == "[not] an event: ?[31m…"
        assert catenet("logs", "a", "--raw")[1].splitlines()[-1] == "[not] an event: \x1b[31m…"
        assert f"{story[1]}00000 rip link.up second" in out
        assert "\t{" not in out
        assert "\t{" in catenet("logs", "a", "--raw")[1]
        assert [json.loads(line)["node"] for line in catenet("logs", "a", "--json", "-n", "2")[1].splitlines()] == [
            "a"
        ] * 2
