"""Contacts by consent, presence, keys, signals; and that what was asked twice is done once."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from directory_bench import Place, Room

from catenet.nodes.application.directory.people import CONTACTS, PLACES
from catenet.nodes.application.directory.state import Contact, Put

KEY = b64encode(bytes(range(32))).decode()


def known(place: Place) -> list[tuple[Any, ...]]:
    """What a client was told of others, since it was last asked."""
    heard = [each for each in place.heard() if each.get("notice") == "contact"]
    return [(each["user"], each["state"], each["presence"], each["key"]) for each in heard]


def test_a_contact_is_asked_for_and_becomes_one_when_the_other_accepts() -> None:
    room = Room()
    alice, bob = room.at("alice"), room.at("bob")
    alice.ask("contact", do="add", user="bob")
    assert known(alice) == [("bob", "asked", "offline", "")]
    assert known(bob) == [("alice", "asks", "offline", "")]
    bob.ask("contact", do="accept", user="alice")
    assert known(alice) == [("bob", "accepted", "online", "")]
    assert known(bob) == [("alice", "accepted", "online", "")]
    assert list(room.file.contacts_of("bob")) == [Contact("alice", "bob", accepted=True)]


def test_who_asks_somebody_who_asks_him_has_accepted() -> None:
    room = Room()
    alice, bob = room.at("alice"), room.at("bob")
    alice.ask("contact", do="add", user="bob")
    bob.ask("contact", do="add", user="alice")
    assert room.file.are_contacts("alice", "bob")


@pytest.mark.parametrize("first", [0, 1])
def test_either_may_end_it(first: int) -> None:
    room = Room()
    places = room.friends("alice", "bob")
    users = ("alice", "bob")
    places[first].ask("contact", do="remove", user=users[1 - first])
    assert [known(place) for place in places] == [[("bob", "none", "offline", "")], [("alice", "none", "offline", "")]]
    assert list(room.file.contacts_of("alice")) == []


@pytest.mark.parametrize(
    ("do", "user"),
    [("add", "alice"), ("add", "nobody"), ("remove", "alice"), ("accept", "nobody"), ("accept", "carol")],
)
def test_nobody_is_his_own_contact_nor_that_of_nobody_nor_accepts_who_has_not_asked(do: str, user: str) -> None:
    room = Room()
    assert room.at("alice").answered("contact", do=do, user=user)["error"] == "unknown"
    assert list(room.file.contacts_of("alice")) == []


def test_who_asked_cannot_accept_for_the_other() -> None:
    room = Room()
    alice = room.at("alice")
    alice.ask("contact", do="add", user="bob")
    assert alice.answered("contact", do="accept", user="bob")["ok"] == {}
    assert not room.file.are_contacts("alice", "bob")


def test_a_user_has_so_many_contacts() -> None:
    room = Room()
    others = tuple(Put(Contact(f"u{number}", "alice", accepted=False)) for number in range(CONTACTS))
    room.file.apply(others)
    room.start()
    bob = room.at("bob")
    assert bob.answered("contact", do="add", user="alice")["error"] == "full"


def test_presence_is_told_to_contacts_and_to_nobody_else() -> None:
    room = Room()
    carol = room.at("carol")
    alice, bob = room.friends("alice", "bob")
    carol.heard()
    alice.ask("presence", state="busy")
    assert known(bob) == [("alice", "accepted", "busy", "")]
    other = room.at("alice")
    assert known(bob) == [("alice", "accepted", "online", "")]
    other.stream.receive_eof(room.now)
    room.settle()
    alice.stream.give_up()
    room.settle()
    assert known(bob) == [("alice", "accepted", "busy", ""), ("alice", "accepted", "offline", "")]
    assert carol.heard() == []


def test_a_user_is_in_so_many_places_and_one_more_ends_the_oldest() -> None:
    room = Room()
    token = room.place().login("alice")["token"]
    places = [room.place() for _ in range(PLACES)]
    for place in places:
        assert "ok" in place.answered("resume", token=token)
    assert [place.stream.finished for place in places] == [False] * PLACES
    assert "ok" in room.place().answered("resume", token=token)
    assert [place.stream.finished for place in places] == [True] + [False] * (PLACES - 1)
    assert room.table()["online"] == 1


def test_the_answer_to_a_login_has_all_contacts() -> None:
    room = Room()
    room.friends("alice", "bob")
    room.at("carol").ask("contact", do="add", user="alice")
    assert room.place().login("alice")["contacts"] == [
        {"user": "bob", "state": "accepted", "presence": "online", "key": ""},
        {"user": "carol", "state": "asks", "presence": "offline", "key": ""},
    ]


def test_a_key_is_told_to_contacts_and_kept() -> None:
    room = Room()
    alice, bob = room.friends("alice", "bob")
    carol = room.at("carol")
    carol.ask("contact", do="add", user="alice")
    alice.ask("key", key=KEY)
    assert known(bob) == [("alice", "accepted", "online", KEY)]
    assert [each[3] for each in known(carol)] == [""]
    room.start()
    (told,) = room.place().login("bob")["contacts"]
    assert told["key"] == KEY


def test_a_signal_comes_to_every_place_of_a_contact_and_to_nobody_else() -> None:
    room = Room()
    alice, bob = room.friends("alice", "bob")
    other, carol = room.at("bob"), room.at("carol")
    for place in (bob, other, carol):
        place.heard()
    assert alice.answered("signal", to="bob", call="c1", body="ring")["ok"] == {"places": 2}
    said = {"notice": "signal", "user": "alice", "call": "c1", "body": "ring"}
    assert (bob.heard(), other.heard(), carol.heard()) == ([said], [said], [])
    assert carol.answered("signal", to="bob", call="c1", body="")["error"] == "unknown"
    assert alice.answered("signal", to="nobody", call="c1", body="")["error"] == "unknown"


def test_a_signal_for_who_is_not_here_is_not_kept() -> None:
    room = Room()
    alice, bob = room.friends("alice", "bob")
    bob.stream.receive_eof(room.now)
    room.settle()
    assert alice.answered("signal", to="bob", call="c1", body="")["error"] == "offline"


def test_signals_cannot_push_a_slow_reader_out() -> None:
    room = Room()
    alice, bob = room.friends("alice", "bob")
    answers = [alice.answered("signal", to="bob", call="c", body="x" * 8000) for _ in range(40)]
    assert {answer.get("error", "") for answer in answers} == {"", "busy"}
    assert not bob.stream.finished
    assert len(bob.heard()) == sum("ok" in answer for answer in answers)


@pytest.mark.parametrize("do", ["add", "remove"])
def test_what_is_asked_again_by_the_same_id_is_answered_and_not_done_again(do: str) -> None:
    room = Room()
    alice, bob = room.friends("alice", "bob") if do == "remove" else (room.at("alice"), room.at("bob"))
    assert alice.answered("contact", "the-id", do=do, user="bob")["ok"] == {}
    before = sorted(room.file.rows(), key=repr)
    alice, bob = room.at("alice"), room.at("bob")
    sessions = set(room.file.sessions)
    assert alice.answered("contact", "the-id", do=do, user="bob")["ok"] == {}
    assert [row for row in sorted(room.file.rows(), key=repr) if getattr(row, "digest", b"") not in sessions] == [
        row for row in before if getattr(row, "digest", b"") not in sessions
    ]
    undo = "remove" if do == "add" else "add"
    assert bob.answered("contact", do=undo, user="alice")["ok"] == {}
    assert alice.answered("contact", "the-id", do=do, user="bob")["ok"] == {}  # its answer was lost, a day ago
    assert (room.file.contact("alice", "bob") is None) == (do == "add")


def test_a_key_that_is_published_again_by_an_old_request_does_not_come_back() -> None:
    room = Room()
    alice = room.at("alice")
    alice.ask("key", "first", key=KEY)
    later = b64encode(bytes(32)).decode()
    alice.ask("key", "second", key=later)
    assert alice.answered("key", "first", key=KEY)["ok"] == {}
    assert room.file.accounts["alice"].key == bytes(32)


def test_nobody_hears_of_a_change_before_it_is_in_the_file() -> None:
    room = Room()
    alice, bob = room.at("alice"), room.at("bob")
    bob.heard()
    alice.heard()
    room.working = False
    alice.ask("contact", "x", do="add", user="bob")
    assert (alice.heard(), bob.heard()) == ([], [])
    late = room.place()
    late.ask("resume", token="A" * 43)
    room.do(1)
    assert [each.get("id") for each in alice.heard()] == ["x", None]
    assert [each["state"] for each in bob.heard()] == ["asks"]
