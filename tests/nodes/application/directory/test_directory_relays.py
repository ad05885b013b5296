"""Supernodes and who could be one: who may register, who hears of what, what others are given."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from directory_bench import Place, Room

from catenet.nodes.application.directory.relays import SERVERS

SEEN = "10.0.5.5"
AT = f"{SEEN}:3478"


def notices(place: Place, kind: str) -> list[dict[str, Any]]:
    return [each for each in place.heard() if each.get("notice") == kind]


def registered(room: Room, user: str, address: str, quota: int = 10) -> Place:
    place = room.at(user, address)
    assert "ok" in place.answered("register", at=f"{address}:3478", quota=quota)
    return place


def test_an_address_other_than_that_from_which_it_is_seen_is_refused() -> None:
    """Behind a translator a client's own address is another one."""
    room = Room()
    place = room.at("alice", "10.0.5.5")
    assert place.answered("register", at="192.168.1.7:3478", quota=10)["error"] == "address"
    assert place.answered("report", allocations=1)["error"] == "unknown"
    assert room.table()["supernodes"] == []


def test_who_is_named_in_the_lab_file_is_a_supernode_and_anybody_else_a_candidate() -> None:
    room = Room(supernodes=("carol",))
    answer = room.at("carol", SEEN).answered("register", at=AT, quota=10)["ok"]
    assert (answer["role"], len(b64decode(answer["secret"]))) == ("supernode", 32)
    answer = room.at("alice", "10.0.6.6").answered("register", at="10.0.6.6:3478", quota=10)["ok"]
    assert answer == {"role": "candidate", "secret": ""}
    assert [(each["node"], each["part"], each["fixed"]) for each in room.table()["supernodes"]] == [
        ("carol", "supernode", True),
        ("alice", "candidate", False),
    ]
    assert [(report.kind, report.data["node"]) for report in room.reports] == [("supernode.promoted", "carol")]


def test_another_users_place_cannot_be_taken_and_ones_own_is_taken_over() -> None:
    room = Room()
    first = registered(room, "alice", SEEN)
    assert room.at("bob", SEEN).answered("register", at=AT, quota=10)["error"] == "taken"
    second = registered(room, "alice", SEEN)
    assert first.answered("report", allocations=1)["error"] == "unknown"
    assert second.answered("report", allocations=1)["ok"] == {}
    first.stream.receive_eof(room.now)
    room.settle()
    assert [each["allocations"] for each in room.table()["supernodes"]] == [1]
    second.stream.receive_eof(room.now)
    room.settle()
    assert room.table()["supernodes"] == []


def test_a_connection_has_one_place() -> None:
    room = Room()
    place = registered(room, "alice", SEEN)
    place.answered("register", at=f"{SEEN}:3479", quota=10)
    assert [each["at"] for each in room.table()["supernodes"]] == [f"{SEEN}:3479"]


def test_a_candidate_is_asked_from_outside_and_told_that_it_is_a_supernode() -> None:
    room = Room(supernodes=("carol",), steady=6.0)
    carol, alice = registered(room, "carol", SEEN), registered(room, "alice", "10.0.6.6")
    carol.ask("report", allocations=9)
    carol.heard()
    room.pass_time(7.5)
    (probe,) = notices(carol, "probe")
    assert probe["at"] == "10.0.6.6:3478"
    carol.ask("probed", at=probe["at"], answered=True)
    (role,) = notices(alice, "role")
    assert (role["role"], len(b64decode(role["secret"]))) == ("supernode", 32)
    promoted = room.reports[-1]
    assert (promoted.kind, promoted.data) == (
        "supernode.promoted",
        {"node": "alice", "at": "10.0.6.6:3478", "why": role["why"], "load": 45},
    )
    servers = room.at("bob").answered("credentials")["ok"]["servers"]
    assert [server["at"] for server in servers] == ["10.0.6.6:3478", AT]  # who has the least to do comes first


def elected() -> tuple[Room, Place, Place]:
    """Alice relays, by Carol's word, since the load asked for it."""
    room = Room(supernodes=("carol",))
    carol, alice = registered(room, "carol", SEEN), registered(room, "alice", "10.0.6.6")
    carol.ask("report", allocations=9)
    room.pass_time(7.5)
    carol.ask("probed", at="10.0.6.6:3478", answered=True)
    assert parts(room) == {"carol": "supernode", "alice": "supernode"}
    return room, carol, alice


def parts(room: Room) -> dict[str, str]:
    return {each["node"]: each["part"] for each in room.table()["supernodes"]}


def test_who_was_elected_is_so_again_after_a_restart_once_it_answers_from_outside() -> None:
    room, _, _ = elected()
    room.start()
    alice, carol = registered(room, "alice", "10.0.6.6"), registered(room, "carol", SEEN)
    assert parts(room) == {"carol": "supernode", "alice": "candidate"}
    room.pass_time(1.5)
    assert [probe["at"] for probe in notices(carol, "probe")] == ["10.0.6.6:3478"]
    carol.ask("probed", at="10.0.6.6:3478", answered=True)
    assert [(role["role"], role["why"]) for role in notices(alice, "role")] == [
        ("supernode", "it was one before, and answers from outside")
    ]


def test_who_left_while_the_directory_was_there_is_no_more_so() -> None:
    room, _, alice = elected()
    alice.stream.receive_eof(room.now)
    room.settle()
    room.start()
    carol = registered(room, "carol", SEEN)
    registered(room, "alice", "10.0.6.6")
    room.pass_time(5)
    assert notices(carol, "probe") == []


def test_another_user_at_that_address_was_never_elected() -> None:
    room, _, _ = elected()
    room.start()
    carol = registered(room, "carol", SEEN)
    registered(room, "bob", "10.0.6.6")
    room.pass_time(5)
    assert notices(carol, "probe") == []


def test_nobody_is_told_of_a_role_before_it_is_in_the_file() -> None:
    room = Room(supernodes=("carol",))
    carol, alice = registered(room, "carol", SEEN), registered(room, "alice", "10.0.6.6")
    carol.ask("report", allocations=9)
    room.pass_time(7.5)
    room.working = False
    alice.heard()
    carol.ask("probed", at="10.0.6.6:3478", answered=True)
    assert (notices(alice, "role"), room.file.elected) == ([], {})
    room.do(1)
    assert [role["role"] for role in notices(alice, "role")] == ["supernode"]
    assert list(room.file.elected) == ["10.0.6.6:3478"]


def test_nobody_is_promoted_by_his_own_word_nor_by_that_of_a_bystander() -> None:
    room = Room(supernodes=("carol",))
    carol, alice = registered(room, "carol", SEEN), registered(room, "alice", "10.0.6.6")
    carol.ask("report", allocations=10)
    room.pass_time(7.5)
    for place in (alice, room.at("bob")):
        place.ask("probed", at="10.0.6.6:3478", answered=True)
    assert notices(alice, "role") == []


def test_a_client_gets_credentials_for_so_many_supernodes_and_for_none_that_is_a_candidate() -> None:
    users = ("carol", "dave", "erin", "frank", "alice")
    room = Room(users, supernodes=users[:4])
    for number, user in enumerate(users):
        registered(room, user, f"10.0.{number}.9")
    servers = room.at("alice").answered("credentials")["ok"]["servers"]
    assert len(servers) == SERVERS
    assert "10.0.4.9:3478" not in {server["at"] for server in servers}
    assert len({server["password"] for server in servers}) == SERVERS


def test_a_report_of_one_that_relays_is_its_load() -> None:
    room = Room(supernodes=("carol",))
    carol = registered(room, "carol", SEEN)
    assert carol.answered("report", allocations=7)["ok"] == {}
    assert [(each["allocations"], each["quota"]) for each in room.table()["supernodes"]] == [(7, 10)]


def test_one_that_goes_is_told_of_and_one_that_is_dead_hears_it() -> None:
    room, carol, alice = elected()
    for _ in range(3):
        carol.heard()
        room.pass_time(7)
        for each in notices(carol, "probe"):
            carol.ask("probed", at=each["at"], answered=False)
    *_, role = notices(alice, "role")
    assert (role["role"], role["why"], role["secret"]) == ("dead", "3 probes had no answer", "")
    assert room.reports[-1].kind == "supernode.dead"
    told = len(room.reports)
    alice.stream.receive_eof(room.now)
    room.settle()
    assert len(room.reports) == told  # it was none any more
    answer = room.at("alice", "10.0.6.6").answered("register", at="10.0.6.6:3478", quota=10)["ok"]
    assert answer == {"role": "dead", "secret": ""}
    carol.stream.receive_eof(room.now)
    room.settle()
    gone = room.reports[-1]
    assert (gone.kind, gone.data["node"], gone.data["why"]) == ("supernode.demoted", "carol", "it has gone")
