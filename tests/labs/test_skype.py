"""The lab `skype`: calls by three kinds of paths; what is not so fails; the command line tells a call as it goes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from calling import PATIENCE, look
from lab_bench import until

from catenet.orchestrator.cli.app import run
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.observe.calls import samples

pytestmark = [pytest.mark.engine, pytest.mark.lab("skype")]


def test_every_check_holds(lab: LabUnderTest) -> None:
    assert len(lab.check(within=PATIENCE)) == len(lab.model.checks)


def test_another_path_than_there_is_makes_it_fail(lab: LabUnderTest) -> None:
    lab.wait_for(call={"from": "alice", "to": "carol", "path": "direct", "lasting": "1s"}, within=PATIENCE)
    done = look(lab, call={"from": "alice", "to": "carol", "path": "relayed", "lasting": "1s"})
    assert (done.passed, done.finding.seen.partition(",")[0]) == (False, "direct")


def test_who_is_in_a_call_cannot_be_called_and_who_is_no_contact_neither(lab: LabUnderTest) -> None:
    lab.wait_for(call={"from": "alice", "to": "carol", "lasting": "0s", "keep": True}, within=PATIENCE)
    busy = look(lab, call={"from": "dave", "to": "alice"})
    assert (busy.passed, busy.finding.seen) == (False, "dave calls alice: busy")
    lab.wait_for(call={"from": "bob", "to": "carol", "fails": "carol is no contact of bob"})
    lab.wait_for(call={"from": "carol", "to": "alice", "lasting": "0s"})  # hung up
    lab.wait_for(call={"from": "dave", "to": "alice"}, within=PATIENCE)


def test_a_call_goes_on_when_the_lan_of_its_phone_is_back(lab: LabUnderTest) -> None:
    """The phone waits for its address, logs in at once, and begins the call anew (RFC 8445 section 9)."""
    lab.wait_for(call={"from": "alice", "to": "bob", "lasting": "0s", "keep": True}, within=PATIENCE)
    alice, moves = lab["alice"], (" call.moved ", "(address)")
    with lab.cut("home-a"):
        until(lambda: alice.show("phone")["address"])
        assert alice.show("phone")["directory"] == "waiting"
    until(lambda: not any(all(word in line for word in moves) for line in alice.logs()) and "it has not moved")
    for end in ("alice", "bob"):
        lab.wait_for(silence={"at": end, "most": "30s"})
    logins = [line for line in alice.logs() if " phone.joined " in line or " phone.left " in line]
    assert logins[-1].endswith("is back")
    assert not any(" phone.left " in line for line in logins), "that it has no address is said instead, and once"


def test_the_command_line_tells_a_call_as_it_goes(
    lab: LabUnderTest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.wait_for(call={"from": "alice", "to": "bob", "lasting": "0s"}, within=PATIENCE)
    heard = tmp_path / "heard.wav"
    assert run(["call", "alice", "bob", "--seconds", "5", "--record", str(heard), "--lab", lab.name]) == 0
    lines = [line.partition(" s  ")[2] for line in capsys.readouterr().out.splitlines() if " s  " in line]
    assert lines[:3] == ["alice calls bob", "it rings at bob's", "bob has answered"]
    assert re.fullmatch("they hear each other: relayed by s[123]", lines[3])
    assert lines[-1] == "hung up"
    assert len(samples(heard.read_bytes())) > 2 * 8000 * 4


def test_as_json_it_is_one_document(lab: LabUnderTest, capsys: pytest.CaptureFixture[str]) -> None:
    lab.wait_for(call={"from": "alice", "to": "dave", "lasting": "0s"}, within=PATIENCE)
    assert run(["call", "alice", "dave", "--seconds", "1", "--json", "--lab", lab.name]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["path"], said["why"], [end["user"] for end in said["ends"]]) == (
        "punched",
        "hung-up",
        ["alice", "dave"],
    )


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["call", "bob", "carol"], 1, "carol is no contact of bob"),
        (["call", "bob", "bob"], 2, "one telephone"),
        (["call", "bob", "zoe"], 2, "zoe has no telephone; these have: alice, carol, bob, dave"),
        (["call", "alice", "bob", "--play", "nothing.wav"], 2, "no such file in"),
        (["answer", "bob"], 1, "nobody calls"),
        (["answer", "bob", "--hang-up"], 1, "there is no call"),
        (["answer", "bob", "--hang-up", "--refuse"], 2, "choose one"),
    ],
)
def test_what_is_no_call_says_why(
    lab: LabUnderTest, capsys: pytest.CaptureFixture[str], words: list[str], code: int, text: str
) -> None:
    assert run([*words, "--lab", lab.name]) == code
    assert text in capsys.readouterr().err
