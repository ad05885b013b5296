"""The lab `https`: curl, openssl and our browser believe the shop, and none of the others; the router reads nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from lab_bench import until

from catenet.orchestrator.cli.app import run
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.lab.expect import read_expectation
from catenet.orchestrator.operations import Result, run_checks

pytestmark = [pytest.mark.engine, pytest.mark.lab("https")]

SHOP = "shop.example"
SECRET = b"xyzzy"


def checked(lab: LabUnderTest, **words: object) -> Result:
    """One look, whatever comes of it."""
    wanted = replace(read_expectation(lab.model, {"fetch": {"at": "visitor", **words}}), within=0.0)
    return run_checks(lab.engine, lab.running, [wanted], lambda _: None)[0]


def test_every_check_holds(lab: LabUnderTest) -> None:
    assert len(lab.check()) == len(lab.model.checks)


@pytest.mark.parametrize(
    ("host", "refused", "seen"),
    [
        (SHOP, "certificate has expired", "a page"),
        ("expired.example", "no alternative", "curl: (60) SSL certificate problem: certificate has expired"),
        ("expired.example", "", "curl: (60) SSL certificate problem: certificate has expired"),
    ],
)
def test_a_check_of_what_is_not_so_fails(lab: LabUnderTest, host: str, refused: str, seen: str) -> None:
    done = checked(lab, url=f"https://{host}/", **({"refused": refused} if refused else {}))
    assert (done.passed, done.finding.seen) == (False, seen)


def test_the_browser_shows_the_page_and_by_whose_word(lab: LabUnderTest) -> None:
    done = lab["visitor"].run("browse", f"https://{SHOP}/")
    assert done.returncode == 0
    assert "TLSv1.3; Authority of https certifies it till 2049-12-31" in done.stdout
    assert "The secret word is xyzzy" in done.stdout


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("expired.example", "the certificate of expired.example expired on 2021-01-01"),
        ("borrowed.example", "the certificate is for other.invalid, not for borrowed.example"),
        (
            "stranger.example",
            "the certificate of stranger.example is signed by Stranger to https, "
            "an authority that this node does not trust",
        ),
    ],
)
def test_the_browser_refuses_and_says_why_and_the_server_hears_of_it(lab: LabUnderTest, host: str, words: str) -> None:
    before = counter(lab, host)
    done = lab["visitor"].run("browse", "--json", f"https://{host}/")
    refused = json.loads(done.stdout)
    assert (done.returncode, refused["step"]) == (4, "tls")
    assert refused["error"].endswith(words)
    until(lambda: counter(lab, host) == before)


def counter(lab: LabUnderTest, node: str) -> int:
    return int(lab[node].status()["services"]["web"]["counters"].get("tls_refused", 0))


def test_openssl_sees_tls_1_3_and_nothing_older(lab: LabUnderTest) -> None:
    visitor = lab["visitor"]
    client = f"echo | openssl s_client -verify_return_error -verify_hostname {SHOP} -connect {SHOP}:443"
    said = visitor.run("sh", "-c", f"{client} 2>&1").stdout
    assert "New, TLSv1.3, Cipher is TLS_" in said
    assert "Verify return code: 0 (ok)" in said
    older = visitor.run("sh", "-c", f"{client} -tls1_2 2>&1")
    assert older.returncode != 0
    assert "alert protocol version" in older.stdout


def test_the_pages_are_those_of_a_server_without_tls(lab: LabUnderTest) -> None:
    visitor = lab["visitor"]
    for path in ("", "prices.txt"):
        secure = visitor.run("curl", "-sSf", f"https://{SHOP}/{path}")
        plain = visitor.run("curl", "-sSf", f"http://plain.example/{path}")
        assert secure.stdout_bytes == plain.stdout_bytes
        assert (secure.returncode, bool(secure.stdout_bytes)) == (0, True)


def test_a_second_request_goes_over_the_same_connection(lab: LabUnderTest) -> None:
    said = lab["visitor"].run("curl", "-sSv", f"https://{SHOP}/", f"https://{SHOP}/prices.txt").stderr
    assert "Re-using existing" in said


def test_plain_http_where_tls_is_spoken_is_told_once(lab: LabUnderTest) -> None:
    before = counter(lab, SHOP)
    for _ in range(3):
        assert lab["visitor"].run("curl", "-sS", f"http://{SHOP}:443/").returncode != 0
    until(lambda: counter(lab, SHOP) < before + 3)
    assert sum("plain HTTP where TLS is spoken" in line for line in lab[SHOP].logs()) == 1


def test_who_listens_between_reads_the_page_of_one_and_not_of_the_other(lab: LabUnderTest) -> None:
    said = {}
    for url, port in ((f"https://{SHOP}/", 443), ("http://plain.example/", 80)):
        with lab.capture("r", f"tcp port {port}") as packets:
            assert lab["visitor"].run("curl", "-sSf", url).returncode == 0
        assert packets
        said[port] = any(SECRET in packet.payload for packet in packets)
    assert said == {443: False, 80: True}


def test_the_trace_says_what_cannot_be_seen(lab: LabUnderTest, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "http", "visitor", f"https://{SHOP}/", "--lab", lab.name]) == 0
    said = capsys.readouterr().out
    assert said.count("(enciphered)") == 2
    assert "by TLS the wire tells nobody what was asked and answered" in said
    assert run(["trace", "http", "visitor", "https://expired.example/", "--lab", lab.name]) == 1
    assert "expired on 2021-01-01" in capsys.readouterr().out


def test_who_speaks_no_tls_has_no_openssl(lab: LabUnderTest) -> None:
    with_it = {node for node in lab if "libssl" in lab[node].run("cat", "/proc/1/maps").stdout}
    assert with_it == {SHOP, "expired.example", "borrowed.example", "stranger.example"}
