"""A directory in a container: killed at any moment it takes back nothing that it acknowledged, and nobody has to log in
twice; nothing but TLS by its own name is spoken."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lab_bench import Bench, until, up
from on_engine import own

pytestmark = pytest.mark.engine

FOLDER = Path(__file__).parent / "directory"
ALICE, BOB = "correct horse battery", "staple staple staple"
OTHERS = ("bob", "carol", "dave", "erin", "frank")

TALK = """
import json, socket, ssl, sys
host, name, *asked = sys.argv[1:]
raw = socket.create_connection((host, 5223), 60)
try:
    lines = ssl.create_default_context().wrap_socket(raw, server_hostname=name).makefile("rwb")
except ssl.SSLError as error:
    print(json.dumps(str(error)))
    sys.exit()
answers = []
for line in asked:
    lines.write(line.encode() + b"\\n")
    lines.flush()
    while "id" not in (said := json.loads(lines.readline())):
        pass
    answers.append(said)
print(json.dumps(answers))
"""
"""Asks one thing after the other, and gives all answers."""

HURRY = """
import base64, json, socket, ssl, sys
host, token = sys.argv[1:]
lines = ssl.create_default_context().wrap_socket(
    socket.create_connection((host, 5223), 60), server_hostname=host).makefile("rwb")
sent = acknowledged = -1
def ask(**fields):
    lines.write(json.dumps(fields).encode() + b"\\n")
    lines.flush()
    while "id" not in (said := json.loads(lines.readline())):
        pass
    return "ok" in said
try:
    ask(id="resume", ask="resume", token=token)
    while True:
        sent += 1
        while not ask(id=f"key{sent}", ask="key", key=base64.b64encode(sent.to_bytes(32, "big")).decode()):
            pass  # too many in a second
        acknowledged = sent
except (OSError, ValueError):
    print(json.dumps([acknowledged, sent]))
"""
"""Publishes keys, each another number, as fast as they are acknowledged, until the connection is gone."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with up(FOLDER, own("directory")) as bench:
        yield bench


def talk(bench: Bench, *asked: dict[str, Any], host: str = "dir", name: str = "") -> Any:
    lines = [json.dumps({"id": f"{number}", **each}) for number, each in enumerate(asked)]
    done = bench.run("client", "python3", "-I", "-c", TALK, host, name or host, *lines)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def login(bench: Bench, user: str, password: str) -> dict[str, Any]:
    (answer,) = talk(bench, {"ask": "login", "user": user, "password": password})
    return dict(answer["ok"])


def serves(bench: Bench) -> None:
    until(lambda: bench.status("dir")["services"]["directory"]["state"] != "ready")


def restart(bench: Bench) -> None:
    bench.restart("dir")
    serves(bench)


def counter(bench: Bench, name: str) -> int:
    return int(bench.status("dir")["services"]["directory"]["counters"].get(name, 0))


def test_killed_between_changes_it_has_all_that_it_acknowledged_and_nobody_logs_in_twice(bench: Bench) -> None:
    token = login(bench, "alice", ALICE)["token"]
    for other in OTHERS:
        answers = talk(
            bench,
            {"ask": "resume", "token": token},
            {"ask": "contact", "do": "add", "user": other, "id": f"add-{other}"},
        )
        assert [answer["ok"] for answer in answers][1:] == [{}]
        restart(bench)
        again = talk(
            bench,
            {"ask": "resume", "token": token},
            {"ask": "contact", "do": "add", "user": other, "id": f"add-{other}"},
        )
        assert again[1]["ok"] == {}
    contacts = talk(bench, {"ask": "resume", "token": token})[0]["ok"]["contacts"]
    assert [(each["user"], each["state"]) for each in contacts] == [(other, "asked") for other in OTHERS]
    assert (counter(bench, "logins"), counter(bench, "hashes")) == (0, 0)
    (alice,) = [user for user in bench.show("dir", "directory")["users"] if user["user"] == "alice"]
    assert alice["contacts"] == ", ".join(f"{other} (asked)" for other in OTHERS)


@pytest.mark.parametrize("commits", [1, 20])
def test_killed_within_changes_it_has_the_last_that_it_acknowledged_or_the_one_behind_it(
    bench: Bench, commits: int
) -> None:
    alice, bob = login(bench, "alice", ALICE)["token"], login(bench, "bob", BOB)["token"]
    talk(bench, {"ask": "resume", "token": bob}, {"ask": "contact", "do": "add", "user": "alice"})
    talk(bench, {"ask": "resume", "token": alice}, {"ask": "contact", "do": "accept", "user": "bob"})
    begun = counter(bench, "commits")
    with ThreadPoolExecutor(1) as thread:
        hurry = thread.submit(bench.run, "client", "python3", "-I", "-c", HURRY, "dir", alice)
        until(lambda: counter(bench, "commits") < begun + commits)
        bench.do("kill", "dir")
        acknowledged, sent = json.loads(hurry.result().stdout)
    bench.do("start", "dir")
    serves(bench)
    (known,) = [
        each for each in talk(bench, {"ask": "resume", "token": bob})[0]["ok"]["contacts"] if each["user"] == "alice"
    ]
    assert acknowledged <= int.from_bytes(b64decode(known["key"]), "big") <= sent
    assert acknowledged >= commits - 1


def test_a_wrong_password_is_refused_and_what_is_no_login_too(bench: Bench) -> None:
    answers = talk(
        bench,
        {"ask": "contact", "do": "add", "user": "bob"},
        {"ask": "login", "user": "alice", "password": "not that one"},
        {"ask": "login", "user": "nobody", "password": "not that one"},
    )
    assert [answer["error"] for answer in answers] == ["login", "refused", "refused"]


def test_who_cannot_prove_the_name_is_not_spoken_to(bench: Bench) -> None:
    assert "certificate is not valid for 'borrowed'" in talk(bench, {"ask": "ping"}, host="borrowed")
    assert "not valid for 'somebody'" in talk(bench, {"ask": "ping"}, name="somebody")
    client = "openssl s_client -brief -verify_return_error -verify_hostname"
    said = bench.sh("client", f"echo | {client} borrowed -connect borrowed:5223 2>&1")
    assert "hostname mismatch" in said


def test_a_plain_connection_gets_no_answer_and_is_counted(bench: Bench) -> None:
    before = counter(bench, "tls_refused")
    said = bench.run("client", "sh", "-c", """echo '{"id": "1", "ask": "ping"}' | nc -q 1 -w 5 dir 5223""").stdout_bytes
    assert b"{" not in said
    until(lambda: counter(bench, "tls_refused") == before)


def test_openssl_speaks_to_it_line_by_line(bench: Bench) -> None:
    asked = json.dumps({"id": "7", "ask": "ping"})
    said = bench.sh(
        "client",
        f"(echo '{asked}'; read -t 1 _ || true) < /dev/null "
        f"| openssl s_client -quiet -verify_return_error -verify_hostname dir -connect dir:5223 2>/dev/null",
    )
    assert said == '{"id":"7","ok":{}}\n'


def test_its_file_is_its_own_and_has_no_password_in_it(bench: Bench) -> None:
    login(bench, "alice", ALICE)
    listed = bench.sh("dir", "stat -c '%a %n' /var/lib/catenet/*")
    assert {line.split()[0] for line in listed.splitlines()} == {"600"}
    found = bench.sh("dir", f"grep -c '{ALICE}' /var/lib/catenet/*")
    assert {line.rpartition(":")[2] for line in found.splitlines()} == {"0"}
    assert ALICE not in json.dumps(bench.show("dir", "directory"))
