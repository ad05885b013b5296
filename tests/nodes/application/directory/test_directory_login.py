"""Who is let in, by password and by token; who guesses is slowed, and keeps nobody else out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from directory_bench import WALL, Room, password_of

from catenet.nodes.application.directory.desk import COMMIT, HASH
from catenet.nodes.application.directory.login import PER_ADDRESS, QUEUE, SESSIONS
from catenet.nodes.application.directory.state import Session


def test_it_listens_by_tls_alone() -> None:
    (port,) = Room().ports
    assert (port.port.number, port.port.tls) == (5223, True)


def test_the_right_password_lets_in_and_gives_a_token_for_the_next_time() -> None:
    room = Room()
    first = room.place()
    told = first.login("alice")
    assert (told["user"], told["expires"], told["contacts"]) == ("alice", 604_800, [])
    assert len(told["token"]) == 43
    again = room.place().answered("resume", token=told["token"])
    assert again["ok"] == {"user": "alice", "expires": 604_800, "contacts": []}
    assert room.counters["hashes"] == 1
    assert [report.kind for report in room.reports] == ["session.resumed"]


@pytest.mark.parametrize("user", ["alice", "nobody-of-this-name"])
def test_a_wrong_password_and_an_unknown_name_cost_one_hash_and_get_the_same_answer(user: str) -> None:
    room = Room()
    place = room.place()
    answer = place.answered("login", name="x", user=user, password="a wrong one")
    assert answer == {"id": "x", "error": "refused"}
    assert room.counters == {"hashes": 1, "refused": 1}
    assert not place.stream.finished
    assert place.answered("contact", do="add", user="bob")["error"] == "login"


def test_a_name_without_an_account_is_not_let_in_by_whatever_has_the_dummys_hash() -> None:
    answer = Room().place().answered("login", user="mallory", password="nobody")
    assert answer["error"] == "refused"


def test_nothing_is_told_before_the_session_is_in_the_file() -> None:
    room = Room()
    room.working = False
    place = room.place()
    place.ask("login", user="alice", password=password_of("alice"))
    assert [job.job for job in room.jobs] == [HASH]
    room.do(1)
    assert [job.job for job in room.jobs] == [COMMIT]
    assert place.heard() == []
    assert room.table()["online"] == 0
    room.do(1)
    assert [list(each["ok"]) for each in place.heard()] == [["user", "token", "expires", "contacts"]]
    assert len(room.file.sessions) == 1


def test_a_client_that_goes_while_its_password_is_hashed_is_not_here() -> None:
    room = Room()
    room.working = False
    place = room.place()
    place.ask("login", user="alice", password=password_of("alice"))
    place.stream.receive_eof(room.now)
    room.do(1)
    room.do(1)
    assert room.table()["online"] == 0
    assert place.heard() == []


def test_a_second_login_on_one_connection_is_refused() -> None:
    room = Room()
    place = room.at("alice")
    assert place.answered("login", user="bob", password=password_of("bob"))["error"] == "logged-in"
    assert place.answered("resume", token="A" * 43)["error"] == "logged-in"


def test_a_token_that_there_is_not_or_whose_time_is_over_lets_nobody_in() -> None:
    room = Room(sessions=60.0)
    token = room.place().login("alice")["token"]
    assert room.place().answered("resume", token="A" * 43)["error"] == "session"
    room.now += 61
    assert room.place().answered("resume", token=token)["error"] == "session"
    assert room.counters["refused"] == 0


def test_who_comes_back_in_the_second_half_of_his_session_has_a_whole_one_again() -> None:
    room = Room(sessions=100.0)
    token = room.place().login("alice")["token"]
    room.now += 40
    assert room.place().answered("resume", token=token)["ok"]["expires"] == 60
    room.now += 20
    assert room.place().answered("resume", token=token)["ok"]["expires"] == 100
    (session,) = room.file.sessions.values()
    assert session.expires == WALL + 160


def test_an_account_has_so_many_sessions_and_the_oldest_goes() -> None:
    room = Room()
    tokens = [room.place().login("alice")["token"] for _ in range(SESSIONS + 1)]
    assert len(room.file.sessions) == SESSIONS
    assert room.place().answered("resume", token=tokens[0])["error"] == "session"
    assert "ok" in room.place().answered("resume", token=tokens[1])


def test_after_a_restart_the_token_is_enough() -> None:
    room = Room()
    token = room.place().login("alice")["token"]
    room.start()
    assert room.place().answered("resume", token=token)["ok"]["user"] == "alice"
    assert room.counters["hashes"] == 1


def test_neither_password_nor_token_is_in_what_is_kept_shown_or_told() -> None:
    room = Room()
    token = room.place().login("alice")["token"]
    room.place().answered("login", user="alice", password="a wrong one")
    said = json.dumps([room.table(), [report._asdict() for report in room.reports]])
    assert [word for word in (token, password_of("alice"), "a wrong one", "hash of") if word in said] == []
    (session,) = room.file.sessions.values()
    assert isinstance(session, Session)
    assert token not in repr(session)


def failing(room: Room, times: int, *, user: str = "alice", address: str = "10.0.9.9") -> list[dict[str, Any]]:
    place = room.place(address)
    return [place.answered("login", user=user, password="a wrong one") for _ in range(times)]


def test_from_the_tenth_failure_on_an_address_has_to_wait_1_s_doubling_to_60_s() -> None:
    room = Room()
    for number in range(10):
        assert failing(room, 1, user=f"u{number}")[0]["error"] == "refused"
    waits = []
    for number in range(9):
        answer = failing(room, 1, user=f"v{number}")[0]
        assert answer["error"] == "throttled"
        waits.append(round(answer["retry_after"]))
        room.now += answer["retry_after"]
        assert failing(room, 1, user=f"w{number}")[0]["error"] == "refused"
    assert waits[:6] == [1, 2, 4, 8, 16, 32]
    assert all(30 < wait <= 60 for wait in waits[6:])  # failures wear off meanwhile
    assert room.counters["hashes"] == 19


def test_an_account_is_slowed_from_wherever_it_is_tried() -> None:
    room = Room()
    for number in range(10):
        failing(room, 1, address=f"10.0.9.{number}")
    answer = failing(room, 1, address="10.0.8.1")[0]
    assert (answer["error"], answer["retry_after"]) == ("throttled", 1.0)
    assert room.counters["hashes"] == 10
    assert failing(room, 1, user="bob", address="10.0.8.1")[0]["error"] == "refused"


def test_so_is_a_name_that_there_is_no_account_of() -> None:
    room = Room()
    for number in range(10):
        failing(room, 1, user="nobody", address=f"10.0.9.{number}")
    assert failing(room, 1, user="nobody", address="10.0.8.1")[0]["error"] == "throttled"


def test_its_owner_gets_in_from_where_he_was_before_whatever_others_try() -> None:
    room = Room()
    room.at("alice", "10.0.0.7")
    for number in range(100):
        failing(room, 1, address=f"10.0.9.{number}")
    assert failing(room, 1, address="10.0.8.1")[0]["error"] == "throttled"
    assert room.at("alice", "10.0.0.7")
    assert room.place("10.0.0.8").answered("login", user="alice", password=password_of("alice"))["error"] == "throttled"


def test_a_flood_fills_the_queue_for_everybody_but_who_was_here_before() -> None:
    room = Room()
    room.at("alice", "10.0.0.7")
    room.working = False
    flood = [room.place(f"10.0.9.{number}") for number in range(QUEUE)]
    for number, place in enumerate(flood):
        place.ask("login", user=f"u{number}", password="x")
    refused = [answer for place in flood for answer in place.heard()]
    assert [answer["error"] for answer in refused] == ["busy"] * 4
    assert all(answer["retry_after"] > 0 for answer in refused)
    place = room.place("10.0.0.7")
    place.ask("login", user="alice", password=password_of("alice"))
    assert room.table()["queue"] == QUEUE - 3
    room.working = True
    room.do(len(room.jobs))
    assert [each["ok"]["user"] for each in place.heard()] == ["alice"]


def test_one_address_has_two_places_in_the_queue() -> None:
    room = Room()
    room.working = False
    places = [room.place("10.0.9.9") for _ in range(PER_ADDRESS + 1)]
    for place in places:
        place.ask("login", user="alice", password="x")
    assert [len(place.heard()) for place in places] == [0, 0, 1]
    room.do(1)
    room.place("10.0.9.9").ask("login", user="alice", password="x")
    assert len(room.jobs) == PER_ADDRESS


def test_a_hash_that_cannot_be_checked_is_no_failure_of_who_asks() -> None:
    room = Room()
    room.working = False
    place = room.place()
    place.ask("login", user="alice", password="x")
    job = room.jobs.pop()
    room.machine.worked(job.tag, None, "ValueError: the stored hash wants more", 0.0)
    assert [each["error"] for each in place.heard()] == ["busy"]
    assert (room.counters["hashes_failed"], room.counters["refused"]) == (1, 0)


def test_a_commit_that_fails_ends_the_service() -> None:
    room = Room()
    room.working = False
    room.place().ask("login", user="alice", password=password_of("alice"))
    room.do(1)
    with pytest.raises(OSError, match="cannot be written: OperationalError: disk full"):
        room.machine.worked(room.jobs[0].tag, None, "OperationalError: disk full", 0.0)
