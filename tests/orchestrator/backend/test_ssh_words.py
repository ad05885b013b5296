"""How a server is written, and what is said of what ssh and the server say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.orchestrator.backend.docker_where import find
from catenet.orchestrator.backend.protocols import EngineError, EngineGoneError
from catenet.orchestrator.backend.ssh_errors import refused_engine, ssh_error
from catenet.orchestrator.backend.ssh_place import SshPlace

PLACE = SshPlace("server", "user", 2222)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("ssh://server", SshPlace("server")),
        ("ssh://user@server:2222", PLACE),
        ("user@server", SshPlace("server", "user")),
        ("user@server:2222", PLACE),
        ("ssh://server/", SshPlace("server")),
        ("ssh://u@h/run/user/1000/docker.sock", SshPlace("h", "u", socket="/run/user/1000/docker.sock")),
        ("ssh://u@[fe80::1%eth0]:22", SshPlace("fe80::1%eth0", "u", 22)),
        ("ssh://my_alias", SshPlace("my_alias")),
    ],
)
def test_a_server_as_it_is_written(text: str, place: SshPlace) -> None:
    assert SshPlace.parse(text) == place
    assert SshPlace.parse(f"{place}{place.socket}") == place


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ssh://-oProxyCommand=reboot", "no server's name"),
        ("ssh://-l@server", "no user's name"),
        ("ssh://@server", "no user's name"),
        ("ssh://", "no server's name"),
        ("ssh://server:0", "no port: a number from 1 to 65535"),
        ("ssh://server:65536", "no port"),
        ("ssh://server:٢٢", "no port"),
        ("ssh://$(reboot)", "no server's name"),
        ("ssh://user;reboot@server", "no user's name"),
        ("ssh://server/run/%h/docker.sock", "no socket's path"),
        ("ssh://server/a:b", "no socket's path"),
        (f"ssh://server/{'x' * 107}", "no socket's path"),
        (f"ssh://{'x' * 600}", "a host of 606 characters"),
    ],
)
def test_what_is_none_is_refused(text: str, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        find(text)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(EngineError, match="a password in a host's URL is seen by everybody") as error:
        find("ssh://user:geheim@server")
    assert "geheim" not in str(error.value)


@given(st.text(max_size=80))
def test_no_text_makes_a_word_of_ssh_that_is_an_option(text: str) -> None:
    try:
        place = SshPlace.parse(f"ssh://{text}")
    except ValueError:
        return
    *_, separator, target = place.words
    assert separator == "--"
    assert not target.startswith("-")
    assert ":" not in place.socket


# What OpenSSH 9 and 10 say, as its sources have it (sshconnect.c, sshconnect2.c, misc.c, ssh.c, sshd.c).
@pytest.mark.parametrize(
    ("said", "gone", "words"),
    [
        ("ssh: connect to host server port 2222: No route to host", True, "no route to it"),
        ("ssh: connect to host server port 2222: Network is unreachable", True, "your machine has no network"),
        ("ssh: connect to host server port 2222: Connection timed out", True, "it does not answer"),
        ("Connection timed out during banner exchange", True, "it does not answer"),
        ("Timeout, server server not responding.", True, "it answers no longer"),
        ("Not allowed at this time", False, "MaxStartups in its sshd_config"),
        ("kex_exchange_identification: read: Connection reset by peer", False, "too many log in at once"),
        ("Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures", False, "`ssh-add -l`"),
        ("user@server: Permission denied (publickey,password).", False, "`ssh-copy-id -p 2222 user@server`"),
        ("/home/user/.ssh/config: line 3: Bad configuration option: hots", False, "Bad configuration option: hots"),
        ("\x1b[31mred\x07", False, r"reach ssh://user@server:2222: \[31mred \("),
    ],
)
def test_what_ssh_says_is_said_in_our_words(said: str, gone: bool, words: str) -> None:
    with pytest.raises(EngineGoneError if gone else EngineError, match=words) as error:
        raise ssh_error(PLACE, ["Warning: something else", said])
    assert isinstance(error.value, EngineGoneError) == gone
    assert "(" in str(error.value)


def test_ssh_may_end_without_a_word() -> None:
    assert "ssh ended without a word (`ssh -p 2222 user@server -v`" in str(ssh_error(PLACE, []))


@pytest.mark.parametrize(
    ("answer", "gone", "words"),
    [
        ("closed bob\n", False, "`ssh -p 2222 user@server sudo usermod -aG docker bob`"),
        ("absent\n", True, "there is no engine at /var/run/docker.sock"),
        ("stale\n", True, "no engine listens at /var/run/docker.sock"),
        ("open\n", False, "AllowStreamLocalForwarding yes"),
        ("", False, "yours to write (group docker)"),
        ("This account is not available.\n", False, "yours to write (group docker)"),
    ],
)
def test_why_a_server_does_not_join_us_to_its_engine(answer: str, gone: bool, words: str) -> None:
    error = refused_engine(PLACE, answer)
    assert isinstance(error, EngineGoneError) == gone
    assert words in str(error)
