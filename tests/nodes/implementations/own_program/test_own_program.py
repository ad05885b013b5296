"""What a program of the user's own is told."""

from __future__ import annotations

import json
from collections.abc import Callable

from catenet.nodes.implementations.daemon import Task
from catenet.nodes.implementations.own_program.rip import DAEMON

MakeTask = Callable[..., Task]


def test_a_program_is_told_everything(task: MakeTask) -> None:
    given = task("./my-rip")
    run = DAEMON.run(given)
    told = json.loads(run.environment["CATENET_SERVICE"])
    assert told == json.loads(run.files["/run/x/rip/service.json"])
    assert run.commands[0].words == ("/lab/my-rip",)
    assert (told["table"], told["options"]["redistribute"]) == (189, ["connected"])
    assert told["began"] == given.node.began
    assert (told["node"], told["service"], told["options"]["update"]) == ("a", "rip", 5.0)
    assert told["routes"] == [{"to": "10.8.0.0/16", "via": "10.0.2.9"}, {"to": "0.0.0.0/0", "via": "10.0.2.9"}]
    assert told["interfaces"][0] == {
        "lan": "link1",
        "device": "eth1",
        "address": "10.0.1.7",
        "prefix": "10.0.1.0/24",
        "up": True,
        "mtu": 1500,
        "hardware": "02:00:00:00:00:01",
    }
